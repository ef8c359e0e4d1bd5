// @ts-check
/** The own number pad: big keys, units of the field, and the amount in words while it is typed. A keyboard works as well. */
import { DIGITS_MAX, decimalMark, formatNumber, parseNumber } from '../number-words.js';
import { numbers, said, t } from '../words.js';
import { amountOf, compare, show, unitName } from '../units.js';
import { fill, h } from './dom.js';
import { icon } from './icons.js';

/** @typedef {import('../../core/types.js').Amount} Amount */
/** @typedef {import('../units.js').Unit} Unit */

/** Keys that are no digits. */
const LABELS = /** @type {Record<string, string>} */ ({ erase: 'erase', enter: 'enter', ',': 'mark', '.': 'mark' });

/** Keys in three columns, and what they do. @param {string[]} last @param {(key: string) => void} press */
function keys(last, press) {
  const key = (/** @type {string} */ name) => h('button', { type: 'button', 'data-key': name, 'aria-label': LABELS[name] ? t(`pad.${LABELS[name]}`) : null, onclick: () => press(name) }, LABELS[name] && name.length > 1 ? icon(name === 'erase' ? 'erase' : 'tick') : name);
  return h('div', { class: 'pad', role: 'group', 'aria-label': t('pad.keys') }, ...[...'123456789', ...last].map((name) => (name === '' ? h('span') : key(name))));
}

/** What is on the display after a key. @param {string} text @param {string} key */
export function pressed(text, key) {
  const mark = decimalMark(numbers());
  const raw = text.replaceAll(mark === ',' ? '.' : ',', '');
  if (key === 'erase') return pretty(raw.slice(0, -1));
  if (key === mark) return raw.includes(mark) ? text : pretty(`${raw || '0'}${mark}`);
  if (raw.replace(/[.,]/g, '').length >= DIGITS_MAX) return text;
  return pretty(raw === '0' ? key : raw + key);
}

/** @param {string} raw without marks between groups */
function pretty(raw) {
  const mark = decimalMark(numbers());
  const [whole = '', part] = raw.split(mark);
  return (whole ? formatNumber(whole, numbers()) : '') + (part === undefined ? '' : mark + part);
}

/**
 * @param {object} options
 * @param {string} options.label what is asked
 * @param {Unit[]} options.units the likeliest first
 * @param {Amount | null} options.value
 * @param {{ words: string, amount: Amount }[]} options.offers amounts that one tap confirms
 * @param {{ number: string, words: string } | null} options.most not more than this, in the ledger's unit
 * @param {(amount: Amount) => void} options.done
 */
export function amountPad({ label, units, value, offers, most, done }) {
  let unit = units.find(({ code }) => code === value?.typed?.unit) ?? /** @type {Unit} */ (units[0]);
  const startText = value?.typed ? formatNumber(value.typed.number, numbers()) : value ? formatNumber(value.number, numbers()) : '';
  const input = h('input', { type: 'text', inputmode: 'none', autocomplete: 'off', 'aria-label': label, 'aria-describedby': 'amount-words', value: startText, maxlength: 16, oninput: () => draw(), onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && next() });
  const words = h('p', { class: 'words', id: 'amount-words', 'aria-live': 'polite' });
  const chips = units.map((one) => h('button', { type: 'button', class: 'chip', 'data-unit': one.code, 'aria-pressed': one === unit, onclick: () => {
    unit = one;
    draw();
  } }, unitName(one.code)));
  const forward = h('button', { type: 'button', class: 'button main', id: 'next', onclick: () => next() }, t('next'));

  const read = () => {
    const number = parseNumber(input.value, numbers());
    return number === null || compare(number, '0') <= 0 ? null : amountOf(number, unit);
  };
  const isTooMuch = (/** @type {Amount} */ amount) => most !== null && compare(amount.number, most.number) > 0;

  function next() {
    const amount = read();
    if (amount && !isTooMuch(amount)) done(amount);
    else input.focus();
  }

  function draw() {
    const amount = read();
    input.classList.toggle('long', input.value.length > 9);
    for (const chip of chips) chip.setAttribute('aria-pressed', String(chip.dataset.unit === unit.code));
    forward.disabled = !amount || isTooMuch(amount);
    if (!amount) fill(words, input.value && input.value !== '0' && parseNumber(input.value, numbers()) === null ? h('span', { class: 'bad' }, t('pad.unclear')) : h('span', { class: 'small' }, t('pad.type')));
    else if (isTooMuch(amount)) fill(words, h('span', { class: 'bad' }, most?.words ?? ''));
    else fill(words, h('b', {}, said(amount.typed?.number ?? amount.number, unit.code)), unit.per === '1' ? null : h('span', { class: 'small' }, `= ${show(amount)}`));
  }
  draw();

  return {
    body: [
      offers.length > 0 && h('div', { class: 'chips offers' }, ...offers.map((offer) => h('button', { type: 'button', class: 'chip', 'data-offer': '', onclick: () => done(offer.amount) }, icon('tick', 'tick'), offer.words))),
      h('label', { class: 'amount' }, input), words,
      units.length > 1 && h('div', { class: 'units', role: 'group', 'aria-label': t('pad.unit') }, ...chips),
    ],
    foot: [
      keys([decimalMark(numbers()), '0', 'erase'], (key) => {
        input.value = pressed(input.value, key);
        draw();
      }),
      forward,
    ],
  };
}

/** Digits of a PIN that is chosen here; one that was chosen at the desk may be longer. */
export const PIN_DIGITS = 4;
const PIN_DIGITS_MAX = 12;

/**
 * @param {string} label
 * @param {(pin: string) => Promise<void> | void} done called with the last digit of a new PIN, or when a known one was typed and confirmed
 * @param {{ isNew?: boolean }} [options]
 */
export function pinPad(label, done, { isNew = false } = {}) {
  let pin = '';
  const dots = h('div', { class: 'dots', role: 'img' });
  const draw = () => {
    fill(dots, ...Array.from({ length: Math.max(PIN_DIGITS, pin.length) }, (_, at) => h('i', { class: at < pin.length ? 'on' : '' })));
    dots.setAttribute('aria-label', t('pin.typed', { n: pin.length }));
  };
  const submit = async () => {
    const whole = pin;
    pin = '';
    await done(whole);
    draw();
  };
  const press = (/** @type {string} */ key) => {
    if (key === 'enter') return pin.length >= PIN_DIGITS ? submit() : undefined;
    pin = key === 'erase' ? pin.slice(0, -1) : (pin + key).slice(0, PIN_DIGITS_MAX);
    draw();
    return isNew && pin.length === PIN_DIGITS && key !== 'erase' ? submit() : undefined;
  };
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (!dots.isConnected) document.removeEventListener('keydown', onKey);
    else if (document.activeElement?.tagName === 'INPUT') return;
    else if (/^[0-9]$/.test(event.key)) press(event.key);
    else if (event.key === 'Backspace') press('erase');
    else if (event.key === 'Enter' && document.activeElement?.tagName !== 'BUTTON') press('enter');
  };
  document.addEventListener('keydown', onKey);
  draw();
  return { dots, pad: h('div', { role: 'group', 'aria-label': label }, keys(isNew ? ['', '0', 'erase'] : ['enter', '0', 'erase'], press)) };
}
