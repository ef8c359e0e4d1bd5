// @ts-check
/** Who is at the phone: several women may share one, each behind her own PIN. */
import { app, go, trouble } from '../context.js';
import { button, face, note } from '../parts/bits.js';
import { fill, h } from '../parts/dom.js';
import { pinPad } from '../parts/pad.js';
import { t } from '../words.js';

/** @typedef {import('../context.js').Screen} Screen */

/** @returns {Promise<Screen>} */
export async function show() {
  const people = await app.core.profiles.list();
  return {
    name: 'who', title: t('who.title'),
    body: [h('div', { class: 'tiles' }, ...people.map((one) => h('button', { type: 'button', class: 'tile', onclick: () => choose(one) }, face(one), h('span', {}, h('b', {}, one.name), one.state === 'asked' && h('span', { class: 'small' }, t('who.asked')), one.state === 'revoked' && h('span', { class: 'small' }, t('who.revoked'))))))],
    foot: [button(t('who.other'), () => go('welcome'), 'quiet', 'person')],
  };
}

/** @param {import('../../core/types.js').Profile} profile */
async function choose(profile) {
  if (profile.hasPin) {
    go(`pin/${profile.id}`);
    return;
  }
  await app.core.profiles.unlock(profile.id, null);
  go('', true);
}

/** @param {string[]} args @returns {Promise<Screen | null>} */
export async function pin([id = '']) {
  const profile = (await app.core.profiles.list()).find((one) => one.id === id);
  if (!profile) {
    go('who', true);
    return null;
  }
  const words = h('div', { role: 'alert' });
  const { dots, pad } = pinPad(t('pin.title', { name: profile.name }), async (typed) => {
    try {
      await app.core.profiles.unlock(id, typed);
      go('', true);
    } catch (error) {
      fill(words, note('mind', wrongPin(error)));
    }
  });
  return { name: 'pin', title: t('pin.title', { name: profile.name }), back: 'who', body: [h('div', { class: 'center' }, face(profile)), dots, words], foot: [pad] };
}

/** @param {unknown} error */
export function wrongPin(error) {
  const { code, waitMs } = /** @type {any} */ (error);
  if (code === 'wrong_pin') return waitMs ? t('pin.wait', { n: Math.ceil(waitMs / 1000) }) : t('pin.wrong');
  return trouble(error);
}

/**
 * Asks for a new PIN, twice.
 *
 * @param {(pin: string) => Promise<void> | void} done
 */
export function twice(done) {
  let first = '';
  const words = h('p', { class: 'center', role: 'status' }, t('pin.choose'));
  const { dots, pad } = pinPad(t('pin.choose'), async (typed) => {
    if (!first) {
      first = typed;
      fill(words, t('pin.repeat'));
    } else if (first !== typed) {
      first = '';
      fill(words, t('pin.differs'));
    } else {
      await done(typed);
    }
  }, { isNew: true });
  return { body: [words, dots], pad };
}

/** @returns {Promise<Screen>} */
export async function newPin() {
  const profile = app.core.profiles.open();
  const { body, pad } = twice(async (typed) => {
    await app.core.profiles.setPin(profile?.id ?? '', typed);
    go('people', true);
  });
  return { name: 'pin', title: t('pin.new'), back: 'people', body, foot: [pad] };
}

/** For those who have a key in a file already, such as a registrar. @returns {Promise<Screen>} */
export async function keyFile() {
  const words = h('div', { role: 'alert' });
  const name = h('input', { type: 'text', autocomplete: 'name', maxlength: 60 });
  const secret = h('input', { type: 'password', autocomplete: 'off' });
  const file = h('input', { type: 'file', accept: '.pem,.key,application/x-pem-file', id: 'keyfile' });
  const chosen = h('span', {}, t('key.file'));
  file.addEventListener('change', () => fill(chosen, file.files?.[0]?.name ?? t('key.file')));
  const { body, pad } = twice(async (typed) => {
    const [pem] = file.files ?? [];
    if (!pem || !name.value.trim()) {
      fill(words, note('mind', t('key.first')));
      return;
    }
    try {
      await app.core.profiles.importKey(await pem.text(), secret.value || null, name.value.trim(), typed);
      await app.core.sync().catch(() => {});
      go('', true);
    } catch (error) {
      fill(words, note('stop', trouble(error)));
    }
  });
  return {
    name: 'key', title: t('key.title'), back: 'welcome',
    body: [
      h('p', { class: 'small' }, t('key.what')), words,
      h('label', { class: 'field' }, h('span', {}, t('join.name')), name),
      h('div', { class: 'buttons' }, h('label', { class: 'file' }, chosen, file)),
      h('label', { class: 'field' }, h('span', {}, t('key.secret')), secret), ...body, pad,
    ],
  };
}
