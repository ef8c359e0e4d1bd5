// @ts-check
/** A step that is being put together: what is asked for each verb, what was answered, and what it becomes. Nothing here is a claim until it is saved. */
import { app, me, now } from '../context.js';

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
 * @property {number} pictures how many photos were chosen; they are not kept with the answers
 * @property {Step | null} was the last step of this verb, of which only what is not a claim was taken over
 */

/** Answers are kept for each person on this phone, and nobody else there is shown them. */
const KEY = 'nguon.draft.';
/** Photos cannot be kept as text; they live as long as the page. @type {Blob[]} */
export const photos = [];
/** @type {Draft | null} */
let current = null;
/** Whose draft and photos they are. */
let owner = '';

/** Which verbs make a new lot, choose several lots, or name a place. */
export const MAKES = ['harvest', 'merge', 'process', 'split', 'pack'];
const PLACED = ['harvest', 'merge', 'process', 'pack', 'ship', 'receive'];
/** Reasons of a loss; free words would stand in the ledger for ever. */
export const REASONS = ['rot', 'pests', 'weather', 'spilled', 'residue', 'other'];

/** What the person at the phone was about to record, also after the phone closed the app. @returns {Draft | null} */
export function draft() {
  const { id } = me();
  if (owner === id) return current;
  owner = id;
  photos.length = 0;
  try {
    current = JSON.parse(localStorage.getItem(KEY + id) ?? 'null');
  } catch {
    current = null;
  }
  return current;
}

/** Kept at every answer: a phone that closes the app must not cost them. */
export const keep = () => localStorage.setItem(KEY + owner, JSON.stringify(current));

/** @param {string} [id] whose */
export function drop(id = me().id) {
  localStorage.removeItem(KEY + id);
  if (owner !== id) return;
  current = null;
  photos.length = 0;
}

/** The draft to go on with, where anything was answered that would have to be answered again. */
export function unfinished() {
  const of = draft();
  return of && of.editing === null && (of.made || of.taken.some(Boolean) || (of.product && !of.was)) ? of : null;
}

/** @param {Step['verb']} verb @param {Partial<Draft>} [known] @returns {Draft} */
export function begin(verb, known = {}) {
  owner = me().id;
  photos.length = 0;
  current = {
    verb, time: now(), lots: [], taken: [], product: null, made: null, newLot: MAKES.includes(verb) ? app.core.newLot() : '', place: null, placeSeen: false,
    party: null, reason: null, reviewed: false, editing: null, pictures: 0, was: null, ...known,
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
