// @ts-check
// Exact amounts and times (format, sections 2 and 9).
import { Num } from './json.js';

/** Why a statement may not stand: the same stable codes as the node's. */
export class Refusal extends Error {
  /** @param {string} code @param {string} field @param {string} [detail] */
  constructor(code, field, detail = '') {
    super(`${code} at ${field}${detail && `: ${detail}`}`);
    this.code = code;
  }
}

/** @param {any} condition @param {string} code @param {string} field @param {string} [detail] @returns {asserts condition} */
export function need(condition, code, field, detail) {
  if (!condition) throw new Refusal(code, field, detail);
}

/** Of an event. @param {any} ok @param {string} field @param {string} [detail] @returns {asserts ok} */
export function shape(ok, field, detail) {
  need(ok, 'malformed_event', `body.event.${field}`, detail);
}

/** The ledger's own amounts hold 128 bits. @param {bigint} amount @param {string} field */
export function bounded(amount, field) {
  need(amount < 1n << 127n, 'malformed_event', field, 'too great');
  return amount;
}

/** A whole number without fraction or exponent, of 64 bits. @param {any} json @returns {bigint | null} */
export const whole = (json) => (json instanceof Num && /^[0-9]{1,20}$/.test(json.text) && BigInt(json.text) < 1n << 64n ? BigInt(json.text) : null);

/** A number as an integer times 10^-scale, with at most `decimals` digits after the point.
 * @param {any} json @param {number} decimals @param {number} scale @returns {bigint | null} */
export function scaled(json, decimals, scale) {
  const match = json instanceof Num && /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(json.text);
  if (!match) return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  if (!digits) return 0n;
  const significant = digits.replace(/0+$/, '');
  // The value is significant * 10^power.
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  if (-power > BigInt(decimals) || power + BigInt(significant.length) > 9n) return null;
  return BigInt((sign ?? '') + significant) * 10n ** (power + BigInt(scale));
}

/** @typedef {{amount: bigint, unit: string}} Quantity amount in 10^-15 of the base unit; unit is the base unit's code, '' for pieces */

/** @type {Record<string, [string, number]>} */
const UNITS = {
  KGM: ['KGM', 0], GRM: ['KGM', -3], MGM: ['KGM', -6], DTN: ['KGM', 2], TNE: ['KGM', 3],
  LTR: ['LTR', 0], MLT: ['LTR', -3], MTQ: ['LTR', 3], C62: ['', 0], H87: ['', 0], EA: ['', 0],
};

/** @param {any} uom @returns {[string, number] | null} */
export function unitOf(uom) {
  if (uom === undefined) return ['', 0];
  return typeof uom === 'string' && /^[A-Z0-9]{2,3}$/.test(uom) ? (Object.hasOwn(UNITS, uom) ? UNITS[uom] ?? null : [uom, 0]) : null;
}

/** @param {any} number @param {any} uom @returns {Quantity | null} */
export function quantityOf(number, uom) {
  const unit = unitOf(uom);
  const amount = scaled(number, 9, 15);
  if (!unit || amount === null) return null;
  const factor = 10n ** BigInt(Math.abs(unit[1]));
  return { amount: unit[1] < 0 ? amount / factor : amount * factor, unit: unit[0] };
}

const SCALE = 15;

/** An amount as an exact decimal of its base unit. @param {bigint} amount */
export function decimalOf(amount) {
  const digits = String(amount < 0n ? -amount : amount).padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -SCALE)}${fraction && `.${fraction}`}`;
}

/** Unix milliseconds of an RFC 3339 date-time. @param {any} text @returns {number | null} */
export function timeOf(text) {
  const match = typeof text === 'string' && /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|([+\u2212-])([0-9]{2}):([0-9]{2}))$/u.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(/** @type {number} */ (year), /** @type {number} */ (month) - 1, day);
  const [h, m] = [Number(match[10] ?? 0), Number(match[11] ?? 0)];
  if (date.getUTCMonth() + 1 !== month || date.getUTCDate() !== day || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60 || h > 23 || m > 59) return null;
  const offset = (match[9] === '+' ? 1 : -1) * (h * 60 + m);
  const millis = Number(`${(match[7] ?? '.').slice(1)}000`.slice(0, 3));
  return date.getTime() + ((Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second)) * 1000 + millis;
}

/** @param {any} text */
export function isDate(text) {
  return typeof text === 'string' && /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) && timeOf(`${text}T00:00:00Z`) !== null;
}

const URI_TEXT = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;

/** Whether all characters may stand in a URI (RFC 3986, section 2). @param {string} text */
export const isUriText = (text) => URI_TEXT.test(text);

/** Whether a text may be the number of a GS1 lot, pack or variant. @param {string} text */
export const isShortText = (text) => /^[!"%-/0-9:-?A-Z_a-z]{1,20}$/.test(text);

/** @param {string} text @returns {string | null} */
export function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Whether the last digit is the check digit of those before. @param {string} digits */
export function hasCheckDigit(digits) {
  let sum = 0;
  Array.from(digits).reverse().forEach((digit, at) => { sum += Number(digit) * (at % 2 ? 3 : 1); });
  return sum % 10 === 0;
}
