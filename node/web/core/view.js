// @ts-check
// What she may use now: the ledger's last word, and on it, in order, what waits on this phone.
import { keyOf, lotOf } from '../verifier/names.js';
import { asAmount } from './amounts.js';
import { partsOf } from './envelope.js';
import { refusal } from './errors.js';
import { applyTo, explain, shareOf, stateOf } from './rules.js';
import { bodyOf, lotsOf, payloadOf } from './steps.js';
import { timeText } from './text.js';

/** @typedef {import('./context.js').Context} Context */
/** @typedef {import('./types.js').Step} Step */
/** @typedef {import('./types.js').LotCard} LotCard */
/** @typedef {import('./types.js').Refused} Refused */
/** @typedef {{ actor: string, key: string, organisation: string | null, roles: string[] }} Person */

const ZERO = '0'.repeat(64);
/** Who works with the lots of the organisation, not only with her own. */
const SHARING = ['registrar', 'processor', 'carrier', 'seller', 'operator'];

/** The parties whose lots a person works with. @param {Person} person */
export const partiesOf = ({ actor, organisation, roles }) => [
  actor, ...(organisation !== null && organisation !== actor && roles.some((role) => SHARING.includes(role)) ? [organisation] : []),
];

/** The payload of an item: what was signed, or what would be. @param {any} item @param {string} origin @param {string} signer @returns {Uint8Array} */
function payloadFor(item, origin, signer) {
  const signed = item.envelope && partsOf(item.envelope);
  if (signed) return signed.payload;
  return payloadOf({
    ledger: origin, signer, seq: 0, prev: ZERO, signedAt: timeText(Date.now()), kind: 'event', body: bodyOf(item.step, item.eventId, item.media),
  });
}

/** @typedef {Awaited<ReturnType<typeof build>>} Now */

/** The state as it was worked out last, without what was saved since. @param {Context} context @returns {Promise<Now>} */
export function basis(context) {
  context.state ??= build(context).catch((error) => {
    context.state = null;
    throw error;
  });
  return context.state;
}

/** The state with all that waits. Nobody may write to it. @param {Context} context @returns {Promise<Now>} */
export async function stateNow(context) {
  const now = await basis(context);
  // Those that are known were read back from the storage already.
  for (const item of now.fresh.splice(0)) if (!now.items.some(({ id }) => id === item.id)) now.addItem(item);
  return now;
}

/** The state with items on top that were just saved, to be worked in when somebody asks; nothing when there is none to put them on. To work the whole past out
 * anew for each would cost more with every year that she records. @param {Context} context @param {any[]} saved @returns {Promise<Now> | null} */
export function grown(context, saved) {
  const after = context.state?.then((now) => {
    now.fresh.push(...saved);
    return now;
  });
  // What could not be worked out is tried anew.
  after?.catch(() => { if (context.state === after) context.state = null; });
  return after ?? null;
}

/** Of what each product is made into something else, and what is packed. @param {Map<string, any>} state */
function usesOf(state) {
  /** @type {{ becomes: Set<string>, packs: Set<string> }} */
  const uses = { becomes: new Set(), packs: new Set() };
  for (const [id, product] of state) {
    if (!id.startsWith('product ')) continue;
    for (const source of product.madeFrom.keys()) (product.content ? uses.packs : uses.becomes).add(source);
  }
  return uses;
}

/** A state that is read through, and written to for a trial. @param {Map<string, any>} state @returns {Map<string, any>} */
function trial(state) {
  const writes = new Map();
  const read = (/** @type {string} */ key) => (writes.has(key) ? writes.get(key) : state.get(key));
  return /** @type {any} */ ({ get: read, set: (/** @type {string} */ key, /** @type {any} */ value) => writes.set(key, value) });
}

/** @param {Context} context @param {string} [except] an item that counts as not there */
async function build(context, except) {
  const { origin } = context.joined();
  const [registry, lots, items, carried, profiles] = await context.database.run(['registry', 'lots', 'items', 'carried', 'profiles'], 'readonly', (at) => Promise.all(
    ['registry', 'lots', 'items', 'carried', 'profiles'].map((name) => new Promise((fulfil, reject) => {
      const request = at(name).getAll();
      request.onsuccess = () => fulfil(request.result);
      request.onerror = () => reject(request.error);
    })),
  ));
  const state = stateOf(registry, lots, origin);
  const keys = new Map(profiles.map((/** @type {any} */ profile) => [profile.id, profile.key]));
  // Members who were approved only just now may not be in the registry that was fetched.
  for (const { key, actor, state: standing, organisation, roles } of profiles) {
    if (!actor) continue;
    if (!state.has(`actor ${actor}`)) state.set(`actor ${actor}`, { class: 'person', roles, under: organisation ?? undefined, keys: [key], active: 1 });
    if (!state.has(`signer ${key}`)) state.set(`signer ${key}`, { actor, seq: 0n, prev: ZERO, revoked: standing === 'revoked' ? 0n : null });
  }
  /** Lots that something waiting touches. @type {Set<string>} */
  const touched = new Set();
  let place = 0;
  /** @type {any[]} */
  const held = [];
  const add = (/** @type {Uint8Array} */ payload, /** @type {string[]} */ named) => {
    try {
      applyTo(state, origin, payload, Number.MAX_SAFE_INTEGER, place += 1);
      for (const lot of named) touched.add(lot);
    } catch {
      // Settled already, or to be refused: either way it moves nothing here.
    }
  };
  for (const { envelope, settled } of carried) {
    const parts = !settled && partsOf(envelope);
    if (parts) add(parts.payload, []);
  }
  const addItem = (/** @type {any} */ item) => {
    held.push(item);
    if (item.settled || item.state === 'needs_you' || item.id === except) return;
    add(payloadFor(item, origin, keys.get(item.profile)), lotsOf(item.step));
  };
  items.forEach(addItem);
  return { state, touched, origin, registry, lots, items: held, addItem, fresh: /** @type {any[]} */ ([]), uses: usesOf(state) };
}

/** The step with the organisation that she acts for, where its lots are hers only through it.
 * @param {Map<string, any>} state @param {string} origin @param {Person} person @param {Step} step @returns {Step} */
export function withParty(state, origin, person, step) {
  if (step.for !== undefined || step.verb === 'harvest' || step.verb === 'inspect' || step.verb === 'recall') return step;
  const [own, ...others] = partiesOf(person);
  const has = (/** @type {string} */ party) => (step.inputs ?? []).every(({ lot }) => {
    const named = lotOf(origin, lot);
    const record = named && state.get(`lot ${keyOf(named)}`);
    if (!record) return false;
    const share = shareOf(record, party);
    return step.verb === 'receive' ? share.incoming > 0n : share.left > 0n;
  });
  const other = own !== undefined && !has(own) ? others.find(has) : undefined;
  return other === undefined ? step : { ...step, for: other };
}

/** Whether the ledger would take a step. @param {Context} context @param {Person} person @param {Step} step @param {string} [except] an item that it replaces
 * @returns {Promise<{ refused: Refused | null, step: Step }>} the step with what the core fills in */
export async function judge(context, person, step, except) {
  const { state, origin } = except === undefined ? await stateNow(context) : await build(context, except);
  let full = step;
  try {
    full = withParty(state, origin, person, step);
    const payload = payloadOf({
      ledger: origin, signer: person.key, seq: 0, prev: ZERO, signedAt: timeText(Date.now()), kind: 'event', body: bodyOf(full, 'urn:uuid:00000000-0000-7000-8000-000000000000'),
    });
    // A clock that is wrong is put right when sending; only what is wrong by both clocks is wrong.
    applyTo(trial(state), origin, payload, Math.max(Date.now(), context.clock.now()), Number.MAX_SAFE_INTEGER >> 8);
    return { refused: null, step: full };
  } catch (error) {
    if (error instanceof TypeError) return { refused: refusal('malformed_event', 'body.event', {}, error.message), step: full };
    return { refused: explain(error, state, origin, full, full.for ?? person.actor), step: full };
  }
}

/** @param {string} lot */
export function shortOf(lot) {
  const [, gs1] = /\/10\/([^/]+)$/.exec(lot) ?? [];
  if (gs1 === undefined) return lot.slice(-4);
  try {
    return decodeURIComponent(gs1);
  } catch {
    return gs1;
  }
}

/** What can be done with a lot, most likely first. @param {Now} now @param {any} record @param {{ left: bigint, incoming: bigint }} share @param {string[]} roles */
function verbsFor({ state, uses }, record, { left, incoming }, roles) {
  const receive = incoming > 0n ? ['receive'] : [];
  if (left <= 0n) return receive;
  if (record.recalls.length) return [...receive, 'lose'];
  const maysMake = roles.some((role) => role === 'producer' || role === 'processor');
  const maysSell = maysMake || roles.includes('seller');
  const [becomes, packs] = [uses.becomes.has(record.product), uses.packs.has(record.product)];
  const isFinished = Boolean(state.get(`product ${record.product}`)?.content);
  const making = maysMake ? [...(becomes ? ['process'] : []), ...(packs ? ['pack'] : [])] : [];
  const rest = maysMake ? ['merge', 'split', ...(becomes ? [] : ['process']), ...(packs ? [] : ['pack'])] : [];
  const moving = isFinished && maysSell ? ['sell', 'ship'] : ['ship', ...(maysSell ? ['sell'] : [])];
  return [...receive, ...(isFinished ? [] : making), ...moving, ...(isFinished ? making : []), ...rest, 'lose'];
}

/** What a lot is, also one that is all gone. @param {Context} context @param {string} lot @returns {Promise<string | null>} */
export async function productOf(context, lot) {
  const { state, origin } = await basis(context);
  const named = lotOf(origin, lot);
  return (named && state.get(`lot ${keyOf(named)}`)?.product) ?? null;
}

/** @param {Context} context @param {Person} person @returns {Promise<LotCard[]>} */
export async function lotCards(context, person) {
  const now = await stateNow(context);
  const { state, touched, lots, items } = now;
  const times = new Map(lots.map((/** @type {any} */ lot) => [lot.lot, lot.time ?? lot.createdAt ?? '']));
  for (const { step } of items) for (const lot of lotsOf(step)) if ((times.get(lot) ?? '') < step.time) times.set(lot, step.time);
  /** @type {LotCard[]} */
  const cards = [];
  for (const [id, record] of state) {
    if (!id.startsWith('lot ') || record.voided) continue;
    for (const party of partiesOf(person)) {
      const share = shareOf(record, party);
      if (share.left <= 0n && share.incoming <= 0n) continue;
      const roles = [...person.roles, ...(party === person.actor ? [] : state.get(`actor ${party}`)?.roles ?? [])];
      cards.push({
        lot: record.uri, short: shortOf(record.uri), product: record.product, left: asAmount(share.left, record.unit),
        incoming: share.incoming > 0n ? asAmount(share.incoming, record.unit) : null, from: share.from, recalled: record.recalls.length > 0,
        waiting: touched.has(record.uri), time: times.get(record.uri) ?? '', holder: party, can: verbsFor(now, record, share, roles),
      });
    }
  }
  const ages = new Map(cards.map((card) => [card, Date.parse(card.time) || 0]));
  return cards.sort((a, b) => (ages.get(b) ?? 0) - (ages.get(a) ?? 0));
}

