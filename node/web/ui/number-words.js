// @ts-check
/**
 * Numbers as people here read, write and say them. In Vietnamese `1.500` is fifteen hundred and `1,5` is one and a half; in English the
 * other way round. An amount is said aloud before it is saved, because a wrong dot is a thousandfold error.
 *
 * A number between modules is an exact decimal with a dot, such as `1500` or `0.125`; nothing here is a float.
 */

/** @typedef {'vi' | 'en'} Language */

/** Whole digits beyond which nobody here weighs anything; a longer number is a slip of the thumb. */
export const DIGITS_MAX = 9;
/** Digits after the mark: a gram of a tonne. */
export const DECIMALS_MAX = 6;

const MARKS = { vi: { group: '.', decimal: ',' }, en: { group: ',', decimal: '.' } };

/** What stands between whole and part. @param {Language} language */
export const decimalMark = (language) => MARKS[language].decimal;

/**
 * Reads a number as it is written in a language.
 *
 * @param {string} text
 * @param {Language} language
 * @returns {string | null} the exact decimal; nothing where the text can be read in two ways, such as `1.5` in Vietnamese
 */
export function parseNumber(text, language) {
  const { group, decimal } = MARKS[language];
  const [whole = '', fraction, more] = text.replace(/\s/g, '').split(decimal);
  if (more !== undefined || (fraction !== undefined && !/^[0-9]{1,6}$/.test(fraction))) return null;
  const groups = whole.split(group);
  const isGrouped = groups.length > 1;
  const isRead = isGrouped
    ? /^[1-9][0-9]{0,2}$/.test(groups[0] ?? '') && groups.slice(1).every((one) => /^[0-9]{3}$/.test(one))
    : /^[0-9]+$/.test(whole);
  const digits = groups.join('').replace(/^0+(?=[0-9])/, '');
  if (!isRead || digits.length > DIGITS_MAX) return null;
  const part = (fraction ?? '').replace(/0+$/, '');
  return part ? `${digits}.${part}` : digits;
}

/**
 * Writes an exact decimal as it is written in a language.
 *
 * @param {string} decimal
 * @param {Language} language
 */
export function formatNumber(decimal, language) {
  const marks = MARKS[language];
  const [whole = '0', fraction] = decimal.split('.');
  const grouped = whole.replace(/(?<=[0-9])(?=(?:[0-9]{3})+$)/g, marks.group);
  return fraction ? grouped + marks.decimal + fraction : grouped;
}

const VI = ['kh\u00f4ng', 'm\u1ed9t', 'hai', 'ba', 'b\u1ed1n', 'n\u0103m', 's\u00e1u', 'b\u1ea3y', 't\u00e1m', 'ch\u00edn'];
const EN = [
  'zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen',
  'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen',
];
const EN_TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];

/** The last digit after tens: mot, tu and lam instead of mot, bon and nam. @param {number} tens @param {number} unit */
function viUnit(tens, unit) {
  if (unit === 5) return 'l\u0103m';
  if (tens > 1 && unit === 1) return 'm\u1ed1t';
  if (tens > 1 && unit === 4) return 't\u01b0';
  return VI[unit] ?? '';
}

/** @param {number} n below a thousand @param {boolean} isInner whether something greater was said before, so that zeros are said too */
function viHundreds(n, isInner) {
  const [hundreds, tens, unit] = [Math.floor(n / 100), Math.floor(n / 10) % 10, n % 10];
  const said = hundreds || isInner ? [VI[hundreds], 'tr\u0103m'] : [];
  if (tens === 0 && unit !== 0 && said.length) said.push('linh');
  if (tens === 0 && unit !== 0) said.push(VI[unit]);
  if (tens === 1) said.push('m\u01b0\u1eddi');
  if (tens > 1) said.push(VI[tens], 'm\u01b0\u01a1i');
  if (tens > 0 && unit > 0) said.push(viUnit(tens, unit));
  return said.join(' ');
}

/** @param {number} n below a thousand */
function enHundreds(n) {
  const [hundreds, rest] = [Math.floor(n / 100), n % 100];
  const said = hundreds ? [`${EN[hundreds]} hundred`] : [];
  if (hundreds && rest) said.push('and');
  if (rest >= 20) said.push((EN_TENS[Math.floor(rest / 10)] ?? '') + (rest % 10 ? `-${EN[rest % 10]}` : ''));
  else if (rest) said.push(EN[rest] ?? '');
  return said.join(' ');
}

const SCALES = { vi: ['', 'ngh\u00ecn', 'tri\u1ec7u', 't\u1ef7'], en: ['', 'thousand', 'million', 'billion'] };

/** @param {string} digits @param {Language} language */
function sayWhole(digits, language) {
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = (padded.match(/[0-9]{3}/g) ?? []).map(Number);
  /** @type {string[]} */
  const said = [];
  for (const [at, group] of groups.entries()) {
    if (group === 0) continue;
    const scale = SCALES[language][groups.length - 1 - at] ?? '';
    const isLastSmall = language === 'en' && said.length > 0 && scale === '' && group < 100;
    const words = language === 'vi' ? viHundreds(group, said.length > 0) : enHundreds(group);
    said.push([isLastSmall ? 'and' : '', words, scale].filter(Boolean).join(' '));
  }
  return said.join(' ') || (language === 'vi' ? 'kh\u00f4ng' : 'zero');
}

/** What follows the mark, digit by digit where a zero leads or there are many. @param {string} digits @param {Language} language */
function sayFraction(digits, language) {
  if (language === 'vi' && digits.length <= 2 && !digits.startsWith('0')) return sayWhole(digits, 'vi');
  return [...digits].map((digit) => (language === 'vi' ? VI : EN)[Number(digit)]).join(' ');
}

/**
 * Says an exact decimal.
 *
 * @param {string} decimal
 * @param {Language} language
 */
export function sayNumber(decimal, language) {
  const [whole = '0', fraction] = decimal.split('.');
  const said = sayWhole(whole, language);
  if (!fraction) return said;
  return `${said} ${language === 'vi' ? 'ph\u1ea9y' : 'point'} ${sayFraction(fraction, language)}`;
}

/**
 * Says an amount: `1500` of `ki-lo-gam` is `mot nghin nam tram ki-lo-gam`, `2.5` of `ta` is `hai ta ruoi`, `0.5` is `nua ta`.
 *
 * @param {string} decimal
 * @param {string} unit as it is said; in English singular and plural with a bar between, such as `kilogram|kilograms`
 * @param {Language} language
 */
export function sayAmount(decimal, unit, language) {
  const [one = '', many = one] = unit.split('|');
  const [whole = '0', fraction] = decimal.split('.');
  if (language === 'vi') {
    if (fraction === '5') return whole === '0' ? `n\u1eeda ${one}` : `${sayWhole(whole, 'vi')} ${one} r\u01b0\u1ee1i`;
    return `${sayNumber(decimal, 'vi')} ${one}`;
  }
  if (fraction === '5') return whole === '0' ? `half a ${one}` : `${sayWhole(whole, 'en')} and a half ${many}`;
  return `${sayNumber(decimal, 'en')} ${decimal === '1' ? one : many}`;
}
