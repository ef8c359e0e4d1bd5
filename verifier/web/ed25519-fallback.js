// @ts-check
// Ed25519 for browsers without it, and SHA-512 for pages that are not served securely and so have no hashes of the browser's.
import { concat, hex } from './bytes.js';
import { Point } from './vendor/noble-ed25519/index.js';

const MASK = (1n << 64n) - 1n;

/** The first 64 bits of the fractional part of a root of a number, as an integer root of a greater number.
 * @param {bigint} n @param {bigint} power */
function rootBits(n, power) {
  const scaled = n << (64n * power);
  let [low, high] = [0n, 1n << 72n];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** power <= scaled) low = middle;
    else high = middle;
  }
  return low & MASK;
}

// The constants are worked out, as SHA-256's are.
const PRIMES = Array.from({ length: 409 }, (_, n) => n + 2).filter((n) => !Array.from({ length: n - 2 }, (_, d) => d + 2).some((d) => n % d === 0)).map(BigInt);
const K = PRIMES.slice(0, 80).map((prime) => rootBits(prime, 3n));
const H = PRIMES.slice(0, 8).map((prime) => rootBits(prime, 2n));
const rotate = (/** @type {bigint} */ x, /** @type {bigint} */ n) => ((x >> n) | (x << (64n - n))) & MASK;

/** SHA-512 (FIPS 180-4). @param {Uint8Array} bytes */
export function sha512(bytes) {
  const rest = (bytes.length + 17) % 128;
  const length = new Uint8Array(16);
  new DataView(length.buffer).setBigUint64(8, BigInt(bytes.length) * 8n);
  const padded = concat(bytes, Uint8Array.of(0x80), new Uint8Array(rest ? 128 - rest : 0), length);
  const view = new DataView(padded.buffer);
  let state = H;
  for (let at = 0; at < padded.length; at += 128) {
    const w = Array.from({ length: 16 }, (_, i) => view.getBigUint64(at + i * 8));
    state = block(state, w);
  }
  const out = new DataView(new ArrayBuffer(64));
  state.forEach((word, i) => out.setBigUint64(i * 8, word));
  return new Uint8Array(out.buffer);
}

/** @param {bigint[]} state @param {bigint[]} w */
function block(state, w) {
  const word = (/** @type {number} */ i) => /** @type {bigint} */ (w[i]);
  for (let i = 16; i < 80; i += 1) {
    const [x, y] = [word(i - 15), word(i - 2)];
    w.push((word(i - 16) + (rotate(x, 1n) ^ rotate(x, 8n) ^ (x >> 7n)) + word(i - 7) + (rotate(y, 19n) ^ rotate(y, 61n) ^ (y >> 6n))) & MASK);
  }
  let [a, b, c, d, e, f, g, h] = /** @type {[bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint]} */ (state);
  for (let i = 0; i < 80; i += 1) {
    const t1 = h + (rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n)) + ((e & f) ^ (~e & MASK & g)) + /** @type {bigint} */ (K[i]) + word(i);
    const t2 = (rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) & MASK, c, b, a, (t1 + t2) & MASK];
  }
  return [a, b, c, d, e, f, g, h].map((x, i) => (/** @type {bigint} */ (state[i]) + x) & MASK);
}

const ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;

/** @param {Uint8Array} bytes least significant first */
const number = (bytes) => BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);

/** As RFC 8032, section 5.1.7 without the cofactor, which the library's own check multiplies by: then only does it agree with the other engines on
 * keys that have a part of small order.
 * @type {import('./ed25519.js').Verify} */
export async function verify(key, message, signature) {
  const [r, s] = [signature.subarray(0, 32), number(signature.subarray(32))];
  const k = number(sha512(concat(r, key, message))) % ORDER;
  if (s >= ORDER) return false;
  const found = Point.BASE.multiply(s, false).subtract(Point.fromBytes(key).multiply(k, false));
  return hex(found.toBytes()) === hex(r);
}
