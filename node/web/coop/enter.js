// @ts-check
/** Who sits at the desk: a registrar's profile on this machine, or her key file. */
import { h } from '../ui/parts/dom.js';
import { button, field, form, text } from './forms.js';
import { t } from './words.js';

/** @typedef {import('../core/types.js').Core} Core */

/** @param {Core} core @param {() => Promise<void>} opened @param {(work: () => Promise<string | void>, at?: HTMLButtonElement) => Promise<void>} run */
export async function enter(core, opened, run) {
  const profiles = (await core.profiles.list()).filter(({ roles }) => roles.includes('registrar') || roles.includes('operator'));
  const others = profiles.map((profile) => {
    const pin = text('pin', { type: 'password', inputmode: 'numeric', autocomplete: 'current-password' });
    const open = async () => {
      await core.profiles.unlock(profile.id, profile.hasPin ? pin.value : null);
      if (profile.state !== 'active') {
        const now = await core.profiles.refresh(profile.id);
        if (now.state === 'asked') return t('enter.waits');
      }
      await opened();
      return undefined;
    };
    return form((_, at) => run(open, at), t('enter.open', { name: profile.name }), h('h2', {}, profile.name), profile.hasPin && field(t('enter.pin'), pin));
  });
  const file = h('input', { type: 'file', name: 'file', accept: '.pem', required: true });
  const importKey = form((data, at) => run(async () => {
    const pem = await /** @type {File} */ (data.get('file')).text();
    const pin = String(data.get('pin') ?? '');
    if (pin && !/^[0-9]{4,8}$/.test(pin)) return Promise.reject({ code: 'short_pin' });
    const profile = await core.profiles.importKey(pem, String(data.get('passphrase') ?? '') || null, String(data.get('name')).trim(), pin || null);
    if (!profile.roles.some((role) => role === 'registrar' || role === 'operator')) return Promise.reject({ code: 'no_registrar' });
    await opened();
    return undefined;
  }, at), t('enter.import'),
  h('h2', {}, t('enter.key')),
  field(t('enter.file'), file, t('enter.file.hint')),
  field(t('enter.name'), text('name', { required: true, maxlength: 60 })),
  field(t('enter.passphrase'), text('passphrase', { type: 'password' }), t('enter.passphrase.hint')),
  field(t('enter.newpin'), text('pin', { type: 'password', inputmode: 'numeric', maxlength: 8, autocomplete: 'new-password' }), t('enter.newpin.hint')));
  return [h('p', {}, t('enter.what')), ...others, others.length ? h('h2', {}, t('enter.or')) : null, importKey, h('p', { class: 'hint' }, t('enter.invited')), h('a', { href: '/app/' }, t('enter.app')), others.length ? null : button(t('again'), () => opened(), 'quiet')];
}
