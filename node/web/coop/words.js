// @ts-check
/** The words of the pages that live on the network alone, such as the desk's `locales/coop.{vi,en}.json`, in the language that the app speaks. */

const KEY = 'nguon.language';
/** @type {Record<string, string>} */
let words = {};
let current = 'vi';
/** Whose words they are. */
let group = 'coop';

export const language = () => current;

/** @param {string} [wanted] @param {'coop' | 'report'} [of] */
export async function openWords(wanted, of) {
  group = of ?? group;
  const asked = wanted ?? localStorage.getItem(KEY) ?? navigator.language.slice(0, 2);
  current = asked === 'en' ? 'en' : 'vi';
  if (wanted) localStorage.setItem(KEY, wanted);
  const answer = await fetch(new URL(`../locales/${group}.${current}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`${group}.${current}.json: ${answer.status}`);
  words = await answer.json();
  document.documentElement.lang = current;
  document.title = t('title');
}

/** A text, with `{facts}` put in. @param {string} key @param {Record<string, string | number>} [facts] */
export const t = (key, facts = {}) => (words[key] ?? key).replace(/\{(\w+)\}/g, (all, name) => (name in facts ? String(facts[name]) : all));

/** @param {string} key */
export const has = (key) => key in words;

/** The name of a registered thing. @param {any} name @param {string} [otherwise] */
export const named = (name, otherwise = '') => (typeof name === 'string' ? name : (current === 'en' ? name?.en : name?.vi) || name?.vi || otherwise);

/** The last part of a URI. @param {unknown} uri */
export const tail = (uri) => decodeURIComponent(String(uri ?? '').split('/').pop() ?? '');

/** @param {string | number} time */
export const day = (time) => new Date(time).toLocaleDateString(current === 'en' ? 'en-GB' : 'vi-VN', { day: 'numeric', month: 'numeric', year: 'numeric' });

/** An exact decimal in its unit, as people here write it. @param {string} quantity @param {string} unit */
export function amount(quantity, unit) {
  const [whole = '', part] = quantity.split('.');
  const [group, point] = current === 'en' ? [',', '.'] : ['.', ','];
  const said = whole.replace(/\B(?=(\d{3})+$)/g, group) + (part ? point + part : '');
  return `${said} ${has(`unit.${unit}`) ? t(`unit.${unit}`) : unit}`;
}
