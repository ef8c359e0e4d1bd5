// @ts-check
// A person's key. The browser's own engine keeps it where nothing can take it out; where it has no Ed25519, the seed lies under a key of the
// phone that cannot be taken out either, and under the PIN where there is one.
import { hex, unhex, utf8 } from '../verifier/bytes.js';
import { coreError } from './errors.js';

/** @typedef {{ kind: 'native', key: CryptoKey } | { kind: 'sealed', device: CryptoKey, iv: Uint8Array, salt: Uint8Array | null, seed: Uint8Array }} Kept */
/** @typedef {{ public: string, kept: Kept }} KeyPair */
/** @typedef {(bytes: Uint8Array) => Promise<Uint8Array>} Sign */

/** Work for each guess of a PIN; about a fifth of a second on a cheap phone. */
const PIN_ROUNDS = 210_000;
/** PKCS#8 of an Ed25519 key up to its 32 bytes of seed (RFC 8410). */
const PKCS8_HEAD = unhex('302e020100300506032b657004220420');
const bytes = (/** @type {any} */ value) => /** @type {Uint8Array<ArrayBuffer>} */ (value);

/** @type {Promise<boolean> | undefined} */
let native;

/** Whether the browser itself has Ed25519. */
export function hasNative() {
  native ??= crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']).then(() => true, () => false);
  return native;
}

/** @param {Uint8Array} seed */
const pkcs8 = (seed) => Uint8Array.from([...PKCS8_HEAD, ...seed]);

/** A new key that cannot be taken out. @param {string | null} pin @returns {Promise<KeyPair>} */
export async function newKey(pin) {
  if (!await hasNative()) return sealed(crypto.getRandomValues(new Uint8Array(32)), pin);
  const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']));
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return { public: hex(raw), kept: { kind: 'native', key: pair.privateKey } };
}

/** A key whose seed is known, as from a file. @param {Uint8Array} seed @param {string | null} pin @returns {Promise<KeyPair>} */
export async function keyOfSeed(seed, pin) {
  if (!await hasNative()) return sealed(seed, pin);
  // Only a key that may be exported tells its public half; it is dropped at once.
  const open = await crypto.subtle.importKey('pkcs8', bytes(pkcs8(seed)), 'Ed25519', true, ['sign']);
  const { x = '' } = await crypto.subtle.exportKey('jwk', open);
  const raw = Uint8Array.from(atob(x.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  const key = await crypto.subtle.importKey('pkcs8', bytes(pkcs8(seed)), 'Ed25519', false, ['sign']);
  return { public: hex(raw), kept: { kind: 'native', key } };
}

/** The seed in the PEM of `nguon key new`, without or with the public half behind it. @param {string} pem @param {string | null} passphrase
 * @returns {Promise<Uint8Array>} */
export async function seedOfPem(pem, passphrase) {
  const [, label, body] = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----([A-Za-z0-9+/=\s]{1,4096})-----END/.exec(pem) ?? [];
  /** @type {Uint8Array} */
  let der = new Uint8Array();
  try {
    der = Uint8Array.from(atob((body ?? '').replace(/\s/g, '')), (c) => c.charCodeAt(0));
  } catch {
    // Told below, as for every other text that is no key.
  }
  if (label === 'ENCRYPTED PRIVATE KEY') {
    const { decrypt } = await import('./passphrase.js');
    const opened = await decrypt(der, passphrase ?? '');
    // A wrong passphrase opens one file in 256 to what has the right padding by chance, and is then no DER.
    const isDer = opened?.[0] === 0x30 && (opened[1] === opened.length - 2 || (opened[1] ?? 0) > 0x80);
    if (!opened || !isDer) throw coreError('wrong_pin', 'the passphrase does not open the key file');
    der = opened;
  }
  const algorithm = hex(der.subarray(2, 14));
  const starts = ['020100300506032b65700422', '020101300506032b65700422'].includes(algorithm) && der[14] === 4 && der[15] === 32;
  if (!label || der[0] !== 0x30 || !starts || der.length < 48) throw coreError('refused', 'not an Ed25519 key file');
  return der.slice(16, 48);
}

/** Wraps a seed for a browser without Ed25519. @param {Uint8Array} seed @param {string | null} pin @returns {Promise<KeyPair>} */
async function sealed(seed, pin) {
  const { getPublicKeyAsync } = await import('../verifier/vendor/noble-ed25519/index.js');
  const device = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const salt = pin === null ? null : crypto.getRandomValues(new Uint8Array(16));
  const inner = pin === null || salt === null ? seed : await pinCipher('encrypt', pin, salt, iv, seed);
  const outer = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, device, bytes(inner)));
  return { public: hex(await getPublicKeyAsync(seed)), kept: { kind: 'sealed', device, iv, salt, seed: outer } };
}

/** @param {'encrypt' | 'decrypt'} way @param {string} pin @param {Uint8Array} salt @param {Uint8Array} iv @param {Uint8Array} data */
async function pinCipher(way, pin, salt, iv, data) {
  const base = await crypto.subtle.importKey('raw', bytes(utf8(pin)), 'PBKDF2', false, ['deriveKey']);
  const key = await crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(salt), iterations: PIN_ROUNDS }, base, { name: 'AES-GCM', length: 256 }, false, [way],
  );
  return new Uint8Array(await crypto.subtle[way]({ name: 'AES-GCM', iv: bytes(iv) }, key, bytes(data)));
}

/** @param {Extract<Kept, { kind: 'sealed' }>} kept @param {string | null} pin */
async function unseal({ device, iv, salt, seed }, pin) {
  const inner = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: bytes(iv) }, device, bytes(seed)));
  return salt === null ? inner : pinCipher('decrypt', pin ?? '', salt, iv, inner);
}

/** Whether signing needs the PIN: then only while she has her profile open. @param {Kept} kept */
export const needsPin = (kept) => kept.kind === 'sealed' && kept.salt !== null;

/** What signs. @param {Kept} kept @param {string | null} pin @returns {Promise<Sign>} */
export async function signer(kept, pin) {
  if (kept.kind === 'native') return async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', kept.key, bytes(message)));
  const { signAsync } = await import('../verifier/vendor/noble-ed25519/index.js');
  const seed = await unseal(kept, pin);
  return (message) => signAsync(message, seed);
}

/** The same key under another PIN. @param {Kept} kept @param {string | null} before @param {string | null} after @returns {Promise<Kept>} */
export async function reseal(kept, before, after) {
  return kept.kind === 'native' ? kept : (await sealed(await unseal(kept, before), after)).kept;
}

/** @typedef {{ salt: Uint8Array, hash: Uint8Array }} PinCheck */

/** @param {string} pin @param {Uint8Array} salt */
async function pinHash(pin, salt) {
  const base = await crypto.subtle.importKey('raw', bytes(utf8(pin)), 'PBKDF2', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: bytes(salt), iterations: PIN_ROUNDS }, base, 256));
}

/** @param {string} pin @returns {Promise<PinCheck>} */
export async function pinCheck(pin) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return { salt, hash: await pinHash(pin, salt) };
}

/** @param {PinCheck} check @param {string | null} pin */
export async function isPin(check, pin) {
  return pin !== null && hex(await pinHash(pin, check.salt)) === hex(check.hash);
}
