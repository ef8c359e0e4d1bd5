// @ts-check
/** Lots: labels to print, and the way to a recall. */
import { h } from '../ui/parts/dom.js';
import { listed } from './forms.js';
import { shortOf, stock } from './stock.js';
import { amount, day, t } from './words.js';

/** Where the page of a lot stands. @param {string} lot */
const pathOf = (lot) => new URL(lot).pathname;

/** @param {import('./desk.js').Desk} desk */
export async function show(desk) {
  const lots = await stock(desk);
  const rows = lots.filter(({ lot }) => lot.held.length).map(({ actor, lot }) => h('li', { 'data-lot': lot.lot },
    h('div', {}, h('b', {}, `${desk.nameOf(lot.product)} ${shortOf(lot.lot)}`), h('small', { class: 'hint' }, `${desk.nameOf(actor)} \u00b7 ${day(lot.time)}`)),
    h('span', { class: lot.dispositions.includes('recalled') ? 'state stop' : '' }, lot.dispositions.includes('recalled') ? t('lot.recalled') : lot.held.map((/** @type {any} */ held) => amount(held.quantity, held.unit)).join(', ')),
    h('div', { class: 'buttons' },
      h('a', { class: 'button', href: `${pathOf(lot.lot)}/label.pdf`, target: '_blank', rel: 'noopener' }, t('lot.label')),
      h('a', { class: 'button quiet', href: `/labels?lot=${encodeURIComponent(lot.lot)}`, target: '_blank', rel: 'noopener' }, t('lot.labels')),
      h('a', { class: 'button quiet', href: pathOf(lot.lot), target: '_blank', rel: 'noopener' }, t('lot.page')),
      h('a', { class: 'button quiet', href: `#/recall/${encodeURIComponent(lot.lot)}` }, t('lot.recall')))));
  return [h('p', {}, t('lot.what')), listed(rows, t('lot.none'))];
}
