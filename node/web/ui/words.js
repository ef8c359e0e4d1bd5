// @ts-check
/** The words of the screens. Every text stands in `locales/*.json`; a language is added by dropping a file there and naming it in `index.json`. */
import { formatNumber, sayAmount } from './number-words.js';

/** @typedef {{ code: string, name: string, numbers: 'vi' | 'en' }} Locale `numbers`: whose number habits hold */
/** @typedef {{ code: string, name: string, clips: string[] }} Voice `clips`: screens whose recording lies in `locales/{code}/` on the server */

const KEY = 'nguon.language';
const DEFAULT = 'vi';

/** @type {Record<string, string>} */
let words = {};
/** @type {Locale} */
let current = { code: DEFAULT, name: '', numbers: 'vi' };
/** @type {{ locales: Locale[], voices: Voice[] }} */
let index = { locales: [], voices: [] };

/** @param {string} file */
async function load(file) {
  const answer = await fetch(new URL(`../locales/${file}`, import.meta.url));
  if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
  return answer.json();
}

/** Loads the chosen language, or the one that the phone speaks. @param {string} [wanted] */
export async function openWords(wanted) {
  if (index.locales.length === 0) index = await load('index.json');
  const asked = wanted ?? localStorage.getItem(KEY) ?? navigator.language.slice(0, 2);
  const [fallback] = index.locales;
  const found = index.locales.find(({ code }) => code === asked) ?? fallback;
  if (!found) throw new Error('no language');
  const [base, own] = await Promise.all([load(`${DEFAULT}.json`), found.code === DEFAULT ? null : load(`${found.code}.json`)]);
  words = { ...base.app, ...own?.app };
  current = found;
  if (wanted) localStorage.setItem(KEY, wanted);
  document.documentElement.lang = current.code;
}

export const locales = () => index.locales;
export const voices = () => index.voices;
export const language = () => current.code;
/** Whose number habits hold. */
export const numbers = () => current.numbers;

/**
 * A text, with `{facts}` put in. A text with a bar holds the one of `n` = 1 before it.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [facts]
 */
export function t(key, facts = {}) {
  const text = words[key] ?? key;
  const bar = text.indexOf('|');
  const chosen = bar < 0 ? text : facts.n === 1 ? text.slice(0, bar) : text.slice(bar + 1);
  return chosen.replace(/\{(\w+)\}/g, (all, name) => (name in facts ? String(facts[name]) : all));
}

/** Whether a text is there. @param {string} key */
export const has = (key) => key in words;

/** @param {string} decimal */
export const number = (decimal) => formatNumber(decimal, current.numbers);

/** An amount in a unit of `units.js`, as it is said; no line may end inside a word. @param {string} decimal @param {string} unit */
export const said = (decimal, unit) => sayAmount(decimal, words[`unit.${unit}.said`] ?? unit, current.numbers).replaceAll('-', '\u2011');

/** A name within a sentence: in Vietnamese the first word of a product is no proper name. @param {string} name */
export const within = (name) => (current.numbers === 'vi' ? name.charAt(0).toLowerCase() + name.slice(1) : name);

/** The name of a registered thing in the open language. @param {{ vi: string, en?: string } | string} name */
export function named(name) {
  if (typeof name === 'string') return name;
  return (current.code === 'en' ? name.en : name.vi) || name.vi || name.en || '';
}

/** A day as people say it, today and yesterday by word. @param {string | number} time */
export function day(time) {
  const at = new Date(time);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return t('day.today');
  if (days === 1) return t('day.yesterday');
  return at.toLocaleDateString(current.numbers === 'en' ? 'en-GB' : 'vi-VN', { day: 'numeric', month: 'numeric', year: 'numeric' });
}

/** @param {string | number} time */
export const clock = (time) => new Date(time).toLocaleTimeString('vi-VN', { hour: '2-digit', minute: '2-digit' });
