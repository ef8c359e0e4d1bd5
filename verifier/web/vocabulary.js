// @ts-check
// Words of the Core Business Vocabulary 2.0, URIs, namespaced fields and sensor data: what an EPCIS event is made of.
import { Num } from './json.js';
import { isUriText, timeOf } from './values.js';
import { WORDS } from './words.js';

/** @typedef {(json: any) => boolean} Test */

/** @type {Test} */
export const isUri = (text) => {
  const match = typeof text === 'string' && /^[A-Za-z][A-Za-z0-9+.-]*:(.+)$/s.exec(text);
  return Boolean(match) && isUriText(/** @type {RegExpExecArray} */ (match)[1] ?? '');
};

/** @type {Test} */
export const isTime = (text) => timeOf(text) !== null;

/** @param {Test} test @returns {Test} */
export const listOf = (test) => (json) => Array.isArray(json) && json.every(test);

/** Whether an array of texts holds none twice. @param {any[]} texts */
export const isUnique = (texts) => new Set(texts).size === texts.length;

/** A word of the vocabulary in any of its spellings, or somebody else's URI as it is; `null` for neither. @param {any} term @param {string} kind @returns {string | null} */
export function termOf(term, kind) {
  if (typeof term !== 'string') return null;
  const isOurs = /^(?:cbv:|https?:\/\/(?:ref|ns)\.gs1\.org\/cbv\/|urn:epcglobal:cbv:)/.test(term);
  const full = new RegExp(`^(?:(?:cbv:|https?://(?:ref|ns)\\.gs1\\.org/cbv/)${kind}-|urn:epcglobal:cbv:${kind.toLowerCase()}:)(.*)$`, 's');
  const word = term.includes(':') ? full.exec(term)?.[1] : term;
  if (word !== undefined && WORDS[kind]?.includes(word)) return word;
  return !isOurs && isUri(term) ? term : null;
}

/** @param {string} kind @returns {Test} */
export const isTerm = (kind) => (json) => termOf(json, kind) !== null;

/** An object of known fields and, where there is a test for their names, others. @param {Record<string, Test>} known @param {Test} [extension] @param {string[]} [needed] @returns {Test} */
export const fieldsOf = (known, extension = () => false, needed = []) => (json) => json instanceof Map && needed.every((key) => json.has(key))
  && [...json].every(([key, value]) => (Object.hasOwn(known, key) ? known[key]?.(value) : extension(key)));
