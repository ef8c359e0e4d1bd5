// @ts-check
// The log's side: notes, checkpoints, cosignatures, policies, inclusion (format, section 7; C2SP).
import { concat, hex, nodeHash, sha256, unbase64, unhex, utf8 } from './bytes.js';
import { isUsable, verify } from './ed25519.js';

/** @typedef {{name: string, id: string, type: number, key: Uint8Array, text: string}} Vkey */
/** @typedef {{name: string, id: string, bytes: Uint8Array}} Line */
/** @typedef {{text: string, lines: Line[]}} Note */
/** @typedef {{origin: string, size: bigint, root: string}} Checkpoint */

const SIGNATURES_MAX = 64;
/** Most logs, witnesses or groups of a policy. */
const ITEMS_MAX = 64;
const isName = (/** @type {string} */ name) => /^[^\p{White_Space}+\u0000-\u001f]+$/u.test(name);

/** @param {string} text @returns {Vkey | null} */
export function parseVkey(text) {
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text);
  const bytes = match && unbase64(match[3] ?? '');
  if (!match || !bytes || bytes.length !== 33 || !isName(match[1] ?? '')) return null;
  const [name, id] = [/** @type {string} */ (match[1]), /** @type {string} */ (match[2])];
  const type = /** @type {number} */ (bytes[0]);
  if ((type !== 1 && type !== 4) || !isUsable(hex(bytes.subarray(1)))) return null;
  if (hex(sha256(concat(utf8(`${name}\n`), bytes))).slice(0, 8) !== id) return null;
  return { name, id, type, key: bytes.subarray(1), text };
}

/** @param {string} text @returns {Note} */
export function parseNote(text) {
  const split = text.lastIndexOf('\n\n');
  if (split < 0 || /[\u0000-\u0009\u000b-\u001f]/.test(text) || !text.endsWith('\n')) throw new Error('not a signed note');
  const lines = text.slice(split + 2, -1).split('\n').map((line) => {
    const match = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line);
    const bytes = match && unbase64(match[2] ?? '');
    if (!match || !bytes || bytes.length < 5 || !isName(match[1] ?? '')) throw new Error('not a signature line');
    return { name: match[1] ?? '', id: hex(bytes.subarray(0, 4)), bytes: bytes.subarray(4) };
  });
  if (lines.length > SIGNATURES_MAX) throw new Error('too many signatures');
  return { text: text.slice(0, split + 1), lines };
}

/** @param {string} text @returns {Checkpoint} */
export function parseCheckpoint(text) {
  const lines = text.slice(0, -1).split('\n');
  const root = unbase64(lines[2] ?? '');
  const size = /^(?:0|[1-9][0-9]*)$/.test(lines[1] ?? '') ? BigInt(lines[1] ?? '') : -1n;
  if (lines.length < 3 || !isName(lines[0] ?? '') || size < 0n || size >= 1n << 64n || root?.length !== 32 || lines.slice(3).includes('')) {
    throw new Error('not a checkpoint');
  }
  return { origin: lines[0] ?? '', size, root: hex(root) };
}

/** The signatures of known keys; unknown ones are passed over, one that is known and wrong spoils the note.
 * @param {Note} note @param {Vkey[]} keys
 * @returns {Promise<{key: Vkey, time: bigint}[]>} */
export async function verifyNote(note, keys) {
  /** @type {{key: Vkey, time: bigint}[]} */
  const found = [];
  for (const line of note.lines) {
    const key = keys.find((known) => known.name === line.name && known.id === line.id);
    if (!key) continue;
    if (keys.some((known) => known.name === line.name && known.id === line.id && known.text !== key.text)) throw new Error(`two keys of ${key.name} have one id`);
    const timed = key.type === 4;
    const time = timed && line.bytes.length === 72 ? new DataView(line.bytes.slice(0, 8).buffer).getBigUint64(0) : 0n;
    const message = utf8(timed ? `cosignature/v1\ntime ${time}\n${note.text}` : note.text);
    const signature = timed ? line.bytes.subarray(8) : line.bytes;
    if (signature.length !== 64 || time >= 1n << 63n || !await verify(key.key, message, signature)) throw new Error(`the signature of ${key.name} is wrong`);
    if (!found.some((other) => other.key === key && other.time === time)) found.push({ key, time });
  }
  return found;
}

/** Opens a checkpoint with the keys of logs: its own, by name.
 * @param {string} text @param {Vkey[]} keys
 * @returns {Promise<{note: Note, checkpoint: Checkpoint, log: Vkey}>} */
export async function openCheckpoint(text, keys) {
  const note = parseNote(text);
  const checkpoint = parseCheckpoint(note.text);
  const own = keys.filter((key) => key.name === checkpoint.origin && key.type === 1);
  if (!own.length) throw new Error(`no key for the origin ${checkpoint.origin}`);
  const [signed] = await verifyNote(note, own);
  if (!signed) throw new Error('not signed by the log');
  return { note, checkpoint, log: signed.key };
}

/** @typedef {{logs: Vkey[], witnesses: Map<string, Vkey>, groups: Map<string, {need: number, members: string[]}>, quorum: string}} Policy */

/** C2SP tlog-policy. @param {string} text @returns {Policy} */
export function parsePolicy(text) {
  /** @type {Policy} */
  const policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: '' };
  const names = new Set(['none']);
  const used = new Set();
  const define = (/** @type {string} */ name) => {
    if (!name || names.has(name)) throw new Error(`policy: ${name} defined twice`);
    names.add(name);
  };
  for (const line of text.split('\n')) {
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(line)) throw new Error('policy: control character');
    const words = line.split(/[ \t]+/).filter(Boolean);
    const [kind, a = '', b = '', ...rest] = words;
    if (!kind || kind.startsWith('#')) continue;
    const vkey = parseVkey(kind === 'log' ? a : b);
    if ([...(kind === 'log' ? policy.logs : policy.witnesses.values())].some((other) => vkey && hex(other.key) === hex(vkey.key))) throw new Error('policy: a key twice');
    if (kind === 'log' && vkey?.type === 1 && words.length <= 3) policy.logs.push(vkey);
    else if (kind === 'witness' && vkey?.type === 4 && words.length <= 4) {
      define(a);
      policy.witnesses.set(a, vkey);
    } else if (kind === 'group' && rest.length) {
      const need = b === 'any' ? 1 : b === 'all' ? rest.length : /^[1-9][0-9]*$/.test(b) ? Number(b) : 0;
      for (const member of rest) {
        if (!names.has(member) || member === 'none' || used.has(member)) throw new Error(`policy: member ${member}`);
        used.add(member);
      }
      if (need < 1 || need > rest.length) throw new Error('policy: threshold');
      define(a);
      policy.groups.set(a, { need, members: rest });
    } else if (kind === 'quorum' && words.length === 2 && names.has(a) && !policy.quorum) policy.quorum = a;
    else throw new Error(`policy: ${line}`);
  }
  if (!policy.quorum) throw new Error('policy: no quorum');
  if (Math.max(policy.logs.length, policy.witnesses.size, policy.groups.size) > ITEMS_MAX) throw new Error('policy: too long');
  return policy;
}

/** @param {Policy} policy @param {Set<string>} cosigned names of witnesses @param {string} [name] @returns {boolean} */
export function isMet(policy, cosigned, name = policy.quorum) {
  const group = policy.groups.get(name);
  return group ? group.members.filter((member) => isMet(policy, cosigned, member)).length >= group.need : cosigned.has(name);
}

/** Whether a leaf is in the tree (RFC 6962, section 2.1.1).
 * @param {bigint} index @param {bigint} size @param {string} leaf @param {Uint8Array[]} proof @param {string} root */
export function isIncluded(index, size, leaf, proof, root) {
  if (index < 0n || index >= size) return false;
  const bits = (/** @type {bigint} */ n) => (n === 0n ? 0 : n.toString(2).length);
  const inner = bits(index ^ (size - 1n));
  const border = (index >> BigInt(inner)).toString(2).replaceAll('0', '').length;
  if (proof.length !== inner + border || proof.some((hash) => hash.length !== 32)) return false;
  let hash = unhex(leaf);
  proof.forEach((other, k) => {
    const isLeft = k < inner && ((index >> BigInt(k)) & 1n) === 0n;
    hash = isLeft ? nodeHash(hash, other) : nodeHash(other, hash);
  });
  return hex(hash) === root;
}
