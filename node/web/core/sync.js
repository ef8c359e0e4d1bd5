// @ts-check
// Everything that needs the network, in one order: send what others gave, send what is hers, work out receipts, photos, then what is new.
import { Busy, busy, isBusy } from './api.js';
import { coreError, isCoreError } from './errors.js';
import { follow } from './history.js';
import { meet } from './ledger.js';
import { claim, refresh } from './profiles.js';
import { upload } from './photos.js';
import { Alarm, isWitnessed } from './receipts.js';
import { fetchEntries, fetchLots, fetchRegistry } from './registry.js';
import { confirm, edit, post, sendAll, verifyItem } from './sending.js';

/** @typedef {import('./context.js').Context} Context */
/** @typedef {{ sent: number, refused: number, left: number }} Synced */

/** Wait after a failure, doubled with each, and its end. */
const WAIT_MS = 5_000;
const WAIT_MS_MAX = 10 * 60_000;
const WAITING = ['waiting', 'carried', 'sent'];

export class Sync {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    /** @type {Promise<Synced> | null} */
    this.running = null;
    this.failures = 0;
    this.notBefore = 0;
    /** Until when the node asked to be left alone, also by those who press a button. */
    this.notAsked = 0;
    this.again = false;
    this.timer = 0;
  }

  /** @returns {Promise<Synced>} */
  now() {
    this.running ??= this.context.alone('send', () => this.all()).finally(() => { this.running = null; });
    return this.running;
  }

  /** Only sends, as when somebody waits for the receipt. */
  sendNow() {
    return this.context.alone('send', async () => sendAll(this.context, await active(this.context), { sent: 0, refused: 0 }));
  }

  /** In the background: failures are met with patience, not told. */
  async quietly() {
    if (!this.context.ledger || Date.now() < this.notBefore) return;
    if (this.running) {
      // What was saved meanwhile may have come too late for the one that runs.
      this.again = true;
      return;
    }
    await this.now().catch(() => {});
    if (this.again) {
      this.again = false;
      await this.quietly();
    }
  }

  /** Comes back by itself after a failure. @param {number | null} asked */
  later(asked) {
    if (asked !== null) this.notAsked = Date.now() + asked;
    const wait = asked ?? Math.min(WAIT_MS * 2 ** this.failures, WAIT_MS_MAX);
    this.failures += 1;
    this.notBefore = Date.now() + wait;
    clearTimeout(this.timer);
    this.timer = /** @type {any} */ (setTimeout(() => this.quietly(), wait));
  }

  /** @returns {Promise<Synced>} */
  async all() {
    const count = { sent: 0, refused: 0 };
    const { context } = this;
    let met = false;
    try {
      if (Date.now() < this.notAsked) return { ...count, left: await this.left() };
      const ledger = await meet(context);
      met = true;
      const isNew = await context.database.meta('size') !== ledger.treeSize;
      await this.send(count, isNew);
      await this.fetch(ledger.treeSize, count.sent, isNew);
      await context.calm();
      this.failures = 0;
      this.notBefore = 0;
    } catch (error) {
      if (error instanceof Alarm) await context.alarm(error);
      else if (error instanceof Busy) this.later(error.waitMs);
      else if (isCoreError(error) && error.code === 'offline') this.later(null);
      else throw error;
      if (!met && isCoreError(error)) throw error;
      if (!met && error instanceof Busy) throw coreError('offline', error.message);
    }
    context.changed();
    return { ...count, left: await this.left() };
  }

  async left() {
    return (await this.context.database.all('items')).filter((item) => WAITING.includes(item.state)).length;
  }

  /** @param {{ sent: number, refused: number }} count @param {boolean} isNew whether the ledger has grown */
  async send(count, isNew) {
    const { context } = this;
    for (const profile of await context.database.all('profiles')) {
      // An invitation that was used up by another meanwhile is told when she joins, not here.
      if (profile.state === 'asked') await claim(context, profile).catch((error) => { if (error.code === 'offline') throw error; });
      if (isNew || profile.state === 'asked') await refresh(context, profile.id);
    }
    await sendCarried(context);
    // A receipt from before that is not worked out yet comes first, for its lots wait for it.
    for (const item of await context.database.all('items')) if (item.state === 'sent' && item.raw) await verifyItem(context, item);
    await sendAll(context, await active(context), count);
  }

  /** @param {number} treeSize @param {number} sent @param {boolean} isNew */
  async fetch(treeSize, sent, isNew) {
    const { context } = this;
    const profiles = await active(context);
    const who = profiles.map(({ actor, roles }) => `${actor} ${roles}`).join();
    if (isNew || sent > 0 || await context.database.meta('who') !== who) {
      await fetchRegistry(context);
      await fetchLots(context, profiles);
      for (const profile of profiles) await fetchEntries(context, profile);
      await context.database.setMeta('who', who);
      await context.database.setMeta('size', treeSize);
    }
    await witness(context);
    await follow(context);
    // Last, for they are heavy and nothing waits for them.
    await sendPhotos(context);
  }
}

/** @param {Context} context @returns {Promise<any[]>} */
async function active(context) {
  return (await context.database.all('profiles')).filter(({ state, actor }) => state === 'active' && actor);
}

/** Sends what was carried for others. @param {Context} context */
async function sendCarried(context) {
  const waiting = (await context.database.all('carried')).filter(({ receipt, refused }) => !receipt && !refused).sort((a, b) => a.seq - b.seq);
  for (const carried of waiting) {
    const outcome = await post(context, carried.envelope);
    /** @type {object} */
    let changes;
    if ('receipt' in outcome) {
      const entry = await confirm(context, outcome.receipt, carried.hash);
      changes = { receipt: outcome.receipt, entry };
    } else if ('position' in outcome) changes = { refused: { code: 'wrong_sequence', field: 'seq', facts: {}, detail: 'its signer has sent others since' } };
    else changes = { refused: outcome.refused };
    await context.database.put('carried', { ...carried, ...changes }, { strict: true });
  }
}

/** @param {Context} context */
async function sendPhotos(context) {
  const items = await context.database.all('items');
  const profiles = new Map((await active(context)).map((profile) => [profile.id, profile]));
  for (const photo of await context.database.all('photos')) {
    if (photo.sent === photo.bytes || !photo.blob) continue;
    const item = items.find((other) => other.receipt && other.media.some((/** @type {any} */ { sha256 }) => sha256 === photo.sha256));
    const profile = item && profiles.get(item.profile);
    const sign = profile && await context.signerOf(profile.id);
    if (!sign) continue;
    try {
      await upload(context, profile.key, sign, photo);
    } catch (error) {
      // A photo that the node will not have must not hold up the rest.
      if (!isCoreError(error) || error.code !== 'refused') throw error;
    }
  }
}

/** Asks for the cosigned proof of what is in the ledger and not yet witnessed. @param {Context} context */
async function witness(context) {
  const { policy, vkey } = context.joined();
  if (policy === null) return;
  for (const item of await context.database.all('items')) {
    if (item.state !== 'in_ledger') continue;
    const found = await context.node.ask(`/v1/entries/${item.receipt.index}/proof`);
    if (isBusy(found)) throw busy(found);
    if (found.status !== 200) continue;
    if (await isWitnessed(new TextDecoder().decode(found.bytes), item.receipt, policy, vkey)) await edit(context, item, { state: 'witnessed' });
  }
}

/** Lets the browser wake the app when the network is back, where it can. */
export async function askToBeWoken() {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    await /** @type {any} */ (registration)?.sync?.register('nguon');
  } catch {
    // Without it, opening the app does the same.
  }
}

