// @ts-check
// The code under a pack's scratch layer (format, section 13.1): the pack's serial follows from it, so whoever has both can see that they belong together.
import { sha256, utf8 } from './bytes.js';

/** Crockford's base 32, in the order of the letters' values. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE = /^[0-9A-HJKMNP-TV-Z]{16}$/;
/** What only divides a typed code. */
const DIVIDERS = /[\s\u2010-\u2015._-]/g;

/** Multiplies by x modulo x^5 + x^2 + 1. @param {number} value */
const timesX = (value) => ((value << 1) ^ (value & 16 ? 0b100101 : 0)) & 31;

/** The serial that follows from a code as a person types it; 'shape' for what is no code, 'check' where a letter is mistyped.
 * @param {string} typed @returns {{serial: string} | {fault: 'shape' | 'check'}} */
export function readScratchCode(typed) {
  const code = typed.toUpperCase().replace(DIVIDERS, '').replace(/[IL]/g, '1').replaceAll('O', '0');
  if (!CODE.test(code)) return { fault: 'shape' };
  const values = Array.from(code, (letter) => LETTERS.indexOf(letter));
  if (values.slice(0, 15).reduce((sum, value) => timesX(sum ^ value), 0) !== values[15]) return { fault: 'check' };
  const hash = sha256(utf8(`nguon-scratch-v1\n${code.slice(0, 15)}`));
  const bits = Array.from(hash.subarray(0, 10), (byte) => byte.toString(2).padStart(8, '0')).join('');
  return { serial: (bits.match(/.{5}/g) ?? []).map((five) => LETTERS[parseInt(five, 2)]).join('') };
}
