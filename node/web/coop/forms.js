// @ts-check
/** The parts of the desk's forms. */
import { h } from '../ui/parts/dom.js';
import { t } from './words.js';

/** @param {string} words @param {(at: HTMLButtonElement) => unknown} use @param {string} [kind] */
export function button(words, use, kind = '') {
  const made = h('button', { type: 'button', class: `button ${kind}`, onclick: () => use(made) }, words);
  return made;
}

/** @param {string} words @param {HTMLElement} input @param {string} [hint] */
export const field = (words, input, hint) => h('label', { class: 'field' }, h('span', {}, words), input, hint && h('small', { class: 'hint' }, hint));

/** @param {string} name @param {Record<string, unknown>} [more] */
export const text = (name, more = {}) => h('input', { name, type: 'text', autocomplete: 'off', ...more });

/** @param {string} name @param {[string, string][]} options @param {string} [chosen] */
export const choice = (name, options, chosen) => h('select', { name }, options.map(([value, words]) => h('option', { value, selected: value === chosen }, words)));

/** @param {string} words @param {string} name @param {string} value @param {boolean} [isChecked] */
export const tick = (words, name, value, isChecked = false) => h('label', { class: 'tick-box' }, h('input', { type: 'checkbox', name, value, checked: isChecked }), words);

/** A form that is sent by its one button. @param {(data: FormData, at: HTMLButtonElement) => unknown} use @param {string} words @param {(Node | string | null | false | undefined)[]} parts */
export function form(use, words, ...parts) {
  const send = h('button', { type: 'submit', class: 'button main' }, words);
  const made = h('form', {
    onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      use(new FormData(made), send);
    },
  }, ...parts, h('div', { class: 'buttons' }, send));
  return made;
}

/** What is there to list, or that there is nothing. @param {Node[]} items @param {string} empty */
export const listed = (items, empty) => (items.length ? h('ul', { class: 'list' }, items) : h('p', { class: 'empty' }, empty));

/** A name as part of an address: `Ho 07` becomes `ho-07`. @param {string} name */
export function slugOf(name) {
  const plain = name.normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/[\u0111\u0110]/g, 'd').toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 32);
}

/** A slug that nothing has yet. @param {string} name @param {any[]} records */
export function freeSlug(name, records) {
  const taken = new Set(records.map((record) => String(record.id).split('/').pop()));
  const wanted = slugOf(name) || 'x';
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number += 1) if (!taken.has(`${wanted}-${number}`)) return `${wanted}-${number}`;
}

/** A question before what cannot be taken back: the button opens it, a second one does it. @param {string} words @param {string} question @param {string} yes @param {(at: HTMLButtonElement) => unknown} use */
export function twice(words, question, yes, use) {
  const box = h('div', {});
  const ask = () => box.replaceChildren(h('div', { class: 'note mind', role: 'alertdialog', 'aria-label': question }, h('div', {}, h('p', {}, question),
    h('div', { class: 'buttons' }, button(yes, use, 'danger'), button(t('no'), close, 'quiet')))));
  const close = () => box.replaceChildren(button(words, () => {
    ask();
    box.querySelector('button')?.focus();
  }, 'quiet'));
  close();
  return box;
}
