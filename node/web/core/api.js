// @ts-check
// The node over HTTP. Whatever it answers is material to be checked; only what it refuses is taken as it says.
import { hex, sha256, utf8 } from '../verifier/bytes.js';
import { coreError, refusal } from './errors.js';
import { readBounded } from './stream.js';
import { base64 } from './text.js';

/** @typedef {import('./types.js').Refused} Refused */
/** @typedef {{ status: number, headers: Headers, bytes: Uint8Array, json: any }} Answer */
/** @typedef {{ signer: string, origin: string, sign: import('./keys.js').Sign }} Signer */

/** No answer by then counts as no network; a slow one (3G) is far quicker. */
const ANSWER_MS_MAX = 30_000;
/** Longest answer that is read. */
const ANSWER_BYTES_MAX = 8 << 20;
/** Longest wait that a node may ask for. */
const RETRY_MS_MAX = 15 * 60_000;

/** The phone's clock against the node's. */
export class Clock {
  constructor() {
    /** How far the phone is ahead, in milliseconds; unknown before the first answer. @type {number | null} */
    this.offset = null;
    /** Whether the node has told since the app was opened; a clock may have been set since. */
    this.isFresh = false;
  }

  /** What the node's clock says now, as far as is known. */
  now() {
    return Date.now() - (this.offset ?? 0);
  }

  /** @param {string | null} date of an answer @param {number} asked @param {number} answered */
  learn(date, asked, answered) {
    const told = date === null ? NaN : Date.parse(date);
    // The header has whole seconds, so the true time lies half of one later.
    if (Number.isNaN(told) || answered - asked >= ANSWER_MS_MAX) return;
    this.offset = Math.round((asked + answered) / 2 - told - 500);
    this.isFresh = true;
  }
}

/** The node wants to be left alone, or something between it and here does. */
export class Busy extends Error {
  /** @param {string} detail @param {number | null} waitMs */
  constructor(detail, waitMs) {
    super(detail);
    this.waitMs = waitMs;
  }
}

export class Node {
  /** @param {string} base address, with a slash at its end @param {Clock} clock */
  constructor(base, clock) {
    this.base = base;
    this.clock = clock;
    /** Requests under way. @type {Set<AbortController>} */
    this.open = new Set();
  }

  /** Gives up what is under way, as when somebody stands waiting for what needs no network. What was sent is sent again later. */
  interrupt() {
    for (const controller of this.open) controller.abort();
  }

  /** @param {string} path @param {RequestInit} [options] @returns {Promise<Answer>} */
  async ask(path, options = {}) {
    const asked = Date.now();
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), ANSWER_MS_MAX);
    this.open.add(controller);
    let response;
    let bytes;
    try {
      response = await fetch(new URL(path.replace(/^\//, ''), this.base), {
        ...options, cache: 'no-store', credentials: 'omit', redirect: 'error', signal: controller.signal,
      });
      this.clock.learn(response.headers.get('date'), asked, Date.now());
      bytes = response.body ? await readBounded(response.body, ANSWER_BYTES_MAX) : new Uint8Array();
    } catch (error) {
      throw coreError('offline', String(error));
    } finally {
      clearTimeout(timer);
      this.open.delete(controller);
    }
    return { status: response.status, headers: response.headers, bytes, json: parse(response, bytes) };
  }

  /** JSON of a path; nothing when the node has none. @param {string} path @returns {Promise<any>} */
  async find(path) {
    const found = await this.ask(path, { headers: { accept: 'application/json' } });
    if (found.status === 404) return null;
    if (found.status !== 200 || found.json === undefined) throw failure(found);
    return found.json;
  }

  /** Every page of a list. @param {string} path @param {number} [pagesMax] @returns {Promise<any[] | null>} */
  async list(path, pagesMax = 50) {
    const items = [];
    let after = '';
    for (let page = 0; page < pagesMax; page += 1) {
      const answer = await this.find(`${path}${path.includes('?') ? '&' : '?'}limit=100${after && `&after=${encodeURIComponent(after)}`}`);
      if (answer === null) return null;
      if (!Array.isArray(answer.items)) throw coreError('offline', 'not a list');
      items.push(...answer.items);
      if (answer.next === undefined || answer.next === null) break;
      after = String(answer.next);
    }
    return items;
  }

  /** A request signed by a registered key. When the phone's clock is wrong the node says so, and the request is signed once more with the node's.
   * @param {Signer} signer @param {string} method @param {string} path @param {string} [body] @returns {Promise<Answer>} */
  async signed({ signer, origin, sign }, method, path, body = '') {
    for (let attempt = 0; ; attempt += 1) {
      const time = new Date(this.clock.now()).toISOString();
      const text = `nguon-request v1\n${origin}\n${method}\n${path}\n${hex(sha256(utf8(body)))}\n${time}\n`;
      const headers = {
        'nguon-signer': signer, 'nguon-signature': base64(await sign(utf8(text))), 'nguon-time': time,
        ...(body ? { 'content-type': 'application/json' } : {}),
      };
      const answer = await this.ask(path, { method, headers, ...(body ? { body } : {}) });
      if (answer.json?.code !== 'stale_request' || attempt > 0) return answer;
    }
  }
}

/** @param {Response} response @param {Uint8Array} bytes */
function parse(response, bytes) {
  if (!/json/.test(response.headers.get('content-type') ?? '')) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** Whether the same may be tried again later, because nobody refused what was asked. @param {Answer} answer */
export function isBusy({ status }) {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** @param {Answer} answer */
export function busy({ status, headers, json }) {
  const seconds = Number(headers.get('retry-after'));
  const wait = Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, RETRY_MS_MAX) : null;
  return new Busy(`${status} ${json?.code ?? ''}`, wait);
}

/** The refusal in an answer. @param {Answer} answer @returns {Refused} */
export function refused({ status, json }) {
  const text = (/** @type {any} */ value, /** @type {string} */ otherwise) => (typeof value === 'string' ? value.slice(0, 500) : otherwise);
  return refusal(text(json?.code, `http_${status}`), text(json?.field, ''), {}, text(json?.detail, ''));
}

/** What to reject with for an answer that was not hoped for. @param {Answer} answer */
export function failure(answer) {
  // What is no JSON comes from something in between, such as the sign-in page of a public network.
  if (isBusy(answer) || (answer.status < 400 && answer.json === undefined)) return coreError('offline', busy(answer).message);
  const code = answer.json?.code;
  if (answer.status === 404) return coreError('not_found');
  if (code === 'invitation_used') return coreError('used');
  if (code === 'invitation_expired' || answer.status === 410) return coreError('expired');
  return coreError('refused', `${answer.status} ${code ?? ''} ${answer.json?.detail ?? ''}`, { refused: refused(answer) });
}
