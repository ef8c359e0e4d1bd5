// @ts-check
/** Small pieces that many screens show. */
import { app, nameOf, shortOf } from '../context.js';
import { named, t } from '../words.js';
import { showWith } from '../units.js';
import { h } from './dom.js';
import { icon } from './icons.js';

/** @typedef {import('../context.js').Registry} Registry */
/** @typedef {import('../../core/types.js').Step} Step */
/** @typedef {import('../../core/types.js').Item} Item */

/** A product's picture, or a sprout where it has none. @param {import('../../core/types.js').Product | undefined} product */
export function picture(product) {
  const box = h('span', { class: 'pic' });
  const sprout = icon('crop');
  if (!product?.picture) {
    box.append(sprout);
    return box;
  }
  const image = h('img', { src: product.picture, alt: '', loading: 'lazy' });
  image.addEventListener('error', () => box.replaceChildren(sprout));
  box.append(image);
  return box;
}

/** A person's picture. @param {{ picture: string | null }} profile */
export function face(profile) {
  return h('span', { class: 'pic round' }, profile.picture ? h('img', { src: profile.picture, alt: '' }) : icon('person'));
}

/** @param {string} words @param {() => void} use @param {string} [kind] @param {string | null} [drawn] */
export function button(words, use, kind = '', drawn = null) {
  return h('button', { type: 'button', class: `button ${kind}`.trim(), onclick: use }, drawn && icon(drawn), h('span', {}, words));
}

/** @param {string} words @param {string} path @param {string} [kind] @param {string | null} [drawn] */
export function link(words, path, kind = '', drawn = null) {
  return h('a', { href: `#/${path}`, class: `button ${kind}`.trim() }, drawn && icon(drawn), h('span', {}, words));
}

/** Something to know, with an icon and words. @param {'mind' | 'stop' | 'tick' | ''} tone @param {(Node | string)[]} words */
export function note(tone, ...words) {
  return h('div', { class: `note ${tone}` }, icon(tone === 'tick' ? 'tick' : 'mind', tone === 'tick' ? 'tick' : 'mind'), h('div', {}, ...words.map((one) => (typeof one === 'string' ? h('p', {}, one) : one))));
}

/** Words for each state; the icon is never alone. */
export const STATES = /** @type {Record<Item['state'], { drawn: string, tone: string }>} */ ({
  waiting: { drawn: 'wait', tone: '' }, carried: { drawn: 'carry', tone: '' }, sent: { drawn: 'sent', tone: '' },
  in_ledger: { drawn: 'ledger', tone: 'tick' }, witnessed: { drawn: 'witness', tone: 'tick' }, needs_you: { drawn: 'mind', tone: 'mind' },
});

/** @param {Item['state']} state */
export function stateLine(state) {
  const { drawn, tone } = STATES[state];
  return h('span', { class: `state ${tone}` }, icon(drawn, tone === 'mind' ? 'mind' : ''), t(`state.${state}`));
}

/** The product a step is about: what came of it, else what was taken. @param {Step} step @param {Map<string, string>} productOfLot */
export const productOf = (step, productOfLot) => step.outputs?.[0]?.product ?? productOfLot.get(step.inputs?.[0]?.lot ?? '');

/** The products of all lots that this phone can see. @param {Item[]} items @param {import('../../core/types.js').LotCard[]} lots */
export function lotProducts(items, lots) {
  const found = new Map(lots.map(({ lot, product }) => [lot, product]));
  for (const { step } of items) for (const { lot, product } of step.outputs ?? []) found.set(lot, product);
  return found;
}

/** A step in one line: `50 kg  Cu dong rieng`. @param {Step} step @param {Registry} all @param {Map<string, string>} productOfLot */
export function inShort(step, all, productOfLot) {
  const product = all.product.get(productOf(step, productOfLot) ?? '');
  const part = step.outputs?.[0] ?? step.inputs?.[0];
  const words = [part && showWith(part.amount, product), product && named(product.name)];
  if (step.party) words.push(nameOf(all.actor, step.party));
  return words.filter(Boolean).join(' \u00b7 ');
}

/** @param {Step} step */
export const lotOfStep = (step) => step.outputs?.[0]?.lot ?? step.inputs?.[0]?.lot ?? '';

/** A row of the records list. @param {Item} item @param {Registry} all @param {Map<string, string>} productOfLot @param {string} when */
export function itemRow(item, all, productOfLot, when) {
  return h('a', { class: 'row', href: `#/record/${item.id}` },
    h('span', { class: 'pic' }, icon(item.step.verb, '')),
    h('span', {}, h('b', {}, `${t(`verb.${item.step.verb}`)} \u00b7 ${when}`), h('span', { class: 'small' }, inShort(item.step, all, productOfLot)), h('br'), stateLine(item.state)));
}

/** A row of a lot with what can be done next. @param {import('../../core/types.js').LotCard} lot @param {Registry} all @param {number} most how many verbs */
export function lotRow(lot, all, most) {
  const product = all.product.get(lot.product);
  const amount = lot.incoming ? t('lot.incoming', { amount: showWith(lot.incoming, product), from: nameOf(all.actor, lot.from) }) : t('lot.left', { amount: showWith(lot.left, product) });
  const path = encodeURIComponent(lot.lot);
  return h('li', {},
    h('a', { class: 'row', href: `#/lot/${path}` }, picture(product),
      h('span', {}, h('b', {}, product ? named(product.name) : shortOf(lot.product)), h('span', {}, amount), h('br'),
        h('span', { class: 'small' }, t('lot.code', { lot: lot.short }), lot.recalled ? ` \u00b7 ${t('lot.recalled')}` : '', lot.waiting ? ` \u00b7 ${t('state.waiting')}` : ''))),
    most > 0 && h('div', { class: 'chips' }, ...lot.can.slice(0, most).map((verb) => h('a', { class: 'button chip', href: `#/do/${verb}/with/${path}` }, icon(verb), t(`verb.${verb}`)))));
}

/** Sends what waits; a phone without a network is no error. */
export async function sendNow() {
  try {
    return await app.core.sync();
  } catch (error) {
    if (/** @type {any} */ (error)?.code === 'offline') return null;
    throw error;
  }
}

/** Asks in the page itself, where no dialog can hide what it is about. @param {string} question @param {string} yes @param {() => void} use @param {Element} at */
export function ask(question, yes, use, at) {
  const stop = button(t('no'), () => box.remove(), 'quiet');
  const box = h('div', { class: 'note stop', role: 'alertdialog', 'aria-label': question }, h('div', {}, h('p', {}, h('strong', {}, question)), h('div', { class: 'buttons' }, button(yes, use, 'danger'), stop)));
  at.append(box);
  box.querySelector('button')?.focus();
  box.scrollIntoView({ block: 'nearest' });
}
