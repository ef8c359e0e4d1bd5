// @ts-check
/** Units as people weigh and count, and what they are in the ledger's units. All arithmetic is exact. */
import { number, said, t, has } from './words.js';

/** @typedef {import('../core/types.js').Amount} Amount */
/** @typedef {import('../core/types.js').Product} Product */
/** @typedef {{ code: string, of: string, per: string }} Unit `per` of these in the ledger's unit `of` */
/** @typedef {{ word: string, product: string, per: string }} OwnUnit a bundle or basket as the co-operative agreed to count it */

const MASS = [
  { code: 'kg', of: 'KGM', per: '1' }, { code: 'yen', of: 'KGM', per: '10' }, { code: 'ta', of: 'KGM', per: '100' },
  { code: 'tan', of: 'KGM', per: '1000' }, { code: 'lang', of: 'KGM', per: '0.1' },
];
const VOLUME = [{ code: 'lit', of: 'LTR', per: '1' }, { code: 'ml', of: 'LTR', per: '0.001' }];
const PIECES = [{ code: 'chiec', of: '', per: '1' }];
/** The ledger's units in their base, and the name that the base goes by here. */
const BASE = /** @type {Record<string, [string, string]>} */ ({
  KGM: ['KGM', '1'], GRM: ['KGM', '0.001'], MGM: ['KGM', '0.000001'], DTN: ['KGM', '100'], TNE: ['KGM', '1000'],
  LTR: ['LTR', '1'], MLT: ['LTR', '0.001'], MTQ: ['LTR', '1000'], '': ['', '1'], C62: ['', '1'], H87: ['', '1'], EA: ['', '1'],
});
const SHOWN = /** @type {Record<string, string>} */ ({ KGM: 'kg', LTR: 'lit', '': 'chiec' });
const OWN_KEY = 'nguon.units';

/** @param {string} decimal @returns {[bigint, number]} */
function scaled(decimal) {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return [BigInt(whole + fraction), fraction.length];
}

/** @param {bigint} value @param {number} scale */
function decimalOf(value, scale) {
  const digits = String(value).padStart(scale + 1, '0');
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return digits.slice(0, digits.length - scale) + (scale && fraction ? `.${fraction}` : '');
}

/** @param {string} a @param {string} b exact decimals */
export function times(a, b) {
  const [x, xs] = scaled(a);
  const [y, ys] = scaled(b);
  return decimalOf(x * y, xs + ys);
}

/** @param {string} a @param {string} b exact decimals @returns {[bigint, bigint, number]} */
function aligned(a, b) {
  const [x, xs] = scaled(a);
  const [y, ys] = scaled(b);
  const scale = Math.max(xs, ys);
  return [x * 10n ** BigInt(scale - xs), y * 10n ** BigInt(scale - ys), scale];
}

/** @param {string} a @param {string} b exact decimals */
export function plus(a, b) {
  const [x, y, scale] = aligned(a, b);
  return decimalOf(x + y, scale);
}

/** Negative, zero or positive. @param {string} a @param {string} b exact decimals */
export function compare(a, b) {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** How often `b` goes wholly into `a`. @param {string} a @param {string} b exact decimals */
export function wholeTimes(a, b) {
  const [x, y] = aligned(a, b);
  return y === 0n ? '0' : String(x / y);
}

/** The same amount in its base unit. @param {{ number: string, unit: string }} amount */
export function inBase(amount) {
  const [of, per] = BASE[amount.unit] ?? [amount.unit, '1'];
  return { number: times(amount.number, per), unit: of };
}

/** @returns {OwnUnit[]} */
export function ownUnits() {
  try {
    return JSON.parse(localStorage.getItem(OWN_KEY) ?? '[]');
  } catch {
    return [];
  }
}

/** @param {OwnUnit[]} units */
export const setOwnUnits = (units) => localStorage.setItem(OWN_KEY, JSON.stringify(units));

/**
 * The units that an amount of a product may be typed in, the likeliest first. A pack counts as what its label says it holds.
 *
 * @param {Product | undefined} product
 * @param {string} unit of the ledger, where the product is not known
 * @returns {Unit[]}
 */
export function unitsOf(product, unit) {
  const [of] = BASE[product?.unit ?? unit] ?? [unit];
  const content = product?.content ? inBase(product.content) : null;
  const packs = content && content.unit === of && of !== '' ? [{ code: 'goi', of, per: content.number }] : [];
  const own = ownUnits().filter((one) => one.product === product?.id).map(({ word, per }) => ({ code: word, of, per }));
  const usual = of === 'KGM' ? MASS : of === 'LTR' ? VOLUME : of === '' ? (content ? [{ code: 'goi', of, per: '1' }] : PIECES) : [{ code: of ?? '', of: of ?? '', per: '1' }];
  return [...packs, ...usual, ...own];
}

/** What was typed, as it counts. @param {string} typed exact decimal @param {Unit} unit @returns {Amount} */
export const amountOf = (typed, unit) => ({ number: times(typed, unit.per), unit: unit.of, typed: { number: typed, unit: unit.code } });

/** The short name of a unit of this module. @param {string} code */
export const unitName = (code) => (has(`unit.${code}`) ? t(`unit.${code}`) : code);

/** An amount to read: `1.500 kg`. @param {{ number: string, unit: string }} amount */
export function show(amount) {
  const base = inBase(amount);
  return `${number(base.number)} ${unitName(SHOWN[base.unit] ?? base.unit)}`;
}

/** An amount to read, with the packs that it makes: `20 kg (40 goi)`. @param {{ number: string, unit: string }} amount @param {Product | undefined} product */
export function showWith(amount, product) {
  const base = inBase(amount);
  const content = product?.content ? inBase(product.content) : null;
  if (base.unit === '' && product?.content) return `${number(base.number)} ${unitName('goi')}`;
  if (!content || content.unit !== base.unit || base.unit === '') return show(amount);
  return `${show(amount)} (${number(wholeTimes(base.number, content.number))} ${unitName('goi')})`;
}

/** An amount as it was typed, else as it counts, said in words. @param {Amount} amount */
export function say(amount) {
  if (amount.typed) return said(amount.typed.number, amount.typed.unit);
  const base = inBase(amount);
  return said(base.number, SHOWN[base.unit] ?? base.unit);
}
