// @ts-check
// Sensor data of EPCIS events.
import { Num } from './json.js';
import { fieldsOf, isTerm, isTime, isUri, listOf } from './vocabulary.js';
import { MEASUREMENTS } from './words.js';

/** @typedef {import('./vocabulary.js').Test} Test */

/** @type {Test} */
const isNumber = (json) => json instanceof Num;
/** @type {Test} */
const isText = (json) => typeof json === 'string';

/** A word of the GS1 Web Vocabulary, or a URI outside of it. @param {string[]} words @returns {Test} */
const isWebTerm = (words) => (json) => words.includes(json) || (isUri(json) && !/^https?:\/\/(?:www\.)?gs1\.org\/voc\//.test(json));

/** @param {string} keys @param {Test} test @returns {Record<string, Test>} */
const all = (keys, test) => Object.fromEntries(keys.split(' ').map((key) => [key, test]));

/** Tests a `sensorElementList`. @param {Test} extension @returns {Test} */
export function sensorElements(extension) {
  const metadata = fieldsOf({ ...all('time startTime endTime', isTime), ...all('deviceID deviceMetadata rawData dataProcessingMethod bizRules', isUri) }, extension);
  const report = fieldsOf({
    type: isWebTerm(MEASUREMENTS), exception: isWebTerm(['ALARM_CONDITION', 'ERROR_CONDITION']), component: isTerm('Comp'), time: isTime,
    ...all('deviceID deviceMetadata rawData dataProcessingMethod bizRules microorganism chemicalSubstance coordinateReferenceSystem uriValue', isUri),
    ...all('value minValue maxValue meanValue sDev percRank percValue', isNumber), ...all('stringValue uom', isText),
    booleanValue: (json) => typeof json === 'boolean', hexBinaryValue: (json) => isText(json) && /^[0-9A-Fa-f]+$/.test(json),
  }, extension, ['type']);
  const type = (/** @type {any} */ json) => json === 'epcis:SensorElement' || extension('type');
  return listOf(fieldsOf({ sensorMetadata: metadata, sensorReport: (json) => listOf(report)(json) && json.length > 0, type }, extension, ['sensorReport']));
}
