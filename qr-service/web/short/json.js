// @ts-check
// JSON as JSON.stringify writes it, but for its numbers, by the browser's own reader: whoever writes it so has no key twice. Any other spelling is
// left to the complete verifier.

/** A number as it was written. */
export class Num {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

const DEPTH_MAX = 32;
const TOKENS = /"(?:[^"\\]|\\.)*"|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)/g;
/** Marks the texts that are numbers: these are not to lose a digit. */
const MARK = '\u007f';

/** @param {string | Uint8Array} input
 * @returns {any} */
export function parseJson(input) {
  const text = typeof input === 'string' ? input : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input);
  const marked = text.replace(TOKENS, (token, number) => (number ? `"${MARK}${number}"` : token));
  const json = JSON.parse(marked);
  // The only escapes of this kind that stringify writes are halves of surrogate pairs.
  if (JSON.stringify(json) !== marked || text.includes('\\ud') || text.includes(MARK)) throw new Error('spelt otherwise');
  return read(json, 0);
}

/** @param {any} json @param {number} depth @returns {any} */
function read(json, depth) {
  if (typeof json === 'string' && json.startsWith(MARK)) return new Num(json.slice(1));
  if (json === null || typeof json !== 'object') return json;
  if (depth >= DEPTH_MAX) throw new Error('nested too deeply');
  const next = (/** @type {any} */ value) => read(value, depth + 1);
  return Array.isArray(json) ? json.map(next) : new Map(Object.entries(json).map(([key, value]) => [key, next(value)]));
}
