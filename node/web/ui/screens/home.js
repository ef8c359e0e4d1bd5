// @ts-check
/** Home: what can be done, what is there, and whether anything needs her. */
import { app, me, nameOf, registry, shortOf } from '../context.js';
import { button, link, lotProducts, lotRow, note, picture } from '../parts/bits.js';
import { codeView, pictureOf } from '../parts/codes.js';
import { announce, giveFile, h } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { day, named, t } from '../words.js';
import { show as amount, showWith } from '../units.js';
import { drop, open, unfinished } from './draft.js';

/** @typedef {import('../context.js').Screen} Screen */

const VERBS = ['harvest', 'merge', 'process', 'split', 'pack', 'ship', 'receive', 'sell', 'lose'];
/** Verbs that are done again and again the same way. */
const REPEATED = ['harvest', 'process', 'pack', 'merge'];
const REPEATED_SHOWN = 2;
const LOTS_SHOWN = 8;
/** Less than this, and a season's photos may not fit. */
const FREE_BYTES_MIN = 50_000_000;
/** What the node shows is not what it showed before. */
const CHANGED = ['rolled_back', 'two_histories'];

/** @returns {Promise<Screen>} */
export async function show() {
  const [all, lots, items, health] = await Promise.all([registry(), app.core.lots(), app.core.items(), app.core.health()]);
  const needs = items.filter(({ state }) => state === 'needs_you').length;
  const waiting = items.filter(({ state }) => state === 'waiting' || state === 'carried').length;
  const repeated = items.filter(({ step, state }, at) => REPEATED.includes(step.verb) && state !== 'needs_you' && items.findIndex((other) => other.step.verb === step.verb) === at).slice(0, REPEATED_SHOWN);
  const { roles } = me();
  const mine = VERBS.filter((verb) => verb !== 'harvest' || roles.length === 0 || roles.includes('producer'));
  const again = (/** @type {import('../context.js').Item} */ { step }) => {
    const product = all.product.get(step.outputs?.[0]?.product ?? '');
    return h('a', { class: 'button again', 'data-again': step.verb, href: `#/again/${step.verb}` }, icon(step.verb, 'big'),
      h('span', {}, repeated.length === 1 && t('home.again'), h('small', {}, [t(`verb.${step.verb}`), product ? named(product.name) : '', repeated.length === 1 && step.place ? nameOf(all.place, step.place) : ''].filter(Boolean).join(' \u00b7 '))));
  };
  return {
    name: 'home', title: t('home.title'), nav: 'home', isLive: true,
    body: [
      health.browser === 'forgetful' && note('stop', t('health.forgetful')),
      health.alarm && note('stop', t(CHANGED.includes(health.alarm.code) ? 'health.changed' : 'health.alarm')),
      health.freeBytes !== null && health.freeBytes < FREE_BYTES_MIN && note('mind', t('health.full')),
      needs > 0 && h('a', { class: 'note mind', href: '#/tray' }, icon('mind', 'mind'), h('div', {}, h('strong', {}, t('home.needs', { n: needs })))),
      waiting > 0 && h('a', { class: 'note', href: '#/records' }, icon('wait'), h('div', {}, t(health.online ? 'home.waiting' : 'home.waiting_offline', { n: waiting }))),
      resume(all),
      repeated.length > 1 && h('h2', { class: 'repeat' }, t('home.again')),
      repeated.length > 0 && h('div', { class: repeated.length > 1 ? 'pair repeat' : '' }, ...repeated.map(again)),
      h('ul', { class: 'verbs' }, ...mine.map((verb) => h('li', {}, h('a', { href: `#/do/${verb}`, 'data-verb': verb }, icon(verb, 'big'), t(`verb.${verb}`))))),
      h('h2', {}, t('home.lots')),
      lots.length === 0 ? h('p', { class: 'small' }, t('home.nolots')) : h('ul', { class: 'list' }, ...lots.slice(0, LOTS_SHOWN).map((lot) => lotRow(lot, all, 2))),
      lots.length > LOTS_SHOWN && others(lots.slice(LOTS_SHOWN), all),
    ],
  };
}

/** The rest of her lots, drawn when she asks for them: they may be hundreds. @param {import('../context.js').LotCard[]} lots @param {import('../context.js').Registry} all */
function others(lots, all) {
  const list = h('ul', { class: 'list' });
  return h('details', { ontoggle: () => list.childElementCount || list.append(...lots.map((lot) => lotRow(lot, all, 0))) }, h('summary', {}, t('home.morelots', { n: lots.length })), list);
}

/** The way back to answers that were not saved yet. @param {import('../context.js').Registry} all */
function resume(all) {
  const of = unfinished();
  if (!of) return null;
  const product = all.product.get(of.product ?? '');
  const typed = of.made ?? of.taken.find(Boolean);
  const box = h('div', { class: 'resume' },
    h('a', { class: 'note', href: `#/do/${of.verb}/${open(of)}`, 'data-resume': of.verb }, icon('pen'), h('div', {}, h('strong', {}, t('draft.resume')),
      h('p', {}, [t(`verb.${of.verb}`), product ? named(product.name) : '', typed ? amount(typed) : '', day(of.time)].filter(Boolean).join(' \u00b7 ')))),
    button(t('draft.drop'), () => {
      drop();
      box.remove();
    }, 'quiet'));
  return box;
}

/** One lot: what is left, what can be done, and what it says to the world. @param {string[]} args @returns {Promise<Screen>} */
export async function lot([uri = '']) {
  const [all, lots, items] = await Promise.all([registry(), app.core.lots(), app.core.items()]);
  const card = lots.find((one) => one.lot === uri);
  const product = all.product.get(card?.product ?? lotProducts(items, lots).get(uri) ?? '');
  const path = encodeURIComponent(uri);
  const its = items.filter(({ step }) => [...(step.inputs ?? []), ...(step.outputs ?? [])].some((part) => part.lot === uri));
  return {
    name: 'lot', title: product ? named(product.name) : t('lot.title'), back: '', isLive: true,
    body: [
      h('div', { class: 'row' }, picture(product), h('div', {}, h('b', {}, card ? t('lot.left', { amount: showWith(card.left, product) }) : t('lot.gone')), h('span', { class: 'small' }, t('lot.code', { lot: card?.short ?? shortOf(uri) })),
        card?.incoming && h('span', {}, h('br'), t('lot.incoming', { amount: showWith(card.incoming, product), from: nameOf(all.actor, card.from) })))),
      card?.recalled && note('stop', t('lot.recalled.what')),
      card && card.can.length > 0 && h('h2', {}, t('lot.next')),
      h('ul', { class: 'verbs' }, ...(card?.can ?? []).map((verb) => h('li', {}, h('a', { href: `#/do/${verb}/with/${path}`, 'data-verb': verb }, icon(verb, 'big'), t(`verb.${verb}`))))),
      h('div', { class: 'buttons' }, link(t('share.title'), `share/${path}`, '', 'share')),
      its.length > 0 && h('h2', {}, t('lot.records')),
      h('ul', { class: 'list' }, ...its.map((item) => h('li', {}, h('a', { class: 'row', href: `#/record/${item.id}` }, icon(item.step.verb), h('span', {}, `${t(`verb.${item.step.verb}`)} \u00b7 ${day(item.step.time)}`))))),
    ],
  };
}

/** The consumer's page of a lot, to send or to print. @param {string[]} args @returns {Promise<Screen>} */
export async function share([uri = '']) {
  const address = await app.core.consumerLink(uri);
  const [all, lots, items] = await Promise.all([registry(), app.core.lots(), app.core.items()]);
  const card = lots.find((one) => one.lot === uri);
  const product = all.product.get(card?.product ?? lotProducts(items, lots).get(uri) ?? '');
  const code = codeView([address], t('share.code'));
  const canShare = typeof navigator.share === 'function';
  return {
    name: 'share', title: t('share.title'), back: `lot/${encodeURIComponent(uri)}`, leave: code.stop,
    body: [
      h('p', {}, h('strong', {}, product ? named(product.name) : ''), ' \u00b7 ', t('lot.code', { lot: card?.short ?? shortOf(uri) })),
      card?.waiting && note('mind', t('share.waiting')),
      code.node,
      h('p', { class: 'mono center', id: 'link' }, address),
      h('p', { class: 'small' }, t('share.what')),
    ],
    foot: [
      canShare && button(t('share.send'), () => navigator.share({ title: product ? named(product.name) : t('share.title'), url: address }).catch(() => {}), 'main', 'share'),
      h('div', { class: 'pair' },
        button(t('share.copy'), async () => {
          await navigator.clipboard.writeText(address);
          announce(t('share.copied'));
          const at = document.getElementById('link');
          if (at) at.textContent = t('share.copied');
        }, canShare ? '' : 'main'),
        button(t('share.picture'), async () => giveFile(await pictureOf(code.canvas), `nguon-${shortOf(uri)}.png`), '', 'code')),
    ],
  };
}
