// @ts-check
/** Everything that is not of every day: people, languages, own units, and how the phone is. */
import { app, go, me, registry } from '../context.js';
import { ask, button, face, link, note } from '../parts/bits.js';
import { fill, h } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { parseNumber } from '../number-words.js';
import { language, locales, named, number, numbers, openWords, t, voices } from '../words.js';
import { ownUnits, setOwnUnits } from '../units.js';
import { setVoice, voice } from '../parts/voice.js';

/** @typedef {import('../context.js').Screen} Screen */

/** A profile's picture is shrunk to this. */
const FACE_PX = 160;
const MEGABYTE = 1_000_000;
/** A clock that is further off than this is worth a word. */
const CLOCK_MS = 600_000;

/** @returns {Promise<Screen>} */
export async function show() {
  const row = (/** @type {string} */ path, /** @type {string} */ drawn, /** @type {string} */ words, /** @type {string} */ small) => h('li', {}, h('a', { class: 'row', href: `#/${path}` }, icon(drawn, 'big'), h('span', {}, h('b', {}, words), h('span', { class: 'small' }, small))));
  return {
    name: 'more', title: t('more.title'), nav: 'more',
    body: [h('ul', { class: 'list' },
      row('year', 'year', t('more.year'), t('more.year.what')), row('take', 'receive', t('more.take'), t('more.take.what')), row('courier', 'carry', t('courier.title'), t('more.courier')),
      row('voice', 'voice', t('voice.title'), t('more.voice')), row('people', 'person', t('people.title'), t('more.people')), row('units', 'ship', t('units.title'), t('more.units')), row('settings', 'gear', t('settings.title'), t('more.settings')))],
  };
}

/** @returns {Promise<Screen>} */
export async function settings() {
  const health = await app.core.health();
  const open = app.core.profiles.open();
  const unsent = open?.state === 'active' ? (await app.core.items()).filter(({ state }) => state === 'waiting' || state === 'carried' || state === 'needs_you').length : 0;
  const choose = (/** @type {{ code: string, name: string }[]} */ list, /** @type {string} */ now, /** @type {(code: string) => Promise<void> | void} */ use, /** @type {string} */ label) => h('div', { class: 'chips', role: 'group', 'aria-label': label },
    ...list.map(({ code, name }) => h('button', { type: 'button', class: 'chip', 'aria-pressed': code === now, lang: list === locales() ? code : null, onclick: () => use(code) }, name)));
  const offset = health.clockOffsetMs;
  return {
    name: 'settings', title: t('settings.title'), back: open ? 'more' : 'welcome',
    body: [
      h('h2', {}, t('settings.language')), choose(locales(), language(), async (code) => {
        await openWords(code);
        window.dispatchEvent(new Event('nguon-words'));
      }, t('settings.language')),
      h('h2', {}, t('voice.language')), choose(voices(), voice(), (code) => {
        setVoice(code);
        go('settings', true);
      }, t('voice.language')),
      h('h2', {}, t('health.title')),
      health.browser === 'forgetful' && note('stop', t('health.forgetful')),
      unsent > 0 && note('mind', t('health.unsent', { n: unsent })),
      note(health.persistent ? 'tick' : 'mind', t(health.persistent ? 'health.lasting' : 'health.notlasting')),
      h('ul', { class: 'facts' },
        h('li', {}, h('span', {}, h('small', {}, t('health.network')), t(health.online ? 'health.online' : 'health.offline'))),
        health.freeBytes !== null && h('li', {}, h('span', {}, h('small', {}, t('health.free')), `${number(String(Math.round(health.freeBytes / MEGABYTE)))} MB`)),
        offset !== null && h('li', {}, h('span', {}, h('small', {}, t('health.clock')), Math.abs(offset) < CLOCK_MS ? t('health.clock.right') : t('health.clock.off', { n: Math.round(Math.abs(offset) / 60_000) })))),
      !health.persistent && h('div', { class: 'buttons' }, button(t('health.ask'), async () => {
        await navigator.storage?.persist?.();
        go('settings', true);
      })),
    ],
  };
}

/** Makes a small square picture. @param {File} file @returns {Promise<string>} */
async function shrunk(file) {
  const image = await createImageBitmap(file);
  const side = Math.min(image.width, image.height);
  const canvas = h('canvas');
  canvas.width = canvas.height = FACE_PX;
  canvas.getContext('2d')?.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, FACE_PX, FACE_PX);
  image.close();
  return canvas.toDataURL('image/jpeg', 0.8);
}

/** @returns {Promise<Screen>} */
export async function people() {
  const list = await app.core.profiles.list();
  const open = me();
  const name = h('input', { type: 'text', value: open.name, maxlength: 60, autocomplete: 'name', onchange: async () => {
    if (name.value.trim()) await app.core.profiles.change(open.id, { name: name.value.trim() });
  } });
  const at = h('div', {});
  return {
    name: 'people', title: t('people.title'), back: 'more', isLive: false,
    body: [
      h('div', { class: 'row' }, face(open), h('div', {}, h('b', {}, open.name), h('span', { class: 'small' }, t('people.open')))),
      h('label', { class: 'field' }, h('span', {}, t('join.name')), name),
      h('div', { class: 'buttons' },
        h('label', { class: 'file' }, icon('camera'), t('people.picture'), h('input', { type: 'file', accept: 'image/*', onchange: async (/** @type {Event} */ event) => {
          const [file] = /** @type {HTMLInputElement} */ (event.currentTarget).files ?? [];
          if (file) await app.core.profiles.change(open.id, { picture: await shrunk(file) });
          go('people', true);
        } })),
        link(t(open.hasPin ? 'pin.change' : 'pin.new'), 'newpin', '', 'lock'),
        open.hasPin && button(t('pin.none'), () => ask(t('pin.none.what'), t('pin.none'), async () => {
          await app.core.profiles.setPin(open.id, null);
          go('people', true);
        }, at), 'quiet')), at,
      list.length > 1 && h('h2', {}, t('people.others')),
      h('ul', { class: 'list' }, ...list.filter(({ id }) => id !== open.id).map((one) => h('li', {}, h('div', { class: 'row' }, face(one), h('div', {}, h('b', {}, one.name)))))),
    ],
    foot: [h('div', { class: 'pair' }, button(t('people.switch'), () => {
      app.core.profiles.lock();
      go('who', true);
    }, 'main', null), link(t('people.add'), 'welcome', ''))],
  };
}

/** Bundles and baskets, only as the co-operative agreed to count them. @returns {Promise<Screen>} */
export async function units() {
  const all = await registry();
  const word = h('input', { type: 'text', maxlength: 20, autocomplete: 'off' });
  const per = h('input', { type: 'text', inputmode: 'decimal', maxlength: 12, autocomplete: 'off' });
  const product = h('select', {}, ...all.products.filter(({ unit }) => unit !== '').map((one) => h('option', { value: one.id }, named(one.name))));
  const words = h('div', { role: 'alert' });
  const had = ownUnits();
  return {
    name: 'units', title: t('units.title'), back: 'more',
    body: [
      h('p', {}, t('units.what')),
      h('ul', { class: 'list' }, ...had.map((one) => {
        const of = all.product.get(one.product);
        return h('li', {}, h('div', { class: 'row' }, h('div', {}, h('b', {}, `1 ${one.word} = ${number(one.per)} kg`), h('span', { class: 'small' }, of ? named(of.name) : '')), h('button', { type: 'button', 'aria-label': t('units.remove', { word: one.word }), onclick: () => {
          setOwnUnits(had.filter((other) => other !== one));
          go('units', true);
        } }, icon('trash'))));
      })),
      words,
      h('label', { class: 'field' }, h('span', {}, t('units.word')), word), h('label', { class: 'field' }, h('span', {}, t('units.product')), product), h('label', { class: 'field' }, h('span', {}, t('units.per')), per),
    ],
    foot: [button(t('units.add'), () => {
      const exact = parseNumber(per.value, numbers());
      if (!word.value.trim() || exact === null || Number(exact) <= 0) {
        fill(words, note('mind', t('units.wrong')));
        return;
      }
      setOwnUnits([...had, { word: word.value.trim().normalize('NFC').toLowerCase(), product: product.value, per: exact }]);
      go('units', true);
    }, 'main')],
  };
}
