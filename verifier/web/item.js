// @ts-check
// One entry of a bundle with what proves that the log holds it.
import { leafHash } from './bytes.js';
import { readEntry, readStatement } from './statement.js';

/** @typedef {{index: bigint, bytes: Uint8Array, proof: Uint8Array[], leaf: string, entry: import('./statement.js').Entry | null, statement: import('./statement.js').Statement | null}} Item */
/** @typedef {{lot: string, vkey: string, checkpoint: string, items: Item[]}} Bundle */

/** @template T @param {() => T} read @returns {T | null} */
export function attempt(read) {
  try {
    return read();
  } catch {
    return null;
  }
}

/** Reads an entry without judging it. @param {bigint} index @param {Uint8Array} bytes @param {Uint8Array[]} proof @returns {Item} */
export function itemOf(index, bytes, proof) {
  const entry = attempt(() => readEntry(bytes));
  const statement = entry && attempt(() => readStatement(entry.payload));
  return { index, bytes, proof, leaf: leafHash(bytes), entry, statement };
}
