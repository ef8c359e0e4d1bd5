// @ts-check
// The rules as far as a bundle shows them: one function from state and statement to what changes, or a refusal (format, section 9). The
// same as the ledger's own, seeing only the lots of the bundle.
import { identifiers } from './epcis.js';
import { transform } from './transform.js';
import { inspect } from './inspection.js';
import { correct, recall } from './marking.js';
import { harvest, lose, receive, sell, ship } from './movement.js';
import { registry } from './registry.js';
import { checkBody, payloadHash, readEventBody } from './statement.js';
import { keyOf, nameOf } from './names.js';
import { need } from './values.js';
import { hashText } from './bytes.js';
import { digest } from './canonical.js';

/** @typedef {import('./statement.js').Entry} Entry */
/** @typedef {import('./statement.js').Statement} Statement */
/** @typedef {import('./statement.js').Link} Link */
/** @typedef {{author: string, party: string, roles: string[]}} Party */
/** @typedef {{from: string, to: string, amount: bigint}} Transit */
/** @typedef {{holdings: Map<string, bigint>, transits: Transit[], sold: bigint, lost: bigint}} Balances */
/** @typedef {{uri: string, product: string, created: bigint, by: string, unit: string, balances: Balances, before: Balances | null, lastEffect: bigint,
 *   seq: number, head: string, recalls: bigint[], children: string[], voided: boolean, serials: {count: bigint, root: string} | null}} Lot */

const ZERO = '0'.repeat(64);
const DAY = 24 * 3600 * 1000;

/** One statement's view of the state: reads through its own writes, which count only once it is accepted. */
export class Session {
  /** @param {Map<string, any>} state @param {string} origin @param {Set<string>} lots @param {Entry} entry */
  constructor(state, origin, lots, entry) {
    this.state = state;
    this.origin = origin;
    this.lots = lots;
    this.index = entry.index;
    this.receivedAt = entry.receivedAt;
    /** @type {Map<string, any>} */
    this.writes = new Map();
    /** @type {Set<string>} */
    this.named = new Set();
  }

  /** A copy of a record. @param {string} kind @param {string} key @returns {any} */
  get(kind, key) {
    const id = `${kind} ${key}`;
    return structuredClone(this.writes.has(id) ? this.writes.get(id) : this.state.get(id));
  }

  /** @param {string} kind @param {string} key @param {any} record */
  put(kind, key, record) {
    this.writes.set(`${kind} ${key}`, record);
  }

  /** A record that must be there. @param {string} kind @param {string} key @param {string} field */
  known(kind, key, field) {
    const record = this.get(kind, key);
    need(record, `unknown_${kind}`, field, key);
    return record;
  }

  /** @param {string} lot */
  sees(lot) {
    return this.lots.has(lot);
  }

  /** Links of the named lots that exist now, ascending. @returns {Link[]} */
  links() {
    const links = [];
    for (const lot of [...this.named].sort()) {
      const record = this.sees(lot) && this.get('lot', lot);
      if (record) links.push({ lot, seq: record.seq, previous: record.head });
    }
    need(links.length <= 48, 'too_many_lots', 'body.event');
    return links;
  }

  /** Makes the writes count. @param {Link[]} links @param {string} leafHash */
  commit(links, leafHash) {
    for (const { lot, seq } of links) this.put('lot', lot, { ...this.get('lot', lot), seq: seq + 1, head: leafHash });
    this.put('entry', leafHash, links.map((link) => link.lot));
    for (const [id, record] of this.writes) this.state.set(id, record);
  }
}

/** Applies an entry's statement to the state, or throws a refusal.
 * @param {Map<string, any>} state @param {string} origin @param {Set<string>} lots the bundle's
 * @param {Entry} entry @param {Statement} statement @param {string} leafHash */
export function apply(state, origin, lots, entry, statement, leafHash) {
  need(statement.ledger === origin, 'wrong_ledger', 'ledger');
  const session = new Session(state, origin, lots, entry);
  const signer = session.get('signer', statement.signer);
  if (statement.kind !== 'charter') {
    need(signer, 'unknown_signer', 'signer');
    need(signer.revoked === null, 'revoked_key', 'signer');
  }
  if (statement.kind === 'charter') need(!session.get('charter', '') && entry.index === 0n, 'charter_exists', 'kind');
  checkBody(origin, statement);
  if (statement.kind === 'event') event(session, signer, statement);
  else if (statement.kind === 'attest') {
    for (const lot of session.known('entry', statement.body.get('entry'), 'body.entry')) session.named.add(lot);
  } else registry(session, signer, statement);
  const links = session.links();
  const own = entry.links.filter((link) => lots.has(link.lot));
  if (JSON.stringify(links) !== JSON.stringify(own)) throw new Error('links other lots than its statement names');
  need(statement.seq < (1n << 64n) - 1n, 'wrong_sequence', 'seq');
  const after = session.get('signer', statement.signer);
  if (after) session.put('signer', statement.signer, { ...after, seq: statement.seq + 1n, prev: payloadHash(entry.payload) });
  session.commit(links, leafHash);
}

/** @param {Session} session @param {any} signer @param {string | undefined} actingFor @returns {Party} */
function acting(session, signer, actingFor) {
  const author = signer.actor;
  const record = session.known('actor', author, 'signer');
  if (actingFor === undefined || actingFor === author) return { author, party: author, roles: record.roles };
  const above = session.known('actor', actingFor, 'body.for');
  need(above.class === 'organisation' && isBelow(session, record, actingFor), 'not_above', 'body.for');
  return { author, party: actingFor, roles: [...record.roles, ...above.roles] };
}

/** Whether an actor stands below another, at any of eight levels. @param {Session} session @param {any} actor @param {string} above */
export function isBelow(session, actor, above) {
  let under = actor.under;
  for (let level = 0; level < 8 && under !== undefined; level += 1) {
    if (under === above) return true;
    under = session.get('actor', under)?.under;
  }
  return false;
}

/** @param {Party} party @param {string[]} roles */
export function needRole(party, ...roles) {
  need(roles.some((role) => party.roles.includes(role)), 'role_missing', 'signer', roles.join(' or '));
}

/** @type {Record<string, (session: Session, party: Party, body: import('./statement.js').EventBody) => void>} */
const VERBS = {
  harvest, ship, receive, sell, lose, inspect, recall, correct, process: transform, merge: transform, split: transform, pack: transform, observe: () => {},
};

/** @param {Session} session @param {any} signer @param {Statement} statement */
function event(session, signer, statement) {
  const body = readEventBody(session.origin, statement.body);
  const { verb, event: what } = body;
  need(!body.certificate || verb === 'inspect', 'malformed_event', 'body.certificate');
  const party = acting(session, signer, body.party);
  if (body.behalf !== undefined) session.known('actor', body.behalf, 'body.onBehalfOf');
  need((what.declared ?? what.time) - session.receivedAt <= DAY, 'time_in_future', 'body.event.eventTime');
  const places = `https://${session.origin}/place/`;
  for (const place of verb === 'observe' ? [] : what.places) {
    if (place.startsWith(places) && /^[a-z0-9-]{1,40}$/.test(place.slice(places.length))) session.known('place', place, 'body.event.readPoint');
  }
  for (const name of identifiers(what)) {
    const named = nameOf(session.origin, name);
    if (named) session.named.add(keyOf(named));
  }
  const isMaking = ['harvest', 'process', 'merge', 'split', 'pack', 'correct'].includes(verb);
  need(isMaking || body.creates.size === 0, 'malformed_event', 'body.creates');
  need(body.serials === null || verb === 'pack' || verb === 'correct', 'malformed_event', 'body.serials');
  if (verb !== 'correct') {
    need(what.declared === null, 'malformed_event', 'body.event.errorDeclaration');
    remember(session, party, body);
  }
  VERBS[verb]?.(session, party, body);
}

/** @param {Session} session @param {Party} party @param {import('./statement.js').EventBody} body */
function remember(session, party, body) {
  const { id } = body.event;
  if (id === undefined) return;
  const key = hashText(id);
  need(!session.get('event', key), 'event_exists', 'body.event.eventID', id);
  session.put('event', key, { index: session.index, author: party.author, party: party.party, verb: body.verb, digest: digest(body.event), corrected: null });
}

export { ZERO };
