// @ts-check
// What a bundle tells, in the order in which it is said to have happened, each with who says so: for people, without words of any language and
// without judging any of it. The summary in an evidence file tells the same.
import { Num } from './json.js';
import { timeOf } from './values.js';

/** @typedef {import('./verify.js').Item} Item */
/** @typedef {Map<string, any>} Obj */
/** @typedef {{vi: string, en: string}} Name */
/** @typedef {{lot: string, product: Name | undefined, quantity: string | undefined, uom: string | undefined}} Portion */
/** @typedef {{uri: string, name: Name | undefined}} Who */
/** @typedef {{index: bigint, when: string, at: number, deed: string, inputs: Portion[], outputs: Portion[], place: Name | undefined, signer: Who, actingFor: Who | undefined,
 *   onBehalfOf: Who | undefined, to: Who | undefined, about: bigint | undefined, note: string | undefined}} Fact */
/** @typedef {{actors: Map<string, string>, names: Map<string, Name>, places: Map<string, {from?: string, to?: string, name: Name}[]>, lots: Map<string, string>, leaves: Map<string, bigint>}} Registry */

/** Times without an offset of their own are shown as where the ledger's people live. */
const HOME_OFFSET_MILLIS = 7 * 3600 * 1000;

const text = (/** @type {any} */ object, /** @type {string} */ key) => {
  const value = object instanceof Map ? object.get(key) : undefined;
  return typeof value === 'string' ? value : undefined;
};
const list = (/** @type {any} */ object, /** @type {string} */ key) => {
  const value = object instanceof Map ? object.get(key) : undefined;
  return Array.isArray(value) ? value : [];
};
const minute = (/** @type {string} */ time) => time.slice(0, 16).replace(/t/i, ' ');

/** @param {any} json @returns {Name | undefined} */
function nameIn(json) {
  if (typeof json === 'string') return { vi: json, en: json };
  const vi = text(json, 'vi');
  return vi === undefined ? undefined : { vi, en: text(json, 'en') ?? vi };
}

/** @param {Registry} registry @param {any} body */
function learnActor(registry, body) {
  const id = text(body, 'id') ?? '';
  for (const key of list(body, 'keys')) if (typeof key === 'string' && !registry.actors.has(key)) registry.actors.set(key, id);
  learnName(registry, id, body);
}

/** @param {Registry} registry @param {string} id @param {any} body */
function learnName(registry, id, body) {
  const name = body instanceof Map && nameIn(body.get('name'));
  if (name) registry.names.set(id, name);
}

/** @param {Registry} registry @param {import('./statement.js').Statement} statement */
function learn(registry, { kind, body }) {
  const id = text(body, 'id') ?? '';
  if (kind === 'charter') learnActor(registry, body.get('operator'));
  else if (kind === 'actor') learnActor(registry, body);
  else if (kind === 'key') {
    const [key, actor] = [text(body, 'add'), text(body, 'actor')];
    if (key !== undefined && actor !== undefined && !registry.actors.has(key)) registry.actors.set(key, actor);
  } else if (kind === 'product') learnName(registry, id, body);
  else if (kind === 'place') {
    const names = list(body, 'names').flatMap((item) => {
      const name = item instanceof Map && nameIn(item);
      return name ? [{ from: text(item, 'from'), to: text(item, 'to'), name }] : [];
    });
    registry.places.set(id, /** @type {any} */ (names));
    learnName(registry, id, body);
  } else if (kind === 'event' && body.get('creates') instanceof Map) {
    for (const [lot, made] of body.get('creates')) {
      const product = text(made, 'product');
      if (product !== undefined) registry.lots.set(lot, product);
    }
  }
}

/** The place's own name, and the administrative one that held on the day. @param {Registry} registry @param {string} uri @param {string} when @returns {Name | undefined} */
function placeOf(registry, uri, when) {
  const day = when.slice(0, 10);
  const held = registry.places.get(uri)?.find(({ from, to }) => (from === undefined || from <= day) && (to === undefined || day <= to))?.name;
  const own = registry.names.get(uri);
  return own && held ? { vi: `${own.vi}, ${held.vi}`, en: `${own.en}, ${held.en}` } : own ?? held;
}

/** @param {Registry} registry @param {Fact} fact @param {Obj} body @returns {Fact | null} */
function tellEvent(registry, fact, body) {
  const event = body.get('event');
  const [time, deed] = [text(event, 'eventTime'), text(body, 'verb')];
  const at = timeOf(time);
  if (time === undefined || deed === undefined || at === null) return null;
  const portions = (/** @type {string[]} */ ...keys) => keys.flatMap((key) => list(event, key)).flatMap((element) => {
    const lot = text(element, 'epcClass');
    const quantity = element instanceof Map ? element.get('quantity') : undefined;
    const product = registry.names.get(registry.lots.get(lot ?? '') ?? '');
    return lot === undefined ? [] : [{ lot, product, quantity: quantity instanceof Num ? quantity.text : undefined, uom: text(element, 'uom') }];
  });
  const place = text(event.get('readPoint') ?? event.get('bizLocation'), 'id');
  const to = list(event, 'destinationList').map((item) => text(item, 'destination')).find((uri) => uri !== undefined);
  const when = minute(time);
  return {
    ...fact, deed, at, when, inputs: portions('inputQuantityList'), outputs: portions('outputQuantityList', 'quantityList', 'childQuantityList'),
    place: place === undefined ? undefined : placeOf(registry, place, when), to: to === undefined ? undefined : { uri: to, name: registry.names.get(to) },
  };
}

/** @param {Registry} registry @param {Item} item @returns {Fact | null} */
function tell(registry, { index, entry, statement }) {
  if (!entry || !statement) return null;
  const who = (/** @type {string | undefined} */ uri) => (uri === undefined ? undefined : { uri, name: registry.names.get(uri) });
  const { body, kind } = statement;
  /** @type {Fact} */
  const fact = {
    index, when: minute(new Date(Math.min(entry.receivedAt + HOME_OFFSET_MILLIS, 8.64e15)).toISOString()), at: entry.receivedAt, deed: '', inputs: [], outputs: [], place: undefined,
    signer: /** @type {Who} */ (who(registry.actors.get(entry.signer) ?? entry.signer)), actingFor: who(text(body, 'for')), onBehalfOf: who(text(body, 'onBehalfOf')),
    to: undefined, about: undefined, note: text(body, 'note'),
  };
  if (kind === 'event') return tellEvent(registry, fact, body);
  const claim = text(body, 'claim');
  return kind === 'attest' && claim !== undefined ? { ...fact, deed: claim, about: registry.leaves.get(text(body, 'entry') ?? '') } : null;
}

/** Reads the story. What cannot be read is left out; the checks say so.
 * @param {Item[]} items @param {string} lot @returns {{product: Name | undefined, facts: Fact[], actors: Map<string, Name | undefined>}} actors: the name behind each key */
export function readStory(items, lot) {
  /** @type {Registry} */
  const registry = { actors: new Map(), names: new Map(), places: new Map(), lots: new Map(), leaves: new Map() };
  for (const { index, leaf, statement } of items) {
    registry.leaves.set(leaf, index);
    if (statement) learn(registry, statement);
  }
  const facts = items.flatMap((item) => tell(registry, item) ?? []);
  facts.sort((one, other) => one.at - other.at || (one.index < other.index ? -1 : 1));
  return { product: registry.names.get(registry.lots.get(lot) ?? ''), facts, actors: new Map(Array.from(registry.actors, ([key, uri]) => [key, registry.names.get(uri)])) };
}
