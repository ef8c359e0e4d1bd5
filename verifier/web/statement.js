// @ts-check
// Entries, statements and their bodies (format, sections 3, 4 and 6).
import { concat, hex, sha256, utf8 } from './bytes.js';
import { isUsable } from './ed25519.js';
import { readEvent } from './epcis.js';
import { Num, parseJson } from './json.js';
import { parseVkey } from './log.js';
import { isGtin, lotOf } from './names.js';
import { isDate, need, quantityOf, scaled, timeOf, unitOf, whole } from './values.js';

/** @typedef {{lot: string, seq: number, previous: string}} Link */
/** @typedef {{index: bigint, previous: string, receivedAt: number, links: Link[], signer: string, key: Uint8Array, signature: Uint8Array, payload: Uint8Array}} Entry */
/** @typedef {{ledger: string, signer: string, seq: bigint, prev: string, kind: string, body: Map<string, any>}} Statement */

const PAYLOAD_MAX = 61440;
const TYPE = 'application/vnd.nguon.statement+json';

/** What is signed (DSSE). @param {Uint8Array} payload */
export const pae = (payload) => concat(utf8(`DSSEv1 ${TYPE.length} ${TYPE} ${payload.length} `), payload);

/** @param {Uint8Array} bytes @returns {Entry} */
export function readEntry(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = bytes[49] ?? 99;
  const end = 50 + 68 * count;
  if (bytes.length > 65535 || bytes[0] !== 1 || count > 48 || bytes.length < end + 96 || bytes.length - end - 96 > PAYLOAD_MAX) throw new Error('not an entry');
  const part = (/** @type {number} */ at) => hex(bytes.subarray(at, at + 32));
  const links = Array.from({ length: count }, (_, n) => ({ lot: part(50 + 68 * n), seq: view.getUint32(82 + 68 * n), previous: part(86 + 68 * n) }));
  if (links.some((link, n) => n > 0 && link.lot <= (links[n - 1]?.lot ?? ''))) throw new Error('not an entry: links out of order');
  const time = view.getBigUint64(41);
  if (time >= 1n << 63n) throw new Error('not an entry: time');
  return {
    index: view.getBigUint64(1), previous: part(9), receivedAt: Number(time), links, signer: part(end), key: bytes.subarray(end, end + 32),
    signature: bytes.subarray(end + 32, end + 96), payload: bytes.subarray(end + 96),
  };
}

const isHash = (/** @type {any} */ text) => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
const KINDS = ['charter', 'actor', 'key', 'product', 'place', 'event', 'attest'];

/** @param {Uint8Array} payload @returns {Statement} */
export function readStatement(payload) {
  const json = parseJson(payload);
  const ok = (/** @type {any} */ condition, /** @type {string} */ field) => need(condition, 'malformed_statement', field);
  ok(json instanceof Map, 'payload');
  for (const key of json.keys()) ok(['v', 'ledger', 'signer', 'seq', 'prev', 'signedAt', 'kind', 'body'].includes(key), key);
  ok(whole(json.get('v')) === 1n, 'v');
  ok(typeof json.get('ledger') === 'string', 'ledger');
  ok(isHash(json.get('signer')), 'signer');
  ok(whole(json.get('seq')) !== null, 'seq');
  ok(isHash(json.get('prev')), 'prev');
  ok(timeOf(json.get('signedAt')) !== null, 'signedAt');
  ok(KINDS.includes(json.get('kind')), 'kind');
  ok(json.get('body') instanceof Map, 'body');
  return { ledger: json.get('ledger'), signer: json.get('signer'), seq: /** @type {bigint} */ (whole(json.get('seq'))), prev: json.get('prev'), kind: json.get('kind'), body: json.get('body') };
}

/** @typedef {(json: any) => boolean} Test */
const text = (/** @type {number} */ max) => (/** @type {any} */ json) => typeof json === 'string' && json !== '' && Array.from(json).length <= max && !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(json);
const object = (/** @type {Record<string, Test>} */ needed, /** @type {Record<string, Test>} */ optional = {}) => (/** @type {any} */ json) => json instanceof Map
  && Object.entries(needed).every(([key, test]) => json.has(key) && test(json.get(key)))
  && [...json].every(([key, value]) => Object.hasOwn(needed, key) || (Object.hasOwn(optional, key) && optional[key]?.(value)));
const list = (/** @type {Test} */ test, /** @type {number} */ max, /** @type {number} */ min = 0) => (/** @type {any} */ json) => Array.isArray(json) && json.length >= min && json.length <= max && json.every(test);
const names = (/** @type {number} */ max) => (/** @type {any} */ json) => text(max)(json) || object({ vi: text(max) }, { en: text(max) })(json);
const oneOf = (/** @type {string[]} */ ...words) => (/** @type {any} */ json) => words.includes(json);
const unique = (/** @type {Test} */ test) => (/** @type {any} */ json) => test(json) && new Set(json).size === json.length;
const between = (/** @type {bigint} */ min, /** @type {bigint} */ max) => (/** @type {any} */ json) => { const n = whole(json); return n !== null && n >= min && n <= max; };
const blob = object({ sha256: isHash, mediaType: (json) => text(100)(json) && /^[\w+.-]+\/[\w+.-]+$/.test(json), bytes: (json) => whole(json) !== null });
const key = (/** @type {any} */ json) => isHash(json) && isUsable(json);
const degrees = (/** @type {number} */ bound) => (/** @type {any} */ json) => json instanceof Num && /^-?[0-9]+(?:\.[0-9]{1,2})?$/.test(json.text) && Math.abs(Number(json.text)) <= bound;
const reference = (/** @type {string} */ origin, /** @type {string} */ kind) => (/** @type {any} */ json) => typeof json === 'string' && json.startsWith(`https://${origin}/${kind}/`) && /^[a-z0-9-]{1,40}$/.test(json.slice(`https://${origin}/${kind}/`.length));

const ROLES = ['operator', 'registrar', 'producer', 'processor', 'carrier', 'seller', 'inspector', 'device'];
export const VERBS = ['harvest', 'process', 'merge', 'split', 'pack', 'ship', 'receive', 'sell', 'lose', 'inspect', 'recall', 'correct', 'observe'];

/** The tests of each kind's body. @param {string} origin @returns {Record<string, Test>} */
function bodies(origin) {
  const [actor, product, place] = [reference(origin, 'actor'), reference(origin, 'product'), reference(origin, 'place')];
  const actorRecord = object(
    { id: actor, class: oneOf('organisation', 'person', 'device'), roles: unique(list(oneOf(...ROLES), 8)), keys: unique(list(key, 16)) },
    { under: actor, name: names(200), profile: blob, businessId: (number) => text(60)(number) && !number.includes('\n') },
  );
  // A person's number is personal, and what stands in the log stands for ever.
  const actorBody = (/** @type {any} */ json) => actorRecord(json) && (!json.has('businessId') || json.get('class') === 'organisation');
  const prose = names(1000);
  const unit = (/** @type {any} */ json) => typeof json === 'string' && unitOf(json) !== null;
  const ratio = (/** @type {any} */ json) => { const n = scaled(json, 6, 6); return n !== null && n > 0n && n <= 100000000n; };
  return {
    charter: object({ name: names(200), origin: oneOf(origin), vkey: (vkey) => text(500)(vkey) && parseVkey(vkey)?.name === origin, rulesVersion: between(1n, 1n), operator: actorBody }),
    actor: actorBody,
    key: (json) => object({ actor }, { add: key, revoke: key, reason: text(200) })(json) && json.has('add') !== json.has('revoke'),
    product: (json) => object({ id: product, name: names(200) }, {
      gtin: (gtin) => typeof gtin === 'string' && isGtin(gtin), unit, madeFrom: list(object({ product, yieldMax: ratio }), 32),
      netContent: (content) => object({ quantity: () => true, uom: unit })(content) && unitOf(content.get('uom'))?.[0] !== '' && (quantityOf(content.get('quantity'), content.get('uom'))?.amount ?? 0n) > 0n,
      shelfLifeDays: between(1n, 3653n), picture: blob, shopLinks: list((link) => text(500)(link) && link.startsWith('https://'), 8), description: prose,
      ingredients: prose, storage: prose, warnings: prose, brand: text(200), standards: list(text(200), 8),
    })(json) && unique(() => true)([json.get('id'), ...(json.get('madeFrom') ?? []).map((/** @type {any} */ from) => from.get('product'))]),
    place: object(
      { id: place, class: oneOf('plot', 'facility', 'shop'), owner: actor, names: list(object({ vi: text(200) }, { en: text(200), from: isDate, to: isDate }), 16, 1) },
      { name: names(200), position: object({ lat: degrees(90), lon: degrees(180) }), polygon: blob },
    ),
    attest: object({ entry: isHash, claim: oneOf('stands_by', 'disputes') }, { note: text(1000) }),
    event: object({ verb: oneOf(...VERBS), event: (json) => json instanceof Map }, {
      for: actor, onBehalfOf: actor, media: list(blob, 8), note: text(1000), serials: object({ count: between(1n, 1000000000n), root: isHash }),
      creates: (json) => json instanceof Map && json.size <= 48 && [...json].every(([lot, made]) => lotOf(origin, lot) && object({ product })(made)),
      certificate: (json) => object({ scheme: text(200), issuer: text(200) }, { number: text(200), validFrom: isDate, validTo: isDate, file: blob })(json)
        && !(json.has('validFrom') && json.has('validTo') && json.get('validFrom') > json.get('validTo')),
    }),
  };
}

/** Checks a statement's body. @param {string} origin @param {Statement} statement */
export function checkBody(origin, statement) {
  need(bodies(origin)[statement.kind]?.(statement.body), statement.kind === 'event' ? 'malformed_event' : 'malformed_statement', 'body');
}

/** @typedef {{verb: string, event: import('./epcis.js').Event, party: string | undefined, behalf: string | undefined,
 *   creates: Map<string, {named: import('./names.js').Named, product: string}>, serials: bigint | null, serialsRoot: string | null, certificate: boolean}} EventBody */

/** @param {string} origin @param {Map<string, any>} body @returns {EventBody} */
export function readEventBody(origin, body) {
  const creates = new Map();
  for (const [text, made] of body.get('creates') ?? []) {
    const named = lotOf(origin, text);
    need(named && !creates.has(named.uri), 'malformed_event', 'body.creates');
    creates.set(named.uri, { named, product: made.get('product') });
  }
  return {
    verb: body.get('verb'), event: readEvent(body.get('event')), party: body.get('for'), behalf: body.get('onBehalfOf'), creates,
    serials: body.has('serials') ? whole(body.get('serials').get('count')) : null, serialsRoot: body.get('serials')?.get('root') ?? null, certificate: body.has('certificate'),
  };
}

/** SHA-256 of a payload, as hex. @param {Uint8Array} payload */
export const payloadHash = (payload) => hex(sha256(payload));
