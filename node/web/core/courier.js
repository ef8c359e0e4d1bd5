// @ts-check
// Signed items on somebody else's phone: out as one file or as codes, in with suspicion, and the receipts back.
import { unbase64 } from '../verifier/bytes.js';
import { answer } from './database.js';
import { openParts, packParts, partsOf, unpackParts } from './envelope.js';
import { coreError } from './errors.js';
import { Gatherer, toFrames } from './frames.js';
import { Alarm, readReceipt, verifyReceipt } from './receipts.js';
import { keepVerified, signItem } from './sending.js';
import { base64 } from './text.js';

/** @typedef {import('./context.js').Context} Context */
/** @typedef {import('./types.js').Received} Received */
/** @typedef {{ payload: Uint8Array, signature: Uint8Array }} Parts */

const ZERO = '0'.repeat(64);
const FILE_BYTES_MAX = 4 << 20;
export const ENVELOPES_MAX = 500;
/** What frames hold, by their first byte. */
export const FRAMES_OF_ITEMS = 1;

/** Signs what waits, in order, from where the chain of this key stands as far as the phone knows.
 * @param {Context} context @param {string[]} [ids] @param {'carried' | 'waiting'} [state] `waiting`: signed only so that the browser can send them while the
 * app is closed; hers to change until then @returns {Promise<any[]>} the items, signed, oldest first */
export function signWaiting(context, ids, state = 'carried') {
  // Signing needs no network and must not wait for one that hangs.
  context.node.interrupt();
  return context.alone('send', async () => {
    const person = context.actor();
    const sign = await context.signerOf(person.id);
    if (!sign) throw coreError('wrong_pin', 'the profile is locked');
    const items = (await context.database.all('items')).filter((item) => item.profile === person.id);
    const open = items.filter((item) => item.envelope && !item.receipt && ['sent', 'carried'].includes(item.state)).sort((a, b) => a.seq - b.seq);
    let position = await context.database.meta(`position ${person.id}`) ?? { seq: 0, prev: ZERO };
    for (const { seq, hash } of open) if (seq >= position.seq) position = { seq: seq + 1, prev: hash };
    const signed = [...open];
    for (const item of items.filter((other) => other.state === 'waiting')) {
      // A statement names the one before it, so none that waits may be left out before one that goes.
      if (ids && !ids.includes(item.id) && !items.some((later) => later.order > item.order && ids.includes(later.id))) continue;
      const done = await signItem(context, item, { key: person.key, sign, position, state });
      if (!done) continue;
      position = { seq: position.seq + 1, prev: done.hash };
      signed.push(done);
    }
    context.changed();
    return signed;
  });
}

/** Checks statements and keeps what is new and not of this phone. @param {Context} context @param {Parts[]} list @returns {Promise<Received>} */
export async function take(context, list) {
  const { origin } = context.joined();
  const received = { items: 0, receipts: 0, alreadyKnown: 0 };
  const own = new Set((await context.database.all('items')).map((item) => item.hash));
  for (const { payload, signature } of list) {
    const opened = await openParts(payload, signature, origin);
    if (!opened || opened.statement.kind !== 'event') continue;
    const { hash, text, statement } = opened;
    const isNew = !own.has(hash) && await context.database.run(['carried'], 'readwrite', async (at) => {
      if (await answer(at('carried').get(hash))) return false;
      await answer(at('carried').add({
        hash, envelope: text, signer: statement.signer, seq: Number(statement.seq), receipt: null, refused: null, entry: null, settled: false,
      }));
      return true;
    }, { strict: true });
    if (isNew) received.items += 1;
    else received.alreadyKnown += 1;
  }
  context.changed();
  return received;
}

/** @param {Context} context @param {any[]} list of receipts with their entries, not believed @returns {Promise<Received>} */
async function takeReceipts(context, list) {
  const received = { items: 0, receipts: 0, alreadyKnown: 0 };
  for (const { hash, receipt: given, entry: text } of list) {
    const [receipt, entry] = [readReceipt(given), unbase64(text)];
    if (!receipt || !entry || entry.length > 65_535) continue;
    const item = (await context.database.all('items')).find((other) => other.hash !== null && other.hash === hash);
    if (!item) continue;
    if (item.receipt) {
      received.alreadyKnown += 1;
      continue;
    }
    try {
      await verifyReceipt(receipt, entry, item.hash, context.joined().vkey);
    } catch (error) {
      // A courier's forgery is no fault of the ledger; it is left out.
      if (error instanceof Alarm) continue;
      throw error;
    }
    await keepVerified(context, item, receipt, entry);
    received.receipts += 1;
  }
  return received;
}

/** @param {Context} context @param {Blob} file @returns {Promise<Received>} */
async function importFile(context, file) {
  if (file.size > FILE_BYTES_MAX) throw coreError('refused', 'the file is too large');
  let json;
  try {
    json = JSON.parse(await file.text());
  } catch {
    throw coreError('refused', 'not a file of this app');
  }
  const { v, kind, ledger, envelopes, receipts } = json ?? {};
  if (v !== 1 || ledger !== context.joined().origin) throw coreError('refused', 'not a file of this ledger');
  if (kind === 'nguon-items' && Array.isArray(envelopes) && envelopes.length <= ENVELOPES_MAX) return take(context, envelopes.flatMap((text) => partsOf(text) ?? []));
  if (kind === 'nguon-receipts' && Array.isArray(receipts) && receipts.length <= ENVELOPES_MAX) {
    return takeReceipts(context, receipts.filter((one) => one !== null && typeof one === 'object'));
  }
  throw coreError('refused', 'not a file of this app');
}

/** @param {Context} context @returns {import('./types.js').Courier} */
export function makeCourier(context) {
  const gatherer = new Gatherer();
  const json = (/** @type {object} */ value) => new Blob([JSON.stringify(value)], { type: 'application/json' });
  return {
    async exportFile(ids) {
      const items = await signWaiting(context, ids);
      return json({ v: 1, kind: 'nguon-items', ledger: context.joined().origin, envelopes: items.map(({ envelope }) => envelope) });
    },
    async exportFrames(ids) {
      const items = await signWaiting(context, ids);
      const parts = items.flatMap(({ envelope }) => partsOf(envelope) ?? []);
      try {
        return await toFrames(Uint8Array.from([FRAMES_OF_ITEMS, ...packParts(parts)]));
      } catch (error) {
        throw coreError('refused', String(error));
      }
    },
    importFile: (file) => importFile(context, file),
    async importFrame(frame) {
      const { have, of, bytes } = await gatherer.add(frame);
      const parts = bytes?.[0] === FRAMES_OF_ITEMS ? unpackParts(bytes.subarray(1), ENVELOPES_MAX) : null;
      return { have, of, done: parts ? await take(context, parts) : null };
    },
    async exportReceipts() {
      const carried = (await context.database.all('carried')).filter(({ receipt }) => receipt);
      const receipts = carried.slice(-ENVELOPES_MAX).map(({ hash, receipt, entry }) => ({ hash, receipt, entry: base64(entry) }));
      return json({ v: 1, kind: 'nguon-receipts', ledger: context.joined().origin, receipts });
    },
    async carrying() {
      const names = new Map();
      for (const { kind, id, record } of await context.database.all('registry')) {
        if (kind === 'actor') for (const { key } of record.keys ?? []) names.set(key, typeof record.name === 'string' ? record.name : record.name?.vi ?? id.split('/').pop());
      }
      /** @type {Map<string, { from: string, count: number, sent: number, refused: number }>} */
      const all = new Map();
      for (const { signer, receipt, refused } of await context.database.all('carried')) {
        const row = all.get(signer) ?? { from: names.get(signer) ?? signer.slice(0, 8), count: 0, sent: 0, refused: 0 };
        row.count += 1;
        if (receipt) row.sent += 1;
        if (refused) row.refused += 1;
        all.set(signer, row);
      }
      return [...all.values()];
    },
  };
}

