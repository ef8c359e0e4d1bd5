// @ts-check
// EPCIS 2.0 events, read as strictly as the node reads them.
import { Num } from './json.js';
import { readContext } from './context.js';
import { COMMON, OWN, checkType, forms } from './fields.js';
import { quantityOf, shape, timeOf, unitOf } from './values.js';
import { fieldsOf, isTerm, isUri, listOf, termOf } from './vocabulary.js';

/** @typedef {import('./values.js').Quantity} Quantity */
/** @typedef {{epcClass: string, quantity: Quantity | null}} Element */
/** @typedef {{json: Map<string, any>, type: string, action: string, time: number, id: string | undefined, step: string, disposition: string,
 *   declared: number | null, places: string[], lists: Record<string, Element[]>, epcs: Record<string, string[]>,
 *   sources: string[], destinations: string[], parent: string | undefined}} Event */

const QUANTITIES = ['quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList'];
const EPCS = ['epcList', 'childEPCs', 'inputEPCList', 'outputEPCList'];
/** @param {any} list @param {string} field @returns {Element[]} */
function elements(list, field) {
  if (list === undefined) return [];
  shape(Array.isArray(list), field);
  return list.map((element, at) => {
    const where = `${field}[${at}]`;
    const isElement = fieldsOf({ epcClass: isUri, quantity: (json) => json instanceof Num, uom: (json) => unitOf(json) !== null }, undefined, ['epcClass']);
    shape(isElement(element), where);
    const number = element.get('quantity');
    const quantity = number === undefined ? null : quantityOf(number, element.get('uom'));
    shape(number === undefined || quantity, `${where}.quantity`);
    return { epcClass: element.get('epcClass'), quantity };
  });
}

/** The possessing parties of a list. @param {any} list @param {string} name @param {string} field */
function possessing(list, name, field) {
  if (list === undefined) return [];
  shape(listOf(fieldsOf({ type: isTerm('SDT'), [name]: isUri }, undefined, ['type', name]))(list), field);
  return list.filter((/** @type {any} */ party) => termOf(party.get('type'), 'SDT') === 'possessing_party').map((/** @type {any} */ party) => party.get(name));
}

/** @param {any} json @returns {Event} */
export function readEvent(json) {
  shape(json instanceof Map, '');
  const type = json.get('type');
  const own = typeof type === 'string' && Object.hasOwn(OWN, type) ? OWN[type] : undefined;
  shape(own, 'type');
  const extension = readContext(json.get('@context'));
  shape(extension, '@context');
  for (const key of json.keys()) shape(COMMON.includes(key) || own.includes(key) || extension(key), key, 'no such field here');
  for (const [key, test] of Object.entries(forms(extension))) shape(!json.has(key) || test(json.get(key)), key);
  for (const key of ['eventTime', 'eventTimeZoneOffset']) shape(json.has(key), key);
  /** @type {Record<string, Element[]>} */
  const lists = {};
  /** @type {Record<string, string[]>} */
  const epcs = {};
  for (const key of QUANTITIES) lists[key] = elements(json.get(key), key);
  for (const key of EPCS) {
    const list = json.has(key) ? json.get(key) : [];
    shape(listOf(isUri)(list), key);
    epcs[key] = list;
  }
  checkType(json, type, lists, epcs);
  return {
    json, type, lists, epcs, action: json.get('action'), time: timeOf(json.get('eventTime')) ?? 0, id: json.get('eventID'), parent: json.get('parentID'),
    declared: timeOf(json.get('errorDeclaration')?.get('declarationTime')),
    step: termOf(json.get('bizStep'), 'BizStep') ?? '',
    disposition: termOf(json.get('disposition'), 'Disp') ?? '',
    places: ['readPoint', 'bizLocation'].flatMap((key) => json.get(key)?.get('id') ?? []),
    sources: possessing(json.get('sourceList'), 'source', 'sourceList'),
    destinations: possessing(json.get('destinationList'), 'destination', 'destinationList'),
  };
}

/** Every identifier whose lot could be named. @param {Event} event @returns {string[]} */
export function identifiers(event) {
  return [...(event.parent ? [event.parent] : []), ...EPCS.flatMap((key) => event.epcs[key] ?? []),
    ...QUANTITIES.flatMap((key) => (event.lists[key] ?? []).map((element) => element.epcClass))];
}
