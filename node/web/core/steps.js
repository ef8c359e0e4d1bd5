// @ts-check
// From what happened to what is signed: the same shapes as the node's own command makes.
import { Exact, offsetOf, toJson } from './text.js';

/** @typedef {import('./types.js').Step} Step */
/** @typedef {import('./types.js').Amount} Amount */
/** @typedef {{ sha256: string, mediaType: string, bytes: number }} BlobReference */

const OBSERVED = /** @type {Record<string, string>} */ ({
  ship: 'shipping', receive: 'receiving', sell: 'retail_selling', lose: 'destroying', inspect: 'inspecting', recall: 'holding',
});
const MAKING = ['process', 'merge', 'split', 'pack'];

/** @param {{ lot: string, amount: Amount }} part */
function element({ lot, amount }) {
  return { epcClass: lot, quantity: new Exact(amount.number), ...(amount.unit ? { uom: amount.unit } : {}) };
}

/** The event of a step. @param {Step} step @param {string} id */
function eventOf(step, id) {
  const { verb, time, inputs = [], outputs = [], place, party } = step;
  const isMaking = MAKING.includes(verb);
  const where = place === undefined ? {} : { readPoint: { id: place }, bizLocation: { id: place } };
  const possessing = (/** @type {string} */ member) => [{ type: 'possessing_party', [member]: party }];
  return {
    type: isMaking ? 'TransformationEvent' : 'ObjectEvent',
    eventID: id,
    eventTime: time,
    eventTimeZoneOffset: offsetOf(time),
    ...(isMaking ? {} : { action: verb === 'harvest' ? 'ADD' : 'OBSERVE' }),
    bizStep: isMaking ? (verb === 'pack' ? 'packing' : 'commissioning') : OBSERVED[verb] ?? 'commissioning',
    ...(verb === 'recall' ? { disposition: 'recalled' } : {}),
    ...(isMaking
      ? { inputQuantityList: inputs.map(element), outputQuantityList: outputs.map(element) }
      : { quantityList: (verb === 'harvest' ? outputs : inputs).map(element) }),
    ...(verb === 'ship' && party !== undefined ? { destinationList: possessing('destination') } : {}),
    ...(verb === 'receive' && party !== undefined ? { sourceList: possessing('source') } : {}),
    ...where,
  };
}

/** The body of the `event` statement, as JSON text.
 * @param {Step} step @param {string} id of the event @param {BlobReference[]} [media] @returns {string} */
export function bodyOf(step, id, media = []) {
  const outputs = step.verb === 'harvest' || MAKING.includes(step.verb) ? step.outputs ?? [] : [];
  return toJson({
    verb: step.verb,
    for: step.for,
    onBehalfOf: step.onBehalfOf,
    note: step.note || undefined,
    media: media.length ? media : undefined,
    serials: step.serials,
    event: eventOf(step, id),
    creates: outputs.length ? Object.fromEntries(outputs.map(({ lot, product }) => [lot, { product }])) : undefined,
  });
}

/** A statement's payload. The body is JSON text already.
 * @param {{ ledger: string, signer: string, seq: number, prev: string, signedAt: string, kind: string, body: string }} statement */
export function payloadOf({ ledger, signer, seq, prev, signedAt, kind, body }) {
  const head = JSON.stringify({ v: 1, ledger, signer, seq, prev, signedAt, kind });
  return new TextEncoder().encode(`${head.slice(0, -1)},"body":${body}}`);
}

/** Every lot that a step names. @param {Step} step */
export const lotsOf = (step) => [...(step.inputs ?? []), ...(step.outputs ?? [])].map(({ lot }) => lot);
