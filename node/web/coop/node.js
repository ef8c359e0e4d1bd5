// @ts-check
/** What the desk asks of the node: records, and requests that the registrar's key signs. */
import { hashText } from '../verifier/bytes.js';
import { base64 } from '../core/text.js';

/** @typedef {import('../core/types.js').Core} Core */

const BASE = new URL('../../', import.meta.url);
/** Pages of one list that are read at most. */
const PAGES_MAX = 50;

/** What went wrong, by the node's stable code. */
export class Refusal extends Error {
  /** @param {string} code @param {string} [detail] */
  constructor(code, detail = '') {
    super(detail || code);
    this.code = code;
  }
}

/** How far this machine's clock is behind the node's. */
let behindMs = 0;

/** @param {string} path @param {RequestInit} [options] @returns {Promise<any>} */
export async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(new URL(path.replace(/^\//, ''), BASE), { cache: 'no-store', credentials: 'omit', ...options, headers: { accept: 'application/json', ...options.headers } });
  } catch {
    throw new Refusal('offline');
  }
  const time = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isFinite(time)) behindMs = time - Date.now();
  if (answer.status === 204) return null;
  const json = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refusal(json?.code ?? 'offline', json?.detail);
  return json;
}

/** All items of a list. @param {string} path @returns {Promise<any[]>} */
export async function list(path) {
  const items = [];
  let after = '';
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await ask(`${path}${path.includes('?') ? '&' : '?'}limit=1000${after && `&after=${encodeURIComponent(after)}`}`);
    items.push(...answer.items);
    if (answer.next === undefined) break;
    after = String(answer.next);
  }
  return items;
}

/** The ledger that this desk is of. */
let origin = '';
export async function ledger() {
  const known = await ask('/v1/ledger');
  origin = known.origin;
  return known;
}

/** A request that the open profile's key signs; once more with the node's time when this machine's clock is wrong.
 * @param {Core} core @param {'GET' | 'POST'} method @param {string} path @param {object} [body] @returns {Promise<any>} */
export async function signed(core, method, path, body) {
  const profile = core.profiles.open();
  if (!profile) throw new Refusal('wrong_pin');
  const text = body === undefined ? '' : JSON.stringify(body);
  const bytes = new TextEncoder();
  for (let attempt = 0; ; attempt += 1) {
    const time = new Date(Date.now() + (attempt > 0 ? behindMs : 0)).toISOString();
    const message = `nguon-request v1\n${origin}\n${method}\n${path}\n${hashText(text)}\n${time}\n`;
    const signature = base64(await core.profiles.sign(bytes.encode(message)));
    const headers = { 'nguon-signer': profile.key, 'nguon-signature': signature, 'nguon-time': time, ...(text ? { 'content-type': 'application/json' } : {}) };
    try {
      return await ask(path, { method, headers, ...(text ? { body: text } : {}) });
    } catch (error) {
      if (/** @type {Refusal} */ (error).code !== 'stale_request' || attempt > 0) throw error;
    }
  }
}
