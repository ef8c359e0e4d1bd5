// @ts-check
/** The weigh-in: the giver shows, the receiver reads and says that the amount is right. Both keep the same. */
import { app, go, me, nameOf, reason, registry, shortOf, trouble } from '../context.js';
import { button, inShort, link, lotProducts, lotRow, note, sendNow } from '../parts/bits.js';
import { codeView, scanner } from '../parts/codes.js';
import { announce, fill, h } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { amountPad, pinPad } from '../parts/pad.js';
import { named, t } from '../words.js';
import { amountOf, inBase, say, showWith, unitsOf } from '../units.js';
import { draft, drop, stepOf } from './draft.js';
import { wrongPin } from './who.js';

/** @typedef {import('../context.js').Screen} Screen */
/** @typedef {import('../../core/types.js').Offer} Offer */
/** @typedef {import('../../core/types.js').Item} Item */
/** @typedef {{ frames: string[], code: string }} Shown */

/** What was offered since the page was opened. @type {Map<string, Shown>} */
const offers = new Map();
/** What was scanned and is being agreed to. @type {Offer | null} */
let taken = null;

const KEY = 'nguon.offer.';

/** @param {{ item: Item, frames: string[], code: string }} offer */
export function keepOffer({ item, frames, code }) {
  offers.set(item.id, { frames, code });
  sessionStorage.setItem(KEY + item.id, JSON.stringify({ frames, code }));
}

/** @param {string} id @returns {Shown | null} */
function offered(id) {
  return offers.get(id) ?? JSON.parse(sessionStorage.getItem(KEY + id) ?? 'null');
}

/** The giver's side. @param {string[]} args @returns {Promise<Screen | null>} */
export async function give([id = '']) {
  const [all, items, lots] = await Promise.all([registry(), app.core.items(), app.core.lots()]);
  const item = items.find((one) => one.id === id);
  if (!item) {
    go('', true);
    return null;
  }
  const frames = offered(id)?.frames ?? [];
  const code = offered(id)?.code ?? '';
  const amount = item.step.inputs?.[0]?.amount;
  const view = frames.length ? codeView(frames, t('give.code')) : null;
  if (performance.getEntriesByName('save', 'mark').length) performance.clearMarks('save');
  announce(t('saved.title'));
  const spaced = code.replace(/(.{4})(?=.)/g, '$1 ');
  return {
    name: 'give', title: t('give.title', { name: nameOf(all.actor, item.step.party) }), back: '', leave: view?.stop,
    body: [
      h('p', {}, h('strong', {}, amount ? say(amount) : ''), ' \u00b7 ', inShort({ ...item.step, party: undefined }, all, lotProducts(items, lots))),
      view ? view.node : note('', t('give.gone')),
      code ? h('div', {}, h('p', { class: 'small center' }, t('give.type')), h('p', { class: 'say-code', id: 'code' }, spaced)) : h('p', { class: 'small center' }, t('give.offline')),
      h('p', { class: 'small center' }, t('give.safe')),
    ],
    foot: [link(t('give.done'), '', 'main')],
  };
}

/** The receiver's side: what is on its way, or the giver's code. @returns {Promise<Screen>} */
export async function take() {
  const [all, lots] = await Promise.all([registry(), app.core.lots()]);
  const incoming = lots.filter((one) => one.incoming);
  const at = h('div', {});
  const words = h('div', { role: 'alert' });
  /** @type {(() => void) | undefined} */
  let stop;
  const scan = () => {
    const count = h('p', { class: 'small center', role: 'status' });
    const camera = scanner(async (text) => {
      try {
        const { have, of, offer } = await app.core.weighIn.scan(text);
        count.textContent = of > 1 ? t('codes.have', { have, of }) : '';
        if (!offer) return false;
        agree(offer);
        return true;
      } catch (error) {
        fill(words, note('mind', /** @type {any} */ (error).code === 'not_found' ? t('take.notours') : trouble(error)));
        return false;
      }
    });
    stop = camera.stop;
    fill(at, camera.node, count);
    camera.node.scrollIntoView({ block: 'start' });
  };
  return {
    name: 'take', title: t('take.title'), back: '', leave: () => stop?.(),
    body: [
      at, words,
      incoming.length > 0 && h('h2', {}, t('take.coming')),
      h('ul', { class: 'list' }, ...incoming.map((lot) => lotRow({ ...lot, can: ['receive'] }, all, 1))),
      incoming.length === 0 && h('p', {}, t('take.how')),
    ],
    foot: [button(t('take.scan'), scan, 'main', 'camera'), h('div', { class: 'pair' }, link(t('take.type'), 'typed', '', 'pen'), link(t('courier.scan'), 'scan', '', 'carry'))],
  };
}

/** @param {Offer} offer */
function agree(offer) {
  taken = offer;
  go('typed/agree');
}

/** `#/typed`: the code by hand; `#/typed/agree`: is the amount right? @param {string[]} args @returns {Promise<Screen | null>} */
export async function typed([part = '']) {
  if (part === 'agree' && taken) return agreeing(taken);
  const words = h('div', { role: 'alert' });
  const input = h('input', { type: 'text', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', maxlength: 12, onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && find() });
  const find = async () => {
    fill(words, h('p', { class: 'center' }, t('records.sending')));
    try {
      agree(await app.core.weighIn.byCode(input.value));
    } catch (error) {
      fill(words, note('mind', /** @type {any} */ (error).code === 'not_found' ? t('take.nocode') : trouble(error)));
    }
  };
  return { name: 'typed', title: t('take.type.title'), back: 'take', body: [h('label', { class: 'field' }, h('span', {}, t('take.code')), input), h('p', { class: 'small' }, t('take.code.what')), words], foot: [button(t('next'), find, 'main')] };
}

/** @param {Offer} offer @returns {Promise<Screen>} */
async function agreeing(offer) {
  const [all, lots] = await Promise.all([registry(), app.core.lots()]);
  const product = all.product.get(offer.product);
  const words = h('div', { role: 'alert' });
  const base = inBase(offer.amount);
  const units = unitsOf(product, base.unit);
  const plain = { code: units.find(({ per }) => per === '1')?.code ?? 'kg', of: base.unit, per: '1' };
  const { actor, organisation } = me();
  const place = (await app.core.last('receive'))?.place ?? all.places.find(({ owner }) => owner === actor || owner === organisation)?.id ?? '';
  const accept = async (/** @type {import('../../core/types.js').Amount} */ amount) => {
    performance.mark('save');
    try {
      const item = await app.core.weighIn.accept(offer, amount, place);
      taken = null;
      go(`saved/${item.id}`, true);
    } catch (error) {
      const { refused } = /** @type {any} */ (error);
      fill(words, note('stop', refused ? reason(refused, all, lots) : trouble(error)));
    }
  };
  const { body, foot } = amountPad({
    label: t('ask.taken.receive'), units: [plain, ...units.filter(({ code }) => code !== plain.code)], value: null, most: null, done: accept,
    offers: [{ words: t('ask.taken.right', { amount: showWith(offer.amount, product) }), amount: amountOf(base.number, plain) }],
  });
  return {
    name: 'agree', title: t('agree.title', { name: nameOf(all.actor, offer.giver) }), back: 'take',
    body: [h('p', {}, h('strong', {}, say(offer.amount)), ` \u00b7 ${product ? named(product.name) : ''} \u00b7 ${t('lot.code', { lot: shortOf(offer.lot) })}`), place && h('p', { class: 'small' }, t('agree.place', { place: nameOf(all.place, place) })), words, ...body],
    foot,
  };
}

/** One phone between two: the giver behind her PIN, then the receiver behind hers. @returns {Promise<Screen | null>} */
export async function onePhone() {
  const of = draft();
  const giver = me();
  const [all, lots, items, people] = await Promise.all([registry(), app.core.lots(), app.core.items(), app.core.profiles.list()]);
  const receiver = people.find(({ actor, state }) => state === 'active' && actor !== null && actor === of?.party);
  if (!of || !receiver) {
    go('', true);
    return null;
  }
  const step = stepOf(of, (one) => t(`reason.${one}`), '');
  const words = h('div', { role: 'alert' });
  const at = h('div', {});
  const title = t('onephone.title');
  /** @type {string | null} */
  let giverPin = null;

  async function finish(/** @type {string | null} */ receiverPin) {
    try {
      await app.core.profiles.unlock(receiver?.id ?? '', receiverPin);
    } catch (error) {
      // The giver has agreed and need not do so again.
      fill(words, note('mind', wrongPin(error)));
      return;
    }
    try {
      const { receive } = await app.core.weighIn.onePhone(step, giver.id, giverPin);
      drop(giver.id);
      go(`saved/${receive.id}`, true);
      await sendNow();
    } catch (error) {
      const { refused } = /** @type {any} */ (error);
      fill(words, note('stop', refused ? reason(refused, all, lots) : wrongPin(error)));
      if (app.core.profiles.open()?.id === receiver?.id) await app.core.profiles.unlock(giver.id, giverPin).catch(() => app.core.profiles.lock());
      ask('giver');
    }
  }

  function ask(/** @type {'giver' | 'receiver'} */ whose) {
    const profile = whose === 'giver' ? giver : /** @type {typeof giver} */ (receiver);
    const text = t(`onephone.${whose}`, { name: profile.name, amount: step.inputs?.[0] ? say(step.inputs[0].amount) : '' });
    const use = async (/** @type {string | null} */ pin) => {
      fill(words);
      if (whose === 'receiver') return finish(pin);
      try {
        await app.core.profiles.unlock(giver.id, pin);
        giverPin = pin;
        ask('receiver');
      } catch (error) {
        fill(words, note('mind', wrongPin(error)));
      }
    };
    announce(text);
    if (!profile.hasPin) {
      fill(at, h('p', { class: 'readback' }, text), button(t('onephone.yes'), () => use(null), 'main'));
      return;
    }
    const { dots, pad } = pinPad(text, use);
    fill(at, h('p', { class: 'readback' }, text), dots, pad);
  }
  ask('giver');
  return { name: 'onephone', title, back: 'do/ship/review', body: [h('p', {}, inShort(step, all, lotProducts(items, lots))), words, at] };
}
