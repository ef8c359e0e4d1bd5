// @ts-check
// A year in numbers, from her own entries in the ledger, and as a file that she can show and anybody can check.
import { hex, sha256, utf8 } from '../verifier/bytes.js';
import { keyOf, lotOf } from '../verifier/names.js';
import { readEntry, readEventBody, readStatement } from '../verifier/statement.js';
import { asAmount } from './amounts.js';
import { busy, isBusy } from './api.js';
import { coreError } from './errors.js';
import { readProof } from './receipts.js';
import { base64, timeText } from './text.js';
import { stateNow } from './view.js';

/** @typedef {import('./context.js').Context} Context */
/** @typedef {import('./types.js').YearPage} YearPage */
/** @typedef {{ index: number, signer: string, time: string, body: import('../verifier/statement.js').EventBody }} Past */

/** @param {Context} context @param {string} actor @param {number} year @returns {Promise<Past[]>} */
async function eventsOf(context, actor, year) {
  const { origin } = context.joined();
  const rows = await context.database.all('entries', IDBKeyRange.bound([actor, 0], [actor, Infinity]));
  const past = [];
  for (const { index, entry } of rows) {
    try {
      const statement = readStatement(readEntry(entry).payload);
      if (statement.kind !== 'event') continue;
      const body = readEventBody(origin, statement.body);
      const time = body.event.json.get('eventTime');
      if (timeText(body.event.time).startsWith(`${year}-`)) past.push({ index, signer: statement.signer, time, body });
    } catch {
      // A newer kind of event than this app knows counts nothing here.
    }
  }
  return past;
}

/** Events that were corrected since count no more. @param {Past[]} past */
function standing(past) {
  const corrected = new Set(past.filter(({ body }) => body.verb === 'correct').map(({ body }) => body.event.id));
  return past.filter(({ body }) => body.verb !== 'correct' && !corrected.has(body.event.id));
}

/** Sums by product, each kept by unit. */
class Sums {
  constructor() {
    /** @type {Map<string, Map<string, Map<string, bigint>>>} product -> what -> unit -> amount */
    this.all = new Map();
  }

  /** @param {string} product @param {string} what @param {{ amount: bigint, unit: string }} quantity */
  add(product, what, { amount, unit }) {
    const kinds = this.all.get(product) ?? new Map();
    const units = kinds.get(what) ?? new Map();
    units.set(unit, (units.get(unit) ?? 0n) + amount);
    kinds.set(what, units);
    this.all.set(product, kinds);
  }

  /** @returns {YearPage['products']} */
  products() {
    return [...this.all].map(([product, kinds]) => {
      const amounts = (/** @type {string} */ what) => [...kinds.get(what) ?? []].map(([unit, amount]) => asAmount(amount, unit));
      const given = [...kinds.keys()].filter((what) => what.startsWith('to ')).flatMap((what) => amounts(what).map((amount) => ({ to: what.slice(3), amount })));
      return { product, harvested: amounts('harvested'), made: amounts('made'), sold: amounts('sold'), given, lost: amounts('lost') };
    });
  }
}

/** @param {Context} context @param {number} year @returns {Promise<YearPage>} */
export async function yearPage(context, year) {
  const { actor } = context.actor();
  const { state, origin } = await stateNow(context);
  // What others did to her, as a delivery that she received, is theirs; what a secretary typed for her is hers.
  const past = standing(await eventsOf(context, actor, year)).filter(({ signer, body }) => {
    const party = body.party ?? state.get(`signer ${signer}`)?.actor;
    return party === actor || body.behalf === actor;
  });
  const made = new Map(past.flatMap(({ body }) => [...body.creates.values()].map(({ named, product }) => [named.uri, product])));
  const sums = new Sums();
  const entries = past.map(({ index, time, body }) => {
    const { verb, event } = body;
    const list = (/** @type {string} */ name) => (event.lists[name] ?? []).flatMap(({ epcClass, quantity }) => (quantity ? [{ lot: lotOf(origin, epcClass), quantity }] : []));
    const whats = /** @type {Record<string, string>} */ ({ harvest: 'harvested', sell: 'sold', lose: 'lost', ship: `to ${event.destinations[0] ?? ''}` });
    const what = whats[verb] ?? (['process', 'pack'].includes(verb) ? 'made' : '');
    const moved = list(event.type === 'TransformationEvent' ? 'outputQuantityList' : 'quantityList');
    for (const { lot, quantity } of what ? moved : []) {
      const product = lot && (made.get(lot.uri) ?? state.get(`lot ${keyOf(lot)}`)?.product);
      if (product) sums.add(product, what, quantity);
    }
    const [first] = moved;
    return { index, time, verb, amount: first ? asAmount(first.quantity.amount, first.quantity.unit) : null };
  });
  return { year, products: sums.products(), entries };
}

/** The page with its entries and their proofs, signed by her (format, section 14). @param {Context} context @param {YearPage} page @returns {Promise<Blob>} */
export async function signedReport(context, page) {
  const person = context.actor();
  const { origin, vkey } = context.joined();
  const sign = await context.signerOf(person.id);
  if (!sign) throw coreError('wrong_pin', 'the profile is locked');
  const entries = [];
  for (const { index } of page.entries) {
    const kept = await context.database.get('entries', [person.actor, index]);
    const proof = await context.node.ask(`/v1/entries/${index}/proof`);
    if (isBusy(proof)) throw coreError('offline', busy(proof).message);
    const text = new TextDecoder().decode(proof.bytes);
    if (proof.status !== 200 || !kept || readProof(text)?.index !== index) throw coreError('offline', `no proof of entry ${index}`);
    entries.push({ index, entry: base64(kept.entry), proof: text });
  }
  const report = JSON.stringify({ v: 1, ledger: origin, vkey, actor: person.actor, key: person.key, madeAt: timeText(context.clock.now()), page, entries });
  const signature = base64(await sign(utf8(`nguon-report v1\n${origin}\n${hex(sha256(utf8(report)))}\n`)));
  return new Blob([JSON.stringify({ kind: 'nguon-report', report, signature })], { type: 'application/json' });
}
