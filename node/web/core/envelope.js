// @ts-check
// Signed statements as they travel (format, section 5).
import { concat, hex, sha256, unbase64, unhex } from '../verifier/bytes.js';
import { verify } from '../verifier/ed25519.js';
import { parseJson } from '../verifier/json.js';
import { pae, readStatement } from '../verifier/statement.js';
import { base64 } from './text.js';

const TYPE = 'application/vnd.nguon.statement+json';
/** A payload of 61,440 bytes in base64 and what is around it. */
export const ENVELOPE_CHARS_MAX = 84_000;

/** @typedef {{ text: string, payload: Uint8Array, signature: Uint8Array, hash: string, statement: import('../verifier/statement.js').Statement }} Signed */

/** @param {Uint8Array} payload @param {string} signer @param {Uint8Array} signature */
function envelopeText(payload, signer, signature) {
  return JSON.stringify({ payloadType: TYPE, payload: base64(payload), signatures: [{ keyid: signer, sig: base64(signature) }] });
}

/** @param {Uint8Array} payload @param {string} signer @param {import('./keys.js').Sign} sign @returns {Promise<{ text: string, hash: string }>} */
export async function seal(payload, signer, sign) {
  return { text: envelopeText(payload, signer, await sign(pae(payload))), hash: hex(sha256(payload)) };
}

/** Opens what came from outside: read strictly, and signed by the key that it names. Nothing when it is not.
 * @param {Uint8Array} payload @param {Uint8Array} signature @param {string} origin @returns {Promise<Signed | null>} */
export async function openParts(payload, signature, origin) {
  try {
    const statement = readStatement(payload);
    if (statement.ledger !== origin || signature.length !== 64) return null;
    if (!await verify(unhex(statement.signer), pae(payload), signature)) return null;
    return { text: envelopeText(payload, statement.signer, signature), payload, signature, hash: hex(sha256(payload)), statement };
  } catch {
    return null;
  }
}

/** @param {any} text @returns {{ payload: Uint8Array, signature: Uint8Array } | null} */
export function partsOf(text) {
  if (typeof text !== 'string' || text.length > ENVELOPE_CHARS_MAX) return null;
  try {
    const json = parseJson(text);
    const signatures = json.get('signatures');
    const [payload, signature] = [unbase64(json.get('payload')), unbase64(signatures[0].get('sig'))];
    return payload && signature && signatures.length === 1 && json.get('payloadType') === TYPE ? { payload, signature } : null;
  } catch {
    return null;
  }
}

/** @param {any} text @param {string} origin @returns {Promise<Signed | null>} */
export async function openEnvelope(text, origin) {
  const parts = partsOf(text);
  return parts && openParts(parts.payload, parts.signature, origin);
}

/** What a statement says, as plain JSON: read strictly before. @param {Uint8Array} payload @returns {any} */
export const plain = (payload) => JSON.parse(new TextDecoder().decode(payload));

/** Many envelopes as one run of bytes, without what can be made again. @param {{ payload: Uint8Array, signature: Uint8Array }[]} list */
export function packParts(list) {
  return concat(...list.flatMap(({ payload, signature }) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, payload.length);
    return [length, payload, signature];
  }));
}

/** @param {Uint8Array} bytes @param {number} max @returns {{ payload: Uint8Array, signature: Uint8Array }[] | null} */
export function unpackParts(bytes, max) {
  const list = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 4 || list.length >= max) return null;
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
    const end = at + 4 + length + 64;
    if (end > bytes.length) return null;
    list.push({ payload: bytes.slice(at + 4, end - 64), signature: bytes.slice(end - 64, end) });
    at = end;
  }
  return list;
}
