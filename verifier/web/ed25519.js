// @ts-check
// Ed25519, strictly: by the browser's own engine where it proves that it has one, else by @noble/ed25519, loaded only then.
import { hex, unhex } from './bytes.js';

/** Points of small order in every encoding. Engines disagree on them, so a key or a signature with one is refused. */
const SMALL = new Set([
  `01${'00'.repeat(31)}`, `01${'00'.repeat(30)}80`, '00'.repeat(32), `${'00'.repeat(31)}80`,
  `ec${'ff'.repeat(30)}7f`, `ec${'ff'.repeat(31)}`,
  ...['26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03']
    .flatMap((head, at) => (at ? ['7a', 'fa'] : ['05', '85']).map((last) => head + last)),
]);

/** Bytes of y >= 2^255 - 19, which have another encoding. @param {Uint8Array} point */
const isCanonical = (point) => /** @type {number} */ (point[0]) < 0xed || (/** @type {number} */ (point[31]) & 0x7f) !== 0x7f || point.subarray(1, 31).some((byte) => byte !== 0xff);

/** @typedef {(key: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>} Verify */

/** RFC 8032, section 7.1, test 2, and the same with another message. @param {Verify} verify */
async function works(verify) {
  const key = unhex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
  const signature = unhex('92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00');
  return await verify(key, Uint8Array.of(0x72), signature) && !await verify(key, Uint8Array.of(0x73), signature);
}

/** @type {Verify} */
async function native(key, message, signature) {
  const imported = await crypto.subtle.importKey('raw', /** @type {any} */ (key), 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', imported, /** @type {any} */ (signature), /** @type {any} */ (message));
}

/** @returns {Promise<Verify>} */
async function choose() {
  try {
    if (await works(native)) return native;
  } catch {
    // No such engine here; the other one is loaded.
  }
  const { verify } = await import('./ed25519-fallback.js');
  return verify;
}

/** @type {Promise<Verify> | undefined} */
let chosen;

const P = (1n << 255n) - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** Whether x^2 = (y^2 - 1) / (d y^2 + 1) has a solution for these bytes' y (RFC 8032, section 5.1.3). @param {string} key hex */
function isOnCurve(key) {
  const y = BigInt(`0x${hex(unhex(key).reverse())}`) & ((1n << 255n) - 1n);
  let base = (y * y - 1n) % P * (D * y * y + 1n) % P;
  let power = 1n;
  for (let rest = (P - 1n) / 2n; rest > 0n; rest >>= 1n) {
    if (rest & 1n) power = power * base % P;
    base = base * base % P;
  }
  return power === 1n;
}

/** @type {Map<string, boolean>} */
const judged = new Map();

/** Whether the key is one that may sign: a point in its one encoding, not of small order. @param {string} key hex */
export function isUsable(key) {
  const usable = judged.get(key) ?? (isCanonical(unhex(key)) && !SMALL.has(key) && isOnCurve(key));
  judged.set(key, usable);
  return usable;
}

/** @param {Uint8Array} key @param {Uint8Array} message @param {Uint8Array} signature */
export async function verify(key, message, signature) {
  const point = signature.subarray(0, 32);
  if (!isUsable(hex(key)) || !isCanonical(point) || SMALL.has(hex(point))) return false;
  chosen ??= choose();
  try {
    return await (await chosen)(key, message, signature);
  } catch {
    // Bytes that are no key or no signature.
    return false;
  }
}
