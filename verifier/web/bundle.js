// @ts-check
// A proof bundle: its JSON (format, section 8), or the dense form in which the consumer page fetches it.
import { unbase64 } from './bytes.js';
import { readDense } from './dense.js';
import { itemOf } from './item.js';
import { parseJson } from './json.js';
import { whole } from './values.js';

/** Reads a bundle without judging it.
 * @param {string | object} bundle its JSON, what JSON.parse made of it, or the bytes of its dense form
 * @returns {import('./item.js').Bundle} */
export function readBundle(bundle) {
  if (bundle instanceof Uint8Array) return readDense(bundle);
  const json = parseJson(typeof bundle === 'string' ? bundle : JSON.stringify(bundle));
  const only = (/** @type {any} */ object, /** @type {string[]} */ keys) => {
    if (!(object instanceof Map) || object.size !== keys.length || !keys.every((key) => object.has(key))) throw new Error('not a proof bundle');
    return object;
  };
  only(json, ['v', 'lot', 'vkey', 'checkpoint', 'entries']);
  const texts = ['lot', 'vkey', 'checkpoint'].map((key) => json.get(key));
  if (whole(json.get('v')) !== 1n || !Array.isArray(json.get('entries')) || texts.some((value) => typeof value !== 'string')) throw new Error('not a proof bundle');
  const items = json.get('entries').map((/** @type {any} */ stored) => {
    const index = whole(only(stored, ['index', 'entry', 'proof']).get('index'));
    const bytes = unbase64(stored.get('entry'));
    const proof = Array.isArray(stored.get('proof')) && stored.get('proof').map(unbase64);
    if (index === null || !bytes || !proof || proof.includes(null)) throw new Error('not a proof bundle');
    return itemOf(index, bytes, proof);
  });
  const [lot, vkey, checkpoint] = texts;
  return { lot, vkey, checkpoint, items };
}
