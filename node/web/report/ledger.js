// @ts-check
/** What only the ledger can tell of a report: whether its key is still hers, and whether anything was left out or has changed since. */
import { unbase64, leafHash } from '../verifier/bytes.js';
import { readEntry } from '../verifier/statement.js';
import { isHers, readPast, yearOf } from '../verifier/year.js';
import { Refusal, ask, list } from '../coop/node.js';
import { tail } from '../coop/words.js';

/** @typedef {import('../verifier/verify.js').Check} Check */
/** @typedef {import('../verifier/report.js').Found} Found */
/** @typedef {import('../verifier/report.js').Report} Report */
/** @typedef {{ name: string, result: Check['result'], count?: number }} Told count: how many */
/** @typedef {{ index: number, leafHash: string, receivedAt: number, kind: string, verb?: string, signer: string, time: string }} Item */

/** So many entries are asked for at once. */
const AT_ONCE = 6;
/** A phone learns the ledger's clock from headers with whole seconds, so the time at which a report was made is known to a second. */
const CLOCK_MS = 1_000;

/** @param {number} index */
async function entryOf(index) {
  const answer = await fetch(new URL(`../../v1/entries/${index}`, import.meta.url), { headers: { accept: 'application/octet-stream' }, cache: 'no-store', credentials: 'omit' }).catch(() => null);
  if (!answer?.ok) throw new Refusal('offline');
  return readEntry(new Uint8Array(await answer.arrayBuffer()));
}

/** Her events that stand in the ledger and not in the report, and what they correct. @param {Report} report @param {Item[]} items @param {Set<string>} keys hers */
async function others(report, items, keys) {
  const held = new Set(report.entries.map(({ index }) => index));
  // Events of this year by anybody's hand that name her, and corrections of any time by hers.
  const isNear = (/** @type {Item} */ item) => Math.abs(new Date(item.time).getUTCFullYear() - report.page.year) <= 1;
  const wanted = items.filter((item) => item.kind === 'event' && !held.has(item.index) && (item.verb === 'correct' || isNear(item)));
  const found = [];
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    found.push(...await Promise.all(wanted.slice(at, at + AT_ONCE).map(async (item) => ({ item, past: readPast(report.ledger, item.index, (await entryOf(item.index)).payload) }))));
  }
  const hers = found.flatMap(({ item, past }) => (past && isHers(past, report.actor, (signer) => (keys.has(signer) ? report.actor : undefined)) ? [{ item, past }] : []));
  return { events: hers.filter(({ past }) => past.body.verb !== 'correct' && yearOf(past) === report.page.year), corrections: hers.filter(({ past }) => past.body.verb === 'correct') };
}

/** @param {Found & { report: Report }} found @returns {Promise<Told[]>} */
export async function askLedger({ report, past }) {
  const slug = tail(report.actor);
  const unless404 = (/** @type {Promise<any>} */ answer) => answer.catch((error) => (error.code === 'offline' ? Promise.reject(error) : null));
  const [signer, actor] = await Promise.all([unless404(ask(`/v1/signers/${report.key}`)), unless404(ask(`/v1/actors/${slug}`))]);
  const isHerKey = signer?.actor === report.actor && actor?.id === report.actor;
  if (!isHerKey) return [{ name: 'report_key', result: 'failed' }];
  /** @type {Item[]} */
  const items = await list(`/v1/actors/${slug}/entries`);
  const byIndex = new Map(items.map((item) => [item.index, item]));
  const strange = report.entries.filter(({ index, entry }) => byIndex.get(index)?.leafHash !== leafHash(unbase64(entry) ?? new Uint8Array()));
  const { events, corrections } = await others(report, items, new Set(actor.keys.map((/** @type {{ key: string }} */ { key }) => key)));
  // What was recorded after the report was made is no fault of the report; what was there before is, as all is that stands before an entry that it holds.
  const until = Date.parse(report.madeAt) + CLOCK_MS;
  const last = Math.max(-1, ...report.entries.map(({ index }) => index));
  const correctedBy = new Map(corrections.map(({ item, past: { body } }) => [body.event.id, item]));
  const missing = events.filter(({ past: { body } }) => !correctedBy.has(body.event.id)).map(({ item }) => item);
  const undone = past.flatMap(({ body }) => correctedBy.get(body.event.id) ?? []);
  const changes = [...missing, ...undone];
  const early = changes.filter(({ index, receivedAt }) => index < last || !(receivedAt > until)).length;
  const late = changes.length - early;
  return [
    { name: 'report_key', result: 'passed' },
    { name: 'report_listed', result: strange.length ? 'failed' : 'passed', count: strange.length },
    { name: 'report_complete', result: early ? 'failed' : 'passed', count: early },
    { name: 'report_current', result: late ? 'failed' : 'passed', count: late },
    { name: 'report_active', result: signer.revoked ? 'failed' : 'passed' },
  ];
}
