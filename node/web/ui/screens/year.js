// @ts-check
/** The year: what she harvested, made, sold and gave, to show a bank or a buyer. */
import { app, me, nameOf, registry, tail, trouble } from '../context.js';
import { button, link, note, picture } from '../parts/bits.js';
import { fill, giveFile, h } from '../parts/dom.js';
import { named, t } from '../words.js';
import { showWith } from '../units.js';

/** @typedef {import('../context.js').Screen} Screen */
/** @typedef {import('../../core/types.js').Amount} Amount */

/** @param {string[]} args @returns {Promise<Screen>} */
export async function show([asked = '']) {
  const thisYear = new Date().getFullYear();
  const year = /^20[0-9]{2}$/.test(asked) ? Number(asked) : thisYear;
  const all = await registry();
  const words = h('div', { role: 'status' });
  let page;
  try {
    page = await app.core.year(year);
  } catch (error) {
    return { name: 'year', title: t('year.title', { year }), back: 'more', body: [note('mind', trouble(error))] };
  }
  const found = page;
  const block = (/** @type {import('../../core/types.js').YearPage['products'][number]} */ one) => {
    const product = all.product.get(one.product);
    const row = (/** @type {string} */ label, /** @type {Amount[]} */ amounts) => amounts.length > 0 && h('tr', {}, h('th', { scope: 'row' }, label), h('td', {}, amounts.map((amount) => showWith(amount, product)).join(', ')));
    return h('section', {}, h('h2', { class: 'row' }, picture(product), h('span', {}, product ? named(product.name) : tail(one.product) || t('year.unknown'))),
      h('table', {}, h('tbody', {}, row(t('year.harvested'), one.harvested), row(t('year.made'), one.made), row(t('year.sold'), one.sold), ...one.given.map(({ to, amount }) => row(t('year.given', { name: nameOf(all.actor, to) }), [amount])), row(t('year.lost'), one.lost))));
  };
  return {
    name: 'year', title: t('year.title', { year }), back: 'more',
    body: [
      h('p', { class: 'small' }, t('year.what', { name: me().name })),
      h('div', { class: 'chips' }, ...[thisYear, thisYear - 1, thisYear - 2].map((one) => h('a', { class: 'button chip', href: `#/year/${one}`, 'aria-current': one === year ? 'page' : null }, String(one)))),
      ...(found.products.length ? found.products.map(block) : [h('p', {}, t('year.none'))]), words,
      found.entries.length > 0 && h('p', { class: 'small' }, t('year.entries', { n: found.entries.length })),
    ],
    foot: [found.entries.length > 0 ? button(t('year.export'), async () => {
      try {
        fill(words, h('p', { class: 'center' }, t('year.making')));
        await giveFile(await app.core.signedReport(found), `nguon-${year}.txt`);
        // Words alone; whoever is handed the file opens the page on a machine of their own.
        fill(words, note('tick', t('year.done'), h('p', {}, t('year.check'), ' ', h('strong', { class: 'mono' }, new URL('../../report', import.meta.url).href))));
      } catch (error) {
        fill(words, note('mind', trouble(error)));
      }
    }, 'main', 'share') : link(t('saved.home'), '', 'main')],
  };
}
