// @ts-check
// What the node said last: products, places, people, and the lots that matter to those on this phone.
import { lotOf } from '../verifier/names.js';
import { readEntry } from '../verifier/statement.js';
import { answer } from './database.js';
import { shareOf, stateOf } from './rules.js';
import { lotsOf } from './steps.js';
import { basis, partiesOf } from './view.js';

/** @typedef {import('./context.js').Context} Context */

const AT_ONCE = 4;
/** Entries of the past that one sync fetches at most. */
const ENTRIES_MAX = 200;
const slugOf = (/** @type {string} */ uri) => uri.split('/').pop() ?? '';

/** @template T @param {T[]} list @param {(item: T) => Promise<void>} use */
async function each(list, use) {
  for (let at = 0; at < list.length; at += AT_ONCE) await Promise.all(list.slice(at, at + AT_ONCE).map(use));
}

/** @param {Context} context */
export async function fetchRegistry(context) {
  const kinds = [['actor', 'actors'], ['product', 'products'], ['place', 'places']];
  /** @type {{ kind: string | undefined, id: string, record: any }[]} */
  const found = [];
  for (const [kind, path] of kinds) {
    for (const record of await context.node.list(`/v1/${path}`) ?? []) if (typeof record?.id === 'string') found.push({ kind, id: record.id, record });
  }
  await context.database.run(['registry'], 'readwrite', (at) => {
    for (const row of found) at('registry').put(row);
  });
}

/** Fetches the lots of everybody here, and those that something waiting or sent touches. @param {Context} context @param {any[]} profiles active ones */
export async function fetchLots(context, profiles) {
  const { origin } = context.joined();
  const items = await context.database.all('items');
  const stored = new Map((await context.database.all('lots')).map((lot) => [lot.lot, lot]));
  const parties = [...new Set(profiles.flatMap((profile) => partiesOf(profile)))];
  /** @type {Set<string>} */
  const wanted = new Set();
  const listed = new Set();
  for (const party of parties) {
    for (const lot of await context.node.list(`/v1/actors/${slugOf(party)}/lots`) ?? []) {
      if (typeof lot?.lot !== 'string') continue;
      listed.add(lot.lot);
      const known = stored.get(lot.lot);
      const isSame = known && known.seq === lot.seq && JSON.stringify(known.dispositions) === JSON.stringify(lot.dispositions);
      if (!isSame) wanted.add(lot.lot);
    }
  }
  // What she has no more is no longer listed, and must not stay here as hers.
  const state = stateOf([], [...stored.values()], origin);
  for (const [id, record] of state) {
    if (!id.startsWith('lot ') || listed.has(record.uri)) continue;
    if (stored.get(record.uri)?.provisional || parties.some((party) => { const { left, incoming } = shareOf(record, party); return left > 0n || incoming > 0n; })) wanted.add(record.uri);
  }
  const unsettled = items.filter((item) => !item.settled);
  for (const { step } of unsettled) for (const lot of lotsOf(step)) wanted.add(lot);
  // What was sent and has no receipt yet may or may not be in what the node says now; its lots wait until that is known.
  const unsure = new Set(unsettled.filter((item) => item.state === 'sent' && !item.receipt).flatMap(({ step }) => lotsOf(step)));
  /** @type {any[]} */
  const fetched = [];
  await each([...wanted].filter((lot) => !unsure.has(lot)), async (lot) => {
    const record = await context.node.find(`/v1/lots/${encodeURIComponent(lot)}`);
    const named = lotOf(origin, lot);
    const before = stored.get(lot);
    const was = [...new Set([...before?.was ?? [], ...(before?.balances ?? []).map((/** @type {any} */ { holder }) => holder)])];
    if (record && named && record.lot === named.uri) fetched.push({ ...record, was });
  });
  const got = new Set(fetched.map(({ lot }) => lot));
  await context.database.run(['lots', 'items', 'carried'], 'readwrite', async (at) => {
    for (const lot of fetched) at('lots').put(lot);
    for (const item of await answer(at('items').getAll())) {
      const canonical = lotsOf(item.step).map((lot) => lotOf(origin, lot)?.uri ?? lot);
      if (!item.settled && item.receipt && canonical.every((lot) => got.has(lot))) at('items').put({ ...item, settled: true, envelope: null, raw: null });
    }
    for (const carried of await answer(at('carried').getAll())) if (!carried.settled && (carried.receipt || carried.refused)) at('carried').put({ ...carried, settled: true });
  });
}

/** Fetches what her keys signed before, as when the phone's storage was cleared. @param {Context} context @param {any} profile */
export async function fetchEntries(context, profile) {
  const kept = await context.database.all('entries', IDBKeyRange.bound([profile.actor, 0], [profile.actor, Infinity]));
  const have = new Set(kept.map(({ index }) => index));
  const whole = await context.database.meta(`entries ${profile.actor}`) ?? -1;
  const path = `/v1/actors/${slugOf(profile.actor)}/entries?limit=${ENTRIES_MAX}${whole >= 0 ? `&after=${whole}` : ''}`;
  const found = await context.node.find(path);
  const items = (found?.items ?? []).filter((/** @type {any} */ item) => Number.isSafeInteger(item?.index));
  await each(items, async ({ index, kind }) => {
    if (kind !== 'event' || have.has(index)) return;
    const raw = await context.node.ask(`/v1/entries/${index}`, { headers: { accept: 'application/octet-stream' } });
    if (raw.status !== 200 || readEntry(raw.bytes).index !== BigInt(index)) return;
    await context.database.put('entries', { actor: profile.actor, index, entry: raw.bytes });
  });
  const last = items.at(-1)?.index;
  if (last !== undefined) await context.database.setMeta(`entries ${profile.actor}`, last);
}

/** @param {any} text @param {string} otherwise @returns {{ vi: string, en: string }} */
function textOf(text, otherwise) {
  if (typeof text === 'string') return { vi: text, en: text };
  return typeof text?.vi === 'string' ? { vi: text.vi, en: text.en ?? text.vi } : { vi: otherwise, en: otherwise };
}

/** @param {Context} context @returns {Promise<{ products: import('./types.js').Product[], places: import('./types.js').Named[], actors: import('./types.js').Named[] }>} */
export async function registry(context) {
  /** @type {any[]} */
  const rows = context.ledger ? (await basis(context)).registry : await context.database.all('registry');
  const records = (/** @type {string} */ kind) => rows.filter((row) => row.kind === kind).map(({ id, record }) => ({ ...record, id }));
  const products = records('product').map((/** @type {any} */ product) => ({
    id: product.id, name: textOf(product.name, slugOf(product.id)), unit: product.unit ?? '',
    content: product.netContent ? { number: String(product.netContent.quantity), unit: product.netContent.uom ?? '' } : null,
    madeFrom: (product.madeFrom ?? []).map((/** @type {any} */ from) => ({ product: from.product, yieldMax: String(from.yieldMax) })),
    picture: product.picture ? new URL(`v1/blobs/${product.picture.sha256}`, context.node.base).href : null,
  }));
  const places = records('place').map((/** @type {any} */ place) => ({
    id: place.id, name: place.name ? textOf(place.name, '').vi : placeName(place), class: place.class, owner: place.owner ?? null,
  }));
  const actors = records('actor').map((/** @type {any} */ actor) => ({
    id: actor.id, name: actor.name ? textOf(actor.name, '').vi : slugOf(actor.id), class: actor.class, roles: actor.roles ?? [], owner: actor.under ?? null,
  }));
  return { products, places, actors };
}

/** The name that a place has today. @param {any} place */
function placeName(place) {
  const today = new Date().toISOString().slice(0, 10);
  const now = (place.names ?? []).find((/** @type {any} */ { from = '', to = '9999' }) => from <= today && today <= to);
  return now?.vi ?? place.names?.[0]?.vi ?? slugOf(place.id);
}

