// @ts-check
/** What was sent and has not arrived. */
import { h } from '../ui/parts/dom.js';
import { listed } from './forms.js';
import { shortOf, stock } from './stock.js';
import { amount, day, t } from './words.js';

/** @param {import('./desk.js').Desk} desk */
export async function show(desk) {
  /** @type {Map<string, Node>} */
  const rows = new Map();
  const row = (/** @type {any} */ lot, /** @type {string} */ from, /** @type {string} */ to, /** @type {any} */ way) => rows.set(`${lot.lot} ${way.index} ${to}`, h('li', { 'data-lot': lot.lot },
    h('div', {}, h('b', {}, `${desk.nameOf(lot.product)} ${shortOf(lot.lot)}`), h('small', { class: 'hint' }, t('handover.made', { day: day(lot.time) }))),
    h('span', {}, amount(way.quantity, way.unit)), h('span', {}, t('handover.way', { from: desk.nameOf(from), to: desk.nameOf(to) }))));
  for (const { actor, lot } of await stock(desk, '?with=outgoing')) {
    for (const way of lot.outgoing) row(lot, actor, way.to, way);
    for (const way of lot.incoming) row(lot, way.from, actor, way);
  }
  return [h('p', {}, t('handover.what')), listed([...rows.values()], t('handover.none'))];
}
