/**
 * @param {string} text
 * @returns {Uint8Array} the bytes
 */
export function base64(text) {
  return new Uint8Array(Buffer.from(text, "base64"));
}
