// @ts-check
// Bytes as text, random letters, and JSON that keeps amounts exactly as they were typed.

/** Letters of lots, codes and frames: Crockford's base 32. */
export const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BASE45 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

/** The first 5 bits after 5 bits of bytes, as letters. @param {Uint8Array} bytes @param {number} letters */
export function crockford(bytes, letters) {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  const spare = BigInt(bytes.length * 8 - letters * 5);
  bits >>= spare;
  let text = '';
  for (let n = letters - 1; n >= 0; n -= 1) text += CROCKFORD[Number((bits >> BigInt(5 * n)) & 31n)];
  return text;
}

/** RFC 9285: three letters of QR's alphanumeric mode for two bytes. @param {Uint8Array} bytes */
export function base45(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 2) {
    const pair = at + 1 < bytes.length;
    let n = pair ? (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0) : bytes[at] ?? 0;
    for (let letter = 0; letter < (pair ? 3 : 2); letter += 1) {
      text += BASE45[n % 45];
      n = Math.floor(n / 45);
    }
  }
  return text;
}

/** @param {string} text @returns {Uint8Array | null} */
export function unbase45(text) {
  if (text.length % 3 === 1) return null;
  const bytes = [];
  for (let at = 0; at < text.length; at += 3) {
    const values = Array.from(text.slice(at, at + 3), (letter) => BASE45.indexOf(letter));
    if (values.includes(-1)) return null;
    const n = values.reduceRight((sum, value) => sum * 45 + value, 0);
    if (n > (values.length === 3 ? 65535 : 255)) return null;
    if (values.length === 3) bytes.push(n >> 8);
    bytes.push(n & 255);
  }
  return Uint8Array.from(bytes);
}

/** @param {number} letters */
export const randomLetters = (letters) => Array.from(crypto.getRandomValues(new Uint8Array(letters)), (byte) => CROCKFORD[byte % 32]).join('');

/** UUID of version 7 (RFC 9562): the time, then chance. @param {number} now */
export function eventId(now) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let at = 0; at < 6; at += 1) bytes[at] = Math.floor(now / 256 ** (5 - at)) % 256;
  bytes[6] = ((bytes[6] ?? 0) & 15) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 63) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `urn:uuid:${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
}

/** A number that stands in JSON as it was typed. */
export class Exact {
  /** @param {string} text */
  constructor(text) {
    if (!/^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/.test(text)) throw new TypeError(`not a number: ${text}`);
    this.text = text;
  }
}

/** @param {any} value @returns {string} */
export function toJson(value) {
  if (value instanceof Exact) return value.text;
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value).filter(([, member]) => member !== undefined).map(([key, member]) => `${JSON.stringify(key)}:${toJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

const OFFSET = /([+-][0-9]{2}:[0-9]{2})$/;

/** A time with the given offset from UTC, as statements write it. @param {number} millis @param {string} [offset] such as `+07:00` */
export function timeText(millis, offset = '+07:00') {
  const [hours, minutes] = offset.slice(1).split(':').map(Number);
  const shift = ((hours ?? 0) * 60 + (minutes ?? 0)) * (offset.startsWith('-') ? -60_000 : 60_000);
  return new Date(millis + shift).toISOString().replace('Z', offset);
}

/** The offset at the end of a time. @param {string} time */
export const offsetOf = (time) => OFFSET.exec(time)?.[1] ?? '+00:00';
