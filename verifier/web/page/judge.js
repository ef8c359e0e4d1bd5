// @ts-check
// From chosen files and a pasted key to one judgement that can be shown in any language.
import { leafHash } from '../bytes.js';
import { keyHistory, namedBlobs, verifyEvidence } from '../evidence.js';
import { parseCheckpoint, parseNote, parsePolicy, parseVkey } from '../log.js';
import { isReport, verifyReport } from '../report.js';
import { readStory } from '../story.js';
import { readBundle } from '../bundle.js';
import { verifyBundle, verifyProof } from '../verify.js';

/** @typedef {import('../verify.js').Check} Check */
/** @typedef {{name: string, bytes: Uint8Array}} Chosen */
/** @typedef {{vkey?: string, policy?: string}} Trust */
/** @typedef {{serial?: string, serialProof?: string}} Pack */
/** @typedef {'tick' | 'mind' | 'stop'} Tone */
/** @typedef {{hash: string, entry: bigint, bytes: Uint8Array | undefined}} Blob */
/**
 * @typedef {object} Judgement
 * @property {Tone} tone
 * @property {string} line key of the verdict's words
 * @property {string} [detail] what exactly cannot be read, in English, for developers
 * @property {string} [index] the entry, or the serial, that a proof is about
 * @property {Check[]} files checks of an evidence file
 * @property {Check[]} checks
 * @property {{vkey: string | null, from: 'given' | 'policy' | 'file'} | null} key whose word was taken
 * @property {{lot: string, size: number | null, entries: number, serial: string | undefined, product: import('../story.js').Name | undefined} | null} about
 * @property {import('../story.js').Fact[]} facts
 * @property {{actor: import('../story.js').Name | undefined, signer: import('../evidence.js').Signer}[]} signers
 * @property {Blob[]} blobs
 * @property {{actor: string, year: number, madeAt: string, page: import('../year.js').Page | null} | null} report of a year that somebody was handed
 */

/** Checks without which nothing at all can be said. The others may be left open without spoiling the verdict. */
const NEEDED = [
  'checkpoint_signed', 'entries_included', 'entry_chain', 'lot_chain_complete',
  'signatures', 'signer_registered', 'signer_chain', 'rules',
];

/** Enough of a file to tell what it means to be. */
const HEAD_BYTES = 1000;

/** @param {Uint8Array} bytes */
const textOf = (bytes) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);

/** @param {Uint8Array} bytes @param {string} start */
const startsWith = (bytes, start) => Array.from(start).every((c, at) => bytes[at] === c.charCodeAt(0));

/** @param {Tone} tone @param {string} line @param {Partial<Judgement>} [more] @returns {Judgement} */
const judgement = (tone, line, more = {}) => ({ tone, line, files: [], checks: [], key: null, about: null, facts: [], signers: [], blobs: [], report: null, ...more });

/** The trust that a pasted text stands for; null for one that is neither key nor policy. @param {string} pasted @returns {Trust | null} */
export function readTrust(pasted) {
  const text = pasted.trim();
  if (!text) return {};
  if (parseVkey(text)) return { vkey: text };
  try {
    return parsePolicy(pasted).logs.length ? { policy: pasted } : null;
  } catch {
    return null;
  }
}

/** The verdict that follows from the checks, as the consumer page gives it. @param {Check[]} checks @param {boolean} isOwnKey @returns {[Tone, string]} */
function conclude(checks, isOwnKey) {
  const result = new Map(checks.map((check) => [check.name, check.result]));
  if (checks.some((check) => check.result === 'failed' && check.name !== 'recall' && check.name !== 'freshness')) return ['stop', 'bad'];
  if (NEEDED.some((name) => result.get(name) !== 'passed')) return ['mind', 'unchecked'];
  if (result.get('recall') === 'failed') return ['stop', 'recalled'];
  if (isOwnKey) return ['mind', 'ok_own_key'];
  return result.get('witness_quorum') === 'passed' ? ['tick', 'ok'] : ['mind', 'ok_unwitnessed'];
}

/** The serial that a proof of a pack is about; null for what is none. @param {Chosen} file @returns {string | null} */
function serialOf({ bytes }) {
  try {
    const json = JSON.parse(textOf(bytes));
    return typeof json.serial === 'string' && Array.isArray(json.hashes) ? json.serial : null;
  } catch {
    return null;
  }
}

/** @param {import('../verify.js').Verdict} verdict @param {string} text @param {Trust & Pack} trust @param {Map<string, Uint8Array>} held */
function tellBundle(verdict, text, trust, held) {
  const { items } = readBundle(text);
  const story = readStory(items, verdict.lot);
  /** @type {'given' | 'policy' | 'file'} */
  const from = trust.vkey ? 'given' : trust.policy ? 'policy' : 'file';
  const [tone, line] = conclude(verdict.checks, from === 'file');
  return judgement(tone, line, {
    checks: verdict.checks, key: { vkey: verdict.vkey, from }, facts: story.facts,
    about: { lot: verdict.lot, size: verdict.size, entries: items.length, serial: trust.serial, product: story.product },
    signers: keyHistory(items).map((signer) => ({ signer, actor: story.actors.get(signer.key) })),
    blobs: Array.from(namedBlobs(items), ([hash, { entry }]) => ({ hash, entry, bytes: held.get(hash) })),
  });
}

/** @param {Uint8Array} bytes @param {Trust & Pack} trust */
async function judgeEvidence(bytes, trust) {
  const found = await verifyEvidence(bytes, trust);
  const told = found.bundle ? tellBundle(found.bundle, found.text, trust, found.blobs) : judgement('stop', 'bad_file');
  const isBad = found.files.some((check) => check.result === 'failed');
  return { ...told, files: found.files, ...(isBad ? { tone: /** @type {Tone} */ ('stop'), line: 'bad_file' } : {}) };
}

/** @param {Uint8Array} bytes @param {Trust & Pack} trust */
async function judgeBundle(bytes, trust) {
  const text = textOf(bytes);
  // Only what travels alone lacks its photos: nothing is said of them.
  return { ...tellBundle(await verifyBundle(text, trust), text, trust, new Map()), blobs: [] };
}

/** @param {string} proof @param {Chosen | undefined} entry @param {Trust} trust */
async function judgeProof(proof, entry, trust) {
  const index = /^index ([0-9]+)$/m.exec(proof)?.[1] ?? '';
  if (!entry) return judgement('mind', 'need_entry', { index });
  if (!trust.vkey && !trust.policy) return judgement('mind', 'need_key', { index });
  const checks = await verifyProof(proof, leafHash(entry.bytes), trust);
  const isBad = checks.some((check) => check.result === 'failed');
  const isSeen = checks.some((check) => check.name === 'witness_quorum' && check.result === 'passed');
  const { origin } = parseCheckpoint(parseNote(proof.slice(proof.indexOf('\n\n') + 2)).text);
  const keys = trust.vkey ? [trust.vkey] : parsePolicy(trust.policy ?? '').logs.filter(({ name }) => name === origin).map(({ text }) => text);
  const [tone, line] = /** @type {[Tone, string]} */ (isBad ? ['stop', 'proof_bad'] : [isSeen ? 'tick' : 'mind', isSeen ? 'proof_ok' : 'proof_ok_unwitnessed']);
  return judgement(tone, line, { index, checks, key: { vkey: keys[0] ?? null, from: trust.vkey ? 'given' : 'policy' } });
}

/** @param {string} text of a signed report @param {Trust} trust */
async function judgeReport(text, trust) {
  const { report, checks, vkey, page } = await verifyReport(text, trust);
  if (!report) return judgement('stop', 'report_cut');
  /** @type {'given' | 'policy' | 'file'} */
  const from = trust.vkey ? 'given' : trust.policy ? 'policy' : 'file';
  const isLeftOpen = checks.some((check) => check.result === 'not_checked' && check.name !== 'witness_quorum');
  const isBad = checks.some((check) => check.result === 'failed');
  const isSeen = checks.some((check) => check.name === 'witness_quorum' && check.result === 'passed');
  const [tone, line] = /** @type {[Tone, string]} */ (isBad ? ['stop', 'report_bad'] : from === 'file' ? ['mind', 'report_own_key'] : isLeftOpen ? ['mind', 'report_whose'] : isSeen ? ['tick', 'report_ok'] : ['mind', 'report_ok_unwitnessed']);
  // Numbers that cannot be relied upon are not shown to be read off.
  return judgement(tone, line, { checks, key: { vkey, from }, report: { actor: report.actor, year: report.page.year, madeAt: report.madeAt, page: isBad ? null : page } });
}

/** Judges what was chosen. @param {Chosen[]} chosen @param {Trust} trust @returns {Promise<Judgement>} */
export async function judge(chosen, trust) {
  try {
    const report = chosen.find(({ bytes }) => isReport(new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES))));
    if (report) return await judgeReport(new TextDecoder().decode(report.bytes), trust);
    const pack = chosen.find((file) => serialOf(file) !== null);
    const serial = pack && serialOf(pack);
    const asked = { ...trust, ...(pack ? { serial: serial ?? '', serialProof: textOf(pack.bytes) } : {}) };
    const others = chosen.filter((file) => file !== pack);
    const whole = others.find(({ bytes }) => startsWith(bytes, 'PK') || /^\s*\{/.test(String.fromCharCode(...bytes.subarray(0, 64))));
    if (whole) return await (startsWith(whole.bytes, 'PK') ? judgeEvidence(whole.bytes, asked) : judgeBundle(whole.bytes, asked));
    if (pack && others.length === 0) return judgement('mind', 'need_bundle', { index: serial ?? '' });
    const proof = chosen.find(({ bytes }) => startsWith(bytes, 'c2sp.org/tlog-proof@'));
    if (proof) return await judgeProof(textOf(proof.bytes), chosen.find((other) => other !== proof), trust);
    if (chosen.some(({ bytes }) => bytes[0] === 1)) return judgement('mind', 'need_proof');
    return judgement('mind', 'unreadable');
  } catch (error) {
    return judgement('mind', 'unreadable', { detail: error instanceof Error ? error.message : String(error) });
  }
}
