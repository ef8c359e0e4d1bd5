// @ts-check
// The context of an EPCIS event: which fields of others it may hold.
import { isUri } from './vocabulary.js';

/** @typedef {import('./vocabulary.js').Test} Test */

/** Longest part of a context, in definitions. */
const DEFINITIONS_MAX = 256;
const PREFIXES = ['epcis', 'cbv', 'cbvmda', 'gs1', 'rdfs', 'owl', 'xsd', 'dcterms'];

/** Reads the context of an event: the test of the names of fields that no standard knows; `null` if it is none. @param {any} json @returns {Test | null} */
export function readContext(json) {
  const parts = json === undefined ? [] : Array.isArray(json) ? json : [json];
  if (!parts.every((part) => part instanceof Map || isUri(part))) return null;
  const maps = parts.filter((part) => part instanceof Map);
  if (maps.reduce((sum, part) => sum + part.size, 0) > DEFINITIONS_MAX) return null;
  return (key) => {
    const at = key.indexOf(':');
    const [prefix, local] = [key.slice(0, at), key.slice(at + 1)];
    if (at < 0) return false;
    if (local.startsWith('//') || prefix === 'urn') return isUri(key);
    return local !== '' && (PREFIXES.includes(prefix) || maps.some((part) => (part.get(prefix) ?? null) !== null));
  };
}
