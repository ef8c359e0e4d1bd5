// @ts-check
// What changes how others are read: recalls and corrections.
import { hashText } from './bytes.js';
import { digest } from './canonical.js';
import { identifiers } from './epcis.js';
import { namedLots } from './inspection.js';
import { keyOf, nameOf } from './names.js';
import { need } from './values.js';

/** @typedef {import('./rules.js').Session} Session */
/** @typedef {import('./rules.js').Party} Party */
/** @typedef {import('./rules.js').Lot} Lot */
/** @typedef {import('./statement.js').EventBody} EventBody */

/** @param {Session} session @param {Party} party @param {EventBody} body */
export function recall(session, party, body) {
  need(body.event.disposition === 'recalled', 'malformed_event', 'body.event.disposition');
  const lots = namedLots(session, body);
  const mayAny = ['operator', 'registrar', 'inspector'].some((role) => party.roles.includes(role));
  for (const [, lot] of lots) {
    need(mayAny || lot.by === party.party || (lot.balances.holdings.get(party.party) ?? 0n) > 0n, 'role_missing', 'signer');
  }
  markFamily(session, lots, (recalls) => (recalls.includes(session.index) ? recalls : [...recalls, session.index]));
}

/** Changes the recalls of lots and of all that was made from them.
 * @param {Session} session @param {[string, Lot][]} lots @param {(recalls: bigint[]) => bigint[]} change */
function markFamily(session, lots, change) {
  const reached = new Set(lots.map(([key]) => key));
  const queue = [...lots];
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [key, lot] = next;
    for (const child of lot.children) {
      if (reached.has(child) || !session.sees(child)) continue;
      reached.add(child);
      const record = session.get('lot', child);
      if (record) queue.push([child, record]);
    }
    session.put('lot', key, { ...lot, recalls: change(lot.recalls) });
  }
}

/** @param {Session} session @param {Party} party @param {EventBody} body */
export function correct(session, party, body) {
  need(body.event.declared !== null, 'malformed_event', 'body.event.errorDeclaration');
  need(body.event.id !== undefined, 'malformed_event', 'body.event.eventID');
  const key = hashText(body.event.id);
  const original = session.get('event', key);
  // A bundle has every event that linked one of its lots, so one that it lacks moved none of them.
  if (!original) return;
  need(original.corrected === null, 'already_corrected', 'body.event.eventID');
  need(original.author === party.author || original.party === party.party || party.roles.includes('operator'), 'not_author', 'body.event.eventID');
  need(original.digest === digest(body.event), 'correction_mismatch', 'body.event');
  if (original.verb === 'recall') {
    markFamily(session, namedLots(session, body), (recalls) => recalls.filter((index) => index !== original.index));
  } else if (!['inspect', 'observe', 'correct'].includes(original.verb)) undoMovement(session, original.index, body);
  session.put('event', key, { ...original, corrected: session.index });
}

/** @param {Session} session @param {bigint} index @param {EventBody} body */
function undoMovement(session, index, body) {
  /** @type {Map<string, Lot>} */
  const lots = new Map();
  for (const name of identifiers(body.event)) {
    const named = nameOf(session.origin, name);
    const key = named ? keyOf(named) : '';
    const lot = session.sees(key) && session.get('lot', key);
    if (lot) lots.set(key, lot);
  }
  if ([...lots.values()].some((lot) => lot.lastEffect !== index)) return;
  for (const [key, lot] of lots) {
    if (lot.created === index) {
      lot.voided = true;
      lot.balances = { holdings: new Map(), transits: [], sold: 0n, lost: 0n };
    } else if (lot.before) {
      lot.balances = lot.before;
      lot.before = null;
    }
    lot.lastEffect = session.index;
    session.put('lot', key, lot);
  }
}
