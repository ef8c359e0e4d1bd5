// @ts-check
// The words that the ledger's own tools write. With any other one the complete verifier is asked, which knows them all.

/** @type {Record<string, string[]>} */
export const WORDS = {
  BizStep: ['commissioning', 'shipping', 'receiving', 'packing', 'retail_selling', 'destroying', 'inspecting', 'sensor_reporting'],
  SDT: ['possessing_party'],
};
export const MEASUREMENTS = ['Temperature', 'RelativeHumidity'];
