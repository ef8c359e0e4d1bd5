// @ts-check
// Checks the signed report of a year (format, section 14), for whoever was handed one and trusts nothing but the ledger's key: whose it is, that
// every entry stands in the ledger, and that the sums are those of the entries.
import { hex, leafHash, sha256, unbase64, unhex, utf8 } from './bytes.js';
import { verify } from './ed25519.js';
import { parsePolicy, parseVkey } from './log.js';
import { keyOf } from './names.js';
import { checkBody, pae, readEntry, readStatement } from './statement.js';
import { verifyProof } from './verify.js';
import { isHers, pageOf, readPast, standing, yearOf } from './year.js';

/** @typedef {import('./verify.js').Check} Check */
/** @typedef {import('./year.js').Past} Past */
/** @typedef {{ vkey?: string, policy?: string }} Trust */
/** @typedef {{ index: number, entry: string, proof: string }} Given */
/** @typedef {{ ledger: string, vkey: string, actor: string, key: string, madeAt: string, page: import('./year.js').Page, entries: Given[], others: Given[] }} Report */
/** @typedef {{ report: Report | null, checks: Check[], vkey: string | null, page: import('./year.js').Page | null, past: Past[] }} Found
 *   report: null when the file is cut or no report at all; page: as it follows from the entries, whatever the file says; past: its events */
/** @typedef {{ given: Given, bytes: Uint8Array, entry: import('./statement.js').Entry, statement: import('./statement.js').Statement }} Item */

/** Longest report that is read, and most entries of one. */
const CHARS_MAX = 64 << 20;
const ENTRIES_MAX = 20_000;
const NONE = /** @type {Found} */ ({ report: null, checks: [], vkey: null, page: null, past: [] });

/** Whether a text means to be a report, whole or not. @param {string} text */
export const isReport = (text) => /^\s*\{\s*"(?:check"\s*:\s*"[^"]*"\s*,\s*")?kind"\s*:\s*"nguon-report"/.test(text.slice(0, 1000));

/** @param {string} text @returns {{ text: string, signature: Uint8Array, report: Report } | null} */
function read(text) {
  try {
    const file = JSON.parse(text);
    const report = JSON.parse(file.report);
    const isList = (/** @type {any} */ list) => Array.isArray(list) && list.length <= ENTRIES_MAX
      && list.every((one) => Number.isSafeInteger(one?.index) && typeof one.entry === 'string' && typeof one.proof === 'string');
    const { v, ledger, vkey, actor, key, madeAt, page, entries, others = [] } = report;
    const isReadable = text.length <= CHARS_MAX && file.kind === 'nguon-report' && v === 1 && /^[0-9a-f]{64}$/.test(key) && isList(entries) && isList(others)
      && [ledger, vkey, actor, madeAt].every((one) => typeof one === 'string') && Number.isInteger(page?.year);
    return isReadable ? { text: file.report, signature: unbase64(file.signature) ?? new Uint8Array(), report: { ledger, vkey, actor, key, madeAt, page, entries, others } } : null;
  } catch {
    return null;
  }
}

/** Gathers what fails first of each check. */
class Checks {
  constructor() {
    /** @type {Map<string, Check>} */
    this.all = new Map();
  }

  /** A failure stands, and what was left open once is not passed by another. @param {Check} check */
  note(check) {
    const rank = { failed: 2, not_checked: 1, passed: 0 };
    const before = this.all.get(check.name);
    if (!before || rank[check.result] > rank[before.result]) this.all.set(check.name, check);
  }

  /** @param {string} name @param {boolean | null} ok null: cannot be told @param {string} [detail] @param {number} [index] */
  say(name, ok, detail, index) {
    const result = ok === null ? 'not_checked' : ok ? 'passed' : 'failed';
    this.note(/** @type {Check} */ ({ name, result, ...(ok || detail === undefined ? {} : { detail }), ...(ok || index === undefined ? {} : { index }) }));
  }
}

/** The one key to hold proofs against: that of the ledger which the report names. @param {Report} report @param {Trust} trust */
function keyFor(report, trust) {
  const keys = trust.vkey ? [trust.vkey] : trust.policy ? parsePolicy(trust.policy).logs.map(({ text }) => text) : [report.vkey];
  return keys.find((key) => key === report.vkey && parseVkey(key)?.name === report.ledger) ?? null;
}

/** Reads an entry and checks all that it shows by itself. @param {Checks} checks @param {Given} given @param {Trust} trust @param {string} origin @returns {Promise<Item | null>} */
async function open(checks, given, trust, origin) {
  const { index } = given;
  try {
    const bytes = unbase64(given.entry);
    if (!bytes) throw new Error('not base64');
    const entry = readEntry(bytes);
    const statement = readStatement(entry.payload);
    const isPlaced = entry.index === BigInt(index) && new RegExp(`^c2sp\\.org/tlog-proof@v1\n(?:extra [^\n]*\n)?index ${index}\n`).test(given.proof);
    for (const check of await verifyProof(given.proof, leafHash(bytes), trust)) checks.note({ ...check, ...(check.result === 'failed' ? { index } : {}) });
    checks.say('entries_included', isPlaced, 'stands elsewhere', index);
    const isSigned = entry.signer === statement.signer && await verify(entry.key, pae(entry.payload), entry.signature);
    checks.say('signatures', isSigned && hex(entry.key) === entry.signer, 'not signed by its signer', index);
    checks.say('report_ledger', statement.ledger === origin, 'an entry is of another ledger', index);
    return { given, bytes, entry, statement };
  } catch (error) {
    checks.say('entries_included', false, `cannot be read: ${/** @type {Error} */ (error).message}`, index);
    return null;
  }
}

/** Whose each key is, and what each lot is, as entries of the ledger say. @param {Item[]} others @param {string} origin */
function background(others, origin) {
  /** @type {Map<string, string>} */
  const actors = new Map();
  /** @type {Map<string, string>} */
  const products = new Map();
  for (const { statement, entry, given } of others) {
    checkBody(origin, statement);
    const body = statement.kind === 'charter' ? statement.body.get('operator') : statement.body;
    if (statement.kind === 'charter' && given.index !== 0) continue;
    if (statement.kind === 'charter' || statement.kind === 'actor') for (const key of body.get('keys')) actors.set(key, body.get('id'));
    else if (statement.kind === 'key' && body.has('add')) actors.set(body.get('add'), body.get('actor'));
    else if (statement.kind === 'event') for (const { named, product } of readPast(origin, given.index, entry.payload)?.body.creates.values() ?? []) products.set(keyOf(named), product);
  }
  return { actors, products };
}

/** A value as text that is the same whatever the order of what it lists. @param {any} value @returns {string} */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

/** Whether every entry counts as hers. @param {Checks} checks @param {Past[]} past @param {Report} report @param {Map<string, string>} actors */
function owned(checks, past, report, actors) {
  const known = actors.get(report.key);
  checks.say('report_key', known === undefined ? null : known === report.actor, known === undefined ? 'the file does not show whose key it is' : `the key is that of ${known}`);
  checks.say('report_hers', true);
  const actorOf = (/** @type {string} */ signer) => actors.get(signer) ?? (signer === report.key ? report.actor : undefined);
  for (const one of past) {
    const isKnown = actorOf(one.signer) !== undefined || one.body.behalf === report.actor || one.body.party !== undefined;
    checks.say('report_hers', isKnown ? isHers(one, report.actor, actorOf) : null, isKnown ? 'somebody else\'s' : 'the file does not show who signed it', one.index);
  }
}

/** Every check that the file alone allows. @param {string} text of the file @param {Trust} trust nothing: the key in the file itself, which proves little @returns {Promise<Found>} */
export async function verifyReport(text, trust) {
  const file = read(text);
  if (!file) return NONE;
  const { report } = file;
  const checks = new Checks();
  const message = utf8(`nguon-report v1\n${report.ledger}\n${hex(sha256(utf8(file.text)))}\n`);
  checks.say('report_signed', await verify(unhex(report.key), message, file.signature), 'not signed by the key that it names');
  const vkey = keyFor(report, trust);
  checks.say('report_ledger', vkey !== null, 'of another ledger than the one whose key was given');
  const used = { ...trust, vkey: vkey ?? trust.vkey ?? report.vkey };
  /** @type {[Item[], Item[]]} */
  const [own, others] = [[], []];
  for (const given of report.entries) own.push(...[await open(checks, given, used, report.ledger)].flatMap((one) => one ?? []));
  for (const given of report.others) others.push(...[await open(checks, given, used, report.ledger)].flatMap((one) => one ?? []));
  /** @type {Past[]} */
  let past = [];
  let page = null;
  try {
    const { actors, products } = background(others, report.ledger);
    const events = own.map(({ given, entry, statement }) => {
      checkBody(report.ledger, statement);
      return readPast(report.ledger, given.index, entry.payload);
    });
    past = events.flatMap((one) => one ?? []);
    owned(checks, past, report, actors);
    const isOnce = report.entries.every(({ index }, at) => at === 0 || index > (report.entries[at - 1]?.index ?? 0));
    const counted = standing(past).filter((one) => yearOf(one) === report.page.year);
    page = pageOf(report.ledger, report.page.year, counted, (lot) => products.get(keyOf(lot)));
    const isWhole = isOnce && own.length === report.entries.length && counted.length === own.length;
    checks.say('report_sums', isWhole && canonical(page) === canonical(report.page), isWhole ? 'the sums are not those of the entries' : 'an entry is there twice, or does not count');
  } catch (error) {
    checks.say('report_sums', false, `an entry cannot be read: ${/** @type {Error} */ (error).message}`);
  }
  return { report, checks: [...checks.all.values()], vkey, page, past };
}
