// @ts-check
// What the query of a GS1 Digital Link may say of its lot: Application Identifiers and their values.
import { decode, hasCheckDigit } from './values.js';

/** Characters that GS1 lets most values have, without the brackets of a class. */
const SET_82 = '!"%-/0-9:-?A-Z_a-z';
/** @type {Record<string, string>} */
const SETS = { n: '0-9', x: SET_82, c: '0-9A-Z#/-', b: '0-9A-Za-z_=-' };


/** Application Identifiers that may stand in the query of a Digital Link whose key is a GTIN, each with the parts of its value: `n` digits,
 * `x` set 82, `c` set 39, `b` set 64; a capital for one to so many; then a letter of CHECKS, and `?` for a part that may be missing. */
const ATTRIBUTES = `00 n18m|02 n14m|11-13 n6d|15-17 n6d|20 n2|240-241 X30|242 N6|243 X20|250-251 X30|253 n13m X17?|255 n13m N12?|30 N8|
3100-3165 n6|3200-3375 n6|3400-3575 n6|3600-3695 n6|37 N8|3900-3909 N15|3910-3919 n3 N15|3920-3929 N15|3930-3939 n3 N15|3940-3943 n4|
3950-3955 n6|400-401 X30|402 n17m|403 X30|410-417 n13m|420 X20|421 n3 X9|422 n3|423 n3 n3? n3? n3? n3?|424 n3|425 n3 n3? n3? n3? n3?|426 n3|
427 X3|4300-4301 X35|4302-4306 X70|4307 x2|4308 X30|4309 n10 n10|4310-4311 X35|4312-4316 X70|4317 x2|4318 X20|4319 X30|4320 X35|
4321-4323 n1f|4324-4325 n6d n4t|4326 n6D|4330-4333 n6 x1y?|7001 n13|7002 X30|7003 n6D n4t|7004 N4|7005 X12|7006 n6D|7007 n6D n6D?|7008 X3|
7009 X10|7010 X2|7011 n6D n4t?|7020-7022 X20|7023 X30|7030-7039 n3 X27|710-717 X20|7230-7239 x2 X28|7240 X20|7241 n2|7242 X25|7250 n8L|
7251 n8L n4t|7252 n1|7253-7254 X40|7255 X10|7256 X90|7257 X70|7258 x3|7259 X40|8001 n4z n5z n3z n1 n1|8002 X20|8003 n1o n13m X16?|8004 X30|
8005 n6|8006 n14m n4p|8007 X34|8008 n6D n2h n2s? n2s?|8009 X50|8010 C30|8012 X20|8013 X25g|8017-8018 n18m|8026 n14m n4p|8030 B90|8110 X70|
8111 n4|8112 X70|90 X30|91-99 X90`.split(/\|\s*/).map((row) => row.split(' '));

/** Days of a month; every fourth year is a leap year, 00 is 2000. @param {number} year @param {number} month */
const days = (year, month) => [0, 31, year % 4 ? 28 : 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month] ?? 0;
const two = (/** @type {string} */ text, at = 0) => Number(text.slice(at, at + 2));
const isDay = (/** @type {number} */ year, /** @type {string} */ rest, min = 1) => two(rest, 2) >= min && two(rest, 2) <= days(year, two(rest));

/** What else must hold of a part. @type {Record<string, (text: string) => boolean>} */
const CHECKS = {
  '': () => true,
  m: (text) => hasCheckDigit(text),
  g: (text) => isModelNumber(text),
  d: (text) => isDay(two(text), text.slice(2), 0),
  D: (text) => isDay(two(text), text.slice(2)),
  L: (text) => isDay(two(text, 2) === 0 ? two(text) : two(text, 2), text.slice(4)),
  t: (text) => two(text) < 24 && two(text, 2) < 60,
  h: (text) => two(text) < 24,
  s: (text) => two(text) < 60,
  p: (text) => two(text) >= 1 && two(text) <= two(text, 2),
  z: (text) => /[^0]/.test(text),
  o: (text) => /^0+$/.test(text),
  y: (text) => text === '-',
  f: (text) => text === '0' || text === '1',
};

/** Whether the last two characters are the check pair of a Global Model Number (GS1 General Specifications, section 7.9.5). @param {string} text */
function isModelNumber(text) {
  const [body, pair] = [text.slice(0, -2), text.slice(-2)];
  const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83];
  const set = Array.from({ length: 94 }, (_, n) => String.fromCharCode(33 + n)).filter((c) => new RegExp(`[${SET_82}]`).test(c));
  let sum = 0;
  Array.from(body).reverse().forEach((c, at) => { sum += set.indexOf(c) * (primes[at] ?? 0); });
  const digit = (/** @type {number} */ n) => '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'[n] ?? '?';
  return body !== '' && body.length <= primes.length && digit(Math.floor(sum % 1021 / 32)) + digit(sum % 1021 % 32) === pair;
}

/** Whether a value is made of such parts. @param {string[]} parts @param {string} value */
function fits(parts, value) {
  let rest = value;
  for (const part of parts) {
    const [, set = '', most = '', check = '', optional] = /^([A-Za-z])([0-9]+)([A-Za-z]?)(\?)?$/.exec(part) ?? [];
    if (!rest && optional) break;
    const head = rest.slice(0, Number(most));
    const least = set < 'a' ? 1 : Number(most);
    if (head.length < least || !new RegExp(`^[${SETS[set.toLowerCase()]}]*$`).test(head) || !CHECKS[check]?.(head)) return false;
    rest = rest.slice(head.length);
  }
  return value !== '' && rest === '';
}

/** Whether the parameters of a query are attributes of a GTIN, each once; those that are not all digits are somebody else's. @param {string} query */
export function isQuery(query) {
  const seen = new Set();
  return query.split('&').every((parameter) => {
    const [, code = '', encoded = ''] = /^([0-9]+)=(.*)$/s.exec(parameter) ?? [];
    if (!code) return true;
    const row = ATTRIBUTES.find(([run = '']) => {
      const [first = '', last = first] = run.split('-');
      return code.length === first.length && first <= code && code <= last;
    });
    // The fourth digit of a measure says where the point stands, 0 to 5.
    const value = encoded.includes('+') || /^3[1-6]..$/.test(code) && code > `${code.slice(0, 3)}5` ? null : decode(encoded);
    if (!row || value === null || seen.has(code)) return false;
    seen.add(code);
    return fits(row.slice(1), code === '02' && [8, 12, 13].includes(value.length) ? value.padStart(14, '0') : value);
  });
}
