// @ts-check
// The fields that the ledger's own tools write. With any other one the complete verifier is asked.
import { sensorElements } from './sensors.js';
import { shape } from '../../../verifier/web/values.js';
import { fieldsOf, isTerm, isTime, isUnique, isUri } from '../../../verifier/web/vocabulary.js';

export const COMMON = ['type', 'eventTime', 'eventTimeZoneOffset', 'eventID', 'bizStep', 'readPoint', 'bizLocation', 'sourceList', 'destinationList', 'sensorElementList'];
/** @type {Record<string, string[]>} */
export const OWN = {
  ObjectEvent: ['action', 'epcList', 'quantityList', 'ilmd'],
  TransformationEvent: ['inputEPCList', 'inputQuantityList', 'outputEPCList', 'outputQuantityList'],
};

const place = fieldsOf({ id: isUri }, undefined, ['id']);

/** @returns {Record<string, (json: any) => boolean>} */
export const forms = () => ({
  eventTime: isTime, eventID: isUri, readPoint: place, bizLocation: place, bizStep: isTerm('BizStep'), sensorElementList: sensorElements(),
  eventTimeZoneOffset: (json) => typeof json === 'string' && /^[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)$/.test(json), action: (json) => ['ADD', 'OBSERVE'].includes(json), ilmd: fieldsOf({}, (key) => /^cbvmda:[^/]/.test(key)),
});

/** What an event of each type must hold. @param {Map<string, any>} json @param {string} type @param {Record<string, any[]>} lists @param {Record<string, string[]>} epcs */
export function checkType(json, type, lists, epcs) {
  const has = (/** @type {string} */ epc, /** @type {string} */ list) => Boolean(epcs[epc]?.length || lists[list]?.length);
  for (const list of Object.values(epcs)) shape(isUnique(list), 'epcList');
  if (type === 'TransformationEvent') shape(has('inputEPCList', 'inputQuantityList') && has('outputEPCList', 'outputQuantityList'), 'inputQuantityList');
  else shape(json.has('action') && (!json.has('ilmd') || json.get('action') === 'ADD') && (json.has('epcList') || has('epcList', 'quantityList') || (json.get('sensorElementList')?.length && json.has('readPoint'))), 'epcList');
}
