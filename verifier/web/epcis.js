// @ts-check
// EPCIS events as far as rules need them. The node's reader is stricter about words of the vocabulary and contexts: an event that this one
// lets pass and the node does not can only stand in a ledger whose operator left the rules, which the Rust verifier finds.
import { hashText } from './bytes.js';
import { Num } from './json.js';
import { Refusal, need, quantityOf, timeOf } from './values.js';

/** @typedef {import('./values.js').Quantity} Quantity */
/** @typedef {{epcClass: string, quantity: Quantity | null}} Element */
/** @typedef {{json: Map<string, any>, type: string, action: string, time: number, id: string | undefined, step: string, disposition: string,
 *   declared: number | null, places: string[], lists: Record<string, Element[]>, epcs: Record<string, string[]>,
 *   sources: string[], destinations: string[], parent: string | undefined}} Event */

const QUANTITIES = ['quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList'];
const EPCS = ['epcList', 'childEPCs', 'inputEPCList', 'outputEPCList'];
const COMMON = ['@context', 'type', 'eventTime', 'eventTimeZoneOffset', 'eventID', 'recordTime', 'certificationInfo', 'errorDeclaration',
  'bizStep', 'disposition', 'readPoint', 'bizLocation', 'bizTransactionList', 'sourceList', 'destinationList', 'sensorElementList'];
/** @type {Record<string, string[]>} */
const OWN = {
  ObjectEvent: ['action', 'epcList', 'quantityList', 'ilmd', 'persistentDisposition'],
  AggregationEvent: ['action', 'parentID', 'childEPCs', 'childQuantityList'],
  AssociationEvent: ['action', 'parentID', 'childEPCs', 'childQuantityList'],
  TransactionEvent: ['action', 'parentID', 'epcList', 'quantityList'],
  TransformationEvent: ['inputEPCList', 'inputQuantityList', 'outputEPCList', 'outputQuantityList', 'transformationID', 'ilmd', 'persistentDisposition'],
};

/** @param {any} ok @param {string} field @param {string} [detail] @returns {asserts ok} */
function shape(ok, field, detail) {
  need(ok, 'malformed_event', `body.event.${field}`, detail);
}

const isUri = (/** @type {any} */ text) => typeof text === 'string' && /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+$/.test(text);

/** A word of the vocabulary, bare or as one of its URIs. @param {any} term @param {string} kind @param {string} field */
function wordOf(term, kind, field) {
  if (term === undefined) return '';
  shape(typeof term === 'string', field);
  const match = new RegExp(`^(?:(?:cbv:|https?://(?:ref|ns)\\.gs1\\.org/cbv/)${kind}-|urn:epcglobal:cbv:${kind.toLowerCase()}:)(.+)$`).exec(term);
  shape(match || !term.includes(':') || isUri(term), field);
  return match?.[1] ?? term;
}

/** @param {any} list @param {string} field @returns {Element[]} */
function elements(list, field) {
  if (list === undefined) return [];
  shape(Array.isArray(list), field);
  return list.map((element, at) => {
    const where = `${field}[${at}]`;
    shape(element instanceof Map && [...element.keys()].every((key) => ['epcClass', 'quantity', 'uom'].includes(key)), where);
    shape(isUri(element.get('epcClass')), `${where}.epcClass`);
    const number = element.get('quantity');
    const quantity = number === undefined ? null : quantityOf(number, element.get('uom'));
    shape(number === undefined || quantity, `${where}.quantity`);
    return { epcClass: element.get('epcClass'), quantity };
  });
}

/** @param {any} list @param {string} name @param {string} field */
function possessing(list, name, field) {
  if (list === undefined) return [];
  shape(Array.isArray(list) && list.every((party) => party instanceof Map && isUri(party.get(name))), field);
  return list.filter((party) => wordOf(party.get('type'), 'SDT', field) === 'possessing_party').map((party) => party.get(name));
}

/** @param {any} json @returns {Event} */
export function readEvent(json) {
  shape(json instanceof Map, '');
  const type = json.get('type');
  const own = typeof type === 'string' && Object.hasOwn(OWN, type) ? OWN[type] : undefined;
  shape(own, 'type');
  for (const key of json.keys()) shape(COMMON.includes(key) || own.includes(key) || key.includes(':'), key, 'no such field here');
  const time = timeOf(json.get('eventTime'));
  shape(time !== null, 'eventTime');
  shape(/^[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)$/.test(String(json.get('eventTimeZoneOffset'))), 'eventTimeZoneOffset');
  const action = json.get('action');
  shape(type === 'TransformationEvent' ? action === undefined : ['ADD', 'OBSERVE', 'DELETE'].includes(action), 'action');
  const id = json.get('eventID');
  shape(id === undefined || isUri(id), 'eventID');
  /** @type {Record<string, Element[]>} */
  const lists = {};
  /** @type {Record<string, string[]>} */
  const epcs = {};
  for (const key of QUANTITIES) lists[key] = elements(json.get(key), key);
  for (const key of EPCS) {
    epcs[key] = json.get(key) ?? [];
    shape(Array.isArray(epcs[key]) && /** @type {any[]} */ (epcs[key]).every(isUri), key);
  }
  const error = json.get('errorDeclaration');
  const declared = error === undefined ? null : timeOf(error instanceof Map ? error.get('declarationTime') : undefined);
  shape(error === undefined || declared !== null, 'errorDeclaration');
  const places = ['readPoint', 'bizLocation'].map((key) => json.get(key)).filter((place) => place !== undefined);
  for (const place of places) shape(place instanceof Map && isUri(place.get('id')), 'readPoint');
  const parent = json.get('parentID');
  shape(parent === undefined || isUri(parent), 'parentID');
  return {
    json, type, action, time, id, declared, lists, epcs, parent,
    step: wordOf(json.get('bizStep'), 'BizStep', 'bizStep'),
    disposition: wordOf(json.get('disposition'), 'Disp', 'disposition'),
    places: places.map((place) => place.get('id')),
    sources: possessing(json.get('sourceList'), 'source', 'sourceList'),
    destinations: possessing(json.get('destinationList'), 'destination', 'destinationList'),
  };
}

/** Every identifier whose lot could be named. @param {Event} event @returns {string[]} */
export function identifiers(event) {
  return [...(event.parent ? [event.parent] : []), ...EPCS.flatMap((key) => event.epcs[key] ?? []),
    ...QUANTITIES.flatMap((key) => (event.lists[key] ?? []).map((element) => element.epcClass))];
}

/** @param {any} json @param {string[]} [leftOut] @returns {string} */
function canonical(json, leftOut = []) {
  if (json instanceof Map) {
    const keys = [...json.keys()].filter((key) => !leftOut.includes(key)).sort(byBytes);
    return `{${keys.map((key) => `${quote(key)}:${canonical(json.get(key))}`).join(',')}}`;
  }
  if (Array.isArray(json)) return `[${json.map((value) => canonical(value)).join(',')}]`;
  if (json instanceof Num) return canonicalNumber(json.text);
  return typeof json === 'string' ? quote(json) : String(json);
}

/** By UTF-8 bytes, which is by code points. @param {string} a @param {string} b */
function byBytes(a, b) {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i += 1) {
    const difference = /** @type {number} */ (x[i]?.codePointAt(0)) - /** @type {number} */ (y[i]?.codePointAt(0));
    if (difference) return difference;
  }
  return x.length - y.length;
}

/** @param {string} text */
function canonicalNumber(text) {
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  if (!digits) return '0';
  const significant = digits.replace(/0+$/, '');
  return `${sign}${significant}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)}`;
}

/** JSON.stringify escapes exactly what the canonical form does. @param {string} text */
const quote = (text) => JSON.stringify(text);

/** What of an event a correction repeats. @param {Event} event */
export const digest = (event) => hashText(canonical(event.json, ['errorDeclaration', 'recordTime']));

export { Refusal };
