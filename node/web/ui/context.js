// @ts-check
/** What every screen may reach: the core, what the ledger has registered, and where to go next. */
import { has, named, t } from './words.js';
import { show } from './units.js';

/** @typedef {import('../core/types.js').Core} Core */
/** @typedef {import('../core/types.js').Product} Product */
/** @typedef {import('../core/types.js').Named} Named */
/** @typedef {import('../core/types.js').LotCard} LotCard */
/** @typedef {import('../core/types.js').Item} Item */
/** @typedef {import('../core/types.js').Step} Step */
/** @typedef {import('./parts/dom.js').Child} Child */

/**
 * One screen. `name` is what its recorded words are kept under.
 * @typedef {object} Screen
 * @property {string} name
 * @property {string} title
 * @property {(Child | Child[])[]} body
 * @property {Child[]} [foot] what the thumb reaches
 * @property {string} [back] where the arrow leads; without it there is none
 * @property {string} [nav] which of the three places below this is
 * @property {string} [hint] small, between arrow and speaker
 * @property {boolean} [isLive] drawn anew whenever something changed
 * @property {() => void} [leave]
 */

/** @typedef {(args: string[]) => Promise<Screen | null>} Show nothing: it went elsewhere */

/** @type {{ core: Core }} */
export const app = { core: /** @type {any} */ (null) };

/** Goes to another screen; `instead` leaves no way back to this one. @param {string} path @param {boolean} [instead] */
export function go(path, instead = false) {
  if (instead) {
    history.replaceState(null, '', `#/${path}`);
    window.dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    location.hash = `#/${path}`;
  }
}

/** The registry, by URI. */
export async function registry() {
  const { products, places, actors } = await app.core.registry();
  return {
    products, places, actors,
    product: new Map(products.map((one) => [one.id, one])),
    place: new Map(places.map((one) => [one.id, one])),
    actor: new Map(actors.map((one) => [one.id, one])),
  };
}

/** @typedef {Awaited<ReturnType<typeof registry>>} Registry */

/** The person who is at the phone. */
export function me() {
  const profile = app.core.profiles.open();
  if (!profile) throw new Error('nobody is at the phone');
  return profile;
}

/** The last part of a URI, where there is no name. @param {string | null | undefined} uri */
export const tail = (uri) => decodeURIComponent((uri ?? '').split('/').pop() ?? '');

/** The code that people say. @param {string} lot */
export const shortOf = (lot) => (lot.includes('/10/') ? tail(lot) : tail(lot).slice(-4));

/** The name of an actor or place. @param {Map<string, Named>} from @param {string | null | undefined} uri */
export const nameOf = (from, uri) => from.get(uri ?? '')?.name || tail(uri);

/** Now, by this phone's clock, with its offset. */
export function now() {
  const at = new Date();
  const offset = -at.getTimezoneOffset();
  const two = (/** @type {number} */ n) => String(Math.abs(n)).padStart(2, '0');
  const local = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, -1);
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.trunc(offset / 60))}:${two(offset % 60)}`;
}

/**
 * Why something cannot be, and what to do.
 *
 * @param {import('../core/types.js').Refused} refused
 * @param {Registry} all
 * @param {LotCard[]} lots the node's own refusals do not say how much there is, but the phone knows
 */
export function reason({ code, facts }, all, lots) {
  const unit = facts.unit ?? '';
  const known = lots.find(({ lot }) => lot === facts.lot)?.left;
  const words = {
    lot: facts.lot ? shortOf(facts.lot) : '',
    left: facts.left ? show({ number: facts.left, unit }) : known ? show(known) : '',
    most: facts.most ? show({ number: facts.most, unit }) : '',
    product: named(all.product.get(facts.product ?? '')?.name ?? ''),
    code,
  };
  const isVague = (code === 'insufficient_quantity' && !words.left) || (code === 'yield_exceeded' && !words.most);
  const key = `refusal.${code}${isVague ? '.vague' : ''}`;
  return has(key) ? t(key, words) : t('refusal.other', words);
}

/** The words of an error of the core. @param {unknown} error */
export function trouble(error) {
  const { code, waitMs, message } = /** @type {import('../core/types.js').CoreError} */ (error);
  const text = t(`error.${code}`, { n: Math.ceil((waitMs ?? 0) / 1000) });
  return text === `error.${code}` ? t('error.other', { detail: message }) : text;
}
