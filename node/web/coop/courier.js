// @ts-check
/** What members without a signal send by somebody else's hand: their signed records come in, their receipts go back. */
import { giveFile, h } from '../ui/parts/dom.js';
import { button, field, form, listed } from './forms.js';
import { t } from './words.js';

/** @param {import('./desk.js').Desk} desk */
export async function show(desk) {
  const { courier } = desk.core;
  const carried = await courier.carrying();
  const file = h('input', { type: 'file', name: 'file', required: true });
  const take = form((data, at) => desk.run(async () => {
    const received = await courier.importFile(/** @type {File} */ (data.get('file')));
    await desk.core.sync();
    const now = await courier.carrying();
    const count = (/** @type {'sent' | 'refused'} */ what) => now.reduce((sum, one) => sum + one[what], 0);
    return t('courier.done', { items: received.items, known: received.alreadyKnown, sent: count('sent'), refused: count('refused') });
  }, at), t('courier.take'), field(t('courier.file'), file, t('courier.file.hint')));
  const rows = carried.map(({ from, count, sent, refused }) => h('li', {}, h('b', {}, desk.nameOf(from)), h('span', {}, t('courier.count', { count, sent })), h('span', { class: refused ? 'state stop' : '' }, refused ? t('courier.refused', { n: refused }) : '')));
  return [h('p', {}, t('courier.what')), take, h('h2', {}, t('courier.carried')), listed(rows, t('courier.none')),
    carried.some(({ sent, refused }) => sent || refused) ? button(t('courier.back'), (at) => desk.run(async () => {
      await giveFile(await courier.exportReceipts(), 'nguon-bien-nhan.txt');
    }, at)) : null];
}
