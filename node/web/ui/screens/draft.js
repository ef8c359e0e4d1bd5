// @ts-check
/** A step that is being put together: what is asked for each verb, what was answered, and what it becomes. Nothing here is a claim until it is saved. */
import { app, now } from '../context.js';

/** @typedef {import('../../core/types.js').Amount} Amount */
/** @typedef {import('../../core/types.js').Step} Step */
/** @typedef {import('../context.js').Registry} Registry */

/**
 * @typedef {object} Draft
 * @property {Step['verb']} verb
 * @property {string} time
 * @property {string[]} lots
 * @property {(Amount | null)[]} taken for each lot
 * @property {string | null} product of what comes of it
 * @property {Amount | null} made
 * @property {string} newLot
 * @property {string | null} place
 * @property {boolean} placeSeen
 * @property {string | null} party
 * @property {string | null} reason
 * @property {boolean} reviewed once all was answered, changing one answer leads back to the review
 * @property {string | null} editing the saved item that this replaces
 * @property {Step | null} was the last step of this verb, of which only what is not a claim was taken over
 */

const KEY = 'nguon.draft';
/** Photos cannot be kept as text; they live as long as the page. @type {Blob[]} */
export const photos = [];
/** @type {Draft | null} */
let current = null;

/** Which verbs make a new lot, choose several lots, or name a place. */
export const MAKES = ['harvest', 'merge', 'process', 'split', 'pack'];
const PLACED = ['harvest', 'merge', 'process', 'pack', 'ship', 'receive'];
/** Reasons of a loss; free words would stand in the ledger for ever. */
export const REASONS = ['rot', 'pests', 'weather', 'spilled', 'residue', 'other'];

/** @returns {Draft | null} */
export function draft() {
  if (current) return current;
  try {
    current = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
  } catch {
    current = null;
  }
  return current;
}

/** Kept over a reload: a phone that kills the page must not cost the answers. */
export const keep = () => sessionStorage.setItem(KEY, JSON.stringify(current));

export function drop() {
  current = null;
  photos.length = 0;
  sessionStorage.removeItem(KEY);
}

/** @param {Step['verb']} verb @param {Partial<Draft>} [known] @returns {Draft} */
export function begin(verb, known = {}) {
  photos.length = 0;
  current = {
    verb, time: now(), lots: [], taken: [], product: null, made: null, newLot: MAKES.includes(verb) ? app.core.newLot() : '', place: null, placeSeen: false,
    party: null, reason: null, reviewed: false, editing: null, was: null, ...known,
  };
  keep();
  return current;
}

/** What is asked, in order. @param {Draft} of @returns {string[]} */
export function questions(of) {
  const { verb } = of;
  const taken = of.lots.map((_, at) => `taken${at}`);
  if (verb === 'harvest') return ['product', 'made', 'place', 'review'];
  return [
    'lots', ...(taken.length ? taken : ['taken0']),
    ...(verb === 'process' || verb === 'pack' ? ['product'] : []),
    ...(verb === 'process' || verb === 'pack' || verb === 'merge' ? ['made'] : []),
    ...(verb === 'ship' ? ['party'] : []), ...(verb === 'lose' ? ['reason'] : []), ...(PLACED.includes(verb) ? ['place'] : []), 'review',
  ];
}

/** @param {Draft} of @param {string} question */
export function isAnswered(of, question) {
  if (question === 'lots') return of.lots.length > 0;
  if (question.startsWith('taken')) return Boolean(of.taken[Number(question.slice(5))]);
  if (question === 'product') return of.product !== null;
  if (question === 'made') return of.made !== null;
  if (question === 'place') return of.placeSeen;
  if (question === 'party') return of.party !== null;
  if (question === 'reason') return of.reason !== null;
  return false;
}

/** The first question that is open. @param {Draft} of */
export const open = (of) => questions(of).find((question) => !isAnswered(of, question)) ?? 'review';

/** What is saved. @param {Draft} of @param {(reason: string) => string} words @param {string} split product of what is split off @returns {Step} */
export function stepOf(of, words, split) {
  const { verb, time, lots, taken, made, party, place, newLot } = of;
  const output = verb === 'split' ? taken[0] : made;
  const product = verb === 'split' || verb === 'merge' ? split : of.product;
  return {
    verb, time,
    ...(verb === 'harvest' ? {} : { inputs: lots.map((lot, at) => ({ lot, amount: /** @type {Amount} */ (taken[at]) })) }),
    ...(MAKES.includes(verb) && output && product ? { outputs: [{ lot: newLot, product, amount: output }] } : {}),
    ...(place ? { place } : {}), ...(party ? { party } : {}), ...(of.reason ? { note: words(of.reason) } : {}),
    ...(photos.length ? { photos: [...photos] } : {}),
  };
}

/** A saved step as a draft again. @param {string} id @param {Step} step @returns {Draft} */
export function reopen(id, step) {
  const output = step.outputs?.[0];
  const made = begin(step.verb, {
    time: step.time, lots: (step.inputs ?? []).map(({ lot }) => lot), taken: (step.inputs ?? []).map(({ amount }) => amount), product: output?.product ?? null,
    made: output?.amount ?? null, newLot: output?.lot ?? '', place: step.place ?? null, placeSeen: true, party: step.party ?? null, reason: step.note ? 'other' : null,
    reviewed: true, editing: id,
  });
  photos.push(...(step.photos ?? []));
  return made;
}
