// @ts-check
// Signing and sending, one statement after the other, so that nothing is ever recorded twice: what may have arrived is sent again as it was.
import { leafHash } from '../verifier/bytes.js';
import { busy, isBusy, refused } from './api.js';
import { answer } from './database.js';
import { openParts, seal } from './envelope.js';
import { coreError, refusal } from './errors.js';
import { remember } from './ledger.js';
import { Alarm, readReceipt, verifyReceipt } from './receipts.js';
import { bodyOf, lotsOf, payloadOf } from './steps.js';
import { offsetOf, timeText, toJson } from './text.js';

/** @typedef {import('./context.js').Context} Context */
/** @typedef {import('./types.js').Refused} Refused */
/** @typedef {import('./receipts.js').Receipt} Receipt */
/** @typedef {{ seq: number, prev: string }} Position of a signer's next statement */
/** @typedef {{ receipt: Receipt, again: boolean } | { position: Position } | { refused: Refused }} Outcome */

const ZERO = '0'.repeat(64);
const DAY_MS = 24 * 3_600_000;
/** How often one item is signed anew because the chain moved on. */
const SIGNINGS_MAX = 4;

/** Sends one envelope. @param {Context} context @param {string} envelope @returns {Promise<Outcome>} */
export async function post(context, envelope) {
  const found = await context.node.ask('/v1/statements', { method: 'POST', headers: { 'content-type': 'application/json' }, body: envelope });
  if (isBusy(found)) throw busy(found);
  // What is no JSON comes from something in between, such as the sign-in page of a public network.
  if (found.json === undefined) throw coreError('offline', `not the node: ${found.status}`);
  if (found.status === 200 || found.status === 201) {
    const receipt = readReceipt(found.json);
    if (!receipt) throw new Alarm('forged_receipt', 'the node answered no receipt');
    return { receipt, again: found.status === 200 };
  }
  const { code, expectedSeq: seq, expectedPrev: prev } = found.json ?? {};
  if (code === 'wrong_sequence' && Number.isSafeInteger(seq) && /^[0-9a-f]{64}$/.test(prev)) return { position: { seq, prev } };
  if (typeof code !== 'string') throw coreError('offline', `not the node: ${found.status}`);
  return { refused: refused(found) };
}

/** Works a receipt out. @param {Context} context @param {Receipt} receipt @param {string} hash of the payload @returns {Promise<Uint8Array>} the entry */
export async function confirm(context, receipt, hash) {
  const found = await context.node.ask(`/v1/entries/${receipt.index}`, { headers: { accept: 'application/octet-stream' } });
  if (isBusy(found)) throw busy(found);
  if (found.status !== 200) throw new Alarm('forged_receipt', `the entry of the receipt is not there: ${found.status}`);
  await remember(context, await verifyReceipt(receipt, found.bytes, hash, context.joined().vkey));
  return found.bytes;
}

/** @param {Context} context @param {string} key @returns {Promise<Position>} */
async function askPosition(context, key) {
  const known = await context.node.find(`/v1/signers/${key}`);
  return Number.isSafeInteger(known?.seq) ? { seq: known.seq, prev: known.prev } : { seq: 0, prev: ZERO };
}

/** Changes an item if it is still as it was read. @param {Context} context @param {any} item @param {object} changes @returns {Promise<any | null>} */
export async function edit(context, item, changes) {
  return context.database.run(['items'], 'readwrite', async (at) => {
    const found = await answer(at('items').get(item.order));
    if (!found || found.version !== item.version || found.envelope !== item.envelope || found.state !== item.state) return null;
    const changed = { ...found, ...changes };
    await answer(at('items').put(changed));
    return changed;
  }, { strict: true });
}

/** The step's time, put right when the phone's clock was so far ahead that the ledger would refuse it.
 * @param {Context} context @param {any} item @returns {{ said: string, meant: string } | null} */
function clockOf(context, { step }) {
  const said = Date.parse(step.time);
  const { offset, isFresh } = context.clock;
  if (offset === null || !isFresh || said - context.clock.now() <= DAY_MS) return null;
  const meant = said - offset;
  return meant - context.clock.now() > DAY_MS ? null : { said: step.time, meant: timeText(meant, offsetOf(step.time)) };
}

/** Signs an item and keeps what was signed, before anybody gets it.
 * @param {Context} context @param {any} item @param {{ key: string, sign: import('./keys.js').Sign, position: Position, state: 'sent' | 'carried' | 'waiting' }} by @returns {Promise<any | null>} */
export async function signItem(context, item, { key, sign, position, state }) {
  const clock = clockOf(context, item) ?? item.clock;
  const step = clock ? { ...item.step, time: clock.meant } : item.step;
  const payload = payloadOf({
    ledger: context.joined().origin, signer: key, ...position, signedAt: timeText(context.clock.now()), kind: 'event', body: bodyOf(step, item.eventId, item.media),
  });
  const { text, hash } = await seal(payload, key, sign);
  return edit(context, item, { envelope: text, hash, state, clock, seq: position.seq });
}

/** The item that a step waits for: one that was refused and was to make its lots. @param {any} item @param {any[]} items @returns {any} */
export function blockerOf(item, items) {
  const inputs = new Set((item.step.inputs ?? []).map((/** @type {any} */ { lot }) => lot));
  return items.find((other) => other.state === 'needs_you' && other.order < item.order
    && (other.step.outputs ?? []).some((/** @type {any} */ { lot }) => inputs.has(lot)));
}

/** @param {Context} context @param {any} item @param {Refused} why */
async function needsHer(context, item, why) {
  const facts = { ...why.facts, ...(lotsOf(item.step)[0] ? { lot: /** @type {string} */ (lotsOf(item.step)[0]) } : {}) };
  await edit(context, item, { state: 'needs_you', refused: { ...why, facts }, envelope: null, hash: null });
}

/** Sends what everybody on this phone has, in the order in which it was saved, for one may hand over to another.
 * @param {Context} context @param {any[]} profiles active ones @param {{ sent: number, refused: number }} count counts also what was done before a failure */
export async function sendAll(context, profiles, count) {
  const byId = new Map(profiles.map((profile) => [profile.id, profile]));
  const all = async () => (await context.database.all('items')).filter((item) => byId.has(item.profile));
  // What may have arrived goes first, unchanged.
  for (const item of (await all()).filter(({ envelope, raw, state }) => envelope && !raw && (state === 'sent' || state === 'carried'))) {
    const outcome = await post(context, item.envelope);
    if ('receipt' in outcome) count.sent += await accepted(context, item, outcome.receipt);
    else if ('position' in outcome) await edit(context, item, { state: 'waiting', envelope: null, hash: null });
    else {
      await settleRefusal(context, byId.get(item.profile), item, outcome.refused);
      count.refused += 1;
    }
  }
  /** Where the chain of each stands. @type {Map<string, Position>} */
  const positions = new Map();
  for (const { order } of (await all()).filter(({ state }) => state === 'waiting')) {
    const items = await all();
    const item = items.find((other) => other.order === order);
    const profile = byId.get(item?.profile);
    const sign = item?.state === 'waiting' ? await context.signerOf(profile.id) : null;
    if (!sign) continue;
    const blocker = blockerOf(item, items);
    if (blocker) {
      const [lot = ''] = (blocker.step.outputs ?? []).map((/** @type {any} */ output) => output.lot);
      await edit(context, item, { state: 'needs_you', refused: refusal('unknown_lot', 'body.event', { lot, waitsFor: blocker.id }, 'waits for another item') });
      count.refused += 1;
      continue;
    }
    const result = await sendOne(context, profile, item, sign, positions.get(profile.id) ?? await askPosition(context, profile.key));
    positions.set(profile.id, result.position);
    count.sent += result.sent;
    count.refused += result.refused;
  }
}

/** @param {Context} context @param {any} profile @param {any} item @param {import('./keys.js').Sign} sign @param {Position} from
 * @returns {Promise<{ position: Position, sent: number, refused: number }>} */
async function sendOne(context, profile, item, sign, from) {
  let position = from;
  let current = item;
  for (let signing = 0; signing < SIGNINGS_MAX; signing += 1) {
    const signed = await signItem(context, current, { key: profile.key, sign, position, state: 'sent' });
    // She changed or removed it meanwhile, or another tab has it.
    if (!signed) return { position, sent: 0, refused: 0 };
    const outcome = await post(context, signed.envelope);
    if ('receipt' in outcome) {
      await accepted(context, signed, outcome.receipt);
      position = { seq: position.seq + 1, prev: signed.hash };
      await context.database.setMeta(`position ${profile.id}`, position);
      return { position, sent: 1, refused: 0 };
    }
    if ('refused' in outcome) {
      await settleRefusal(context, profile, signed, outcome.refused);
      return { position, sent: 0, refused: 1 };
    }
    position = outcome.position;
    current = await edit(context, signed, { state: 'waiting', envelope: null, hash: null });
    if (!current) return { position, sent: 0, refused: 0 };
  }
  throw coreError('offline', 'the chain of this key moves faster than it can be followed');
}

/** A refusal is hers to mend, unless the event is there already: then its receipt is looked up. @param {Context} context @param {any} profile @param {any} item @param {Refused} why */
async function settleRefusal(context, profile, item, why) {
  if (why.code === 'event_exists') {
    const found = await findOwn(context, profile, item);
    if (found) {
      await edit(context, item, { envelope: found.envelope, hash: found.hash });
      const fresh = (await context.database.all('items')).find((other) => other.order === item.order);
      await accepted(context, fresh, found.receipt);
      return;
    }
  }
  await needsHer(context, item, why);
}

/** Her own entry of an event, when a courier brought it under another signature. @param {Context} context @param {any} profile @param {any} item
 * @returns {Promise<{ envelope: string, hash: string, receipt: Receipt } | null>} */
async function findOwn(context, profile, item) {
  const { origin } = context.joined();
  const listed = await context.node.list(`/v1/actors/${profile.actor.split('/').pop()}/entries`);
  for (const { index, signer } of (listed ?? []).reverse()) {
    if (signer !== profile.key || !Number.isSafeInteger(index)) continue;
    const entry = await context.node.find(`/v1/entries/${index}`);
    if (entry?.statement?.body?.event?.eventID !== item.eventId) continue;
    const { readEntry } = await import('../verifier/statement.js');
    const raw = await context.node.ask(`/v1/entries/${index}`, { headers: { accept: 'application/octet-stream' } });
    const read = readEntry(raw.bytes);
    const opened = await openParts(read.payload, read.signature, origin);
    if (!opened || opened.statement.signer !== profile.key || leafHash(raw.bytes) !== entry.leafHash) continue;
    const outcome = await post(context, opened.text);
    if ('receipt' in outcome) return { envelope: opened.text, hash: opened.hash, receipt: outcome.receipt };
  }
  return null;
}

/** Keeps a receipt before it is worked out, so that it is not asked for twice. @param {Context} context @param {any} item @param {Receipt} receipt */
async function accepted(context, item, receipt) {
  const kept = await edit(context, item, { raw: receipt, state: 'sent' });
  if (kept) await verifyItem(context, kept);
  return 1;
}

/** Works out the receipt of an item; only then is it in the ledger. @param {Context} context @param {any} item */
export async function verifyItem(context, item) {
  const receipt = readReceipt(item.raw);
  if (!receipt) {
    await edit(context, item, { raw: null });
    return;
  }
  let entry;
  try {
    entry = await confirm(context, receipt, item.hash);
  } catch (error) {
    // A receipt that is wrong is thrown away: the same statement will be sent again, and recorded once.
    if (error instanceof Alarm) await edit(context, item, { raw: null });
    throw error;
  }
  await keepVerified(context, item, receipt, entry);
}

/** @param {Context} context @param {any} item @param {Receipt} receipt @param {Uint8Array} entry */
export async function keepVerified(context, item, { index, leafHash: leaf, receivedAt }, entry) {
  await context.database.run(['items', 'entries', 'profiles'], 'readwrite', async (at) => {
    const found = await answer(at('items').get(item.order));
    if (!found || found.hash !== item.hash) return;
    await answer(at('items').put({ ...found, state: 'in_ledger', refused: null, raw: item.raw ?? found.raw, receipt: { index, leafHash: leaf, receivedAt } }));
    const profile = await answer(at('profiles').get(found.profile));
    if (profile?.actor) await answer(at('entries').put({ actor: profile.actor, index, entry }));
  });
  context.changed();
}

/** Signs and sends a statement of another kind now. What was signed is kept until it is known what became of it.
 * @param {Context} context @param {import('./types.js').Profile} profile @param {string} kind @param {object} body @returns {Promise<{ index: number, leafHash: string }>} */
export function submit(context, profile, kind, body) {
  return context.alone('send', async () => {
    const sign = await context.signerOf(profile.id);
    if (!sign) throw coreError('wrong_pin', 'the profile is locked');
    const { origin } = context.joined();
    const text = toJson(body);
    const kept = await context.database.meta(`submit ${profile.id}`);
    if (kept && kept.kind === kind && kept.body === text) {
      const outcome = await sendKept(context, profile, kept);
      if (outcome) return outcome;
    }
    let position = await askPosition(context, profile.key);
    for (let signing = 0; signing < SIGNINGS_MAX; signing += 1) {
      const payload = payloadOf({ ledger: origin, signer: profile.key, ...position, signedAt: timeText(context.clock.now()), kind, body: text });
      const sealed = await seal(payload, profile.key, sign);
      await context.database.setMeta(`submit ${profile.id}`, { kind, body: text, envelope: sealed.text, hash: sealed.hash }, { strict: true });
      const outcome = await sendKept(context, profile, { envelope: sealed.text, hash: sealed.hash });
      if (outcome) return outcome;
      position = await askPosition(context, profile.key);
    }
    throw coreError('offline', 'the chain of this key moves faster than it can be followed');
  });
}

/** @param {Context} context @param {import('./types.js').Profile} profile @param {{ envelope: string, hash: string }} kept
 * @returns {Promise<{ index: number, leafHash: string } | null>} nothing when it must be signed anew */
async function sendKept(context, profile, { envelope, hash }) {
  let outcome;
  try {
    outcome = await post(context, envelope);
  } catch (error) {
    throw error instanceof Alarm || /** @type {any} */ (error).code ? error : coreError('offline', String(error));
  }
  if ('position' in outcome) return null;
  if ('refused' in outcome) {
    await context.database.setMeta(`submit ${profile.id}`, null);
    throw coreError('refused', outcome.refused.detail, { refused: outcome.refused });
  }
  await confirm(context, outcome.receipt, hash);
  await context.database.setMeta(`submit ${profile.id}`, null);
  context.changed();
  return { index: outcome.receipt.index, leafHash: outcome.receipt.leafHash };
}

