// @ts-check
// The ledger's own rules on the phone, over what the node said last and what waits here. They are the verifier's, so the codes are the same.
import { keyOf, lotOf, nameOf } from '../verifier/names.js';
import { identifiers } from '../verifier/epcis.js';
import { Num } from '../verifier/json.js';
import { apply } from '../verifier/rules.js';
import { readEventBody, readStatement } from '../verifier/statement.js';
import { quantityOf, scaled, unitOf, Refusal } from '../verifier/values.js';
import { fromDecimal, toDecimal } from './amounts.js';
import { refusal } from './errors.js';

/** @typedef {import('./types.js').Refused} Refused */
/** @typedef {Map<string, any>} State */
/** @typedef {import('../verifier/rules.js').Lot} Lot */

const ZERO = '0'.repeat(64);
/** Statements that wait stand behind all that the ledger holds. */
const FIRST_INDEX = 1n << 52n;
/** Every lot counts: what the phone does not know, does not exist for it. */
const EVERY_LOT = /** @type {Set<string>} */ (/** @type {unknown} */ ({ has: () => true }));

/** @param {any} number as JSON has it @returns {Num} */
const num = (number) => new Num(String(number));

/** @param {{ kind: string, id: string, record: any }[]} registry as the node gave it @param {any[]} lots the same @param {string} origin @returns {State} */
export function stateOf(registry, lots, origin) {
  /** @type {State} */
  const state = new Map([['charter ', { operator: '' }]]);
  for (const { kind, id, record } of registry) {
    if (kind === 'actor') setActor(state, id, record);
    else if (kind === 'product') state.set(`product ${id}`, productOf(record));
    else state.set(`place ${id}`, { owner: record.owner });
  }
  for (const lot of lots) setLot(state, lot, origin);
  return state;
}

/** @param {State} state @param {string} id @param {any} record */
function setActor(state, id, record) {
  const keys = record.keys ?? [];
  state.set(`actor ${id}`, {
    class: record.class, roles: record.roles ?? [], under: record.under, keys: keys.map((/** @type {any} */ { key }) => key),
    active: keys.filter((/** @type {any} */ { revoked }) => !revoked).length,
  });
  for (const { key, revoked } of keys) state.set(`signer ${key}`, { actor: id, seq: 0n, prev: ZERO, revoked: revoked ? 0n : null });
}

/** @param {any} record */
function productOf(record) {
  const madeFrom = new Map((record.madeFrom ?? []).map((/** @type {any} */ from) => [from.product, scaled(num(from.yieldMax), 6, 6)]));
  const content = record.netContent && (quantityOf(num(record.netContent.quantity), record.netContent.uom) ?? undefined);
  return { owner: '', unit: unitOf(record.unit)?.[0] ?? '', gtin: record.gtin, content, madeFrom };
}

/** @param {State} state @param {any} lot @param {string} origin */
export function setLot(state, lot, origin) {
  const named = lotOf(origin, lot.lot);
  if (!named) return;
  // Who once held some and holds none has too little; who never did is no holder. The node's answer leaves both out.
  const none = [lot.createdBy, ...lot.was ?? []].map((/** @type {string} */ holder) => /** @type {[string, bigint]} */ ([holder, 0n]));
  const held = (lot.balances ?? []).map((/** @type {any} */ { holder, quantity }) => /** @type {[string, bigint]} */ ([holder, fromDecimal(quantity)]));
  const balances = {
    holdings: new Map([...none, ...held]),
    transits: (lot.inTransit ?? []).map((/** @type {any} */ { from, to, quantity }) => ({ from, to, amount: fromDecimal(quantity) })),
    sold: fromDecimal(lot.sold ?? '0'), lost: fromDecimal(lot.lost ?? '0'),
  };
  state.set(`lot ${keyOf(named)}`, {
    uri: named.uri, product: lot.product, created: BigInt(lot.createdIndex ?? 0), by: lot.createdBy, unit: unitOf(lot.uom)?.[0] ?? '', balances, before: null,
    lastEffect: 0n, seq: lot.seq ?? 1, head: lot.head ?? ZERO, recalls: (lot.recalledBy ?? []).map(BigInt), children: [], voided: lot.voided ?? false,
  });
}

/** Applies a statement as the ledger would. The state changes only when nothing is refused.
 * @param {State} state @param {string} origin @param {Uint8Array} payload @param {number} now of the node's clock @param {number} place among those that wait */
export function applyTo(state, origin, payload, now, place) {
  const statement = readStatement(payload);
  const index = FIRST_INDEX + BigInt(place);
  const links = statement.kind === 'event' ? linksOf(state, origin, statement) : [];
  const entry = { index, previous: ZERO, receivedAt: now, links, signer: statement.signer, key: payload, signature: payload, payload };
  apply(state, origin, EVERY_LOT, entry, statement, ZERO);
}

/** The links that an entry would have. @param {State} state @param {string} origin @param {import('../verifier/statement.js').Statement} statement */
function linksOf(state, origin, statement) {
  let body;
  try {
    body = readEventBody(origin, statement.body);
  } catch {
    // Whatever is wrong with it, the rules will say.
    return [];
  }
  const created = new Set([...body.creates.values()].map(({ named }) => keyOf(named)));
  const keys = new Set(identifiers(body.event).flatMap((name) => nameOf(origin, name) ?? []).map(keyOf));
  return [...keys].sort().flatMap((lot) => {
    const known = state.get(`lot ${lot}`);
    return known || created.has(lot) ? [{ lot, seq: known?.seq ?? 0, previous: known?.head ?? ZERO }] : [];
  });
}

/** The refusal of an error, with numbers to put into words. @param {any} error @param {State} state @param {string} origin @param {import('./types.js').Step} step
 * @param {string} party who acts @returns {Refused} */
export function explain(error, state, origin, step, party) {
  if (!(error instanceof Refusal)) return refusal('malformed_event', '', {}, String(error));
  const [, field = '', about = ''] = / at (\S*?)(?:: (.*))?$/s.exec(error.message) ?? [];
  /** @type {Record<string, string>} */
  const facts = {};
  const parts = [...(step.inputs ?? []), ...(step.outputs ?? [])];
  const part = parts.find(({ lot }) => about.includes(lot)) ?? parts[0];
  const named = part && lotOf(origin, part.lot);
  const lot = named && state.get(`lot ${keyOf(named)}`);
  if (part) Object.assign(facts, { lot: part.lot, asked: part.amount?.number ?? '', askedUnit: part.amount?.unit ?? '' });
  if (lot) {
    const sum = error.code === 'not_addressee' || step.verb === 'receive'
      ? lot.balances.transits.filter((/** @type {any} */ { to }) => to === party).reduce((/** @type {bigint} */ all, /** @type {any} */ { amount }) => all + amount, 0n)
      : lot.balances.holdings.get(party) ?? 0n;
    Object.assign(facts, { left: toDecimal(sum), unit: lot.unit, product: lot.product });
  }
  if (error.code === 'role_missing') facts.roles = about;
  if (error.code === 'yield_exceeded') Object.assign(facts, yieldFacts(state, origin, step));
  return refusal(error.code, field, facts, error.message);
}

/** How much could come out at most. @param {State} state @param {string} origin @param {import('./types.js').Step} step @returns {Record<string, string>} */
function yieldFacts(state, origin, step) {
  const output = step.outputs?.[0];
  const product = output && state.get(`product ${output.product}`);
  if (!output || !product) return {};
  let most = 0n;
  for (const { lot, amount } of step.inputs ?? []) {
    const named = lotOf(origin, lot);
    const record = named && state.get(`lot ${keyOf(named)}`);
    const taken = quantityOf(num(amount.number), amount.unit || undefined);
    if (!record || !taken) continue;
    const part = record.product === output.product ? 1_000_000n : product.madeFrom.get(record.product) ?? (product.madeFrom.size ? 0n : 1_000_000n);
    most += taken.amount * (step.verb === 'process' || part < 1_000_000n ? part : 1_000_000n) / 1_000_000n;
  }
  const asked = quantityOf(num(output.amount.number), output.amount.unit || undefined);
  return { most: toDecimal(most), unit: product.content?.unit ?? product.unit, asked: asked ? toDecimal(asked.amount) : output.amount.number, outputProduct: output.product, lot: output.lot };
}

/** @typedef {{ party: string, left: bigint, incoming: bigint, from: string | null }} Share */

/** What a party has of a lot. @param {Lot} lot @param {string} party @returns {Share} */
export function shareOf(lot, party) {
  const coming = lot.balances.transits.filter(({ to }) => to === party);
  return {
    party, left: lot.balances.holdings.get(party) ?? 0n, incoming: coming.reduce((sum, { amount }) => sum + amount, 0n), from: coming[0]?.from ?? null,
  };
}
