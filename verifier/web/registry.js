// @ts-check
// Rules of the statements that register: charter, actor, key, product, place.
import { isBelow } from './rules.js';
import { need, quantityOf, scaled, unitOf } from './values.js';

/** @typedef {import('./rules.js').Session} Session */
/** @typedef {import('./statement.js').Statement} Statement */

const ZERO = '0'.repeat(64);

/** What a signer may register: everything, what belongs to an organisation, or what is its own.
 * @param {Session} session @param {any} signer @returns {{operator: boolean, organisation?: string}} */
function authority(session, signer) {
  const record = session.known('actor', signer.actor, 'signer');
  if (record.roles.includes('operator')) return { operator: true };
  if (!record.roles.includes('registrar')) return { operator: false };
  return { operator: false, organisation: record.class === 'organisation' ? signer.actor : record.under };
}

/** @param {any} ok @param {string} field @returns {asserts ok} */
function allow(ok, field) {
  need(ok, 'role_missing', field);
}

/** @param {Session} session @param {any} signer @param {Statement} statement */
export function registry(session, signer, statement) {
  const { kind, body } = statement;
  if (kind === 'charter') return charter(session, statement);
  const may = authority(session, signer);
  if (kind === 'actor') return actor(session, may, body);
  if (kind === 'key') return key(session, may, signer, statement);
  return kind === 'product' ? product(session, may, signer, body) : place(session, may, signer, body);
}

/** @param {Session} session @param {Statement} statement */
function charter(session, { body, signer, seq, prev }) {
  const operator = body.get('operator');
  const ok = operator.get('roles').includes('operator') && operator.get('keys').includes(signer) && !operator.has('under');
  need(ok, 'malformed_statement', 'body.operator');
  need(seq === 0n && prev === ZERO, 'wrong_sequence', 'seq');
  session.put('charter', '', { operator: operator.get('id') });
  setActor(session, operator, undefined);
}

/** @param {Session} session @param {ReturnType<typeof authority>} may @param {Map<string, any>} body */
function actor(session, may, body) {
  const before = session.get('actor', body.get('id'));
  const under = body.get('under');
  if (under !== undefined) checkUnder(session, body.get('id'), under);
  if (may.operator) {
    const isLast = session.get('charter', '')?.operator === body.get('id') && !body.get('roles').includes('operator');
    need(!isLast, 'last_operator_key', 'body.roles');
  } else {
    const { organisation } = may;
    allow(organisation !== undefined, 'signer');
    allow(under !== undefined && (under === organisation || isBelow(session, session.known('actor', under, 'body.under'), organisation)), 'body.under');
    allow(!before || isBelow(session, before, organisation), 'body.id');
    const had = before?.roles ?? [];
    const granted = body.get('roles').filter((/** @type {string} */ role) => ['operator', 'registrar', 'inspector'].includes(role) && !had.includes(role));
    allow(!granted.length && !had.includes('operator'), 'body.roles');
  }
  setActor(session, body, before);
}

/** @param {Session} session @param {string} id @param {string} under */
function checkUnder(session, id, under) {
  let level = under;
  for (let depth = 0; depth < 8; depth += 1) {
    need(level !== id, 'not_above', 'body.under');
    const record = session.known('actor', level, 'body.under');
    need(depth > 0 || record.class === 'organisation', 'not_above', 'body.under');
    if (record.under === undefined) return;
    level = record.under;
  }
  need(false, 'not_above', 'body.under');
}

/** @param {Session} session @param {Map<string, any>} body @param {any} before */
function setActor(session, body, before) {
  const record = { class: body.get('class'), roles: body.get('roles'), under: body.get('under'), keys: before?.keys ?? [], active: before?.active ?? 0 };
  for (const key of body.get('keys')) if (!record.keys.includes(key)) addKey(session, body.get('id'), record, key);
  session.put('actor', body.get('id'), record);
}

/** @param {Session} session @param {string} actor @param {any} record @param {string} key */
function addKey(session, actor, record, key) {
  need(!session.get('signer', key), 'key_in_use', 'body.keys');
  need(record.active < 16, 'malformed_statement', 'body.keys');
  record.active += 1;
  record.keys.push(key);
  session.put('signer', key, { actor, seq: 0n, prev: ZERO, revoked: null });
}

/** @param {Session} session @param {ReturnType<typeof authority>} may @param {any} signer @param {Statement} statement */
function key(session, may, signer, { body, signer: own }) {
  const id = body.get('actor');
  const record = session.known('actor', id, 'body.actor');
  const isRegistrar = may.organisation !== undefined && isBelow(session, record, may.organisation) && !record.roles.includes('operator');
  allow(may.operator || id === signer.actor || isRegistrar, 'body.actor');
  if (body.has('add')) addKey(session, id, record, body.get('add'));
  else {
    const key = body.get('revoke');
    allow(key !== own || record.roles.includes('operator'), 'body.revoke');
    const revoked = session.get('signer', key);
    need(revoked?.actor === id && revoked.revoked === null, 'unknown_key', 'body.revoke');
    need(!record.roles.includes('operator') || record.active > 1, 'last_operator_key', 'body.revoke');
    record.active -= 1;
    session.put('signer', key, { ...revoked, revoked: session.index });
  }
  session.put('actor', id, record);
}

/** @param {Session} session @param {ReturnType<typeof authority>} may @param {any} signer @param {Map<string, any>} body */
function product(session, may, signer, body) {
  const id = body.get('id');
  const before = session.get('product', id);
  allow(may.operator || may.organisation !== undefined, 'signer');
  allow(may.operator || !before || before.owner === may.organisation, 'body.id');
  const unit = unitOf(body.get('unit'))?.[0];
  need(!before || before.unit === unit, 'unit_mismatch', 'body.unit');
  const madeFrom = new Map();
  for (const source of body.get('madeFrom') ?? []) {
    session.known('product', source.get('product'), 'body.madeFrom');
    madeFrom.set(source.get('product'), scaled(source.get('yieldMax'), 6, 6));
  }
  const gtin = body.get('gtin');
  if (gtin !== undefined) {
    need([undefined, id].includes(session.get('gtin', gtin)), 'gtin_in_use', 'body.gtin');
    session.put('gtin', gtin, id);
  }
  const net = body.get('netContent');
  const content = net && quantityOf(net.get('quantity'), net.get('uom'));
  session.put('product', id, { owner: before?.owner ?? (may.operator ? signer.actor : may.organisation), unit, gtin, content, madeFrom });
}

/** @param {Session} session @param {ReturnType<typeof authority>} may @param {any} signer @param {Map<string, any>} body */
function place(session, may, signer, body) {
  const owners = [body.get('owner'), session.get('place', body.get('id'))?.owner].filter((owner) => owner !== undefined);
  for (const owner of owners) {
    const record = session.known('actor', owner, 'body.owner');
    const { organisation } = may;
    allow(may.operator || owner === signer.actor || (organisation !== undefined && (owner === organisation || isBelow(session, record, organisation))), 'body.owner');
  }
  session.put('place', body.get('id'), { owner: body.get('owner') });
}
