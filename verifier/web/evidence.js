// @ts-check
// Judges an evidence file (format, section 12): the checks of the file, and those of the proof bundle in it. Nothing in the file is believed; what
// follows from the bundle is derived again and compared.
import { isSame, isWhole, readArchive } from './archive.js';
import { hex, sha256, utf8 } from './bytes.js';
import { parseNote, parsePolicy } from './log.js';
import { isOrigin } from './names.js';
import { checkBody } from './statement.js';
import { whole } from './values.js';
import { readBundle } from './bundle.js';
import { verifyBundle } from './verify.js';

/** @typedef {import('./archive.js').Member} Member */
/** @typedef {import('./verify.js').Item} Item */
/** @typedef {import('./verify.js').Check} Check */
/** @typedef {ReturnType<typeof readBundle>} Bundle */
/** @typedef {{entry: number, change: string, by: string, at: bigint}} Change */
/** @typedef {{key: string, actor: string | null, history: Change[]}} Signer */
/** @typedef {{verdict: 'passed' | 'failed', files: Check[], bundle: import('./verify.js').Verdict | null, text: string, policy: string, blobs: Map<string, Uint8Array>}} EvidenceVerdict
 *   text: the bundle's JSON; blobs: those held, by hash */

const HASHES_MAX = 63;
const OTHERS = ['SHA256SUMS', 'SUMMARY.txt', 'TOM-TAT.txt', 'bundle.json', 'checkpoint.ots', 'checkpoint.tsr', 'trust.policy', 'verify.html'];

/** @template T @param {() => T} read @returns {T | null} */
function attempt(read) {
  try {
    return read();
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} fault @returns {Check} */
const result = (name, fault) => (fault ? { name, result: 'failed', detail: fault } : { name, result: 'passed' });

/** Text that is valid UTF-8 from its first byte on. @param {Uint8Array | undefined} bytes */
const textOf = (bytes) => (bytes ? attempt(() => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) : null);

/** The keys that a statement adds or revokes. @param {Item} item @returns {[key: string, actor: string, change: string][]} */
function changes({ statement }) {
  if (!statement || !['charter', 'actor', 'key'].includes(statement.kind) || !isOrigin(statement.ledger)) return [];
  if (attempt(() => { checkBody(statement.ledger, statement); return true; }) === null) return [];
  const body = statement.kind === 'charter' ? statement.body.get('operator') : statement.body;
  if (statement.kind !== 'key') return body.get('keys').map((/** @type {string} */ key) => [key, body.get('id'), 'added']);
  return [body.has('add') ? [body.get('add'), body.get('actor'), 'added'] : [body.get('revoke'), body.get('actor'), 'revoked']];
}

/** Who registered and revoked the keys that signed. @param {Item[]} items @returns {Signer[]} ascending by key */
export function keyHistory(items) {
  /** @type {Map<string, Signer>} */
  const keys = new Map();
  const signers = new Set();
  const of = (/** @type {string} */ key) => {
    const known = keys.get(key) ?? { key, actor: null, history: [] };
    keys.set(key, known);
    return known;
  };
  for (const item of items) {
    const { entry, bytes, index } = item;
    if (!entry) continue;
    signers.add(entry.signer);
    of(entry.signer);
    const at = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(41);
    for (const [key, actor, change] of changes(item)) {
      const known = of(key);
      if (known.history.some((other) => other.change === change) || (change === 'revoked' && known.actor === null)) continue;
      known.history.push({ entry: Number(index), change, by: entry.signer, at });
      known.actor ??= actor;
    }
  }
  return [...keys.values()].filter(({ key }) => signers.has(key)).sort((one, other) => (one.key < other.key ? -1 : 1));
}

/** `keys.json`. @param {Item[]} items */
function keysText(items) {
  const change = (/** @type {Change} */ { entry, change: what, by, at }) => `{"entry":${entry},"change":"${what}","by":"${by}","at":${at}}`;
  const lines = keyHistory(items).map(({ key, actor, history }) => `{"key":"${key}","actor":${JSON.stringify(actor)},"history":[${history.map(change).join(',')}]}`);
  return `{"v":1,"signers":[\n${lines.join(',\n')}\n]}\n`;
}

/** @param {Item} item @param {string} checkpoint */
function proofText({ index, proof }, checkpoint) {
  const lines = proof.map((hash) => `${btoa(String.fromCharCode(...hash))}\n`);
  return `c2sp.org/tlog-proof@v1\nindex ${index}\n${lines.join('')}\n${checkpoint}`;
}

/** The files that follow from the bundle alone. @param {Bundle} bundle */
function derived({ items, checkpoint }) {
  /** @type {Map<string, Uint8Array>} */
  const files = new Map();
  for (const { index, bytes } of items) files.set(`entries/${index}.bin`, bytes);
  const isNote = attempt(() => parseNote(checkpoint)) !== null;
  for (const item of items) {
    const isProof = item.proof.length <= HASHES_MAX && item.proof.every((hash) => hash.length === 32);
    if (isNote && isProof) files.set(`proofs/${item.index}.tlog-proof`, utf8(proofText(item, checkpoint)));
  }
  files.set('checkpoint', utf8(checkpoint));
  files.set('keys.json', utf8(keysText(items)));
  return files;
}

/** Every file is whole and listed with its hash; the list holds nothing else. @param {Member[]} members */
function sums(members) {
  const broken = members.find((member) => !isWhole(member));
  if (broken) return `${broken.name} is not as the archive says`;
  const list = textOf(members.find(({ name }) => name === 'SHA256SUMS')?.bytes);
  if (list === null) return 'SHA256SUMS is missing';
  const lines = members.filter(({ name }) => name !== 'SHA256SUMS').map(({ name, bytes }) => ({ name, line: `${hex(sha256(bytes))}  ${name}\n` }));
  if (lines.map(({ line }) => line).join('') === list) return '';
  const listed = new Set(list.split('\n').map((line) => `${line}\n`));
  return `${lines.find(({ line }) => !listed.has(line))?.name ?? 'SHA256SUMS'} is not as SHA256SUMS says`;
}

/** @param {Map<string, Uint8Array>} files @param {Bundle} bundle */
function copies(files, bundle) {
  const expected = derived(bundle);
  for (const [name, bytes] of expected) {
    const held = files.get(name);
    if (!held || !isSame(held, bytes)) return `${name} is not what the bundle holds`;
  }
  const odd = [...files.keys()].find((name) => !OTHERS.includes(name) && !name.startsWith('blobs/') && !expected.has(name));
  return odd === undefined ? '' : `${odd} belongs to no evidence file`;
}

/** The photos, pictures and papers that the statements name: length and first entry by hash. @param {Item[]} items */
export function namedBlobs(items) {
  /** @type {Map<string, {entry: bigint, bytes: bigint}>} */
  const found = new Map();
  const note = (/** @type {bigint} */ entry, /** @type {any} */ blob) => {
    const sha256 = blob instanceof Map ? blob.get('sha256') : null;
    const bytes = blob instanceof Map ? whole(blob.get('bytes')) : null;
    if (typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) && bytes !== null && !found.has(sha256)) found.set(sha256, { entry, bytes });
  };
  for (const { index, statement } of items) {
    const body = statement?.body;
    if (statement?.kind === 'event') {
      const [media, certificate] = [body?.get('media'), body?.get('certificate')];
      if (Array.isArray(media)) for (const blob of media) note(index, blob);
      if (certificate instanceof Map) note(index, certificate.get('file'));
    }
    if (statement?.kind === 'product') note(index, body?.get('picture'));
  }
  return found;
}

/** @param {Map<string, Uint8Array>} files @param {Item[]} items @returns {Check} */
function blobs(files, items) {
  const named = namedBlobs(items);
  for (const [name, bytes] of files) {
    if (!name.startsWith('blobs/')) continue;
    const blob = named.get(name.slice(6));
    if (!blob) return result('blobs', `${name} is named by no statement`);
    if (hex(sha256(bytes)) !== name.slice(6)) return result('blobs', `${name} has another hash`);
    if (BigInt(bytes.length) !== blob.bytes) return result('blobs', `${name} has another length than entry ${blob.entry} says`);
  }
  const missing = [...named.keys()].filter((hash) => !files.has(`blobs/${hash}`)).sort();
  if (!missing.length) return result('blobs', '');
  return { name: 'blobs', result: 'not_checked', detail: `${missing.length} of ${named.size} are not in the file, ${missing[0]} first` };
}

/** Makes every check of an evidence file. Throws only for what is no such archive.
 * @param {Uint8Array} bytes @param {import('./verify.js').Options} [options] without a key and a policy the policy in the file is taken
 * @returns {Promise<EvidenceVerdict>} */
export async function verifyEvidence(bytes, options = {}) {
  const members = readArchive(bytes);
  const files = new Map(members.map(({ name, bytes: content }) => [name, content]));
  const text = textOf(files.get('bundle.json')) ?? '';
  const bundle = attempt(() => readBundle(text));
  const policy = textOf(files.get('trust.policy')) ?? '';
  const isPolicy = attempt(() => parsePolicy(policy)) !== null;
  const own = options.vkey || options.policy || !isPolicy ? {} : { policy };
  const verdict = bundle ? await verifyBundle(text, { ...options, ...own }) : null;
  const fault = !bundle ? 'bundle.json is no proof bundle' : !isPolicy ? 'trust.policy is no trust policy' : copies(files, bundle);
  /** @type {Check[]} */
  const checks = [
    result('sums', sums(members)), result('copies', fault),
    bundle ? blobs(files, bundle.items) : { name: 'blobs', result: 'not_checked', detail: 'there is no bundle to name them' },
  ];
  if (files.has('checkpoint.tsr') || files.has('checkpoint.ots')) {
    checks.push({ name: 'timestamps', result: 'not_checked', detail: 'carried along only: check them with openssl ts and ots' });
  }
  const isPassed = verdict?.verdict === 'passed' && checks.every((check) => check.result !== 'failed');
  const held = new Map([...files].filter(([name]) => name.startsWith('blobs/')).map(([name, content]) => [name.slice(6), content]));
  return { verdict: isPassed ? 'passed' : 'failed', files: checks, bundle: verdict, text, policy, blobs: held };
}
