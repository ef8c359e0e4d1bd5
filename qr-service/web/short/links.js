// @ts-check
// Names of GS1 lots in their canonical spelling alone. Anything else may be one too, so it is left to the complete verifier.

/** @param {string} text @returns {[string, string, string?] | null} */
export function readLink(text) {
  const [, gtin, lot = '', serial] = /^https:\/\/id\.gs1\.org\/01\/([0-9]{14})\/10\/([\w.-]+)(?:\/21\/([\w.-]{1,20}))?$/.exec(text) ?? [];
  if (gtin === undefined) throw new Error('not canonical');
  return [gtin, lot, serial];
}
