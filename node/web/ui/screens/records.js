// @ts-check
/** What she recorded, and how far each is. */
import { app, go, nameOf, reason, registry, shortOf } from '../context.js';
import { STATES, ask, button, inShort, itemRow, link, lotOfStep, lotProducts, note, sendNow } from '../parts/bits.js';
import { announce, fill, h } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { clock, day, named, number, t } from '../words.js';
import { say, showWith } from '../units.js';

/** @typedef {import('../context.js').Screen} Screen */
/** @typedef {import('../../core/types.js').Item} Item */

const WAY = /** @type {const} */ (['waiting', 'sent', 'in_ledger', 'witnessed']);
const SHOWN = 60;

/** @returns {Promise<Screen>} */
export async function show() {
  const [all, items, lots, health] = await Promise.all([registry(), app.core.items(), app.core.lots(), app.core.health()]);
  const products = lotProducts(items, lots);
  const waiting = items.filter(({ state }) => state === 'waiting' || state === 'carried').length;
  const needs = items.filter(({ state }) => state === 'needs_you').length;
  const words = h('div', { role: 'status' });
  const send = async () => {
    fill(words, h('p', { class: 'center' }, t('records.sending')));
    try {
      const done = await sendNow();
      fill(words, note(done && !done.left ? 'tick' : 'mind', done ? t('records.sent', { n: done.sent, left: done.left + done.refused }) : t('error.offline')));
    } catch (error) {
      console.warn(error);
      fill(words, note('mind', t('error.offline')));
    }
  };
  return {
    name: 'records', title: t('records.title'), nav: 'records', isLive: true,
    body: [
      needs > 0 && h('a', { class: 'note mind', href: '#/tray' }, icon('mind', 'mind'), h('div', {}, h('strong', {}, t('home.needs', { n: needs })))),
      waiting > 0 && note('', t(health.online ? 'home.waiting' : 'home.waiting_offline', { n: waiting })),
      waiting > 0 && h('div', { class: 'pair' }, button(t('records.send'), send, 'main', null), link(t('courier.short'), 'courier', '', 'carry')), words,
      items.length === 0 && h('p', {}, t('records.none')),
      h('ul', { class: 'list' }, ...items.slice(0, SHOWN).map((item) => h('li', {}, itemRow(item, all, products, day(item.step.time))))),
      items.length > SHOWN && h('p', { class: 'small' }, t('records.more', { n: items.length - SHOWN })),
    ],
  };
}

/** The way from phone to witness. @param {Item} item */
function way(item) {
  const reached = item.state === 'carried' ? 0 : WAY.indexOf(/** @type {any} */ (item.state));
  return h('ol', { class: 'path' }, ...WAY.map((state, at) => h('li', { class: at <= reached ? 'done' : '', 'aria-current': at === reached ? 'step' : null }, icon(STATES[state].drawn),
    h('span', {}, h('b', {}, t(at === 0 ? 'saved.title' : `state.${state}`)), h('span', { class: 'small' }, at <= reached ? t(`state.${state}.done`) : t(`state.${state}.what`))))));
}

/** @param {string[]} args @returns {Promise<Screen | null>} */
export async function record([id = '']) {
  const [all, items, lots] = await Promise.all([registry(), app.core.items(), app.core.lots()]);
  const item = items.find((one) => one.id === id);
  if (!item) {
    go('records', true);
    return null;
  }
  const { step, state, receipt } = item;
  const products = lotProducts(items, lots);
  const nameOfLot = (/** @type {string} */ lot) => {
    const product = all.product.get(products.get(lot) ?? '');
    return `${product ? named(product.name) : ''} ${t('lot.code', { lot: shortOf(lot) })}`.trim();
  };
  const line = (/** @type {string} */ label, /** @type {string} */ value) => h('li', {}, h('span', {}, h('small', {}, label), value));
  const part = (/** @type {string} */ label, /** @type {{ lot: string, amount: any }} */ { lot, amount }) => line(label, `${showWith(amount, all.product.get(products.get(lot) ?? ''))} \u00b7 ${nameOfLot(lot)}`);
  const canChange = state === 'waiting' || state === 'needs_you';
  const at = h('div', {});
  const lot = lotOfStep(step);
  const amount = (step.outputs?.[0] ?? step.inputs?.[0])?.amount;
  return {
    name: 'record', title: `${t(`verb.${step.verb}`)} \u00b7 ${day(step.time)}`, back: 'records', isLive: true,
    body: [
      state === 'needs_you' && item.refused && note('mind', reason(item.refused, all, lots)),
      h('p', { class: 'readback' }, amount ? say(amount) : '', h('br'), h('span', { class: 'small' }, inShort(step, all, products))),
      h('ul', { class: 'facts' }, ...(step.inputs ?? []).map((one) => part(t('review.taken'), one)), ...(step.outputs ?? []).map((one) => part(t(step.verb === 'harvest' ? 'review.taken' : 'review.made'), one)),
        step.party && line(t(step.verb === 'receive' ? 'review.from' : 'review.party'), nameOf(all.actor, step.party)), step.place && line(t('review.place'), nameOf(all.place, step.place)),
        step.note && line(t('review.reason'), step.note), line(t('review.time'), `${clock(step.time)}, ${day(step.time)}`),
        item.clock && line(t('review.clock'), `${clock(item.clock.said)}, ${day(item.clock.said)}`)),
      state !== 'needs_you' && way(item),
      item.photos.length > 0 && h('p', { class: 'small' }, t('photo.sent', { n: item.photos.filter(({ bytes, sent }) => sent >= bytes).length, of: item.photos.length })),
      receipt && h('details', {}, h('summary', {}, t('receipt.title')), h('p', { class: 'small' }, t('receipt.what')), h('ul', { class: 'facts' },
        line(t('receipt.index'), number(String(receipt.index))), line(t('receipt.time'), `${clock(receipt.receivedAt)}, ${day(receipt.receivedAt)}`), h('li', {}, h('span', {}, h('small', {}, t('receipt.hash')), h('span', { class: 'mono' }, receipt.leafHash))))),
      at,
    ],
    foot: [
      canChange && h('div', { class: 'pair' }, link(t('saved.change'), `edit/${id}`, state === 'needs_you' ? 'main' : '', 'pen'), button(t('delete'), () => ask(t('record.delete'), t('delete.yes'), async () => {
        await app.core.remove(id);
        announce(t('record.deleted'));
        go(state === 'needs_you' ? 'tray' : 'records', true);
      }, at), 'danger', 'trash')),
      !canChange && lot && link(t('share.title'), `share/${encodeURIComponent(lot)}`, 'main', 'share'),
      step.verb === 'ship' && state !== 'needs_you' && link(t('weigh.again'), `give/${id}`, '', 'code'),
    ],
  };
}

/** What the ledger did not take, and how to mend it. @returns {Promise<Screen>} */
export async function tray() {
  const [all, items, lots] = await Promise.all([registry(), app.core.items({ state: 'needs_you' }), app.core.lots()]);
  const products = lotProducts(items, lots);
  return {
    name: 'tray', title: t('tray.title'), back: '', isLive: true,
    body: items.length === 0 ? [h('div', { class: 'center' }, icon('tick', 'huge tick')), h('p', { class: 'center' }, t('tray.none'))] : [
      h('p', { class: 'small' }, t('tray.what')),
      h('ul', { class: 'list' }, ...items.map((item) => {
        const at = h('div', {});
        return h('li', {},
          h('div', { class: 'row' }, h('span', { class: 'pic' }, icon(item.step.verb)), h('div', {}, h('b', {}, `${t(`verb.${item.step.verb}`)} \u00b7 ${day(item.step.time)}`), h('span', { class: 'small' }, inShort(item.step, all, products)))),
          item.refused && note('mind', reason(item.refused, all, lots)),
          h('div', { class: 'pair' }, link(t('tray.fix'), `edit/${item.id}`, '', 'pen'), button(t('delete'), () => ask(t('record.delete'), t('delete.yes'), async () => {
            await app.core.remove(item.id);
            announce(t('record.deleted'));
            go('tray', true);
          }, at), 'danger', 'trash')), at);
      })),
    ],
  };
}
