// @ts-check
/** Products, and what they may be made from. */
import { h } from '../ui/parts/dom.js';
import { choice, field, form, freeSlug, listed, text } from './forms.js';
import { amount, named, t } from './words.js';

/** @typedef {import('./desk.js').Desk} Desk */

/** A decimal as typed here: comma or point before at most six digits. @param {FormDataEntryValue | null} typed */
function decimal(typed) {
  const said = String(typed ?? '').trim().replace(',', '.');
  if (!/^(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?$/.test(said) || Number(said) === 0) throw { code: 'bad_number' };
  return Number(said);
}

/** @param {Desk} desk */
export async function show(desk) {
  const rows = desk.products.map((product) => h('li', {},
    h('div', {}, h('b', {}, named(product.name)), h('small', { class: 'hint' }, product.netContent ? t('product.packs', { amount: amount(String(product.netContent.quantity), product.netContent.uom) }) : t('product.unit', { unit: t(`unit.${product.unit ?? ''}`) }))),
    h('div', {}, (product.madeFrom ?? []).map((/** @type {any} */ from) => h('p', { class: 'hint' }, t('product.from', { from: desk.nameOf(from.product), yield: amount(String(from.yieldMax), '').trim() })))), h('span')));
  const add = form((data, at) => desk.run(async () => {
    const name = String(data.get('name')).trim();
    const english = String(data.get('english')).trim();
    const unit = String(data.get('unit'));
    const from = String(data.get('from'));
    const body = {
      id: desk.uri(`product/${freeSlug(name, desk.products)}`), name: english ? { vi: name, en: english } : name, ...(unit ? { unit } : {}),
      ...(String(data.get('content')).trim() ? { netContent: { quantity: decimal(data.get('content')), uom: 'KGM' } } : {}),
      ...(from ? { madeFrom: [{ product: from, yieldMax: decimal(data.get('yield')) }] } : {}),
    };
    await desk.core.profiles.submit('product', body);
    return t('product.done', { name });
  }, at), t('product.add'),
  h('div', { class: 'grow' }, field(t('name.vi'), text('name', { required: true, maxlength: 200 })), field(t('name.en'), text('english', { maxlength: 200 }))),
  h('div', { class: 'grow' }, field(t('product.counted'), choice('unit', [['KGM', t('unit.KGM')], ['LTR', t('unit.LTR')], ['', t('unit.')]])), field(t('product.content'), text('content', { inputmode: 'decimal' }), t('product.content.hint'))),
  h('div', { class: 'grow' }, field(t('product.made'), choice('from', [['', t('product.nothing')], ...desk.products.map((one) => /** @type {[string, string]} */ ([one.id, named(one.name)]))])), field(t('product.yield'), text('yield', { inputmode: 'decimal' }), t('product.yield.hint'))));
  return [h('div', { class: 'two' }, h('section', {}, listed(rows, t('product.none'))), h('section', {}, h('h2', {}, t('product.new')), add))];
}
