// @ts-check
// Amounts in the ledger's own measure: whole numbers of 10^-15 of the base unit.
import { Num } from '../verifier/json.js';
import { decimalOf, quantityOf, unitOf } from '../verifier/values.js';

export { decimalOf as toDecimal };

/** @typedef {import('./types.js').Amount} Amount */

const SCALE = 15;

/** An exact decimal in the base unit, as the node writes quantities. @param {string} text @returns {bigint} */
export function fromDecimal(text) {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)([0-9]+)(?:\.([0-9]{1,15}))?$/.exec(text) ?? [];
  if (!whole) throw new TypeError(`not a quantity: ${text}`);
  return BigInt(sign + whole + fraction.padEnd(SCALE, '0'));
}

/** What an amount counts, or nothing when it is none. @param {Amount} amount */
export function measure(amount) {
  return typeof amount?.number === 'string' ? quantityOf(new Num(amount.number), amount.unit === '' ? undefined : amount.unit) : null;
}

/** @param {bigint} amount @param {string} unit base unit @returns {Amount} */
export const asAmount = (amount, unit) => ({ number: decimalOf(amount), unit, typed: null });

/** The base unit of a unit: kilograms of grams, `''` of pieces. @param {string | undefined} unit */
export const baseUnit = (unit) => unitOf(unit === '' ? undefined : unit)?.[0] ?? '';
