// @ts-check
// Verbs that create a lot from nothing or move it as it is: harvest, ship, receive, sell, lose.
import { needRole } from './rules.js';
import { keyOf, lotOf, nameOf } from './names.js';
import { bounded, need } from './values.js';

/** @typedef {import('./rules.js').Session} Session */
/** @typedef {import('./rules.js').Party} Party */
/** @typedef {import('./rules.js').Lot} Lot */
/** @typedef {import('./statement.js').EventBody} EventBody */
/** @typedef {import('./values.js').Quantity} Quantity */
/** @typedef {{named: import('./names.js').Named, key: string, quantity: Quantity, field: string}} Amount */

const PIECE = 10n ** 15n;

/** Amounts of lots: from elements, and for lots that none names, one piece for each pack.
 * @param {Session} session @param {import('./epcis.js').Event} event @param {string} list @param {string} items @returns {Amount[]} */
export function amounts(session, event, list, items) {
  /** @type {Map<string, Amount>} */
  const found = new Map();
  for (const { epcClass, quantity } of event.lists[list] ?? []) {
    const named = lotOf(session.origin, epcClass);
    const field = `body.event.${list}`;
    need(named && quantity && quantity.amount > 0n && !found.has(named.uri), 'malformed_event', field);
    found.set(named.uri, { named, key: keyOf(named), quantity, field });
  }
  const listed = new Set(found.keys());
  const packs = new Set();
  for (const item of event.epcs[items] ?? []) {
    const named = nameOf(session.origin, item);
    need(named?.item && !packs.has(named.item), 'malformed_event', `body.event.${items}`);
    packs.add(named.item);
    if (listed.has(named.uri)) continue;
    const before = found.get(named.uri)?.quantity.amount ?? 0n;
    found.set(named.uri, { named, key: keyOf(named), quantity: { amount: before + PIECE, unit: '' }, field: `body.event.${items}` });
  }
  need(found.size > 0, 'malformed_event', `body.event.${list}`);
  return [...found.values()];
}

/** @param {Session} session @param {EventBody} body @param {string} action @param {string} step */
function objectAmounts(session, body, action, step) {
  objectLists(body, action);
  need(body.event.step === step, 'malformed_event', 'body.event.bizStep');
  return amounts(session, body.event, 'quantityList', 'epcList');
}

/** @param {EventBody} body @param {string} action */
export function objectLists(body, action) {
  need(body.event.type === 'ObjectEvent' && body.event.action === action, 'malformed_event', 'body.event.action');
}

/** An amount in another unit: pieces by what one holds. @param {Quantity} quantity @param {string} unit @param {Quantity | undefined} content @param {string} field */
export function inUnit(quantity, unit, content, field) {
  if (quantity.unit === unit) return quantity.amount;
  need(quantity.unit === '' && content?.unit === unit, 'unit_mismatch', field);
  const product = quantity.amount * content.amount;
  need(product % PIECE === 0n, 'malformed_event', field, 'too many digits');
  return bounded(product / PIECE, field);
}

/** The amounts as lots that come into being, each with its product's record. @param {Session} session @param {EventBody} body @param {Amount[]} list */
export function newLots(session, body, list) {
  const lots = list.map((amount) => {
    need(!session.sees(amount.key) || !session.get('lot', amount.key), 'lot_exists', amount.field, amount.named.uri);
    const made = body.creates.get(amount.named.uri);
    need(made, 'malformed_event', 'body.creates');
    return { ...amount, product: made.product };
  });
  need(lots.length === body.creates.size, 'malformed_event', 'body.creates');
  return lots;
}

/** @param {Session} session @param {ReturnType<typeof newLots>[0]} lot */
export function productOf(session, lot) {
  const record = session.known('product', lot.product, 'body.creates');
  need(lot.named.gtin === undefined || record.gtin === lot.named.gtin, 'product_mismatch', 'body.creates');
  need(lot.quantity.unit === record.unit || (lot.quantity.unit === '' && record.content), 'unit_mismatch', lot.field);
  return record;
}

/** @param {Session} session @param {ReturnType<typeof newLots>[0]} lot @param {string} party @returns {Lot} */
export function created(session, lot, party) {
  const balances = { holdings: new Map([[party, lot.quantity.amount]]), transits: [], sold: 0n, lost: 0n };
  return {
    uri: lot.named.uri, product: lot.product, created: session.index, by: party, unit: lot.quantity.unit, balances, before: null,
    lastEffect: session.index, seq: 0, head: '0'.repeat(64), recalls: [], children: [], voided: false, serials: null,
  };
}

/** @param {Session} session @param {Party} party @param {EventBody} body */
export function harvest(session, party, body) {
  const list = objectAmounts(session, body, 'ADD', 'commissioning');
  needRole(party, 'producer');
  for (const lot of newLots(session, body, list)) {
    productOf(session, lot);
    if (session.sees(lot.key)) session.put('lot', lot.key, created(session, lot, party.party));
  }
}

/** The lots of amounts that are seen, ready to be moved. @param {Session} session @param {Amount[]} list */
export function moving(session, list) {
  return list.filter(({ key }) => session.sees(key)).map(({ key, named, quantity, field }) => {
    /** @type {Lot} */
    const lot = session.known('lot', key, field);
    const amount = inUnit(quantity, lot.unit, session.get('product', lot.product)?.content, field);
    lot.before = structuredClone(lot.balances);
    lot.lastEffect = session.index;
    return { key, lot, amount, field, uri: named.uri };
  });
}

/** @param {ReturnType<typeof moving>[0]} move @param {string} party */
export function take(move, party) {
  const held = move.lot.balances.holdings.get(party);
  need(held !== undefined, 'not_holder', move.field, move.uri);
  need(held >= move.amount, 'insufficient_quantity', move.field, move.uri);
  move.lot.balances.holdings.set(party, held - move.amount);
}

/** @param {Session} session @param {string[]} parties @param {string} field */
function possessing(session, parties, field) {
  need(parties.length <= 1, 'malformed_event', field);
  const [party] = parties;
  if (party === undefined) return undefined;
  const base = `https://${session.origin}/actor/`;
  need(party.startsWith(base) && /^[a-z0-9-]{1,40}$/.test(party.slice(base.length)), 'malformed_event', field);
  session.known('actor', party, field);
  return party;
}

/** @param {Session} session @param {Party} party @param {EventBody} body */
export function ship(session, party, body) {
  const list = objectAmounts(session, body, 'OBSERVE', 'shipping');
  const to = possessing(session, body.event.destinations, 'body.event.destinationList');
  need(to !== undefined && to !== party.party, 'malformed_event', 'body.event.destinationList');
  const from = possessing(session, body.event.sources, 'body.event.sourceList');
  need(from === undefined || from === party.party, 'not_holder', 'body.event.sourceList');
  for (const move of moving(session, list)) {
    need(!move.lot.recalls.length, 'recalled', move.field);
    take(move, party.party);
    move.lot.balances.transits.push({ from: party.party, to, amount: move.amount });
    session.put('lot', move.key, move.lot);
  }
}

/** @param {Session} session @param {Party} party @param {EventBody} body */
export function receive(session, party, body) {
  const list = objectAmounts(session, body, 'OBSERVE', 'receiving');
  const from = possessing(session, body.event.sources, 'body.event.sourceList');
  const to = possessing(session, body.event.destinations, 'body.event.destinationList');
  need(to === undefined || to === party.party, 'not_addressee', 'body.event.destinationList');
  for (const move of moving(session, list)) {
    arrive(move, party.party, from);
    session.put('lot', move.key, move.lot);
  }
}

/** @param {ReturnType<typeof moving>[0]} move @param {string} to @param {string | undefined} from */
function arrive({ lot: { balances }, amount, field }, to, from) {
  const isOurs = (/** @type {import('./rules.js').Transit} */ transit) => transit.to === to && (from === undefined || transit.from === from);
  need(balances.transits.some(isOurs), 'not_addressee', field);
  const exact = balances.transits.findIndex((transit) => isOurs(transit) && transit.amount === amount);
  let covered = 0n;
  balances.transits = balances.transits.filter((transit, at) => {
    const closes = exact >= 0 ? at === exact : isOurs(transit) && covered < amount;
    if (closes) covered += transit.amount;
    return !closes;
  });
  need(covered >= amount, 'insufficient_quantity', field);
  balances.lost += covered - amount;
  balances.holdings.set(to, (balances.holdings.get(to) ?? 0n) + amount);
}

/** @param {Session} session @param {Party} party @param {EventBody} body */
export function sell(session, party, body) {
  const list = objectAmounts(session, body, 'OBSERVE', 'retail_selling');
  needRole(party, 'seller', 'producer', 'processor');
  for (const move of moving(session, list)) {
    need(!move.lot.recalls.length, 'recalled', move.field);
    take(move, party.party);
    move.lot.balances.sold += move.amount;
    session.put('lot', move.key, move.lot);
  }
}

/** @param {Session} session @param {Party} party @param {EventBody} body */
export function lose(session, party, body) {
  for (const move of moving(session, objectAmounts(session, body, 'OBSERVE', 'destroying'))) {
    take(move, party.party);
    move.lot.balances.lost += move.amount;
    session.put('lot', move.key, move.lot);
  }
}
