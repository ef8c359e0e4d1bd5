// @ts-check
// Checks a proof bundle (format, section 8) in a browser or in Node: the same checks as the Rust verifier, by the same names, held together by
// shared vectors. No server is believed: bring the log's key, and the bundle proves the rest or does not.
import { leafHash, unbase64, utf8 } from './bytes.js';
import { readBundle } from './bundle.js';
import { failed, passed, skipped } from './check.js';
import { freshness } from './freshness.js';
import { attempt } from './item.js';
import { parseJson } from './json.js';
import { isIncluded, isMet, openCheckpoint, parseCheckpoint, parseNote, parsePolicy, parseVkey, verifyNote } from './log.js';
import { apply } from './rules.js';
import { pae, payloadHash, readEventBody, checkBody } from './statement.js';
import { isOrigin, keyOf, lotOf, nameOf } from './names.js';
import { whole } from './values.js';
import { verify } from './ed25519.js';

/** @typedef {import('./check.js').Check} Check */
/** @typedef {{vkey?: string, policy?: string, lot?: string, newest?: string, sizeMin?: number, serial?: string,
 *   serialProof?: string | null}} Options lot: the canonical URI that the bundle must be about; newest: a checkpoint got elsewhere; serial: that of a pack, which
 *   is checked too, with the JSON of its proof */
/** @typedef {{v: 1, verdict: 'passed' | 'failed', lot: string, size: number | null, root: string | null, vkey: string | null, checks: Check[], recalled: boolean,
 *   witnesses: {name: string, time: number}[]}} Verdict as `nguon-verify bundle --json` writes it, and who cosigned when (in seconds since 1970) */
/** @typedef {import('./item.js').Item} Item */

const ZERO = '0'.repeat(64);
/** Makes one check of every entry, in the bundle's order; a text or an exception is the fault, '' none.
 * @param {string} name @param {Item[]} items @param {(item: Item) => string | Promise<string>} step */
async function each(name, items, step) {
  for (const item of items) {
    try {
      const fault = await step(item);
      if (fault) return failed(name, fault, item.index);
    } catch (error) {
      return failed(name, error, item.index);
    }
  }
  return passed(name);
}

/** The lots of a bundle, as its own entries tell them: the lot, what it was made from, and what corrections name beside.
 * @param {string} origin @param {Item[]} items @param {string} lot */
function family(origin, items, lot) {
  /** @type {Map<string, string[]>} */
  const leadsTo = new Map();
  for (const { entry, statement } of items) {
    if (!entry || statement?.kind !== 'event') continue;
    const body = attempt(() => { checkBody(origin, statement); return readEventBody(origin, statement.body); });
    if (!body) continue;
    const isMaking = ['process', 'merge', 'split', 'pack'].includes(body.verb) && body.event.type === 'TransformationEvent';
    const linked = entry.links.map((link) => link.lot);
    const inputs = [...(body.event.lists.inputQuantityList ?? []).map((element) => element.epcClass), ...(body.event.epcs.inputEPCList ?? [])]
      .flatMap((name) => nameOf(origin, name) ?? []).map(keyOf);
    const from = body.verb === 'correct' ? linked : isMaking ? [...body.creates.values()].map(({ named }) => keyOf(named)) : [];
    for (const key of from) leadsTo.set(key, [...(leadsTo.get(key) ?? []), ...(body.verb === 'correct' ? linked : inputs)]);
  }
  const lots = new Set([lot]);
  // A set hands out also what is added while it is walked.
  for (const key of lots) for (const other of leadsTo.get(key) ?? []) lots.add(other);
  return lots;
}

/** @param {Item[]} items */
function entryChain(items) {
  /** @type {Item | null} */
  let before = null;
  return each('entry_chain', items, (item) => {
    const { entry, index } = item;
    if (!entry) return 'not an entry';
    if (entry.index !== index) return `its own index is ${entry.index}`;
    let expected = index === 0n ? ZERO : null;
    if (before?.entry) {
      if (before.index >= index) return `stands after entry ${before.index}`;
      if (entry.receivedAt < before.entry.receivedAt) return `received before entry ${before.index}`;
      if (before.index + 1n === index) expected = before.leaf;
    }
    if (expected !== null && expected !== entry.previous) return `names ${entry.previous} as the entry before, which is ${expected}`;
    before = item;
    return '';
  });
}

/** @param {Item[]} items @param {string} origin @param {string | null} lot @param {Set<string>} lots @param {boolean} isAsked whether it is the lot that was asked for */
async function lotChain(items, origin, lot, lots, isAsked) {
  const name = 'lot_chain_complete';
  if (!origin) return skipped(name, "the ledger's origin is unknown");
  if (!lot) return failed(name, 'not the canonical uri of a lot of this ledger');
  if (!isAsked) return failed(name, 'another lot than the one asked for');
  /** @type {Map<string, [number, string]>} */
  const heads = new Map();
  const check = await each(name, items, ({ entry, statement, leaf }) => {
    if (!entry) return '';
    const links = entry.links.filter((link) => lots.has(link.lot));
    for (const link of links) {
      const [seq, previous] = heads.get(link.lot) ?? [0, ZERO];
      if (link.seq !== seq) return `is number ${link.seq} of lot ${link.lot}, number ${seq} comes next`;
      if (link.previous !== previous) return `names another entry before of lot ${link.lot}`;
      heads.set(link.lot, [seq + 1, leaf]);
    }
    return !links.length && (!statement || ['event', 'attest'].includes(statement.kind)) ? 'belongs to no lot of this bundle' : '';
  });
  const missing = [...lots].find((key) => !heads.has(key));
  return check.result === 'passed' && missing ? failed(name, `no entry of lot ${missing}`) : check;
}

/** @param {Item[]} items */
function signatures(items) {
  // All are begun before the first is waited for: the browser works on them aside.
  const begun = new Map(items.map((item) => [item, item.entry && verify(item.entry.key, pae(item.entry.payload), item.entry.signature)]));
  return each('signatures', items, async (item) => {
    const { entry, statement } = item;
    if (!entry) return 'not an entry';
    if (!statement) return 'the statement cannot be read';
    if (statement.signer !== entry.signer) return `the statement names ${statement.signer} as its signer`;
    return await begun.get(item) ? '' : `not signed by ${entry.signer}`;
  });
}

/** @param {Item[]} items @param {string} origin */
function signerRegistered(items, origin) {
  const name = 'signer_registered';
  if (!origin) return skipped(name, "the ledger's origin is unknown");
  /** Where a key was registered, and whether it is revoked. @type {Map<string, {at: bigint, revoked: boolean}>} */
  const keys = new Map();
  const register = (/** @type {Item} */ { index, statement }) => {
    if (!statement || !['charter', 'actor', 'key'].includes(statement.kind) || (statement.kind === 'charter' && index !== 0n)) return;
    if (!attempt(() => { checkBody(origin, statement); return true; })) return;
    const { body } = statement;
    const added = body.get('operator')?.get('keys') ?? body.get('keys') ?? (body.has('add') ? [body.get('add')] : []);
    for (const key of added) if (!keys.has(key)) keys.set(key, { at: index, revoked: false });
    const revoked = keys.get(body.get('revoke'));
    if (revoked) revoked.revoked = true;
  };
  return each(name, items, (item) => {
    if (!item.entry) return '';
    const { signer } = item.entry;
    if (item.statement?.kind === 'charter') register(item);
    const known = keys.get(signer);
    if (!known) return `${signer} was not registered`;
    if (known.revoked) return `${signer} was revoked`;
    if (known.at > item.index) return `${signer} was registered later, by entry ${known.at}`;
    register(item);
    return '';
  });
}

/** @param {Item[]} items */
function signerChain(items) {
  /** @type {Map<string, {seq: bigint, prev: string}>} */
  const next = new Map();
  return each('signer_chain', items, ({ entry, statement }) => {
    if (!entry || !statement) return '';
    const { seq, prev, signer } = statement;
    const before = next.get(signer);
    if (before && seq < before.seq) return `seq ${seq} of ${signer} comes again`;
    const expected = before?.seq === seq ? before.prev : seq === 0n ? ZERO : prev;
    if (expected !== prev) return `names ${prev} as its signer's statement before, which is ${expected}`;
    if (seq >= (1n << 64n) - 1n) return 'seq is too great';
    next.set(signer, { seq: seq + 1n, prev: payloadHash(entry.payload) });
    return '';
  });
}

/** Replays the entries with the rules. @param {Item[]} items @param {string} origin @param {string | null} lot @param {Set<string>} lots
 * @returns {Promise<[Check, Check, {count: bigint, root: string} | null | undefined]>} rules, recall, and what the lot committed to of its serials; undefined if
 *   that is not known */
async function replay(items, origin, lot, lots) {
  if (!origin || !lot) return [skipped('rules', 'ledger or lot is unknown'), skipped('recall', 'the replay did not reach the lot'), undefined];
  /** @type {Map<string, any>} */
  const state = new Map();
  const rules = await each('rules', items, ({ entry, statement, leaf }) => {
    if (!entry || !statement) return 'cannot be read';
    apply(state, origin, lots, entry, statement, leaf);
    return '';
  });
  const record = state.get(`lot ${lot}`);
  const serials = record && rules.result === 'passed' ? record.serials : undefined;
  if (record?.recalls.length) return [rules, failed('recall', 'recalled', record.recalls[0]), serials];
  if (record && rules.result === 'passed') return [rules, passed('recall'), serials];
  return [rules, skipped('recall', 'the replay did not reach the end'), undefined];
}

/** Whether a pack's serial is one that its lot committed to.
 * @param {string} lot @param {string} serial @param {string | null | undefined} text the proof's JSON @param {{count: bigint, root: string} | null | undefined} committed
 * @returns {Check} */
function serialIncluded(lot, serial, text, committed) {
  const name = 'serial_included';
  if (committed === undefined) return skipped(name, 'the replay did not reach the end');
  if (committed === null) return skipped(name, 'the lot committed to no serials');
  if (typeof text !== 'string') return skipped(name, 'no proof of the serial was given');
  const proof = attempt(() => parseJson(text));
  const keys = ['v', 'lot', 'serial', 'index', 'count', 'hashes'];
  const isProof = proof instanceof Map && proof.size === keys.length && keys.every((key) => proof.has(key)) && whole(proof.get('v')) === 1n;
  const hashes = isProof && Array.isArray(proof.get('hashes')) ? proof.get('hashes').map(unbase64) : [null];
  const [index, count] = isProof ? [whole(proof.get('index')), whole(proof.get('count'))] : [null, null];
  const isWhole = (/** @type {any} */ hash) => hash?.length === 32;
  if (!isProof || index === null || count === null || hashes.length > 63 || !hashes.every(isWhole)) return failed(name, 'not a proof of a serial');
  if (proof.get('lot') !== lot || proof.get('serial') !== serial) return failed(name, 'the proof is of another pack');
  if (count !== committed.count) return failed(name, `the proof is of a list of ${count} serials, the lot committed to ${committed.count}`);
  const ok = isIncluded(index, count, leafHash(utf8(serial)), hashes, committed.root);
  return ok ? passed(name) : failed(name, 'the proof does not lead to the root that the lot committed to');
}

/** The log as the bundle shows it and as it is trusted. @param {string} note @param {string} hint @param {Options} options */
async function readLog(note, hint, options) {
  const policy = options.policy ? parsePolicy(options.policy) : null;
  const onFirstUse = !policy && !options.vkey;
  const trusted = policy ? policy.logs : [parseVkey(options.vkey ?? hint)].flatMap((key) => key ?? []);
  const keys = options.vkey && policy ? trusted.filter((key) => key.text === options.vkey) : trusted;
  const claimed = attempt(() => parseCheckpoint(parseNote(note).text));
  let [signed, fault] = [/** @type {Awaited<ReturnType<typeof openCheckpoint>> | null} */ (null), /** @type {any} */ ('no readable key to hold the checkpoint against')];
  try {
    signed = keys.length ? await openCheckpoint(note, keys) : null;
  } catch (error) {
    fault = error;
  }
  const name = (keys.length === 1 ? keys[0]?.name : claimed?.origin) ?? '';
  const origin = isOrigin(name) ? name : '';
  const check = signed ? { ...passed('checkpoint_signed'), ...(onFirstUse ? { detail: 'with the key that the bundle itself names' } : {}) } : failed('checkpoint_signed', fault);
  return { policy, keys, claimed, signed, origin, check };
}

/** @typedef {Awaited<ReturnType<typeof readLog>>} Log */

/** @param {Log} log @returns {Promise<{check: Check, witnesses: {name: string, time: number}[]}>} */
async function quorum({ policy, signed }) {
  const name = 'witness_quorum';
  if (!policy) return { check: skipped(name, 'no policy given'), witnesses: [] };
  if (!signed) return { check: skipped(name, "the checkpoint is not the log's"), witnesses: [] };
  /** @type {Map<string, bigint>} */
  const times = new Map();
  try {
    for (const [witness, key] of policy.witnesses) {
      for (const { time } of await verifyNote(signed.note, [key])) if (time > (times.get(witness) ?? -1n)) times.set(witness, time);
    }
  } catch (error) {
    return { check: failed(name, error), witnesses: [] };
  }
  const witnesses = Array.from(times, ([witness, time]) => ({ name: witness, time: Number(time) }));
  if (policy.quorum === 'none') return { check: skipped(name, 'the policy asks for no witness'), witnesses };
  const met = isMet(policy, new Set(times.keys()));
  return { check: met ? passed(name) : failed(name, `${times.size} witnesses cosigned, which is no quorum`), witnesses };
}

/** Makes every check of a bundle. Throws only for what is no bundle.
 * @param {Parameters<typeof readBundle>[0]} bundle
 * @param {Options} [options]
 * @returns {Promise<Verdict>} */
export async function verifyBundle(bundle, options = {}) {
  const { lot: uri, vkey, checkpoint, items } = readBundle(bundle);
  const signed = signatures(items);
  const log = await readLog(checkpoint, vkey, options);
  const { claimed, origin } = log;
  const named = origin && lotOf(origin, uri);
  const lot = named && named.uri === uri ? keyOf(named) : null;
  const lots = origin && lot ? family(origin, items, lot) : new Set();
  const { check: witnessed, witnesses } = await quorum(log);
  const included = claimed
    ? await each('entries_included', items, ({ index, leaf, proof }) => (isIncluded(index, claimed.size, leaf, proof, claimed.root) ? '' : "its proof does not lead to the checkpoint's root"))
    : skipped('entries_included', 'no readable checkpoint');
  const [rules, recall, serials] = await replay(items, origin, lot, lots);
  const checks = [
    log.check, witnessed, included, await entryChain(items), await lotChain(items, origin, lot, lots, (options.lot ?? uri) === uri), await signed,
    await signerRegistered(items, origin), await signerChain(items), rules, recall, await freshness(log, options),
    ...(options.serial === undefined ? [] : [serialIncluded(uri, options.serial, options.serialProof, serials)]),
  ];
  return {
    v: 1, verdict: checks.some((check) => check.result === 'failed') ? 'failed' : 'passed', lot: uri,
    size: claimed ? Number(claimed.size) : null, root: claimed?.root ?? null,
    vkey: (log.signed?.log ?? (log.keys.length === 1 ? log.keys[0] : undefined))?.text ?? null,
    checks, recalled: recall.result === 'failed', witnesses,
  };
}

/** Checks a C2SP tlog-proof of a leaf.
 * @param {string} text the file @param {string} leaf its leaf hash in hex @param {Options} [options]
 * @returns {Promise<Check[]>} */
export async function verifyProof(text, leaf, options = {}) {
  const match = /^c2sp\.org\/tlog-proof@v1\n(?:extra [^\n]*\n)?index (0|[1-9][0-9]*)\n((?:[^\n]+\n)*)\n([^]*)$/.exec(text);
  const proof = match?.[2]?.split('\n').filter(Boolean).map(unbase64) ?? [null];
  if (!match || proof.includes(null)) throw new Error('not a tlog-proof');
  const log = await readLog(match[3] ?? '', '', options);
  const { check } = await quorum(log);
  const ok = log.claimed && isIncluded(BigInt(match[1] ?? ''), log.claimed.size, leaf, /** @type {Uint8Array[]} */ (proof), log.claimed.root);
  return [log.check, check, ok ? passed('entries_included') : failed('entries_included', "the proof does not lead to the checkpoint's root")];
}
