// @ts-check
// One text for each event, however it was written (format, section 9), for what a correction repeats.
import { hashText } from './bytes.js';
import { Num } from './json.js';

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
  // An exponent of more digits is beyond every use and stands as it was written.
  if (exponent.replace(/^[+-]?0*/, '').length > 18) return text;
  const significant = digits.replace(/0+$/, '');
  return `${sign}${significant}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)}`;
}

/** JSON.stringify escapes exactly what the canonical form does. @param {string} text */
const quote = (text) => JSON.stringify(text);

/** What of an event a correction repeats. @param {import('./epcis.js').Event} event */
export const digest = (event) => hashText(canonical(event.json, ['errorDeclaration', 'recordTime']));
