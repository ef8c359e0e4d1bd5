// @ts-check
// Bytes that come in parts from where nobody promised how many.
import { concat } from '../verifier/bytes.js';

/** @param {ReadableStream<Uint8Array>} stream @param {number} max more is an error @returns {Promise<Uint8Array>} */
export async function readBounded(stream, max) {
  const reader = stream.getReader();
  /** @type {Uint8Array[]} */
  const chunks = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(...chunks);
    length += value.length;
    if (length > max) {
      await reader.cancel();
      throw new RangeError('too long');
    }
    chunks.push(value);
  }
}
