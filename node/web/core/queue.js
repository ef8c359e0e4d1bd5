// @ts-check
// What she saved: durable at once, hers to change until it is sent.
import { answer } from './database.js';
import { coreError } from './errors.js';
import { measure } from './amounts.js';
import { prepare } from './photos.js';
import { eventId, randomLetters, timeText } from './text.js';
import { grown, judge, stateNow } from './view.js';
import { shareOf } from './rules.js';

/** @typedef {import('./context.js').Context} Context */
/** @typedef {import('./types.js').Step} Step */
/** @typedef {import('./types.js').Item} Item */
/** @typedef {import('./types.js').Profile & { actor: string }} Person */

const ITEMS = ['items', 'photos'];
const NOTE_MAX = 1000;

/** What of a step is signed and kept; photos are kept beside. @param {Step} step @returns {Step} */
function plainStep({ verb, time, inputs, outputs, place, party, onBehalfOf, note, serials, for: acting }) {
  const amount = (/** @type {import('./types.js').Amount} */ { number, unit, typed }) => ({ number, unit, typed: typed ?? null });
  return JSON.parse(JSON.stringify({
    verb, time, inputs: inputs?.map(({ lot, amount: of }) => ({ lot, amount: amount(of) })),
    outputs: outputs?.map(({ lot, product, amount: of }) => ({ lot, product, amount: amount(of) })), place, party, onBehalfOf, note: note?.slice(0, NOTE_MAX), serials, for: acting,
  }));
}

/** An item as the screens see it. @param {any} record @param {Map<string, any>} photos @returns {Item} */
export function shownItem(record, photos) {
  const own = record.media.map((/** @type {any} */ { sha256 }) => photos.get(sha256)).filter(Boolean);
  const blobs = own.map((/** @type {any} */ { blob }) => blob).filter(Boolean);
  return {
    id: record.id, profile: record.profile, step: { ...record.step, ...(blobs.length ? { photos: blobs } : {}) }, state: record.state, savedAt: record.savedAt,
    refused: record.refused, receipt: record.receipt, clock: record.clock,
    photos: own.map((/** @type {any} */ { sha256, bytes, sent }) => ({ sha256, bytes, sent })),
  };
}

/** A new record of an item. @param {string} profile @param {Step} step @param {import('./photos.js').Photo[]} photos */
function newRecord(profile, step, photos) {
  return {
    id: randomLetters(16), profile, step: plainStep(step), eventId: eventId(Date.now()), media: photos.map(({ sha256, mediaType, bytes }) => ({ sha256, mediaType, bytes })),
    state: 'waiting', savedAt: timeText(Date.now()), version: 0, envelope: null, hash: null, raw: null, receipt: null, refused: null, settled: false, clock: null,
  };
}

/** @param {(name: string) => IDBObjectStore} at @param {import('./photos.js').Photo[]} photos */
async function putPhotos(at, photos) {
  for (const photo of photos) {
    const known = await answer(at('photos').get(photo.sha256));
    if (!known) await answer(at('photos').put({ ...photo, sent: 0 }));
  }
}

/** Saves items together or not at all. @param {Context} context @param {{ profile: string, step: Step, photos?: import('./photos.js').Photo[] }[]} list @returns {Promise<any[]>} */
export async function saveTogether(context, list) {
  const records = list.map(({ profile, step, photos = [] }) => newRecord(profile, step, photos));
  const saved = await context.database.run(ITEMS, 'readwrite', async (at) => {
    for (const { photos = [] } of list) await putPhotos(at, photos);
    const orders = [];
    for (const record of records) orders.push(await answer(at('items').add(record)));
    return orders;
  }, { strict: true });
  const kept = records.map((record, n) => ({ ...record, order: saved[n] }));
  context.changed(grown(context, kept));
  return kept;
}

/** @param {Step} step @returns {import('./types.js').Refused | null} what the rules would not see */
function malformed(step) {
  const parts = [...(step.inputs ?? []), ...(step.outputs ?? [])];
  const wrong = parts.find(({ amount }) => (measure(amount)?.amount ?? 0n) <= 0n);
  return wrong ? { code: 'malformed_event', field: 'body.event.quantityList', facts: { lot: wrong.lot }, detail: 'not an amount' } : null;
}

/** @param {Context} context @param {Step} step @param {string} [except] @param {Person} [person] */
export async function checked(context, step, except, person = context.actor()) {
  const wrong = malformed(step);
  return wrong ? { refused: wrong, step } : judge(context, person, step, except);
}

/** @param {Context} context @param {Step} step @returns {Promise<Item>} */
export async function save(context, step) {
  const person = context.actor();
  const { refused, step: full } = await checked(context, step);
  if (refused) throw coreError('refused', refused.detail, { refused });
  const photos = step.photos?.length ? await prepare(step.photos) : [];
  const [record] = await saveTogether(context, [{ profile: person.id, step: full, photos }]);
  return shownItem(record, new Map(photos.map((photo) => [photo.sha256, { ...photo, sent: 0 }])));
}

/** @param {(name: string) => IDBObjectStore} at @param {string} id */
async function find(at, id) {
  const found = await answer(at('items').index('id').get(id));
  if (!found) throw coreError('not_found', 'no such item');
  return found;
}

/** @param {any} record @param {string} profile */
function needEditable(record, profile) {
  if (record.profile !== profile || (record.state !== 'waiting' && record.state !== 'needs_you')) throw coreError('not_found', 'it is sent, or somebody else\'s');
}

/** Those that were held up by another item may go again. @param {(name: string) => IDBObjectStore} at @param {string} id */
async function release(at, id) {
  for (const other of await answer(at('items').getAll())) {
    if (other.state === 'needs_you' && other.refused?.facts.waitsFor === id) await answer(at('items').put({ ...other, state: 'waiting', refused: null }));
  }
}

/** Photos that no item names any more. @param {(name: string) => IDBObjectStore} at @param {any[]} media */
async function dropPhotos(at, media) {
  const items = await answer(at('items').getAll());
  for (const { sha256 } of media) {
    if (!items.some((item) => item.media.some((/** @type {any} */ other) => other.sha256 === sha256))) await answer(at('photos').delete(sha256));
  }
}

/** @param {Context} context @param {string} id @param {Step} step @returns {Promise<Item>} */
export async function change(context, id, step) {
  const person = context.actor();
  const { refused, step: full } = await checked(context, step, id);
  if (refused) throw coreError('refused', refused.detail, { refused });
  const photos = step.photos?.length ? await prepare(step.photos) : [];
  const record = await context.database.run(ITEMS, 'readwrite', async (at) => {
    const found = await find(at, id);
    needEditable(found, person.id);
    await putPhotos(at, photos);
    const media = photos.map(({ sha256, mediaType, bytes }) => ({ sha256, mediaType, bytes }));
    const changed = {
      ...found, step: plainStep(full), media, state: 'waiting', version: found.version + 1, envelope: null, hash: null, refused: null, clock: null,
    };
    await answer(at('items').put(changed));
    await dropPhotos(at, found.media);
    await release(at, id);
    return changed;
  }, { strict: true });
  context.changed();
  return shownItem(record, new Map(photos.map((photo) => [photo.sha256, { ...photo, sent: 0 }])));
}

/** @param {Context} context @param {string} id */
export async function remove(context, id) {
  const person = context.person();
  await context.database.run(ITEMS, 'readwrite', async (at) => {
    const found = await find(at, id);
    needEditable(found, person.id);
    await answer(at('items').delete(found.order));
    await dropPhotos(at, found.media);
  }, { strict: true });
  context.changed();
}

/** @param {Context} context @param {{ state?: Item['state'], id?: string }} [filter] @returns {Promise<Item[]>} newest first */
export async function list(context, { state, id } = {}) {
  const person = context.person();
  return context.database.run(ITEMS, 'readonly', async (at) => {
    const found = await answer(id === undefined ? at('items').getAll() : at('items').index('id').getAll(id));
    const items = found.filter((item) => item.profile === person.id && (state === undefined || item.state === state));
    const sums = new Set(items.flatMap(({ media }) => media.map((/** @type {any} */ { sha256 }) => sha256)));
    const photos = await Promise.all([...sums].map((sha256) => answer(at('photos').get(sha256))));
    const bySum = new Map(photos.filter(Boolean).map((photo) => [photo.sha256, photo]));
    return items.reverse().map((item) => shownItem(item, bySum));
  });
}

/** The last step of a verb, to be confirmed anew: with new lots, the time of now, and inputs that she still has.
 * @param {Context} context @param {Step['verb']} verb @param {() => string} newLot @returns {Promise<Step | null>} */
export async function last(context, verb, newLot) {
  const person = context.actor();
  const found = (await context.database.all('items')).reverse().find((item) => item.profile === person.id && item.step.verb === verb);
  if (!found) return null;
  const { state } = await stateNow(context);
  /** @type {Step} */
  const step = found.step;
  const records = [...state].flatMap(([id, record]) => (id.startsWith('lot ') ? [record] : [])).reverse();
  const hers = (/** @type {any} */ record) => {
    const share = shareOf(record, step.for ?? person.actor);
    return verb === 'receive' ? share.incoming > 0n : share.left > 0n;
  };
  const inputs = step.inputs?.flatMap((input) => {
    const before = records.find(({ uri }) => uri === input.lot);
    const now = before && hers(before) ? before : records.find((record) => record.product === before?.product && hers(record));
    return now ? [{ ...input, lot: now.uri }] : [];
  });
  const { note, serials, ...rest } = step;
  return { ...rest, time: timeText(Date.now()), ...(inputs ? { inputs } : {}), ...(step.outputs ? { outputs: step.outputs.map((output) => ({ ...output, lot: newLot() })) } : {}) };
}

