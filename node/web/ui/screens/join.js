// @ts-check
/** Joining: who invites, her name, her PIN, and waiting for the yes. */
import { app, go, trouble } from '../context.js';
import { button, link, note } from '../parts/bits.js';
import { scanner } from '../parts/codes.js';
import { announce, fill, h } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { has, named, t } from '../words.js';
import { twice } from './who.js';

/** @typedef {import('../context.js').Screen} Screen */

/** How often the phone asks whether she was approved, while she looks at it. */
const ASK_MS = 5_000;
const NAME_MAX = 60;
const TOKEN = /([0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{26})\/?$/;

/** The name she typed, kept only until the key is made. */
let herName = '';

/** @param {string} token */
async function invitation(token) {
  let answer;
  try {
    answer = await fetch(new URL(`../../v1/invitations/${encodeURIComponent(token)}`, new URL('..', import.meta.url)));
  } catch {
    throw Object.assign(new Error('offline'), { code: 'offline' });
  }
  if (answer.status === 404) throw Object.assign(new Error('no such invitation'), { code: 'not_found' });
  if (!answer.ok) throw Object.assign(new Error(`${answer.status}`), { code: 'other' });
  return answer.json();
}

/** `#/join/{token}` and `#/join/{token}/{name|pin}`. @param {string[]} args @returns {Promise<Screen>} */
export async function show([token = '', part = '']) {
  if (part === 'name') return askName(token);
  if (part === 'pin') return askPin(token);
  let found;
  try {
    found = await invitation(token);
  } catch (error) {
    const isUnknown = /** @type {any} */ (error).code === 'not_found';
    return { name: 'join', title: t('join.title'), back: 'welcome', body: [note('mind', isUnknown ? t('join.unknown') : trouble(error))], foot: [button(t('try_again'), () => go(`join/${token}`, true), 'main')] };
  }
  const state = t(`join.state.${found.state}`);
  const isOpen = found.state === 'open';
  const organisation = found.organisationName ? named(found.organisationName) : found.organisation;
  return {
    name: 'join', title: t('join.from', { organisation }), back: 'welcome',
    body: [
      h('div', { class: 'center' }, icon('receive', 'huge')),
      h('p', {}, t('join.what', { ledger: found.ledgerName ? named(found.ledgerName) : found.ledger })),
      found.roles?.length > 0 && h('p', {}, t('join.roles'), ' ', h('strong', {}, found.roles.map((/** @type {string} */ role) => (has(`role.${role}`) ? t(`role.${role}`) : role)).join(', '))),
      !isOpen && note('mind', state),
      h('p', { class: 'small' }, t('join.key')),
    ],
    foot: [isOpen ? button(t('join.yes'), () => go(`join/${token}/name`), 'main') : link(t('join.other'), 'welcome', 'main')],
  };
}

/** @param {string} token @returns {Screen} */
function askName(token) {
  const input = h('input', { type: 'text', autocomplete: 'name', maxlength: NAME_MAX, value: herName, enterkeyhint: 'next', oninput: () => (forward.disabled = !input.value.trim()), onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && next() });
  const next = () => {
    herName = input.value.trim();
    if (herName) go(`join/${token}/pin`);
  };
  const forward = button(t('next'), next, 'main');
  forward.disabled = !herName;
  return { name: 'join-name', title: t('join.name.title'), back: `join/${token}`, body: [h('label', { class: 'field' }, h('span', {}, t('join.name')), input), h('p', { class: 'small' }, t('join.name.what'))], foot: [forward] };
}

/** @param {string} token @returns {Screen} */
function askPin(token) {
  if (!herName) {
    go(`join/${token}/name`, true);
  }
  const words = h('div', { role: 'alert' });
  let isBusy = false;
  const join = async (/** @type {string | null} */ pin) => {
    if (isBusy) return;
    isBusy = true;
    fill(words, h('p', { class: 'center' }, t('join.asking')));
    try {
      await app.core.profiles.join(token, herName, pin);
      herName = '';
      go('waiting', true);
    } catch (error) {
      fill(words, note('stop', trouble(error)));
    } finally {
      isBusy = false;
    }
  };
  const { body, pad } = twice(join);
  return { name: 'join-pin', title: t('join.pin.title'), back: `join/${token}/name`, body: [h('p', { class: 'small' }, t('join.pin.what')), ...body, words], foot: [pad, button(t('join.nopin'), () => join(null), 'quiet')] };
}

/** @returns {Promise<Screen | null>} */
export async function waiting() {
  let profile = app.core.profiles.open();
  if (!profile) {
    go('', true);
    return null;
  }
  const words = h('div', { role: 'status' });
  const id = profile.id;
  if (profile.state === 'active') {
    announce(t('waiting.yes'));
    return {
      name: 'approved', title: t('waiting.yes'),
      body: [h('div', { class: 'center' }, icon('tick', 'huge tick pop')), h('p', { class: 'readback center' }, t('waiting.hello', { name: profile.name }))],
      foot: [link(t('waiting.begin'), '', 'main')],
    };
  }
  const isRevoked = profile.state === 'revoked';
  const ask = async (/** @type {boolean} */ isLoud) => {
    try {
      profile = await app.core.profiles.refresh(id);
      if (profile.state === 'active') {
        await app.core.sync().catch(() => {});
        go('waiting', true);
      } else if (isLoud) {
        fill(words, note('', t('waiting.notyet')));
      }
    } catch (error) {
      if (isLoud) fill(words, note('mind', trouble(error)));
    }
  };
  const timer = setInterval(() => document.visibilityState === 'visible' && navigator.onLine && ask(false), ASK_MS);
  return {
    name: 'waiting', title: t(isRevoked ? 'waiting.revoked' : 'waiting.title'), leave: () => clearInterval(timer),
    body: [h('div', { class: 'center' }, icon(isRevoked ? 'mind' : 'wait', 'huge')), h('p', { class: 'readback' }, t(isRevoked ? 'waiting.revoked.what' : 'waiting.what', { name: profile.name })), words],
    foot: [button(t('waiting.ask'), () => ask(true), 'main'), link(t('people.title'), 'people', 'quiet')],
  };
}

/** A phone that nobody has joined on yet. @returns {Promise<Screen>} */
export async function welcome() {
  const words = h('div', { role: 'alert' });
  const people = await app.core.profiles.list();
  const input = h('input', { type: 'text', autocomplete: 'off', inputmode: 'url', onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && open(input.value) });
  const open = (/** @type {string} */ text) => {
    const token = TOKEN.exec(text.trim())?.[1];
    if (token) go(`join/${token.toUpperCase()}`);
    else fill(words, note('mind', t('welcome.notlink')));
    return Boolean(token);
  };
  const at = h('div', {});
  /** @type {(() => void) | undefined} */
  let stop;
  return {
    name: 'welcome', title: t('welcome.title'), back: people.length ? 'who' : undefined, leave: () => stop?.(),
    body: [
      h('div', { class: 'center' }, icon('harvest', 'huge')),
      h('p', {}, t('welcome.what')), at, words,
      h('label', { class: 'field' }, h('span', {}, t('welcome.link')), input),
      h('div', { class: 'buttons' }, button(t('welcome.open'), () => open(input.value))),
      h('div', { class: 'buttons' }, link(t('key.title'), 'key', 'quiet', 'lock'), link(t('settings.title'), 'settings', 'quiet', 'gear')),
    ],
    foot: [button(t('welcome.scan'), () => {
      const camera = scanner((text) => open(text));
      stop = camera.stop;
      fill(at, camera.node);
      camera.node.scrollIntoView({ block: 'start' });
    }, 'main', 'camera')],
  };
}
