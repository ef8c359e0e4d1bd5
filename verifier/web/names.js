// @ts-check
// Names of lots and packs, in any spelling (format, section 1).
import { hashText } from './bytes.js';
import { readLink } from './links.js';
import { hasCheckDigit, isShortText } from './values.js';

/** @typedef {{uri: string, gtin?: string, item?: string}} Named a lot's canonical URI; the pack's if a pack was named */

/** Own lots and packs: Crockford base 32. */
const ID = '[0-9A-HJKMNP-TV-Z]{12,32}';

/** @param {string} text */
const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** Whether 14 digits end in their check digit. @param {string} digits */
export const isGtin = (digits) => /^[0-9]{14}$/.test(digits) && hasCheckDigit(digits);

/** Whether a ledger may have this name. @param {string} text */
export function isOrigin(text) {
  const [, host = '', port, path = ''] = /^([^/:]*)(?::([^/]*))?(\/.*)?$/s.exec(text) ?? [];
  return text.length <= 128 && host !== 'id.gs1.org' && host.split('.').every((label) => /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(label))
    && (port === undefined || (/^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65535))
    && path.split('/').slice(1).every((segment) => /^[a-z0-9._~-]+$/.test(segment) && segment !== '.' && segment !== '..');
}

/** What an identifier names: a lot or a pack of this ledger or of GS1.
 * @param {string} origin @param {string} text @returns {Named | null} */
export function nameOf(origin, text) {
  const own = `https://${origin}/lot/`;
  if (text.startsWith(own)) {
    const match = new RegExp(`^(${ID})(?:/(${ID}))?$`).exec(text.slice(own.length));
    if (match) return { uri: own + match[1], ...(match[2] ? { item: text } : {}) };
  }
  const [gtin, lot = '', serial] = readLink(text) ?? [];
  return gtin === undefined ? null : gs1(gtin, lot, serial);
}

/** @param {string} gtin @param {string} lot @param {string} [serial] @returns {Named | null} */
function gs1(gtin, lot, serial) {
  if (!isGtin(gtin) || !isShortText(lot)) return null;
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
