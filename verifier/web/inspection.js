// @ts-check
// Inspections, which move nothing.
import { identifiers } from './epcis.js';
import { objectLists } from './movement.js';
import { needRole } from './rules.js';
import { keyOf, nameOf } from './names.js';
import { need } from './values.js';

/** @typedef {import('./rules.js').Session} Session */
/** @typedef {import('./rules.js').Party} Party */
/** @typedef {import('./rules.js').Lot} Lot */
/** @typedef {import('./statement.js').EventBody} EventBody */

const LIST = 'body.event.quantityList';

/** The lots that an object event names; all exist, at least one. @param {Session} session @param {EventBody} body @returns {[string, Lot][]} */
export function namedLots(session, body) {
  objectLists(body, 'OBSERVE');
  const names = identifiers(body.event);
  need(names.length, 'malformed_event', LIST);
  const keys = new Set(names.map((name) => {
    const named = nameOf(session.origin, name);
    need(named, 'malformed_event', LIST);
    return keyOf(named);
  }));
  return [...keys].filter((key) => session.sees(key)).map((key) => [key, session.known('lot', key, LIST)]);
}

/** @param {Session} session @param {Party} party @param {EventBody} body */
export function inspect(session, party, body) {
  need(body.event.step === 'inspecting', 'malformed_event', 'body.event.bizStep');
  namedLots(session, body);
  needRole(party, 'inspector');
}
