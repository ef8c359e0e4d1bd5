// @ts-check
// The weigh-in: giver and receiver agree on an amount, and each keeps what both signed.
import { leafHash, utf8 } from '../verifier/bytes.js';
import { lotOf } from '../verifier/names.js';
import { readEntry, readEventBody, checkBody } from '../verifier/statement.js';
import { crockford, timeText } from './text.js';
import { asAmount } from './amounts.js';
import { openEnvelope, openParts, packParts, partsOf, plain, unpackParts } from './envelope.js';
import { signWaiting, take } from './courier.js';
import { coreError } from './errors.js';
import { Gatherer, toFrames } from './frames.js';
import { meet } from './ledger.js';
import { prepare } from './photos.js';
import { proven } from './profiles.js';
import { unhex } from '../verifier/bytes.js';
import { checked, save, saveTogether, shownItem } from './queue.js';
import { failure } from './api.js';
import { stateNow } from './view.js';
import { keyOf } from '../verifier/names.js';

/** @typedef {import('./context.js').Context} Context */
/** @typedef {import('./types.js').Offer} Offer */
/** @typedef {import('./types.js').Step} Step */

/** First byte of frames that hold an offer: what the lot is, then the giver's signed items up to her `ship`. */
const FRAMES_OF_OFFER = 2;
const ABOUT_BYTES_MAX = 2000;

/** The code that people type: the leaf hash's first 40 bits. @param {string} leaf */
export const codeOf = (leaf) => crockford(unhex(leaf.slice(0, 10)), 8);

/** Reads a giver's `ship`. @param {Context} context @param {import('./envelope.js').Signed} signed @param {string} about product of the lot, as the giver says it
 * @returns {Promise<Offer>} */
async function offerOf(context, signed, about) {
  const { origin } = context.joined();
  const me = context.actor();
  const { statement, text, payload } = signed;
  const wrong = (/** @type {string} */ why) => coreError('not_found', why);
  if (statement.kind !== 'event') throw wrong('not a handover');
  let body;
  try {
    checkBody(origin, statement);
    body = readEventBody(origin, statement.body);
  } catch (error) {
    throw wrong(`not a handover: ${error}`);
  }
  const [element] = body.event.lists.quantityList ?? [];
  const lot = element && lotOf(origin, element.epcClass);
  if (body.verb !== 'ship' || !lot || !element.quantity) throw wrong('not a handover');
  const [to] = body.event.destinations;
  if (to !== me.actor && to !== me.organisation) throw wrong('it is meant for somebody else');
  const { state } = await stateNow(context);
  const signer = state.get(`signer ${statement.signer}`);
  if (!signer || signer.revoked !== null) throw wrong('the giver\'s key is not known here; go online once');
  const product = state.get(`lot ${keyOf(lot)}`)?.product ?? about;
  const unit = element.quantity.unit;
  return { lot: lot.uri, product, amount: asAmount(element.quantity.amount, unit), giver: body.party ?? signer.actor, time: plain(payload).body.event.eventTime, envelope: text };
}

/** @param {Context} context @param {string} lot @returns {Promise<string>} */
async function productOf(context, lot) {
  const { state, origin } = await stateNow(context);
  const named = lotOf(origin, lot);
  return (named && state.get(`lot ${keyOf(named)}`)?.product) ?? '';
}

/** @param {Context} context @param {import('./sync.js').Sync} sync @returns {import('./types.js').WeighIn} */
export function makeWeighIn(context, sync) {
  const gatherer = new Gatherer();
  /** What givers said of lots that this phone did not know. @type {Map<string, any[]>} */
  const before = new Map();
  return {
    async offer(step) {
      const saved = await save(context, { ...step, verb: 'ship' });
      const signed = await signWaiting(context, [saved.id]);
      const at = signed.findIndex((item) => item.id === saved.id);
      const parts = signed.slice(0, at + 1).flatMap(({ envelope }) => partsOf(envelope) ?? []);
      const about = utf8(JSON.stringify({ product: await productOf(context, step.inputs?.[0]?.lot ?? '') }));
      const length = new Uint8Array(2);
      new DataView(length.buffer).setUint16(0, about.length);
      const frames = await toFrames(Uint8Array.from([FRAMES_OF_OFFER, ...length, ...about, ...packParts(parts)]));
      // With a network the ledger has it at once, and there is a code to type.
      if (navigator.onLine) await sync.sendNow().catch(() => {});
      const item = (await context.database.all('items')).find((other) => other.id === saved.id);
      return { item: shownItem(item, new Map()), frames, code: item.receipt ? codeOf(item.receipt.leafHash) : '' };
    },
    async code(id) {
      const item = (await context.database.all('items')).find((other) => other.id === id);
      return item?.receipt ? codeOf(item.receipt.leafHash) : '';
    },
    async scan(frame) {
      const { have, of, bytes } = await gatherer.add(frame);
      if (!bytes || bytes[0] !== FRAMES_OF_OFFER) return { have, of, offer: null };
      const length = new DataView(bytes.buffer, bytes.byteOffset + 1, 2).getUint16(0);
      const parts = length <= ABOUT_BYTES_MAX ? unpackParts(bytes.subarray(3 + length), 100) : null;
      const last = parts?.at(-1);
      const signed = last && await openParts(last.payload, last.signature, context.joined().origin);
      if (!parts || !signed) throw coreError('not_found', 'not a handover');
      let about = {};
      try {
        about = JSON.parse(new TextDecoder().decode(bytes.subarray(3, 3 + length)));
      } catch {
        // What the giver says of the lot is only for show.
      }
      const offer = await offerOf(context, signed, String(/** @type {any} */ (about).product ?? ''));
      before.set(offer.envelope, parts);
      return { have, of, offer };
    },
    async byCode(code) {
      await meet(context);
      const clean = code.toUpperCase().replace(/[^0-9A-Z]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
      if (!/^[0-9A-HJKMNP-TV-Z]{8}$/.test(clean)) throw coreError('not_found', 'not a code');
      const { index } = await context.node.find(`/v1/entries/by-code/${clean}`) ?? {};
      if (!Number.isSafeInteger(index)) throw coreError('not_found', 'no such code');
      const found = await context.node.ask(`/v1/entries/${index}`, { headers: { accept: 'application/octet-stream' } });
      if (found.status !== 200) throw failure(found);
      const entry = readEntry(found.bytes);
      const signed = codeOf(leafHash(found.bytes)) === clean ? await openParts(entry.payload, entry.signature, context.joined().origin) : null;
      if (!signed) throw coreError('not_found', 'the node answered another entry');
      await sync.now().catch(() => {});
      return offerOf(context, signed, '');
    },
    async accept(offer, amount, place) {
      const { origin } = context.joined();
      const signed = await openEnvelope(offer.envelope, origin);
      if (!signed) throw coreError('not_found', 'not a handover');
      const known = await offerOf(context, signed, offer.product);
      await learnLot(context, known);
      await take(context, before.get(offer.envelope) ?? [signed]);
      return save(context, { verb: 'receive', time: timeText(Date.now()), inputs: [{ lot: known.lot, amount }], place, party: known.giver });
    },
    onePhone: (step, giverProfile, pin) => onePhone(context, step, giverProfile, pin),
  };
}

/** A lot that this phone did not know is shown as the giver tells it, until the node says what it is. @param {Context} context @param {Offer} offer */
async function learnLot(context, { lot, product, amount, giver, time }) {
  if (await context.database.get('lots', lot)) return;
  const { state, origin } = await stateNow(context);
  const named = lotOf(origin, lot);
  if (!named || state.get(`lot ${keyOf(named)}`)) return;
  await context.database.put('lots', {
    lot, product, createdBy: giver, createdIndex: 0, createdAt: time, ...(amount.unit ? { uom: amount.unit } : {}), quantity: amount.number,
    balances: [{ holder: giver, quantity: amount.number }], inTransit: [], sold: '0', lost: '0', dispositions: [], recalledBy: [], seq: 0, head: '0'.repeat(64), provisional: true,
  });
}

/** @param {Context} context @param {Step} step what the giver hands over @param {string} giverProfile @param {string | null} pin */
async function onePhone(context, step, giverProfile, pin) {
  const me = context.actor();
  await proven(context, giverProfile, pin);
  const giver = await context.database.get('profiles', giverProfile);
  if (!giver?.actor || giver.id === me.id) throw coreError('not_found', 'the giver is not approved');
  const ship = await checked(context, { ...step, verb: 'ship', party: me.actor }, undefined, giver);
  if (ship.refused) throw coreError('refused', ship.refused.detail, { refused: ship.refused });
  const receive = /** @type {Step} */ ({
    verb: 'receive', time: step.time, inputs: step.inputs, party: ship.step.for ?? giver.actor, ...(step.place === undefined ? {} : { place: step.place }),
  });
  const photos = await prepare(step.photos ?? []);
  const [shipped, received] = await saveTogether(context, [{ profile: giver.id, step: { ...ship.step, place: undefined }, photos }, { profile: me.id, step: receive }]);
  return { ship: shownItem(shipped, new Map()), receive: shownItem(received, new Map()) };
}
