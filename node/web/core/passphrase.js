// @ts-check
// Key files under a passphrase: PBES2 with scrypt and AES-256 (RFC 8018, RFC 7914), as `nguon key new --passphrase` and OpenSSL write them. Loaded
// only for such a file.
import { hex, utf8 } from '../verifier/bytes.js';

/** @typedef {{ tag: number, body: Uint8Array }} Element */

const PBES2 = '2a864886f70d01050d';
const SCRYPT = '2b06010401da47040b';
const AES_256_CBC = '60864801650304012a';
/** What a phone can hold: 128 * N * r bytes. */
const MEMORY_MAX = 256 << 20;
const bytes = (/** @type {any} */ value) => /** @type {Uint8Array<ArrayBuffer>} */ (value);

/** The elements of a DER body. @param {Uint8Array} der @returns {Element[]} */
function elements(der) {
  const list = [];
  let at = 0;
  while (at < der.length) {
    const tag = der[at] ?? 0;
    let length = der[at + 1] ?? 0;
    at += 2;
    if (length > 127) {
      const count = length & 127;
      if (count > 3) throw new RangeError('too long');
      length = der.subarray(at, at + count).reduce((sum, byte) => sum * 256 + byte, 0);
      at += count;
    }
    if (at + length > der.length) throw new RangeError('cut off');
    list.push({ tag, body: der.subarray(at, at + length) });
    at += length;
  }
  return list;
}

/** @param {Element | undefined} element @param {number} tag */
function body(element, tag) {
  if (element?.tag !== tag) throw new TypeError('not as expected');
  return element.body;
}

const SEQUENCE = 0x30;
const number = (/** @type {Element | undefined} */ element) => body(element, 2).reduce((sum, byte) => sum * 256 + byte, 0);
const name = (/** @type {Element | undefined} */ element) => hex(body(element, 6));

/** What an encrypted PKCS#8 holds, or nothing when it cannot be opened. @param {Uint8Array} der @param {string} passphrase @returns {Promise<Uint8Array | null>} */
export async function decrypt(der, passphrase) {
  try {
    const [algorithm, data] = elements(body(elements(der)[0], SEQUENCE));
    const [scheme, parameters] = elements(body(algorithm, SEQUENCE));
    const [derivation, cipher] = elements(body(parameters, SEQUENCE));
    const [kdf, kdfParameters] = elements(body(derivation, SEQUENCE));
    const [aes, iv] = elements(body(cipher, SEQUENCE));
    if (name(scheme) !== PBES2 || name(kdf) !== SCRYPT || name(aes) !== AES_256_CBC) return null;
    const [salt, cost, block, parallel] = elements(body(kdfParameters, SEQUENCE));
    const raw = await scrypt(passphrase, body(salt, 4), number(cost), number(block), number(parallel));
    const key = await crypto.subtle.importKey('raw', bytes(raw), 'AES-CBC', false, ['decrypt']);
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv: bytes(body(iv, 4)) }, key, bytes(body(data, 4))));
  } catch {
    // Another form, or another passphrase.
    return null;
  }
}

/** @param {string} passphrase @param {Uint8Array} salt @param {number} length */
async function pbkdf2(passphrase, salt, length) {
  const base = await crypto.subtle.importKey('raw', bytes(utf8(passphrase)), 'PBKDF2', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: bytes(salt), iterations: 1 }, base, length * 8));
}

/** @param {string} passphrase @param {Uint8Array} salt @param {number} cost @param {number} block @param {number} parallel */
async function scrypt(passphrase, salt, cost, block, parallel) {
  const isPower = cost > 1 && Number.isInteger(Math.log2(cost));
  if (!isPower || block < 1 || parallel < 1 || parallel > 16 || 128 * cost * block > MEMORY_MAX) throw new RangeError('too costly');
  const mixed = await pbkdf2(passphrase, salt, 128 * block * parallel);
  const view = new DataView(mixed.buffer);
  for (let lane = 0; lane < parallel; lane += 1) {
    const start = lane * 128 * block;
    const words = Uint32Array.from({ length: 32 * block }, (_, n) => view.getUint32(start + 4 * n, true));
    mix(words, cost, block);
    words.forEach((word, n) => view.setUint32(start + 4 * n, word, true));
  }
  return pbkdf2(passphrase, mixed, 32);
}

/** ROMix (RFC 7914, section 5). @param {Uint32Array} words @param {number} cost @param {number} block */
function mix(words, cost, block) {
  const size = words.length;
  const table = new Uint32Array(size * cost);
  const spare = new Uint32Array(size);
  for (let n = 0; n < cost; n += 1) {
    table.set(words, n * size);
    mixBlocks(words, spare, block);
  }
  for (let n = 0; n < cost; n += 1) {
    const at = ((words[size - 16] ?? 0) & (cost - 1)) * size;
    for (let k = 0; k < size; k += 1) words[k] = (words[k] ?? 0) ^ (table[at + k] ?? 0);
    mixBlocks(words, spare, block);
  }
}

const x = new Uint32Array(16);
const z = new Int32Array(16);

/** BlockMix (section 4). @param {Uint32Array} words @param {Uint32Array} spare @param {number} block */
function mixBlocks(words, spare, block) {
  x.set(words.subarray(words.length - 16));
  for (let n = 0; n < 2 * block; n += 1) {
    for (let k = 0; k < 16; k += 1) x[k] = (x[k] ?? 0) ^ (words[16 * n + k] ?? 0);
    salsa();
    // Even ones first, then the odd ones.
    spare.set(x, 16 * ((n >> 1) + (n & 1) * block));
  }
  words.set(spare);
}

/** The columns and rows of a double round (section 3): each word is changed by two others of its four. */
const QUARTERS = [[0, 4, 8, 12], [5, 9, 13, 1], [10, 14, 2, 6], [15, 3, 7, 11], [0, 1, 2, 3], [5, 6, 7, 4], [10, 11, 8, 9], [15, 12, 13, 14]];

/** Salsa20/8 of `x`, in place. */
function salsa() {
  z.set(x);
  const turn = (/** @type {number} */ to, /** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ by) => {
    const sum = ((z[a] ?? 0) + (z[b] ?? 0)) | 0;
    z[to] = (z[to] ?? 0) ^ ((sum << by) | (sum >>> (32 - by)));
  };
  for (let round = 0; round < 4; round += 1) {
    for (const [a = 0, b = 0, c = 0, d = 0] of QUARTERS) {
      turn(b, a, d, 7);
      turn(c, b, a, 9);
      turn(d, c, b, 13);
      turn(a, d, c, 18);
    }
  }
  for (let k = 0; k < 16; k += 1) x[k] = ((x[k] ?? 0) + (z[k] ?? 0)) | 0;
}
