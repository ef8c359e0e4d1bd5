// @ts-check
// A year in numbers, worked out from a producer's own entries: as her app shows it to her, and as whoever was handed her report works it out again
// (format, section 14).
import { lotOf } from './names.js';
import { readEventBody, readStatement } from './statement.js';
import { decimalOf } from './values.js';

/** @typedef {{ number: string, unit: string, typed: null }} Amount exact, in the base unit; `''` for pieces */
/** @typedef {{ product: string, harvested: Amount[], made: Amount[], sold: Amount[], given: { to: string, amount: Amount }[], lost: Amount[] }} ProductSums product: URI, `''` where it is not known */
/** @typedef {{ year: number, products: ProductSums[], entries: { index: number, time: string, verb: string, amount: Amount | null }[] }} Page */
/** @typedef {{ index: number, signer: string, time: string, body: import('./statement.js').EventBody }} Past one event of hers */

/** A year begins and ends as in Vietnam. */
const OFFSET_MS = 7 * 3_600_000;

/** @param {import('./values.js').Quantity} quantity @returns {Amount} */
const amountOf = ({ amount, unit }) => ({ number: decimalOf(amount), unit, typed: null });

/** The event in an entry's payload; nothing for any other statement. @param {string} origin @param {number} index @param {Uint8Array} payload @returns {Past | null} */
export function readPast(origin, index, payload) {
  const statement = readStatement(payload);
  if (statement.kind !== 'event' || statement.ledger !== origin) return null;
  const body = readEventBody(origin, statement.body);
  return { index, signer: statement.signer, time: body.event.json.get('eventTime'), body };
}

/** @param {Past} past */
export const yearOf = ({ body }) => new Date(body.event.time + OFFSET_MS).getUTCFullYear();

/** What counts of a person's: events that were corrected since count no more, nor do the corrections. @param {Past[]} past @returns {Past[]} */
export function standing(past) {
  const corrected = new Set(past.filter(({ body }) => body.verb === 'correct').map(({ body }) => body.event.id));
  return past.filter(({ body }) => body.verb !== 'correct' && !corrected.has(body.event.id));
}

/** Whether an event counts as hers: what others did to her, as a delivery that she received, is theirs; what a secretary typed for her is hers.
 * @param {Past} past @param {string} actor @param {(signer: string) => string | undefined} actorOf */
export const isHers = ({ signer, body }, actor, actorOf) => body.behalf === actor || (body.party ?? actorOf(signer)) === actor;

/** Sums by product, each kept by unit. */
class Sums {
  constructor() {
    /** @type {Map<string, Map<string, Map<string, bigint>>>} product -> what -> unit -> amount */
    this.all = new Map();
  }

  /** @param {string} product @param {string} what @param {import('./values.js').Quantity} quantity */
  add(product, what, { amount, unit }) {
    const kinds = this.all.get(product) ?? new Map();
    const units = kinds.get(what) ?? new Map();
    units.set(unit, (units.get(unit) ?? 0n) + amount);
    kinds.set(what, units);
    this.all.set(product, kinds);
  }

  /** @returns {ProductSums[]} */
  products() {
    return [...this.all].map(([product, kinds]) => {
      const amounts = (/** @type {string} */ what) => [...kinds.get(what) ?? []].map(([unit, amount]) => amountOf({ amount, unit }));
      const given = [...kinds.keys()].filter((what) => what.startsWith('to ')).flatMap((what) => amounts(what).map((amount) => ({ to: what.slice(3), amount })));
      return { product, harvested: amounts('harvested'), made: amounts('made'), sold: amounts('sold'), given, lost: amounts('lost') };
    });
  }
}

/** The page of a year. Nothing that was moved is left out because nobody knows what it was: that counts under no product's name.
 * @param {string} origin @param {number} year @param {Past[]} past hers, standing, oldest first @param {(lot: import('./names.js').Named) => string | undefined} productOf of lots that none of these made @returns {Page} */
export function pageOf(origin, year, past, productOf) {
  const made = new Map(past.flatMap(({ body }) => [...body.creates.values()].map(({ named, product }) => [named.uri, product])));
  const sums = new Sums();
  const entries = past.map(({ index, time, body }) => {
    const { verb, event } = body;
    const whats = /** @type {Record<string, string>} */ ({ harvest: 'harvested', sell: 'sold', lose: 'lost', ship: `to ${event.destinations[0] ?? ''}` });
    const what = whats[verb] ?? (['process', 'pack'].includes(verb) ? 'made' : '');
    const moved = (event.lists[event.type === 'TransformationEvent' ? 'outputQuantityList' : 'quantityList'] ?? []).filter(({ quantity }) => quantity);
    for (const { epcClass, quantity } of what ? moved : []) {
      const lot = lotOf(origin, epcClass);
      const product = lot && (made.get(lot.uri) ?? productOf(lot));
      if (quantity) sums.add(product || '', what, quantity);
    }
    const first = moved[0]?.quantity;
    return { index, time, verb, amount: first ? amountOf(first) : null };
  });
  return { year, products: sums.products(), entries };
}
