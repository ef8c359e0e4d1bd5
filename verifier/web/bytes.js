// @ts-check
// Bytes, text and SHA-256. The hash is written out because the checks need it at once, not as a promise, and also where the browser offers none.

const encoder = new TextEncoder();

/** @param {string} text */
export const utf8 = (text) => encoder.encode(text);

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  let text = '';
  for (const byte of bytes) text += PAIRS[byte];
  return text;
}

/** @param {string} text lower-case hex digits */
export const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Standard base64 with padding and nothing else.
 * @param {any} text
 * @returns {Uint8Array | null} */
export function unbase64(text) {
  if (typeof text !== 'string' || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null;
  const binary = atob(text);
  // Bits beyond the last byte must be zero: one text for each value.
  return btoa(binary) === text ? Uint8Array.from(binary, (c) => c.charCodeAt(0)) : null;
}

/** @param {Uint8Array[]} parts */
export function concat(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The first 32 bits of the fractional part of a root of a prime (FIPS 180-4, section 4.2.2).
 * @param {number} power @param {number} count */
function primeRoots(power, count) {
  const words = [];
  for (let n = 2; words.length < count; n += 1) {
    let prime = true;
    for (let d = 2; d * d <= n; d += 1) if (n % d === 0) prime = false;
    if (prime) words.push(Math.floor((n ** power % 1) * 2 ** 32));
  }
  return words;
}
const K = Uint32Array.from(primeRoots(1 / 3, 64));
const H = primeRoots(1 / 2, 8);

/** SHA-256 (FIPS 180-4).
 * @param {Uint8Array} bytes */
export function sha256(bytes) {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(padded.length - 4, bytes.length << 3);
  const state = Int32Array.from(H);
  const w = new Int32Array(64);
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i += 1) w[i] = view.getInt32(at + i * 4);
    compress(state, w);
  }
  const out = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => out.setInt32(i * 4, word));
  return new Uint8Array(out.buffer);
}

/** @param {number} x @param {number} n */
const rotate = (x, n) => (x >>> n) | (x << (32 - n));

/** @param {Int32Array} state @param {Int32Array} w */
function compress(state, w) {
  const word = (/** @type {number} */ i) => /** @type {number} */ (w[i]);
  for (let i = 16; i < 64; i += 1) {
    const x = word(i - 15);
    const y = word(i - 2);
    w[i] = word(i - 16) + (rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)) + word(i - 7) + (rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10));
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i += 1) {
    const t1 = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + /** @type {number} */ (K[i]) + word(i)) | 0;
    const t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  // An array of 32-bit numbers keeps of each sum what the standard asks for.
  [a, b, c, d, e, f, g, h].forEach((x, i) => { state[i] = (state[i] ?? 0) + x; });
}

/** RFC 6962 leaf hash, as hex. @param {Uint8Array} entry */
export const leafHash = (entry) => hex(sha256(concat(Uint8Array.of(0), entry)));

/** RFC 6962 node hash. @param {Uint8Array} left @param {Uint8Array} right */
export const nodeHash = (left, right) => sha256(concat(Uint8Array.of(1), left, right));

/** SHA-256 of a text, as hex. @param {string} text */
export const hashText = (text) => hex(sha256(utf8(text)));
