// @ts-check
// Verbs that make lots from lots: process, merge, split, pack.
import { amounts, created, inUnit, moving, newLots, productOf, take } from './movement.js';
import { needRole } from './rules.js';
import { bounded, need } from './values.js';

/** @typedef {import('./rules.js').Session} Session */
/** @typedef {ReturnType<typeof moving>} Moves */
/** @typedef {(ReturnType<typeof newLots>[0] & {record: any})[]} Outputs */

const OUTPUT = 'body.event.outputQuantityList';
/** Yields count in millionths. */
const ONE = 1000000n;
const max = (/** @type {bigint} */ a, /** @type {bigint} */ b) => (a > b ? a : b);

/** @param {Session} session @param {import('./rules.js').Party} party @param {import('./statement.js').EventBody} body */
export function transform(session, party, body) {
  need(body.event.type === 'TransformationEvent', 'malformed_event', 'body.event.type');
  need(body.event.step === (body.verb === 'pack' ? 'packing' : 'commissioning'), 'malformed_event', 'body.event.bizStep');
  const inputs = amounts(session, body.event, 'inputQuantityList', 'inputEPCList');
  const brought = amounts(session, body.event, 'outputQuantityList', 'outputEPCList');
  need(body.verb !== 'merge' || brought.length === 1, 'malformed_event', OUTPUT);
  need(body.verb !== 'split' || inputs.length === 1, 'malformed_event', 'body.event.inputQuantityList');
  needRole(party, 'processor', 'producer');
  const lots = newLots(session, body, brought);
  const moves = moving(session, inputs);
  for (const move of moves) take(move, party.party);
  const outputs = lots.map((lot) => ({ ...lot, record: productOf(session, lot) }));
  if (moves.length === inputs.length) checkYield(session, body.verb, moves, outputs);
  if (body.serials !== null) {
    const [packed] = outputs;
    need(packed && outputs.length === 1, 'malformed_event', 'body.serials');
    const filled = inUnit({ amount: body.serials * 10n ** 15n, unit: '' }, packed.quantity.unit, packed.record.content, 'body.serials');
    need(filled <= packed.quantity.amount, 'serials_exceed_lot', 'body.serials.count');
  }
  const recalls = [...new Set(moves.flatMap((move) => move.lot.recalls))].sort((a, b) => (a < b ? -1 : 1));
  const serials = body.serials !== null && body.serialsRoot !== null ? { count: body.serials, root: body.serialsRoot } : null;
  for (const output of outputs.filter(({ key }) => session.sees(key))) {
    session.put('lot', output.key, { ...created(session, output, party.party), recalls, serials });
    for (const move of moves) move.lot.children.push(output.key);
  }
  for (const move of moves) session.put('lot', move.key, move.lot);
}

/** The greatest part of an input product that may become an output product.
 * @param {string} verb @param {string} output @param {any} record @param {string} input @returns {bigint | null} */
function ratio(verb, output, record, input) {
  const declared = record.madeFrom.get(input);
  const part = input === output ? ONE : declared ?? (record.madeFrom.size ? null : ONE);
  return part === null || verb === 'process' || part < ONE ? part : ONE;
}

/** No more comes out than the products' yields allow, product by product and in all.
 * @param {Session} session @param {string} verb @param {Moves} inputs @param {Outputs} outputs */
function checkYield(session, verb, inputs, outputs) {
  const [first] = outputs;
  if (!first) return;
  const unit = first.quantity.unit === '' && first.record.content ? first.record.content.unit : first.quantity.unit;
  /** @type {Map<string, {record: any, amount: bigint, limit: bigint}>} */
  const totals = new Map();
  for (const { product, record, quantity, field } of outputs) {
    const total = totals.get(product) ?? { record, amount: 0n, limit: 0n };
    total.amount += inUnit(quantity, unit, record.content, field);
    totals.set(product, total);
  }
  let limitOfAll = 0n;
  for (const { lot, amount, field } of inputs) {
    const content = session.get('product', lot.product)?.content;
    const input = inUnit({ amount, unit: lot.unit }, unit, content, field);
    let greatest = ONE;
    for (const [product, total] of totals) {
      need(!['merge', 'split'].includes(verb) || product === lot.product, 'product_mismatch', 'body.creates');
      const part = ratio(verb, product, total.record, lot.product);
      if (part === null) continue;
      greatest = max(greatest, part);
      total.limit = bounded(total.limit + input * part, field);
    }
    limitOfAll = bounded(limitOfAll + input * greatest, field);
  }
  let all = 0n;
  for (const { amount, limit } of totals.values()) {
    all += amount;
    need(amount * ONE < 1n << 127n && amount * ONE <= limit, 'yield_exceeded', OUTPUT);
  }
  need(all * ONE < 1n << 127n && all * ONE <= limitOfAll, 'yield_exceeded', OUTPUT);
}
