// @ts-check
// A receipt is believed when this phone has worked it out: the log's own key signed the tree, and the very statement is in it.
import { leafHash, unbase64 } from '../verifier/bytes.js';
import { isIncluded, isMet, openCheckpoint, parsePolicy, parseVkey, verifyNote } from '../verifier/log.js';
import { readEntry } from '../verifier/statement.js';
import { hex, sha256 } from '../verifier/bytes.js';

/** @typedef {{ index: number, leafHash: string, receivedAt: number, checkpoint: string, proof: string[] }} Receipt as the node gives it */
/** @typedef {{ size: bigint, root: string }} Tree */

/** Something that must not happen, and that nobody may pass over in silence. */
export class Alarm extends Error {
  /** @param {'forged_receipt' | 'other_key' | 'rolled_back' | 'two_histories'} code @param {string} detail */
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

/** @param {any} json @returns {Receipt | null} */
export function readReceipt(json) {
  const isHash = (/** @type {any} */ text) => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
  const isCount = (/** @type {any} */ n) => Number.isSafeInteger(n) && n >= 0;
  const { index, leafHash: leaf, receivedAt, checkpoint, proof } = json ?? {};
  const ok = isCount(index) && isHash(leaf) && isCount(receivedAt) && typeof checkpoint === 'string' && checkpoint.length < 20_000
    && Array.isArray(proof) && proof.length <= 64 && proof.every((hash) => unbase64(hash)?.length === 32);
  return ok ? { index, leafHash: leaf, receivedAt, checkpoint, proof } : null;
}

/** Opens a checkpoint with the one key that was pinned when she joined. @param {string} note @param {string} vkey */
export async function openPinned(note, vkey) {
  const key = parseVkey(vkey);
  if (!key) throw new Alarm('other_key', 'the pinned key cannot be read');
  try {
    return await openCheckpoint(note, [key]);
  } catch (error) {
    throw new Alarm('other_key', String(error));
  }
}

/** @param {Receipt} receipt @param {Uint8Array} entry its bytes @param {string} payloadHash of the statement that was sent @param {string} vkey
 * @returns {Promise<Tree>} the tree that the entry is in */
export async function verifyReceipt(receipt, entry, payloadHash, vkey) {
  const forged = (/** @type {string} */ detail) => new Alarm('forged_receipt', detail);
  const { checkpoint } = await openPinned(receipt.checkpoint, vkey);
  let read;
  try {
    read = readEntry(entry);
  } catch (error) {
    throw forged(String(error));
  }
  if (hex(sha256(read.payload)) !== payloadHash) throw forged('the entry holds another statement');
  if (read.index !== BigInt(receipt.index) || read.receivedAt !== receipt.receivedAt) throw forged('the entry stands elsewhere');
  if (leafHash(entry) !== receipt.leafHash) throw forged('the entry has another hash');
  const proof = receipt.proof.flatMap((hash) => unbase64(hash) ?? []);
  if (!isIncluded(BigInt(receipt.index), checkpoint.size, receipt.leafHash, proof, checkpoint.root)) throw forged('the entry is not in the tree');
  return { size: checkpoint.size, root: checkpoint.root };
}

/** @param {string} text of a `.tlog-proof` @returns {{ index: number, proof: string[], note: string } | null} */
export function readProof(text) {
  const [, extra, index, hashes = '', note = ''] = /^c2sp\.org\/tlog-proof@v1\n(extra [^\n]+\n)?index ([0-9]{1,15})\n((?:[A-Za-z0-9+/=]{44}\n){0,64})\n([^]+)$/.exec(text) ?? [];
  return index === undefined ? null : { index: Number(index), proof: hashes.split('\n').filter(Boolean), note };
}

/** Whether enough witnesses have cosigned a tree that holds the leaf. @param {string} proofText @param {{ index: number, leafHash: string }} receipt
 * @param {string} policyText @param {string} vkey @returns {Promise<boolean>} */
export async function isWitnessed(proofText, receipt, policyText, vkey) {
  const read = readProof(proofText);
  const policy = parsePolicy(policyText);
  if (!read || policy.quorum === 'none' || !policy.logs.some((log) => log.text === vkey)) return false;
  const { note, checkpoint } = await openPinned(read.note, vkey);
  const proof = read.proof.flatMap((hash) => unbase64(hash) ?? []);
  // The receipt put the entry into the log's tree; a later tree of the same log must hold it too.
  if (read.index !== receipt.index || !isIncluded(BigInt(receipt.index), checkpoint.size, receipt.leafHash, proof, checkpoint.root)) {
    throw new Alarm('two_histories', `entry ${receipt.index} is not in the tree that the node shows now`);
  }
  const cosigned = new Set();
  for (const [name, key] of policy.witnesses) if ((await verifyNote(note, [key])).length) cosigned.add(name);
  return isMet(policy, cosigned);
}
