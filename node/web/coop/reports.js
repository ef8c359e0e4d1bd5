// @ts-check
/** What shoppers reported from the pages of the co-op's goods. */
import { h } from '../ui/parts/dom.js';
import { listed, twice } from './forms.js';
import { ask, signed } from './node.js';
import { shortOf } from './stock.js';
import { day, t } from './words.js';

/** @typedef {import('./desk.js').Desk} Desk */

/** Shown at once; the others when some of these are dealt with. */
const SHOWN_MAX = 100;

const query = (/** @type {string} */ organisation) => `organisation=${encodeURIComponent(organisation)}`;

/** The reports, newest first; null where the pages, and with them the reports, are with another program.
 * @param {import('../core/types.js').Core} core @param {string} organisation @returns {Promise<any[] | null>} */
export async function reportsOf(core, organisation) {
  try {
    return (await signed(core, 'GET', `/v1/reports?${query(organisation)}`)).items;
  } catch (error) {
    if (/** @type {import('./node.js').Refusal} */ (error).code === 'not_found') return null;
    throw error;
  }
}

/** @param {Desk} desk */
export async function show(desk) {
  const reports = desk.reports ?? [];
  const shown = reports.slice(0, SHOWN_MAX);
  const lots = [...new Set(shown.map((report) => report.lot))];
  const products = new Map(await Promise.all(lots.map(async (lot) => {
    const known = await ask(`/v1/lots/${encodeURIComponent(lot)}`).catch(() => null);
    return /** @type {[string, string]} */ ([lot, known ? desk.nameOf(known.product) : '']);
  })));
  const more = reports.length - shown.length;
  return [h('p', {}, t('report.what')), listed(shown.map((report) => row(desk, report, products.get(report.lot) ?? '')), t('report.none')), more > 0 ? h('p', { class: 'hint' }, t('report.more', { n: more })) : null];
}

/** @param {Desk} desk @param {any} report @param {string} product */
function row(desk, report, product) {
  const done = async () => {
    await signed(desk.core, 'POST', `/v1/reports/${report.id}/done?${query(desk.organisation)}`);
    return t('report.gone');
  };
  const which = [`${product} ${shortOf(report.lot)}`.trim(), report.serial && t('report.serial', { serial: report.serial }), day(report.at)].filter(Boolean).join(' \u00b7 ');
  return h('li', { 'data-report': report.id },
    h('div', {}, h('b', {}, t(`report.${report.matter}`)), h('small', { class: 'hint' }, which)),
    h('div', {}, report.text ? h('p', { class: 'said' }, report.text) : null, report.contact ? h('small', { class: 'hint' }, t('report.contact', { contact: report.contact })) : null),
    h('div', { class: 'buttons' },
      h('a', { class: 'button quiet', href: new URL(report.lot).pathname, target: '_blank', rel: 'noopener' }, t('lot.page')),
      h('a', { class: 'button quiet', href: `#/recall/${encodeURIComponent(report.lot)}` }, t('lot.recall')),
      twice(t('report.done'), t('report.done.sure'), t('report.done.yes'), (at) => desk.run(done, at))));
}
