// @ts-check
// Puts the parts together: one object for the screens. What each method promises stands in `types.js`.
import { lotOf } from '../verifier/names.js';
import { Context } from './context.js';
import { makeCourier, signWaiting } from './courier.js';
import { coreError } from './errors.js';
import { makeProfiles } from './profiles.js';
import { change, checked, last, list, remove, save } from './queue.js';
import { shrink } from './photos.js';
import { registry } from './registry.js';
import { askToBeWoken, Sync } from './sync.js';
import { randomLetters } from './text.js';
import { lotCards, productOf } from './view.js';
import { makeWeighIn } from './weigh-in.js';
import { signedReport, yearPage } from './year.js';

/** @typedef {import('./types.js').Core} Core */

/** Browsers inside other apps: what they store is gone when the app is updated, cleared or signed out of. */
const FORGETFUL = /\b(?:Zalo|FBAN|FBAV|FB_IAB|Instagram|Messenger|TikTok|BytedanceWebview|musical_ly|Line\/|MicroMessenger|Viber|GSA\/)|; wv\)/i;

/** A phone that is never idle sends all the same. */
const IDLE_MS_MAX = 1_000;

/** @param {string} agent */
export const isForgetful = (agent) => FORGETFUL.test(agent);

/** Asks the browser never to throw away what is stored. Some ask the person, some decide by how the app is used. */
async function persist() {
  try {
    return await navigator.storage.persisted() || await navigator.storage.persist();
  } catch {
    return false;
  }
}

/** @param {Context} context */
async function health(context) {
  const [persistent, estimate, alarm] = await Promise.all([
    persist(), navigator.storage?.estimate?.().catch(() => null) ?? null, context.database.meta('alarm'),
  ]);
  const freeBytes = estimate?.quota === undefined ? null : Math.max(0, estimate.quota - (estimate.usage ?? 0));
  return {
    persistent, freeBytes, browser: /** @type {'lasting' | 'forgetful'} */ (isForgetful(navigator.userAgent) ? 'forgetful' : 'lasting'), online: navigator.onLine,
    clockOffsetMs: context.clock.offset, alarm: alarm ?? null,
  };
}

/** @param {Context} context @param {string} lot */
async function consumerLink(context, lot) {
  const named = lotOf(context.joined().origin, lot);
  if (!named) throw coreError('not_found', 'not a lot');
  const path = new URL(named.uri).pathname;
  const own = `https://${context.joined().origin}`;
  return new URL((named.uri.startsWith(`${own}/lot/`) ? named.uri.slice(own.length) : path).replace(/^\//, ''), context.node.base).href;
}

/** Signs what waits when the app goes out of sight, so that the browser can send it when the network is back. @param {Context} context */
async function ready(context) {
  if (!context.open?.actor) return;
  try {
    if ((await signWaiting(context, undefined, 'waiting')).length) await askToBeWoken();
  } catch {
    // It is signed when the app is opened again.
  }
}

/** Soon, but not before what waits to be drawn. @param {() => void} work */
const whenIdle = (work) => {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: IDLE_MS_MAX });
  else setTimeout(work);
};

/** @param {{ base?: string, database?: string, background?: boolean }} [options] base: the node's address; background: whether to sync by itself @returns {Promise<Core>} */
export async function openCore({ base = new URL('../../', import.meta.url).href, database = 'nguon', background = true } = {}) {
  const context = new Context({ base, database });
  await context.load();
  const sync = new Sync(context);
  const newLot = () => `https://${context.joined().origin}/lot/${randomLetters(16)}`;
  const saved = async (/** @type {Promise<import('./types.js').Item>} */ item) => {
    const done = await item;
    // Her answer comes first.
    if (background) {
      whenIdle(() => {
        askToBeWoken();
        if (navigator.onLine) sync.quietly();
      });
    }
    return done;
  };
  if (background) {
    persist();
    addEventListener('online', () => { sync.notBefore = 0; sync.quietly(); });
    document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') sync.quietly(); else ready(context); });
    navigator.serviceWorker?.addEventListener('message', ({ data }) => { if (data === 'sync') sync.quietly(); });
    setTimeout(() => sync.quietly());
  }
  return {
    onChange(listener) {
      context.listeners.add(listener);
      return () => context.listeners.delete(listener);
    },
    health: () => health(context),
    profiles: makeProfiles(context),
    registry: () => registry(context),
    lots: async () => lotCards(context, context.actor()),
    productOf: (lot) => productOf(context, lot),
    newLot,
    photo: shrink,
    check: async (step) => (await checked(context, step)).refused,
    save: (step) => saved(save(context, step)),
    change: (id, step) => saved(change(context, id, step)),
    remove: (id) => remove(context, id),
    items: (filter) => list(context, filter),
    last: (verb) => last(context, verb, newLot),
    sync: () => sync.now(),
    courier: makeCourier(context),
    weighIn: makeWeighIn(context, sync),
    year: (year) => yearPage(context, year),
    signedReport: (page) => signedReport(context, page),
    consumerLink: (lot) => consumerLink(context, lot),
  };
}
