// @ts-check
/** Recording a step: one question a screen, then read back, then saved. */
import { app, go, me, nameOf, reason, registry, shortOf, trouble } from '../context.js';
import { button, inShort, link, lotProducts, note, picture, sendNow } from '../parts/bits.js';
import { announce, fill, h } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { amountPad } from '../parts/pad.js';
import { day, named, number, t, within } from '../words.js';
import { amountOf, compare, inBase, plus, say, show as shown, showWith, times, unitsOf, wholeTimes } from '../units.js';
import { REASONS, begin, draft, drop, keep, open, photos, questions, reopen, stepOf } from './draft.js';

/** @typedef {import('../context.js').Screen} Screen */
/** @typedef {import('../context.js').Registry} Registry */
/** @typedef {import('../../core/types.js').Step} Step */
/** @typedef {import('../../core/types.js').LotCard} LotCard */
/** @typedef {import('./draft.js').Draft} Draft */
/** @typedef {{ of: Draft, all: Registry, lots: LotCard[], products: Map<string, string> }} Now */

const PHOTOS_MAX = 3;
/** The class of place where each verb usually happens. */
const CLASS_OF = /** @type {Record<string, string>} */ ({ harvest: 'plot' });

/** `#/do/{verb}/{question}` or `#/do/{verb}/with/{lot}`. @param {string[]} args @returns {Promise<Screen | null>} */
export async function question([verb = '', name, lot]) {
  if (name === undefined || name === 'with') {
    const of = begin(/** @type {Step['verb']} */ (verb), lot ? { lots: [lot] } : {});
    if (verb === 'receive' && !lot) {
      go('take', true);
      return null;
    }
    await foresee(of);
    go(`do/${verb}/${open(of)}`, true);
    return null;
  }
  const of = draft();
  if (!of || of.verb !== verb || !questions(of).includes(name)) {
    go('', true);
    return null;
  }
  const [all, lots, items] = await Promise.all([registry(), app.core.lots(), app.core.items()]);
  const now = { of, all, lots, products: lotProducts(items, lots) };
  const asked = name.startsWith('taken') ? 'taken' : name;
  return { back: '', hint: t('step.of', { at: questions(of).indexOf(name) + 1, of: questions(of).length }), ...(await ASK[asked]?.(now, Number(name.slice(5)))) , name: `${verb}-${asked}` };
}

/** What is not asked because there is one answer only, or because it was so the last time and is read back before saving. @param {Draft} of */
async function foresee(of) {
  const [all, last, lots] = await Promise.all([registry(), app.core.last(of.verb), app.core.lots()]);
  const usable = lots.filter(({ can }) => can.includes(of.verb));
  if (of.lots.length === 0 && usable.length === 1 && of.verb !== 'harvest' && of.verb !== 'merge') of.lots = usable.map(({ lot }) => lot);
  of.place = last?.place ?? ownPlaces(all, of.verb)[0]?.id ?? null;
  if (of.verb === 'receive') of.party = lots.find(({ lot }) => lot === of.lots[0])?.from ?? null;
  keep();
}

/** @param {Registry} all @param {string} verb */
function ownPlaces(all, verb) {
  const { actor, organisation } = me();
  const wanted = CLASS_OF[verb] ?? 'facility';
  const own = all.places.filter(({ owner }) => owner === actor || owner === organisation);
  const rank = (/** @type {import('../../core/types.js').Named} */ place) => (place.class === wanted ? 0 : 2) + (place.owner === actor ? 0 : 1);
  return own.sort((a, b) => rank(a) - rank(b));
}

/** Same as last time: everything but what must be claimed anew. @param {string[]} args */
export async function again([verb = '']) {
  const [last, lots] = await Promise.all([app.core.last(/** @type {Step['verb']} */ (verb)), app.core.lots()]);
  if (!last) {
    go(`do/${verb}`, true);
    return null;
  }
  const usable = lots.filter(({ can }) => can.includes(verb));
  const of = begin(last.verb, {
    product: last.outputs?.[0]?.product ?? null, place: last.place ?? null, placeSeen: Boolean(last.place), party: last.party ?? null, was: last,
    lots: verb !== 'harvest' && usable.length === 1 ? usable.map(({ lot }) => lot) : [],
  });
  go(`do/${verb}/${open(of)}`, true);
  return null;
}

/** @param {string[]} args */
export async function edit([id = '']) {
  const item = (await app.core.items()).find((one) => one.id === id);
  if (!item) {
    go('records', true);
    return null;
  }
  const of = reopen(id, item.step);
  go(`do/${of.verb}/review`, true);
  return null;
}

/** On to what is still open. @param {Draft} of */
function onward(of) {
  keep();
  go(`do/${of.verb}/${open(of)}`);
}

/** A choice that is made by touching it. @param {string} words @param {string} small @param {Node} drawn @param {boolean} isChosen @param {() => void} use */
const tile = (words, small, drawn, isChosen, use) => h('button', { type: 'button', class: 'tile', 'aria-pressed': isChosen, onclick: use }, drawn, h('span', {}, h('b', {}, words), small && h('span', { class: 'small' }, small)), icon('tick', 'tick mark'));

/** @param {Node[]} some @param {Node[]} others @param {string} words */
const withOthers = (some, others, words) => [
  h('div', { class: 'tiles' }, ...some),
  others.length > 0 && (some.length > 0 ? h('details', {}, h('summary', {}, words), h('div', { class: 'tiles' }, ...others)) : h('div', { class: 'tiles' }, ...others)),
];

/** @type {Record<string, (now: Now, at: number) => Promise<Omit<Screen, 'name'>> | Omit<Screen, 'name'>>} */
const ASK = {
  /** What is harvested, or what comes of it. */
  async product({ of, all, products }) {
    const taken = of.lots.map((lot) => products.get(lot));
    const items = of.verb === 'harvest' ? await app.core.items() : [];
    const before = new Set(items.flatMap(({ step }) => (step.verb === 'harvest' ? (step.outputs ?? []).map(({ product }) => product) : [])));
    const possible = all.products.filter(({ madeFrom, content }) => (of.verb === 'harvest'
      ? madeFrom.length === 0
      : madeFrom.some(({ product }) => taken.includes(product)) && (of.verb === 'pack' ? content !== null : true)));
    if (of.verb === 'process') possible.sort((a, b) => Number(a.content !== null) - Number(b.content !== null));
    const draw = (/** @type {import('../../core/types.js').Product} */ one) => tile(named(one.name), '', picture(one), of.product === one.id, () => {
      if (of.product !== one.id) of.made = null;
      of.product = one.id;
      onward(of);
    });
    const known = possible.filter(({ id }) => before.has(id));
    return {
      title: t(`ask.product.${of.verb}`),
      body: possible.length ? withOthers(known.map(draw), possible.filter(({ id }) => !before.has(id)).map(draw), t('ask.product.others')) : [note('mind', t('ask.product.none'))],
    };
  },

  /** From which lots. Touching one goes on; several are for those who pour together. */
  lots({ of, all, lots, products }) {
    const usable = lots.filter(({ can, lot }) => can.includes(of.verb) || of.lots.includes(lot));
    const several = of.verb === 'merge';
    const forward = h('button', { type: 'button', class: 'button main', disabled: of.lots.length === 0, onclick: () => onward(of) }, t('next'));
    const choose = (/** @type {LotCard} */ card, /** @type {boolean} */ isMany) => {
      if (isMany) {
        const at = of.lots.indexOf(card.lot);
        if (at >= 0) of.taken.splice(at, 1);
        of.lots = at >= 0 ? of.lots.filter((lot) => lot !== card.lot) : [...of.lots, card.lot];
        keep();
        return;
      }
      if (of.lots[0] !== card.lot || of.lots.length > 1) of.taken = [];
      of.lots = [card.lot];
      onward(of);
    };
    const list = h('div', { class: 'tiles' });
    const foot = h('div', { class: 'tiles' });
    const draw = (/** @type {boolean} */ isMany) => {
      // What is poured together must be of one kind.
      const kind = several && of.lots[0] ? products.get(of.lots[0]) : undefined;
      fill(list, ...usable.filter(({ product }) => !kind || product === kind).map((card) => {
        const product = all.product.get(card.product);
        return tile(product ? named(product.name) : shortOf(card.product), `${t('lot.code', { lot: card.short })} \u00b7 ${t('lot.left', { amount: showWith(card.left, product) })}`, picture(product), of.lots.includes(card.lot), () => {
          choose(card, isMany);
          if (isMany) draw(true);
        });
      }));
      forward.disabled = of.lots.length === 0;
      fill(foot, isMany ? forward : of.verb === 'process' && usable.length > 1 && button(t('ask.lots.several'), () => draw(true)));
    };
    draw(several);
    return { title: t(several ? 'ask.lots.merge' : 'ask.lots'), body: usable.length ? [list] : [note('mind', t('ask.lots.none', { verb: t(`verb.${of.verb}`) })), link(t('verb.harvest'), 'do/harvest', '', 'harvest')], foot: [foot] };
  },

  /** How much of a lot. */
  taken({ of, all, lots, products }, at) {
    const lot = of.lots[at] ?? '';
    const card = lots.find((one) => one.lot === lot);
    const product = all.product.get(products.get(lot) ?? '');
    const whole = of.verb === 'receive' ? card?.incoming : card?.left;
    const unit = product?.unit ?? whole?.unit ?? 'KGM';
    const units = unitsOf(product, unit);
    const plain = units.find(({ per }) => per === '1') ?? /** @type {import('../units.js').Unit} */ (units[0]);
    const { body, foot } = amountPad({
      label: t(`ask.taken.${of.verb}`), units: product?.content ? units : [plain, ...units.filter((one) => one !== plain)], value: of.taken[at] ?? null,
      offers: whole && compare(whole.number, '0') > 0 ? [{ words: t(of.verb === 'receive' ? 'ask.taken.right' : 'ask.taken.all', { amount: showWith(whole, product) }), amount: amountOf(inBase(whole).number, { code: plain.code, of: plain.of, per: '1' }) }] : [],
      most: whole && of.verb !== 'receive' ? { number: inBase(whole).number, words: t('ask.taken.only', { lot: shortOf(lot), left: showWith(whole, product) }) } : null,
      done: (amount) => {
        of.taken[at] = amount;
        onward(of);
      },
    });
    return { title: t(`ask.taken.${of.verb}`), body: [h('p', { class: 'small' }, `${product ? named(product.name) : ''} \u00b7 ${t('lot.code', { lot: shortOf(lot) })}`), ...body], foot };
  },

  /** How much came of it. */
  made({ of, all, products }) {
    const id = of.verb === 'merge' ? products.get(of.lots[0] ?? '') : of.product;
    const product = all.product.get(id ?? '');
    const sum = of.taken.reduce((so, one) => (one ? plus(so, one.number) : so), '0');
    const last = of.was?.outputs?.[0]?.amount;
    const content = product?.content ? inBase(product.content) : null;
    const units = unitsOf(product, product?.unit ?? 'KGM');
    const offers = [];
    const packs = of.verb === 'pack' && content ? wholeTimes(sum, content.number) : '0';
    if (packs !== '0' && units[0]) offers.push({ words: t('ask.made.packs', { amount: `${packs}` }), amount: amountOf(packs, units[0]) });
    if (of.verb === 'merge') offers.push({ words: t('ask.made.sum', { amount: shown({ number: sum, unit: of.taken[0]?.unit ?? '' }) }), amount: amountOf(sum, units.find(({ per }) => per === '1') ?? /** @type {any} */ (units[0])) });
    if (of.verb === 'harvest' && last) offers.push({ words: t('ask.made.last', { amount: last.typed ? `${number(last.typed.number)} ${unitWord(last.typed.unit)}` : showWith(last, product) }), amount: last });
    const yieldMax = of.verb === 'process' ? product?.madeFrom.find(({ product: from }) => from === products.get(of.lots[0] ?? ''))?.yieldMax : undefined;
    const most = of.verb === 'harvest' ? null : { number: times(sum, of.verb === 'process' ? yieldMax ?? '1' : '1'), words: '' };
    if (most) most.words = t('ask.made.most', { amount: showWith({ number: most.number, unit: units[0]?.of ?? '' }, product) });
    const isSame = of.taken.every((one) => one?.unit === units[0]?.of);
    const { body, foot } = amountPad({
      label: t(`ask.made.${of.verb}`), units, value: of.made, offers, most: isSame ? most : null,
      done: (amount) => {
        of.made = amount;
        onward(of);
      },
    });
    return { title: t(`ask.made.${of.verb}`), body: [h('p', { class: 'small' }, product ? named(product.name) : ''), ...body], foot };
  },

  /** Where; the usual place is chosen already, and one touch says that it is right. */
  place({ of, all }) {
    const own = ownPlaces(all, of.verb);
    const usual = of.place && all.place.get(of.place);
    const near = [...(usual ? [usual] : []), ...own.filter(({ id }) => id !== of.place)];
    const draw = (/** @type {import('../../core/types.js').Named} */ one) => tile(one.name, one.id === of.place ? t('ask.place.usual') : '', h('span', { class: 'pic' }, icon('place')), one.id === of.place, () => {
      of.place = one.id;
      of.placeSeen = true;
      onward(of);
    });
    const far = all.places.filter(({ id }) => !near.some((one) => one.id === id));
    return {
      title: t(`ask.place.${of.verb === 'harvest' ? 'harvest' : 'other'}`), body: withOthers(near.map(draw), far.map(draw), t('ask.place.others')),
      foot: usual ? [button(t('ask.place.yes', { place: usual.name }), () => {
        of.placeSeen = true;
        onward(of);
      }, 'main')] : [button(t('ask.place.skip'), () => {
        of.placeSeen = true;
        onward(of);
      })],
    };
  },

  /** To whom. */
  async party({ of, all }) {
    const { actor, organisation } = me();
    const items = await app.core.items();
    const before = [...new Set([organisation, ...items.map(({ step }) => step.party)])].flatMap((id) => (id && all.actor.get(id)) || []);
    const others = all.actors.filter((one) => one.id !== actor && one.class !== 'device' && !before.includes(one));
    const draw = (/** @type {import('../../core/types.js').Named} */ one) => tile(one.name, one.id === organisation ? t('ask.party.own') : '', h('span', { class: 'pic' }, icon(one.class === 'person' ? 'person' : 'home')), of.party === one.id, () => {
      of.party = one.id;
      onward(of);
    });
    return { title: t('ask.party'), body: withOthers(before.filter(({ id }) => id !== actor).map(draw), others.map(draw), t('ask.party.others')) };
  },

  reason({ of }) {
    return { title: t('ask.reason'), body: [h('div', { class: 'tiles' }, ...REASONS.map((one) => tile(t(`reason.${one}`), '', h('span', { class: 'pic' }, icon('lose')), of.reason === one, () => {
      of.reason = one;
      onward(of);
    })))] };
  },

  review,
};

/** @param {string} code */
const unitWord = (code) => {
  const words = t(`unit.${code}`);
  return words === `unit.${code}` ? code : words;
};

/** A sentence with the facts in bold, from a text such as `Toi thu hoach [amount] [product].` @param {string} text @param {Record<string, string>} facts */
function sentence(text, facts) {
  return text.split(/\[(\w+)\]/).map((part, at) => (at % 2 ? h('strong', {}, facts[part] ?? '') : part));
}

/** Everything read back in words, then saved. @param {Now} now @returns {Promise<Omit<Screen, 'name'>>} */
async function review({ of, all, lots, products }) {
  of.reviewed = true;
  const from = products.get(of.lots[0] ?? '');
  const step = stepOf(of, (one) => t(`reason.${one}`), from ?? '');
  const productOf = (/** @type {string | null | undefined} */ id) => {
    const found = all.product.get(id ?? '');
    return found ? named(found.name) : shortOf(id ?? '');
  };
  const input = of.taken.map((one) => (one ? say(one) : '')).join(t('and'));
  const facts = {
    taken: input, made: of.made ? say(of.made) : '', product: productOf(of.verb === 'process' || of.verb === 'pack' || of.verb === 'harvest' ? of.product : from),
    from: productOf(from), party: nameOf(all.actor, of.party), place: nameOf(all.place, of.place), reason: of.reason ? t(`reason.${of.reason}`) : '',
  };
  const refused = await app.core.check(step);
  const at = h('div', {});
  const problem = h('div', { role: 'alert' });
  if (refused && !of.editing) fill(problem, note('mind', reason(refused, all, lots)));
  const line = (/** @type {string} */ question, /** @type {string} */ label, /** @type {string} */ value) => h('li', {}, h('span', {}, h('small', {}, label), value), h('button', { type: 'button', 'aria-label': t('review.change', { what: label }), onclick: () => go(`do/${of.verb}/${question}`) }, t('change')));
  const asked = questions(of);
  const total = (/** @type {import('../../core/types.js').Amount | null | undefined} */ amount) => (amount ? showWith(amount, all.product.get((of.verb === 'process' || of.verb === 'pack' || of.verb === 'harvest' ? of.product : from) ?? '')) : '');
  const lines = [
    asked.includes('lots') && line('lots', t('review.lot'), of.lots.map((lot) => `${productOf(products.get(lot))} \u00b7 ${shortOf(lot)}`).join(', ')),
    ...of.taken.map((one, index) => one && of.verb !== 'harvest' && line(`taken${index}`, t('review.taken'), showWith(one, all.product.get(products.get(of.lots[index] ?? '') ?? '')))),
    asked.includes('product') && line('product', t('review.product'), facts.product),
    asked.includes('made') && line('made', t(of.verb === 'harvest' ? 'review.taken' : 'review.made'), total(of.made)),
    asked.includes('party') && line('party', t('review.party'), facts.party),
    asked.includes('reason') && line('reason', t('review.reason'), facts.reason),
    asked.includes('place') && line('place', t('review.place'), of.place ? facts.place : t('review.noplace')),
  ];
  const isGiving = of.verb === 'ship' && !of.editing;
  const others = isGiving ? (await app.core.profiles.list()).filter(({ actor, state }) => actor !== null && actor === of.party && state === 'active') : [];
  return {
    title: t(of.editing ? 'review.edit' : 'review.title'),
    body: [
      problem,
      h('p', { class: 'readback' }, ...sentence(t(`say.${of.verb}`), { ...facts, product: within(facts.product), from: within(facts.from), reason: within(facts.reason) })),
      h('ul', { class: 'facts' }, ...lines),
      of.pictures > photos.length && note('mind', t('draft.photos')),
      photoPicker(of, at),
      isGiving && others.length > 0 && link(t('weigh.onephone', { name: others[0]?.name ?? '' }), 'onephone', '', 'person'),
    ],
    foot: [button(t(isGiving ? 'review.give' : 'review.save'), () => saveIt(of, step, all, lots, problem), 'main')],
  };
}

/** Photos that are being made small; saving waits for them. */
let making = Promise.resolve();

/** Photos, if she likes: taken now, or chosen among those she has. @param {Draft} of @param {HTMLElement} at */
function photoPicker(of, at) {
  const words = h('div', { role: 'status' });
  const add = async (/** @type {Event} */ event) => {
    const files = [.../** @type {HTMLInputElement} */ (event.currentTarget).files ?? []].slice(0, PHOTOS_MAX - photos.length);
    fill(words, h('p', { class: 'center' }, t('photo.making')));
    let isBad = false;
    for (const file of files) await app.core.photo(file).then((photo) => photos.push(photo), () => { isBad = true; });
    changed();
    fill(words, isBad && note('mind', t('photo.bad')));
  };
  const picker = (/** @type {string} */ label, /** @type {string} */ drawn, /** @type {object} */ more) => h('label', { class: 'file' }, icon(drawn), label, h('input', { type: 'file', accept: 'image/*', ...more, onchange: (/** @type {Event} */ event) => { making = add(event); } }));
  const draw = () => fill(at,
    photos.length > 0 && h('div', { class: 'photos' }, ...photos.map((photo, index) => {
      const url = URL.createObjectURL(photo);
      return h('button', { type: 'button', 'aria-label': t('photo.remove', { n: index + 1 }), onclick: () => {
        photos.splice(index, 1);
        changed();
      } }, h('img', { src: url, alt: t('photo.alt', { n: index + 1 }), onload: () => URL.revokeObjectURL(url) }), icon('trash'));
    })), words,
    photos.length < PHOTOS_MAX && h('div', { class: 'buttons pair' }, picker(t('photo.add'), 'camera', { capture: 'environment' }), picker(t('photo.choose'), 'photo', { multiple: true })));
  const changed = () => {
    of.pictures = photos.length;
    keep();
    draw();
  };
  draw();
  return at;
}

let isSaving = false;
/** What was saved last, so that the answer need not read it back. @type {import('../context.js').Item | null} */
let justSaved = null;

/** @param {Draft} of @param {Step} step @param {Registry} all @param {LotCard[]} lots @param {HTMLElement} problem */
async function saveIt(of, step, all, lots, problem) {
  if (isSaving) return;
  isSaving = true;
  performance.mark('save');
  try {
    await making;
    const full = { ...step, ...(photos.length ? { photos: [...photos] } : {}) };
    if (of.verb === 'ship' && !of.editing) {
      const { keepOffer } = await import('./weigh.js');
      const offer = await app.core.weighIn.offer(full);
      keepOffer(offer);
      drop();
      go(`give/${offer.item.id}`, true);
      return;
    }
    const item = of.editing ? await app.core.change(of.editing, full) : await app.core.save(full);
    drop();
    justSaved = item;
    go(`saved/${item.id}`, true);
  } catch (error) {
    const { refused } = /** @type {any} */ (error);
    fill(problem, note('stop', refused ? reason(refused, all, lots) : trouble(error)));
    problem.scrollIntoView({ block: 'center' });
  } finally {
    isSaving = false;
  }
}

/** Saved: on this phone, and safe. @param {string[]} args @returns {Promise<Screen | null>} */
export async function saved([id = '']) {
  const [all, [item]] = await Promise.all([registry(), justSaved?.id === id ? [justSaved] : app.core.items({ id })]);
  justSaved = null;
  if (!item) {
    go('', true);
    return null;
  }
  const { verb } = item.step;
  // Only what this one record says is looked up: the answer must not take longer the more there is.
  const lot = item.step.inputs?.[0]?.lot ?? '';
  const products = new Map([[lot, lot && await app.core.productOf(lot) || '']]);
  // The mark is gone after the first showing, so that only the answer to her touch is measured.
  if (performance.getEntriesByName('save', 'mark').length) {
    requestAnimationFrame(() => {
      performance.measure('saved', 'save');
      performance.clearMarks('save');
    });
  }
  announce(t('saved.title'));
  // Once her answer is on the screen.
  requestAnimationFrame(() => setTimeout(() => sendNow().catch((error) => console.warn(error))));
  const undo = h('div', { class: 'buttons' });
  return {
    name: 'saved', title: t('saved.title'), back: '',
    body: [
      h('div', { class: 'center' }, icon('tick', 'huge tick pop')),
      h('p', { class: 'readback center' }, `${t(`verb.${verb}`)}: ${inShort(item.step, all, products)}`),
      h('p', { class: 'small center' }, t('saved.what', { when: day(item.savedAt) })), undo,
    ],
    foot: [h('div', { class: 'pair' }, link(t('saved.change'), `edit/${id}`, '', 'pen'), link(t('again'), `again/${verb}`, '', 'again')), link(t('saved.home'), '', 'main', null)],
  };
}
