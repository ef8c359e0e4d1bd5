// @ts-check
// Plain readings. Whatever else sensors can say is left to the complete verifier.
import { Num } from '../../../verifier/web/json.js';
import { fieldsOf, isTime, listOf } from '../../../verifier/web/vocabulary.js';
import { MEASUREMENTS } from './words.js';

/** @typedef {import('../../../verifier/web/vocabulary.js').Test} Test */

const isReport = fieldsOf({
  type: (json) => MEASUREMENTS.includes(json), time: isTime, value: (json) => json instanceof Num, uom: (json) => typeof json === 'string',
}, undefined, ['type']);

/** @returns {Test} */
export const sensorElements = () => listOf(fieldsOf({ sensorReport: (json) => listOf(isReport)(json) && json.length > 0 }, undefined, ['sensorReport']));
