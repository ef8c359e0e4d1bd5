// @ts-check
// Fetches the proof bundle, has verify.js check it on this device, and puts the verdict in the place of the server's word.
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

const main = /** @type {HTMLElement} */ (document.getElementById('main'));
/** @type {Record<string, string>} */
const words = JSON.parse(main.dataset.words ?? '{}');
const vkey = main.dataset.vkey ?? '';

/**
 * Shows a verdict in words, colour and sign.
 * @param {Tone} tone
 * @param {string} line
 * @param {boolean} checked whether this device has checked
 */
function show(tone, line, checked) {
  const box = /** @type {HTMLElement} */ (document.getElementById('verdict'));
  box.classList.remove('tick', 'mind', 'stop');
  box.classList.add(tone);
  /** @type {HTMLElement} */ (document.getElementById('verdict-line')).textContent = line;
  const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' });
  const by = /** @type {HTMLElement} */ (document.getElementById('verdict-by'));
  by.textContent = checked ? `${(words.by_device ?? '').replace('{t}', time)} \u00b7 ` : '';
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

/**
 * The verdict that follows from the checks.
 * @param {Check[]} checks
 * @param {boolean} recalled
 * @returns {[Tone, string, boolean]}
 */
function judge(checks, recalled) {
  const result = new Map(checks.map((check) => [check.name, check.result]));
  const failed = checks.some((check) => check.result === 'failed' && !OWN_WORDS.includes(check.name));
  if (failed) return ['stop', words.bad ?? '', true];
  if (NEEDED.some((name) => result.get(name) !== 'passed')) return ['mind', words.unchecked ?? '', false];
  if (recalled || result.get('recall') === 'failed') {
    return ['stop', (document.querySelector('.recall') ? words.recalled_checked : words.recalled) ?? '', true];
  }
  if (main.dataset.stale !== undefined || result.get('freshness') === 'failed') return ['mind', words.stale ?? '', true];
  if (result.get('witness_quorum') === 'passed') return ['tick', words.ok ?? '', true];
  return ['mind', words.ok_unwitnessed ?? '', true];
}

async function run() {
  show('mind', words.checking ?? '', false);
  // A label may carry the first digits of the key's fingerprint: the paper is another witness than this server.
  const printed = /(?:^#|&)k=([0-9a-f]{8})/.exec(location.hash)?.[1];
  if (printed && printed !== vkey.split('+')[1]) {
    show('stop', words.key_differs ?? '', true);
    return;
  }
  const response = await fetch(main.dataset.proof ?? '', { cache: 'no-cache' });
  if (!response.ok) throw new Error(`proof: ${response.status}`);
  // As text: the verifier reads JSON more strictly than the browser does.
  const bundle = await response.text();
  const { policy, lot, serial, serialProof } = main.dataset;
  // Without its proof the serial is listed as not checked, with the reason.
  const proof = serialProof ? await fetch(serialProof, { cache: 'no-cache' }).then((answer) => (answer.ok ? answer.text() : null)) : null;
  const verdict = await verifyBundle(bundle, { vkey, policy, lot, ...(serial === undefined ? {} : { serial, serialProof: proof }) });
  const isOther = verdict.lot !== main.dataset.lot && verdict.checks.length > 0;
  list(verdict.checks);
  if (isOther) show('stop', words.bad ?? '', true);
  else show(...judge(verdict.checks, verdict.recalled));
}

run().catch(() => show('mind', words.unchecked ?? '', false));
