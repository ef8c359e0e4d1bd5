// @ts-check
/** The registrar's desk: who is at it, which of its pages stands, and what went wrong, in words. */
import { openCore } from '../core/core.js';
import { band } from '../ui/parts/icons.js';
import { announce, fill, h } from '../ui/parts/dom.js';
import { enter } from './enter.js';
import { button } from './forms.js';
import * as courier from './courier.js';
import * as handovers from './handovers.js';
import * as lots from './lots.js';
import * as members from './members.js';
import * as places from './places.js';
import * as products from './products.js';
import * as recall from './recall.js';
import * as reports from './reports.js';
import { ledger, list } from './node.js';
import { has, language, named, openWords, t, tail } from './words.js';

/** @typedef {import('../ui/parts/dom.js').Child} Child */
/**
 * What every page of the desk works with.
 * @typedef {object} Desk
 * @property {import('../core/types.js').Core} core
 * @property {import('../core/types.js').Profile} profile whose key signs
 * @property {string} organisation URI
 * @property {string} base what links to this ledger begin with
 * @property {any[]} actors
 * @property {any[]} products
 * @property {any[]} places
 * @property {any[] | null} reports what shoppers reported, newest first; null where the pages are served elsewhere
 * @property {string[]} args what follows the page's name in the address
 * @property {(uri: string) => string} nameOf an actor's, a product's or a place's name
 * @property {(path: string) => string} uri the ledger's address of `kind/slug`
 * @property {() => Promise<void>} refresh reads the ledger and draws anew
 * @property {(work: () => Promise<string | void>, at?: HTMLButtonElement) => Promise<void>} run does something and says how it ended
 */
/** @typedef {(desk: Desk) => Promise<Child[]>} Page */

/** @type {Record<string, Page>} */
const PAGES = {
  members: members.show, products: products.show, places: places.show, handovers: handovers.show, lots: lots.show, recall: recall.show, reports: reports.show, courier: courier.show,
};
const TABS = ['members', 'products', 'places', 'handovers', 'lots', 'reports', 'courier'];

const root = /** @type {HTMLElement} */ (document.getElementById('desk'));
/** @type {import('../core/types.js').Core} */
let core;
let origin = '';
/** The newest drawing; an older one that comes late is dropped. */
let newest = 0;
/** The address of the page that stands. */
let standing = '';

const route = () => location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);

/** What went wrong, in words and with what to do. @param {any} error */
export function trouble(error) {
  const code = error?.refused?.code ?? error?.code;
  return has(`error.${code}`) ? t(`error.${code}`) : t('error.other', { code: code ?? error?.message ?? error });
}

/** @returns {Promise<Desk>} */
async function desk() {
  const profile = core.profiles.open();
  if (!profile?.organisation) throw new Error('nobody is at the desk');
  const [actors, products, places, told] = await Promise.all([list('/v1/actors'), list('/v1/products'), list('/v1/places'), reports.reportsOf(core, profile.organisation)]);
  const names = new Map([...actors, ...products, ...places].map((one) => [one.id, named(one.name, named(one.names?.at(-1), tail(one.id)))]));
  return {
    core, profile, organisation: profile.organisation, base: new URL('../../', import.meta.url).href.replace(/\/$/, ''), actors, products, places, reports: told, args: route().slice(1),
    nameOf: (uri) => names.get(uri) ?? tail(uri),
    uri: (path) => `https://${origin}/${path}`,
    refresh: () => draw(false),
    run,
  };
}

/** Where what was typed is kept until it was taken, so that neither a lost network nor another page of the desk costs it. */
const TYPED = 'nguon.desk.';
const typedKey = () => TYPED + (route()[0] || 'members');

/** What may be kept of the forms that stand, by name: no secret and no file. @returns {[string, HTMLInputElement | HTMLSelectElement][]} */
const fields = () => [.../** @type {NodeListOf<HTMLInputElement | HTMLSelectElement>} */ (root.querySelectorAll('main[data-page]:not([data-page=enter]) form [name]:not([type=password]):not([type=file])'))]
  .map((input) => [input.type === 'checkbox' ? `${input.name}=${input.value}` : input.name, input]);

/** Whether a page of the desk stands, not the door to it, where nothing typed is of that page. */
const isInside = () => root.querySelector('main[data-page]:not([data-page=enter])') !== null;

function keepTyped() {
  if (!isInside()) return;
  sessionStorage.setItem(typedKey(), JSON.stringify(fields().map(([name, input]) => [name, input.value, 'checked' in input && input.checked])));
}

function restoreTyped() {
  const kept = new Map(JSON.parse(sessionStorage.getItem(typedKey()) ?? '[]').map((/** @type {[string, string, boolean]} */ [name, ...rest]) => [name, rest]));
  for (const [name, input] of fields()) {
    const [value, isChecked] = /** @type {[string, boolean] | undefined} */ (kept.get(name)) ?? [];
    if (value === undefined) continue;
    if ('checked' in input && input.type === 'checkbox') input.checked = isChecked === true;
    else input.value = value;
  }
}

/** Does something, holds its button meanwhile, and says how it ended. @param {() => Promise<string | void>} work @param {HTMLButtonElement} [at] */
async function run(work, at) {
  if (at) at.disabled = true;
  say('', '');
  try {
    const wasInside = isInside();
    const words = await work();
    if (wasInside) sessionStorage.removeItem(typedKey());
    // It is done, even if the network went away since and the page cannot show it yet.
    const isShown = await draw(false).then(() => true, (error) => console.warn(error));
    if (words) say('tick', isShown ? words : `${words} ${t('stale')}`);
  } catch (error) {
    console.warn(error);
    say('stop', trouble(error));
  } finally {
    if (at) at.disabled = false;
  }
}

/** @param {'tick' | 'stop' | ''} tone @param {string} words */
function say(tone, words) {
  const at = document.getElementById('said');
  if (at) fill(at, words && h('p', { class: `note ${tone}` }, words));
  announce(words);
}

function languages() {
  const other = language() === 'vi' ? 'en' : 'vi';
  return button(t(`language.${other}`), async () => {
    await openWords(other);
    await draw(false);
  }, 'quiet');
}

/** @param {Desk | null} at @param {string} page */
function head(at, page) {
  const who = at ? h('div', {}, h('b', {}, at.nameOf(at.organisation)), h('small', {}, t('head.who', { name: at.profile.name }))) : h('b', {}, t('title'));
  const lock = at && button(t('lock'), async () => {
    core.profiles.lock();
    await draw(true);
  }, 'quiet');
  const count = (/** @type {string} */ name) => (name === 'reports' && at?.reports?.length ? h('span', { class: 'count' }, String(at.reports.length)) : null);
  const tabs = at && h('nav', { class: 'tabs', 'aria-label': t('title') }, TABS.filter((name) => name !== 'reports' || at.reports).map((name) => h('a', { href: `#/${name}`, 'aria-current': name === page || (name === 'lots' && page === 'recall') ? 'page' : null }, t(`tab.${name}`), count(name))));
  return [h('div', {}, band()), h('header', { class: 'head' }, who, h('div', { class: 'tools' }, languages(), lock)), tabs || h('div')];
}

/** @param {boolean} isNew whether the reader's attention goes to the top */
async function draw(isNew) {
  newest += 1;
  const mine = newest;
  // The address may change while this page is put together, and what stands then is still this one.
  const address = location.hash;
  const open = core.profiles.open();
  const name = route()[0] || 'members';
  const page = PAGES[name] ?? members.show;
  const isAtDesk = open?.state === 'active' && open.organisation !== null && open.roles.some((role) => role === 'registrar' || role === 'operator');
  const at = isAtDesk ? await desk() : null;
  const body = at ? await page(at) : await enter(core, () => draw(true), run);
  if (mine !== newest) return;
  standing = address;
  const title = h('h1', { tabindex: '-1' }, at ? t(`tab.${PAGES[name] ? name : 'members'}`) : t('enter.title'));
  const said = isNew ? null : document.getElementById('said');
  fill(root, ...head(at, PAGES[name] ? name : 'members'), h('main', { 'data-page': at ? name : 'enter' }, title, said ?? h('div', { id: 'said' }), ...body));
  restoreTyped();
  if (isNew) title.focus();
}

/** @param {boolean} isNew */
function safely(isNew) {
  draw(isNew).catch((error) => {
    console.warn(error);
    if (root.querySelector('main[data-page]:not([data-page=broken])')) {
      // What stands stays, with all that was typed there.
      history.replaceState(null, '', standing || location.pathname);
      say('stop', trouble(error));
      document.getElementById('said')?.scrollIntoView({ block: 'nearest' });
      return;
    }
    fill(root, h('main', { 'data-page': 'broken' }, h('h1', {}, t('broken')), h('p', { class: 'note stop' }, trouble(error)), button(t('again'), async () => safely(true))));
  });
}

/** Opens the desk; without the node there is none, but it opens by itself when the network is back. */
async function open() {
  core ??= await openCore({ background: false });
  try {
    origin = (await ledger()).origin;
  } catch (error) {
    fill(root, h('main', { 'data-page': 'broken' }, h('h1', {}, t('broken')), h('p', { class: 'note stop', role: 'alert' }, trouble(error)), button(t('again'), open)));
    return;
  }
  safely(true);
}

async function start() {
  await openWords();
  root.addEventListener('input', keepTyped);
  root.addEventListener('change', keepTyped);
  window.addEventListener('hashchange', () => origin && location.hash !== standing && safely(true));
  window.addEventListener('offline', () => say('stop', t('offline')));
  window.addEventListener('online', () => {
    if (!origin) open();
    else say('tick', t('online'));
  });
  // The desk works with the network alone, but where there is none its worker can say so.
  navigator.serviceWorker?.register(new URL('../sw.js', import.meta.url)).catch((error) => console.warn(error));
  await open();
  if (!navigator.onLine) say('stop', t('offline'));
}

start().catch((error) => {
  console.error(error);
  root.append(h('p', { role: 'alert' }, `Kh\u00f4ng m\u1edf \u0111\u01b0\u1ee3c. T\u1ea3i l\u1ea1i trang. / Cannot open; reload the page. (${error?.message ?? error})`));
});
