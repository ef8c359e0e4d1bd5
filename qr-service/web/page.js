// @ts-check
// Fetches the proof bundle, checks it on this device, and puts the verdict in the place of the server's word.
//
// What travels is made of this file by tests/web/make-page-script.mjs: the verifier's own modules, a few of them in the short form in which they
// lie in short/. The short form passes nothing that the complete verifier does not; whatever it does not pass whole is judged by that one.
import { verifyBundle } from '../../verifier/web/verify.js';

/** Checks without which nothing at all can be said. The others may be left open without spoiling the verdict. */
const NEEDED = [
  'checkpoint_signed', 'entries_included', 'entry_chain', 'lot_chain_complete',
  'signatures', 'signer_registered', 'signer_chain', 'rules',
];

/** Checks that have words of their own when they fail. What was recorded a moment ago no witness has seen yet: that is no fault of the record. */
const OWN_WORDS = ['recall', 'freshness', 'witness_quorum'];

/** @typedef {{name: string, result: 'passed' | 'failed' | 'not_checked', detail?: string, index?: number}} Check */
/** @typedef {'tick' | 'mind' | 'stop'} Tone */
/** @typedef {{tone: Tone, line: string, why: string, checked: boolean}} Judgement line and why name words of the page; checked: whether this device has checked */

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const main = byId('main');
/** @type {Record<string, string>} */
const words = JSON.parse(main.dataset.words ?? '{}');
const vkey = main.dataset.vkey ?? '';
/** The server's own line, which says of which day an old copy is. */
const served = byId('verdict-line').textContent;

/**
 * Fills the holes of one of the page's words.
 * @param {string} key @param {Record<string, string | number>} [values]
 */
function say(key, values = {}) {
  return Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, String(value)), words[key] ?? '');
}

/**
 * Shows a verdict in words, colour and sign.
 * @param {Judgement} judgement @param {Record<string, string | number>} [values] for the reason
 */
function show({ tone, line, why, checked }, values) {
  const box = byId('verdict');
  box.classList.remove('tick', 'mind', 'stop', 'quiet');
  box.classList.add(tone);
  // The recall itself stands above in full red.
  box.classList.toggle('quiet', line === 'recalled_checked');
  main.classList.toggle('failed', line === 'bad' || line === 'key_differs');
  byId('verdict-line').textContent = line === 'stale' && main.dataset.stale !== undefined ? served : say(line);
  byId('verdict-why').textContent = say(why, values);
  const now = new Date();
  const time = [now.getHours(), now.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
  byId('verdict-by').textContent = checked ? `${say('by_device', { t: time })} \u00b7 ` : '';
}

/**
 * Writes each check's result beside its name.
 * @param {Check[]} checks
 */
function list(checks) {
  for (const check of checks) {
    const item = document.querySelector(`[data-check="${CSS.escape(check.name)}"]`);
    const result = item?.querySelector('.check-result');
    const detail = item?.querySelector('.check-detail');
    if (!result || !detail) continue;
    result.textContent = words[check.result] ?? check.result;
    result.classList.add(check.result);
    const where = check.index === undefined ? '' : ` (#${check.index})`;
    detail.textContent = check.result === 'passed' ? '' : `${check.detail ?? ''}${where}`;
  }
}

/** What the failed checks are called on the page. @param {Check[]} checks */
function named(checks) {
  const failed = checks.filter((check) => check.result === 'failed');
  const names = failed.map((check) => document.querySelector(`[data-check="${CSS.escape(check.name)}"] .check-name`)?.textContent ?? check.name);
  return names.map((name) => `\u201c${name.trim()}\u201d`).join(', ');
}

/**
 * The verdict that follows from the checks.
 * @param {Check[]} checks
 * @param {boolean} recalled
 * @returns {Judgement}
 */
function judge(checks, recalled) {
  const result = new Map(checks.map((check) => [check.name, check.result]));
  const failed = checks.some((check) => check.result === 'failed' && !OWN_WORDS.includes(check.name));
  if (failed) return { tone: 'stop', line: 'bad', why: 'why_bad', checked: true };
  if (NEEDED.some((name) => result.get(name) !== 'passed')) return { tone: 'mind', line: 'unchecked', why: 'why_unchecked', checked: false };
  if (recalled || result.get('recall') === 'failed') {
    return { tone: 'stop', line: document.querySelector('.recall') ? 'recalled_checked' : 'recalled', why: 'why_recalled', checked: true };
  }
  if (main.dataset.stale !== undefined || result.get('freshness') === 'failed') return { tone: 'mind', line: 'stale', why: 'why_stale', checked: true };
  if (result.get('witness_quorum') === 'passed') return { tone: 'tick', line: 'ok', why: 'why_ok', checked: true };
  return { tone: 'mind', line: 'ok_unwitnessed', why: 'why_ok_unwitnessed', checked: true };
}

/** @param {string} path */
async function load(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

/** As text: the verifier reads JSON more strictly than the browser does. @param {string} path */
const loadText = async (path) => (await load(path)).text();

/** Whether a verdict over the dense form stands: all that is needed passed, and nothing failed but what this file has words for.
 * @param {Check[]} checks @param {boolean} isRecalled whether the page says itself that the lot is recalled */
const isWhole = (checks, isRecalled) => NEEDED.every((name) => checks.some((check) => check.name === name && check.result === 'passed'))
  && checks.every((check) => check.result !== 'failed' || check.name === 'witness_quorum' || (isRecalled && check.name === 'recall'));

/** The verdict over the dense form where it passes everything, by the short form of the verifier or, of a lot that is recalled, by the complete one;
 * else by the complete verifier over the published proof. @param {Promise<string | null>} pack the proof of the pack's serial */
async function verified(pack) {
  const { proof = '', dense = '', verifier = '', policy, lot, serial } = main.dataset;
  const isRecalled = document.querySelector('.recall') !== null;
  const options = async () => ({ vkey, policy, lot, ...(serial === undefined ? {} : { serial, serialProof: await pack }) });
  try {
    const bundle = new Uint8Array(await (await load(dense)).arrayBuffer());
    const verify = /** @type {typeof verifyBundle} */ (isRecalled ? (await import(verifier)).verifyBundle : verifyBundle);
    const verdict = await verify(bundle, await options());
    if (verdict.lot === lot && isWhole(verdict.checks, isRecalled)) return verdict;
  } catch {
    // It is not there or cannot be read; the complete verifier has the last word anyway.
  }
  const [text, whole] = await Promise.all([loadText(proof), import(verifier)]);
  return /** @type {ReturnType<typeof verifyBundle>} */ (whole.verifyBundle(text, await options()));
}

async function run() {
  show({ tone: 'mind', line: 'checking', why: 'why_checking', checked: false });
  // A label may carry the first digits of the key's fingerprint: the paper is another witness than this server.
  const printed = /(?:^#|&)k=([0-9a-f]{8})/.exec(location.hash)?.[1];
  if (printed && printed !== vkey.split('+')[1]) {
    show({ tone: 'stop', line: 'key_differs', why: 'why_key_differs', checked: true });
    return;
  }
  const { lot, serialProof } = main.dataset;
  // The page has begun to fetch all of it already; the server says itself that no old copy will do. Without its proof the serial is
  // listed as not checked, with the reason.
  const verdict = await verified(serialProof ? loadText(serialProof).catch(() => null) : Promise.resolve(null));
  const isOther = verdict.lot !== lot && verdict.checks.length > 0;
  list(verdict.checks);
  const judgement = isOther ? /** @type {Judgement} */ ({ tone: 'stop', line: 'bad', why: 'why_bad', checked: true }) : judge(verdict.checks, verdict.recalled);
  show(judgement, { n: main.dataset.entries ?? '', list: named(verdict.checks) });
  const isWitnessed = verdict.checks.some((check) => check.name === 'witness_quorum' && check.result === 'passed');
  if (isWitnessed) byId('verdict-witness').textContent = ` \u00b7 ${say('witnessed', { n: verdict.witnesses.length })}`;
}

/** Shows the button that passes the page on, where the browser can. */
function offerToShare() {
  const button = document.getElementById('share');
  if (!button || !(navigator.share || navigator.clipboard)) return;
  const { title = '', url = '' } = button.dataset;
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      if (navigator.share) {
        await navigator.share({ title, url });
      } else {
        await navigator.clipboard.writeText(url);
        byId('shared').textContent = say('share_done');
      }
    } catch {
      // The reader thought better of it, or the browser forbids it; the address stands beside the button.
    }
  });
}

offerToShare();
run().catch(() => show({ tone: 'mind', line: 'unchecked', why: 'why_unchecked', checked: false }));
