// @ts-check
/** The app's frame: which screen stands, how it is drawn, and where the listener's attention goes. */
import { openCore } from '../core/core.js';
import { app, go } from './context.js';
import { band, icon } from './parts/icons.js';
import { face, sendNow } from './parts/bits.js';
import { fill, h } from './parts/dom.js';
import { speaker } from './parts/voice.js';
import { openWords, t } from './words.js';
import * as courier from './screens/courier.js';
import * as home from './screens/home.js';
import * as join from './screens/join.js';
import * as more from './screens/more.js';
import * as records from './screens/records.js';
import * as step from './screens/step.js';
import * as voice from './screens/voice.js';
import * as weigh from './screens/weigh.js';
import * as who from './screens/who.js';
import * as year from './screens/year.js';

/** @typedef {import('./context.js').Screen} Screen */
/** @typedef {import('./context.js').Show} Show */

/** @type {Record<string, Show>} */
const SCREENS = {
  '': home.show, lot: home.lot, share: home.share,
  join: join.show, welcome: join.welcome, waiting: join.waiting,
  who: who.show, pin: who.pin, newpin: who.newPin, key: who.keyFile,
  do: step.question, again: step.again, edit: step.edit, saved: step.saved,
  give: weigh.give, take: weigh.take, typed: weigh.typed, onephone: weigh.onePhone,
  records: records.show, record: records.record, tray: records.tray,
  courier: courier.show, carry: courier.carry, scan: courier.scan,
  year: year.show, voice: voice.show, more: more.show, settings: more.settings, units: more.units, people: more.people,
};
/** What may be seen before anybody has said who she is. */
const OPEN_TO_ALL = ['join', 'welcome', 'who', 'pin', 'key', 'settings'];
/** How long after a change the screen waits for more of them. */
const REDRAW_MS = 60;

const root = /** @type {HTMLElement} */ (document.getElementById('app'));
/** @type {Screen | null} */
let current = null;
/** The number of the newest drawing; an older one that comes late is dropped. */
let newest = 0;

/** @returns {string[]} */
const route = () => location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);

/** Where somebody is sent who is not yet, or no longer, at home here. @param {string} name */
async function detour(name) {
  if (OPEN_TO_ALL.includes(name)) return null;
  const open = app.core.profiles.open();
  if (open) return open.state === 'active' || ['waiting', 'people', 'newpin', 'more', 'voice'].includes(name) ? null : 'waiting';
  const people = await app.core.profiles.list();
  if (people.length === 0) return 'welcome';
  const [only] = people;
  if (people.length === 1 && only && !only.hasPin) {
    await app.core.profiles.unlock(only.id, null);
    return detour(name);
  }
  return 'who';
}

/** @param {Screen} screen */
function top(screen) {
  const profile = app.core.profiles.open();
  const left = screen.nav && profile
    ? h('a', { class: 'button quiet who', href: '#/people', 'aria-label': t('people.now', { name: profile.name }) }, face(profile), h('span', {}, profile.name))
    : screen.back !== undefined
      ? h('a', { class: 'button quiet back', href: `#/${screen.back}`, 'aria-label': t('back'), onclick: (/** @type {Event} */ event) => goBack(event) }, icon('back'))
      : h('span');
  return h('header', { class: 'top' }, left, h('span', { class: 'step-of' }, screen.hint ?? ''), speaker(screen.name));
}

let depth = 0;

/** Back is one step of the browser's own way where there is one, so that both arrows do the same. @param {Event} event */
function goBack(event) {
  if (depth < 1 || current?.name === 'saved') return;
  event.preventDefault();
  history.back();
}

/** @param {string | undefined} at */
function nav(at) {
  const place = (/** @type {string} */ name, /** @type {string} */ path, /** @type {string} */ drawn) => h('a', { href: `#/${path}`, 'aria-current': name === at ? 'page' : null }, icon(drawn), t(`nav.${name}`));
  return h('nav', { class: 'nav', 'aria-label': t('nav.label') }, place('home', '', 'home'), place('records', 'records', 'book'), place('more', 'more', 'more'));
}

/** @param {Screen} screen @param {boolean} isNew */
function draw(screen, isNew) {
  const title = h('h1', { tabindex: '-1' }, screen.title);
  const place = isNew ? 0 : window.scrollY;
  fill(root, band(), top(screen), h('main', { 'data-screen': screen.name }, title, ...screen.body.flat()), screen.foot && h('div', { class: 'foot' }, ...screen.foot), screen.nav !== undefined && nav(screen.nav));
  document.title = t('ledger.title', { screen: screen.title });
  window.scrollTo(0, place);
  if (isNew) title.focus({ preventScroll: true });
}

/** @param {boolean} isNew */
async function render(isNew) {
  const mine = (newest += 1);
  const [name = '', ...args] = route();
  const other = await detour(name);
  if (mine !== newest) return;
  if (other !== null && other !== name) {
    go(other, true);
    return;
  }
  const show = SCREENS[name] ?? SCREENS[''];
  const screen = await /** @type {Show} */ (show)(args);
  if (mine !== newest || screen === null) return;
  const had = current;
  if (had !== screen) had?.leave?.();
  current = screen;
  draw(screen, isNew);
}

/** @param {boolean} isNew */
function safely(isNew) {
  render(isNew).catch((error) => {
    console.error(error);
    draw({ name: 'broken', title: t('broken.title'), back: '', body: [h('p', {}, t('broken.what')), h('p', { class: 'small mono' }, String(error?.message ?? error))] }, true);
  });
}

/** Sends what waits whenever there is a chance; nobody waits for it. */
function sendQuietly() {
  const profile = app.core.profiles.open();
  if (profile?.state === 'active' && navigator.onLine) sendNow().catch((error) => console.warn(error));
}

async function start() {
  await openWords();
  app.core = await openCore();
  const token = /^#join=([^&]+)$/.exec(location.hash)?.[1];
  if (token) history.replaceState(null, '', `#/join/${token}`);
  let timer = 0;
  app.core.onChange(() => {
    if (!current?.isLive) return;
    clearTimeout(timer);
    timer = window.setTimeout(() => current?.isLive && !root.querySelector('[role=alertdialog]') && safely(false), REDRAW_MS);
  });
  window.addEventListener('hashchange', () => {
    const link = /^#join=([^&]+)$/.exec(location.hash)?.[1];
    if (link) history.replaceState(null, '', `#/join/${link}`);
    depth += 1;
    safely(true);
  });
  window.addEventListener('nguon-words', () => safely(true));
  window.addEventListener('online', sendQuietly);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && sendQuietly());
  await render(true);
  sendQuietly();
  if ('serviceWorker' in navigator) navigator.serviceWorker.register('sw.js').catch((error) => console.warn(error));
}

start().catch((error) => {
  console.error(error);
  root.append(h('p', { role: 'alert' }, `Kh\u00f4ng m\u1edf \u0111\u01b0\u1ee3c. T\u1ea3i l\u1ea1i trang. / Cannot open; reload the page. (${error?.message ?? error})`));
});
