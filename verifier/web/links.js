// @ts-check
// Names of GS1 lots in all their spellings: URNs and Digital Links of any host.
import { isQuery } from './attributes.js';
import { decode, hasCheckDigit, isShortText, isUriText } from './values.js';

/** Longest GS1 Digital Link that is read, in bytes. */
const LINK_MAX = 4096;
const HOST = /^(?:[A-Za-z0-9\-.]+|\[[0-9A-Fa-f:.]+\])(?::\+?([0-9]+))?$/;

/** GTIN, lot and perhaps serial of a name; `null` where it names no GS1 lot. @param {string} text @returns {[string, string, string?] | null} */
export function readLink(text) {
  const urn = /^urn:epc:class:lgtin:([0-9]{6,12})\.([0-9])([0-9]*)\.(.*)$/s.exec(text);
  if (urn) {
    const body = `${urn[2]}${urn[1]}${urn[3]}`;
    const lot = decode(urn[4] ?? '');
    return body.length === 13 && lot !== null ? [Array.from('0123456789', (last) => body + last).find(hasCheckDigit) ?? '', lot] : null;
  }
  return text.length <= LINK_MAX && isUriText(text) ? readDigitalLink(text) : null;
}

/** A GS1 Digital Link on any host: the key is the rightmost, its qualifiers follow in order. @param {string} text @returns {[string, string, string?] | null} */
function readDigitalLink(text) {
  const [, host = '', path = '', query = ''] = /^(?:https?|HTTPS?):\/\/([^/?#]*)(\/[^?#]*)(?:\?([^#]*))?(?:#.*)?$/.exec(text) ?? [];
  const port = HOST.exec(host);
  if (!port || Number(port[1] ?? 0) > 65535) return null;
  const parts = path.split('/');
  /** @type {Record<string, string>} */
  const values = {};
  let allowed = ['22', '10', '21'];
  for (let at = parts.length - 2; at > 0; at -= 2) {
    const [code = '', value] = [parts[at], decode(parts[at + 1] ?? '')];
    if (value === null) return null;
    if (code === '01') {
      const known = values['10'] !== undefined && /^(?:[0-9]{8}|[0-9]{12,14})$/.test(value) && isQuery(query);
      return known ? [value.padStart(14, '0'), values['10'] ?? '', values['21']] : null;
    }
    const place = allowed.indexOf(code);
    if (place < 0 || !isShortText(value)) return null;
    allowed = allowed.slice(0, place);
    values[code] = value;
  }
  return null;
}
