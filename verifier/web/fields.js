// @ts-check
// The fields of EPCIS events by their types, and what must be there.
import { sensorElements } from './sensors.js';
import { shape } from './values.js';
import { fieldsOf, isTerm, isTime, isUnique, isUri, listOf, termOf } from './vocabulary.js';

/** @typedef {import('./epcis.js').Event} Event */

export const COMMON = ['@context', 'type', 'eventTime', 'eventTimeZoneOffset', 'eventID', 'recordTime', 'certificationInfo', 'errorDeclaration',
  'bizStep', 'disposition', 'readPoint', 'bizLocation', 'bizTransactionList', 'sourceList', 'destinationList', 'sensorElementList'];
/** @type {Record<string, string[]>} */
export const OWN = {
  ObjectEvent: ['action', 'epcList', 'quantityList', 'ilmd', 'persistentDisposition'],
  AggregationEvent: ['action', 'parentID', 'childEPCs', 'childQuantityList'],
  AssociationEvent: ['action', 'parentID', 'childEPCs', 'childQuantityList'],
  TransactionEvent: ['action', 'parentID', 'epcList', 'quantityList'],
  TransformationEvent: ['inputEPCList', 'inputQuantityList', 'outputEPCList', 'outputQuantityList', 'transformationID', 'ilmd', 'persistentDisposition'],
};

/** Tests of the fields that only have to be well formed. @param {(key: string) => boolean} extension @returns {Record<string, (json: any) => boolean>} */
export function forms(extension) {
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
export function checkType(json, type, lists, epcs) {
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
