// @ts-check
// Exact amounts, times and names of lots (format, sections 1, 2 and 9).
import { hashText } from './bytes.js';
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

/** Whether 14 digits end in their check digit. @param {string} digits */
export function isGtin(digits) {
  let sum = 0;
  for (let i = 0; i < 14; i += 1) sum += Number(digits[i]) * (i % 2 ? 1 : 3);
  return /^[0-9]{14}$/.test(digits) && sum % 10 === 0;
}

const ID = '[0-9A-HJKMNP-TV-Z]{12,32}';
/** Characters that GS1 lets a lot or serial have (set 82). */
const SET_82 = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;

/** @param {string} text */
const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** @param {string} text @returns {string | null} */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** @typedef {{uri: string, gtin?: string, item?: string}} Named a lot's canonical URI; the pack's if a pack was named */

/** What an identifier names: a lot or a pack of this ledger or of GS1 (format, section 1).
 * @param {string} origin @param {string} text @returns {Named | null} */
export function nameOf(origin, text) {
  const own = `https://${origin}/lot/`;
  if (text.startsWith(own)) {
    const match = new RegExp(`^(${ID})(?:/(${ID}))?$`).exec(text.slice(own.length));
    if (match) return { uri: own + match[1], ...(match[2] ? { item: text } : {}) };
  }
  const urn = /^urn:epc:class:lgtin:([0-9]{6,12})\.([0-9])([0-9]*)\.(.+)$/.exec(text);
  if (urn) return urn[1] && urn[1].length + 1 + (urn[3] ?? '').length === 13 ? gs1(withCheck(`${urn[2]}${urn[1]}${urn[3]}`), decode(urn[4] ?? '')) : null;
  const link = /^(?:https?|HTTPS?):\/\/[^/?#]+(\/[^?#]*)/.exec(text);
  const path = link?.[1]?.replace(/\/$/, '').split('/') ?? [];
  // The key that stands furthest right counts; what stands before it is the host's business.
  for (let at = path.length - 2; at > 0; at -= 1) {
    if (path[at] === '01' && (path.length - at) % 2 === 0) return fromPath(path.slice(at));
  }
  return null;
}

/** @param {string} digits 13 of them */
function withCheck(digits) {
  return Array.from('0123456789', (last) => digits + last).find(isGtin) ?? '';
}

/** @param {string[]} path */
function fromPath(path) {
  const order = ['01', '22', '10', '21'];
  /** @type {Record<string, string>} */
  const values = {};
  let last = -1;
  for (let at = 0; at < path.length; at += 2) {
    const place = order.indexOf(path[at] ?? '');
    const value = decode(path[at + 1] ?? '');
    if (place <= last || value === null) return null;
    if (at && !SET_82.test(value)) return null;
    last = place;
    values[path[at] ?? ''] = value;
  }
  const gtin = values['01'] ?? '';
  if (!/^(?:[0-9]{8}|[0-9]{12,14})$/.test(gtin) || values['10'] === undefined) return null;
  return gs1(gtin.padStart(14, '0'), values['10'], values['21']);
}

/** @param {string} gtin @param {string | null} lot @param {string} [serial] @returns {Named | null} */
function gs1(gtin, lot, serial) {
  if (!isGtin(gtin) || lot === null || !SET_82.test(lot)) return null;
  const uri = `https://id.gs1.org/01/${gtin}/10/${encode(lot)}`;
  return { uri, gtin, ...(serial === undefined ? {} : { item: `${uri}/21/${encode(serial)}` }) };
}

/** A lot's key. @param {Named} named */
export const keyOf = (named) => hashText(named.uri);

/** A lot named as such, not a pack. @param {string} origin @param {any} text */
export function lotOf(origin, text) {
  const named = typeof text === 'string' ? nameOf(origin, text) : null;
  return named && !named.item ? named : null;
}
