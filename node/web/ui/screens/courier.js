// @ts-check
/** Records that travel on somebody else's phone, and receipts that travel back. */
import { app, registry, trouble } from '../context.js';
import { button, link, note, sendNow } from '../parts/bits.js';
import { codeView, scanner } from '../parts/codes.js';
import { fill, giveFile, h } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { t } from '../words.js';

/** @typedef {import('../context.js').Screen} Screen */
/** @typedef {import('../../core/types.js').Received} Received */

/** @param {Received} got */
const received = (got) => note('tick', t('courier.got', { items: got.items, receipts: got.receipts, known: got.alreadyKnown }));
const today = () => new Date().toISOString().slice(0, 10);

/** What was said last; it stands while the screen is drawn anew under it, and goes when she goes elsewhere. */
const words = h('div', { role: 'status' });
window.addEventListener('hashchange', () => fill(words));

/** What was carried here is sent as soon as it is here. @param {Received} got */
function passOn(got) {
  if (got.items) sendNow().catch((error) => console.warn(error));
  return received(got);
}

/** @returns {Promise<Screen>} */
export async function show() {
  const [items, carrying, health] = await Promise.all([app.core.items(), app.core.courier.carrying(), app.core.health()]);
  const waiting = items.filter(({ state }) => state === 'waiting' || state === 'carried').length;
  const doing = async (/** @type {() => Promise<Node>} */ use) => {
    try {
      fill(words, await use());
    } catch (error) {
      fill(words, note('mind', trouble(error)));
    }
    words.scrollIntoView({ block: 'nearest' });
  };
  const take = (/** @type {Event} */ event) => doing(async () => {
    const [file] = /** @type {HTMLInputElement} */ (event.currentTarget).files ?? [];
    return file ? passOn(await app.core.courier.importFile(file)) : h('p');
  });
  return {
    name: 'courier', title: t('courier.title'), back: 'more', isLive: true,
    body: [
      h('p', {}, t('courier.what')), words,
      h('h2', {}, t('courier.give')),
      waiting === 0 ? h('p', { class: 'small' }, t('courier.nothing')) : h('p', { class: 'small' }, t('courier.count', { n: waiting })),
      waiting > 0 && h('div', { class: 'buttons' },
        button(t('courier.file'), () => doing(async () => {
          await giveFile(await app.core.courier.exportFile(), `nguon-${today()}.txt`);
          return note('', t('courier.given'));
        }), '', 'share'),
        link(t('courier.codes'), 'carry', '', 'code')),
      h('h2', {}, t('courier.take')),
      h('div', { class: 'buttons' }, link(t('courier.scan'), 'scan', '', 'camera'), h('label', { class: 'file' }, icon('book'), t('courier.open'), h('input', { type: 'file', onchange: take }))),
      carrying.length > 0 && h('h2', {}, t('courier.carrying')),
      h('ul', { class: 'list' }, ...carrying.map((one) => h('li', {}, h('div', { class: 'row' }, icon('carry'), h('div', {}, h('b', {}, one.from), h('span', { class: 'small' }, t('courier.state', { count: one.count, sent: one.sent, refused: one.refused }))))))),
      carrying.length > 0 && h('div', { class: 'buttons' },
        health.online && button(t('records.send'), () => doing(async () => {
          const done = await sendNow();
          return note('tick', t('records.sent', { n: done?.sent ?? 0, left: done?.left ?? 0 }));
        }), 'main'),
        button(t('courier.receipts'), () => doing(async () => {
          await giveFile(await app.core.courier.exportReceipts(), `nguon-bien-nhan-${today()}.txt`);
          return note('', t('courier.given'));
        }))),
    ],
  };
}

/** A series of codes for another phone. @returns {Promise<Screen>} */
export async function carry() {
  const frames = await app.core.courier.exportFrames();
  const view = frames.length ? codeView(frames, t('courier.codes')) : null;
  return { name: 'carry', title: t('carry.title'), back: 'courier', leave: view?.stop, body: view ? [h('p', {}, t('carry.what')), view.node] : [note('', t('courier.nothing'))], foot: [link(t('give.done'), 'courier', 'main')] };
}

/** The other phone's side. @returns {Promise<Screen>} */
export async function scan() {
  const camera = scanner(async (text) => {
    try {
      const { have, of, done } = await app.core.courier.importFrame(text);
      fill(words, done ? passOn(done) : h('p', { class: 'center' }, t('codes.have', { have, of })));
      return done !== null;
    } catch (error) {
      fill(words, note('mind', t('take.notours')));
      console.warn(error);
      return false;
    }
  });
  await registry();
  return { name: 'scan', title: t('courier.scan'), back: 'courier', leave: camera.stop, body: [h('p', { class: 'small' }, t('scan.what')), camera.node, words], foot: [link(t('give.done'), 'courier', 'main')] };
}
