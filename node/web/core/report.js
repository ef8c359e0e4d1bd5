// @ts-check
// Checks the signed report of a year (format, section 14): for whoever was given one and trusts nothing but the ledger's key.
import { hex, leafHash, sha256, unbase64, unhex, utf8 } from '../verifier/bytes.js';
import { verify } from '../verifier/ed25519.js';
import { isIncluded } from '../verifier/log.js';
import { pae, readEntry } from '../verifier/statement.js';
import { openPinned, readProof } from './receipts.js';

/** Longest report that is read. */
const CHARS_MAX = 64 << 20;

/** @param {string} text of the file @param {string} vkey of the ledger, from elsewhere @returns {Promise<{ faults: string[], entries: number, report: any }>} */
export async function verifyReport(text, vkey) {
  /** @type {string[]} */
  const faults = [];
  let file;
  let report;
  try {
    if (text.length > CHARS_MAX) throw new Error('too long');
    file = JSON.parse(text);
    report = JSON.parse(file.report);
    if (file.kind !== 'nguon-report' || report.v !== 1 || !Array.isArray(report.entries) || !/^[0-9a-f]{64}$/.test(report.key)) throw new Error('not a report');
  } catch (error) {
    return { faults: [`not a report: ${error}`], entries: 0, report: null };
  }
  const message = utf8(`nguon-report v1\n${report.ledger}\n${hex(sha256(utf8(file.report)))}\n`);
  if (!await verify(unhex(report.key), message, unbase64(file.signature) ?? new Uint8Array())) faults.push('the report is not signed by its key');
  if (report.vkey !== vkey) faults.push('the report is of another ledger');
  for (const entry of report.entries) {
    const fault = await faultOf(entry, report.key, vkey).catch((error) => String(error));
    if (fault) faults.push(`entry ${entry?.index}: ${fault}`);
  }
  return { faults, entries: report.entries.length, report };
}

/** @param {any} given @param {string} key @param {string} vkey @returns {Promise<string>} */
async function faultOf(given, key, vkey) {
  const bytes = unbase64(given.entry);
  const proof = readProof(given.proof);
  if (!bytes || !proof) return 'cannot be read';
  const entry = readEntry(bytes);
  if (entry.index !== BigInt(given.index) || proof.index !== given.index) return 'stands elsewhere';
  // What others signed for her, as a secretary does, is hers only by their word.
  if (!await verify(entry.key, pae(entry.payload), entry.signature)) return entry.signer === key ? 'not signed by her' : 'not signed';
  const { checkpoint } = await openPinned(proof.note, vkey);
  const path = proof.proof.flatMap((hash) => unbase64(hash) ?? []);
  return isIncluded(entry.index, checkpoint.size, leafHash(bytes), path, checkpoint.root) ? '' : 'not in the ledger';
}
