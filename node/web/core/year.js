// @ts-check
// A year in numbers, from her own entries in the ledger, and as a file that she can show and anybody can check.
import { hex, sha256, utf8 } from '../verifier/bytes.js';
import { keyOf } from '../verifier/names.js';
import { readEntry } from '../verifier/statement.js';
import { isHers, pageOf, readPast, standing, yearOf } from '../verifier/year.js';
import { busy, isBusy } from './api.js';
import { coreError } from './errors.js';
import { readProof } from './receipts.js';
import { base64, timeText } from './text.js';
import { stateNow } from './view.js';

/** @typedef {import('./context.js').Context} Context */
/** @typedef {import('./types.js').YearPage} YearPage */
/** @typedef {import('../verifier/year.js').Past} Past */

/** Her events of a year that still count, oldest first. @param {Context} context @param {number} year @returns {Promise<Past[]>} */
async function eventsOf(context, year) {
  const { actor } = context.actor();
  const { origin } = context.joined();
  const { state } = await stateNow(context);
  const rows = await context.database.all('entries', IDBKeyRange.bound([actor, 0], [actor, Infinity]));
  const past = rows.flatMap(({ index, entry }) => {
    try {
      return readPast(origin, index, readEntry(entry).payload) ?? [];
    } catch {
      // A newer kind of event than this app knows counts nothing here.
      return [];
    }
  });
  return standing(past).filter((one) => yearOf(one) === year && isHers(one, actor, (signer) => state.get(`signer ${signer}`)?.actor));
}

/** @param {Context} context @param {number} year @returns {Promise<YearPage>} */
export async function yearPage(context, year) {
  const { state, origin } = await stateNow(context);
  return pageOf(origin, year, await eventsOf(context, year), (lot) => state.get(`lot ${keyOf(lot)}`)?.product);
}

/** @typedef {{ index: number, entry: string, proof: string }} Given */

/** An entry with its proof, as the node has them now. @param {Context} context @param {number} index @param {Uint8Array} [kept] the entry, where the phone has it
 * @returns {Promise<{ given: Given, bytes: Uint8Array }>} */
async function provenEntry(context, index, kept) {
  const ask = async (/** @type {string} */ path, /** @type {object} */ options = {}) => {
    const found = await context.node.ask(path, options);
    if (isBusy(found)) throw coreError('offline', busy(found).message);
    if (found.status !== 200) throw coreError('offline', `no ${path}: ${found.status}`);
    return found.bytes;
  };
  const bytes = kept ?? await ask(`/v1/entries/${index}`, { headers: { accept: 'application/octet-stream' } });
  const proof = new TextDecoder().decode(await ask(`/v1/entries/${index}/proof`));
  if (readProof(proof)?.index !== index) throw coreError('offline', `no proof of entry ${index}`);
  return { given: { index, entry: base64(bytes), proof }, bytes };
}

/** What somebody who has only the file cannot know otherwise: whose her key is, and what lots are that others made. @param {Context} context
 * @param {string} actor @param {Set<string>} lots */
async function othersOf(context, actor, lots) {
  const { origin } = context.joined();
  const indexes = [(await context.node.find(`/v1/actors/${actor.split('/').pop()}`))?.index];
  for (const lot of lots) indexes.push((await context.node.find(`/v1/lots/${encodeURIComponent(lot)}`))?.createdIndex);
  /** @type {Map<string, string>} */
  const products = new Map();
  const others = [];
  for (const index of [...new Set(indexes)].sort((a, b) => a - b)) {
    if (!Number.isSafeInteger(index)) continue;
    const { given, bytes } = await provenEntry(context, index);
    others.push(given);
    for (const { named, product } of readPast(origin, index, readEntry(bytes).payload)?.body.creates.values() ?? []) products.set(named.uri, product);
  }
  return { others, products };
}

/** The year with its entries and their proofs, signed by her (format, section 14). @param {Context} context @param {YearPage} page @returns {Promise<Blob>} */
export async function signedReport(context, { year }) {
  const person = context.actor();
  const { origin, vkey } = context.joined();
  const sign = await context.signerOf(person.id);
  if (!sign) throw coreError('wrong_pin', 'the profile is locked');
  const past = await eventsOf(context, year);
  const entries = [];
  for (const { index } of past) entries.push((await provenEntry(context, index, (await context.database.get('entries', [person.actor, index]))?.entry)).given);
  /** @type {Set<string>} */
  const lots = new Set();
  pageOf(origin, year, past, (lot) => void lots.add(lot.uri));
  const { others, products } = await othersOf(context, person.actor, lots);
  // The sums are those that a stranger works out from the file.
  const page = pageOf(origin, year, past, (lot) => products.get(lot.uri));
  const report = JSON.stringify({ v: 1, ledger: origin, vkey, actor: person.actor, key: person.key, madeAt: timeText(context.clock.now()), page, entries, others });
  const signature = base64(await sign(utf8(`nguon-report v1\n${origin}\n${hex(sha256(utf8(report)))}\n`)));
  // Whoever opens the file as text sees first where it can be checked.
  return new Blob([JSON.stringify({ check: new URL('app/report', context.node.base).href, kind: 'nguon-report', report, signature })], { type: 'application/json' });
}
