// @ts-check
// JSON as JSON.stringify writes it, by the browser's own reader: whoever writes it so has no key twice and no number that loses digits.
// Any other spelling is left to the complete verifier.

/** A number as it was written. */
export class Num {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

const DEPTH_MAX = 32;

/** @param {string | Uint8Array} input
 * @returns {any} */
export function parseJson(input) {
  const text = typeof input === 'string' ? input : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input);
  const json = JSON.parse(text);
  // The only escapes of this kind that stringify writes are halves of surrogate pairs.
  if (JSON.stringify(json) !== text || text.includes('\\ud')) throw new Error('spelt otherwise');
  return read(json, 0);
}

/** @param {any} json @param {number} depth @returns {any} */
function read(json, depth) {
  if (typeof json === 'number') return new Num(String(json));
  if (json === null || typeof json !== 'object') return json;
  if (depth >= DEPTH_MAX) throw new Error('nested too deeply');
  const next = (/** @type {any} */ value) => read(value, depth + 1);
  return Array.isArray(json) ? json.map(next) : new Map(Object.entries(json).map(([key, value]) => [key, next(value)]));
}
