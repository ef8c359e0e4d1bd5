// @ts-check
// EPCIS 2.0 events, read as strictly as the node reads them.
import { Num } from './json.js';
import { sensorElements } from './sensors.js';
import { need, quantityOf, timeOf, unitOf } from './values.js';
import { fieldsOf, isTerm, isTime, isUnique, isUri, listOf, readContext, termOf } from './vocabulary.js';

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

/** Tests of the fields that only have to be well formed. @param {(key: string) => boolean} extension @returns {Record<string, (json: any) => boolean>} */
function forms(extension) {
  const place = fieldsOf({ id: isUri }, extension, ['id']);
  const dispositions = (/** @type {any} */ json) => listOf(isTerm('Disp'))(json) && json.length > 0 && isUnique(json.map((/** @type {any} */ term) => termOf(term, 'Disp')));
  return {
    eventTime: isTime, recordTime: isTime, eventID: isUri, parentID: isUri, transformationID: isUri, readPoint: place, bizLocation: place,
    eventTimeZoneOffset: (json) => typeof json === 'string' && /^[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)$/.test(json),
    action: (json) => ['ADD', 'OBSERVE', 'DELETE'].includes(json), bizStep: isTerm('BizStep'), disposition: isTerm('Disp'),
    errorDeclaration: fieldsOf({ declarationTime: isTime, reason: isTerm('ER'), correctiveEventIDs: listOf(isUri) }, extension, ['declarationTime']),
    persistentDisposition: (json) => fieldsOf({ set: dispositions, unset: dispositions })(json) && json.size > 0,
    bizTransactionList: listOf(fieldsOf({ type: isTerm('BTT'), bizTransaction: isUri }, undefined, ['bizTransaction'])),
    certificationInfo: (json) => isUri(json) || listOf(isUri)(json),
    ilmd: fieldsOf({}, extension), sensorElementList: sensorElements(extension),
  };
}

/** What an event of each type must hold. @param {Map<string, any>} json @param {string} type @param {Event['lists']} lists @param {Event['epcs']} epcs */
function checkType(json, type, lists, epcs) {
  const has = (/** @type {string} */ epc, /** @type {string} */ list) => Boolean(epcs[epc]?.length || lists[list]?.length);
  const action = json.get('action');
  if (type === 'TransformationEvent') {
    const [input, output] = [has('inputEPCList', 'inputQuantityList'), has('outputEPCList', 'outputQuantityList')];
    shape(json.has('transformationID') ? input || output : input && output, input ? 'outputQuantityList' : 'inputQuantityList');
    for (const key of ['inputEPCList', 'outputEPCList']) shape(isUnique(epcs[key] ?? []), key);
    return;
  }
  shape(action !== undefined, 'action');
  if (type === 'AggregationEvent' || type === 'AssociationEvent') {
    shape(type === 'AggregationEvent' || json.has('parentID'), 'parentID');
    shape(has('childEPCs', 'childQuantityList') || action === 'DELETE', 'childEPCs');
    return;
  }
  const isListed = json.has('epcList') || has('epcList', 'quantityList');
  if (type === 'TransactionEvent') {
    shape(isListed || action === 'DELETE', 'epcList');
    shape(json.get('bizTransactionList')?.length > 0, 'bizTransactionList');
    return;
  }
  shape(!json.has('ilmd') || action === 'ADD', 'ilmd');
  // Sensors may report of a place alone.
  shape(isListed || (json.get('sensorElementList')?.length > 0 && json.has('readPoint')), 'epcList');
  shape(isUnique(epcs.epcList ?? []), 'epcList');
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
