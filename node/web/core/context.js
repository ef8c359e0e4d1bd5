// @ts-check
// What the parts of the core share: storage, node, clock, the pinned ledger, who is open, and who listens.
import { Clock, Node } from './api.js';
import { Database } from './database.js';
import { coreError } from './errors.js';
import { needsPin, signer } from './keys.js';
import { timeText } from './text.js';

/** @typedef {import('./types.js').Profile} Profile */
/** @typedef {{ origin: string, vkey: string, policy: string | null }} Ledger pinned when the first person joined */
/** @typedef {{ code: string, detail: string, time: string, over: string | null }} AlarmRecord */

export class Context {
  /** @param {{ base: string, database?: string }} options */
  constructor({ base, database = 'nguon' }) {
    this.database = new Database(database);
    this.clock = new Clock();
    this.node = new Node(base, this.clock);
    /** @type {Ledger | null} */
    this.ledger = null;
    /** @type {Profile | null} */
    this.open = null;
    /** What signs for profiles that were opened here. @type {Map<string, import('./keys.js').Sign>} */
    this.signers = new Map();
    /** PINs of open profiles whose key lies under them. @type {Map<string, string | null>} */
    this.pins = new Map();
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel(`nguon ${database}`) : null;
    if (this.channel) this.channel.onmessage = () => this.told();
    /** What she may use now, until something changes. @type {Promise<import('./view.js').Now> | null} */
    this.state = null;
  }

  async load() {
    this.ledger = await this.database.meta('ledger') ?? null;
    this.clock.offset = await this.database.meta('clock') ?? null;
  }

  /** Another tab, or this one, changed something. @param {Context['state']} state what she may use now, where that is known already */
  told(state = null) {
    this.state = state;
    for (const listener of this.listeners) {
      try {
        listener();
      } catch (error) {
        console.error(error);
      }
    }
  }

  /** @param {Context['state']} [state] */
  changed(state) {
    this.channel?.postMessage('changed');
    this.told(state);
  }

  /** The ledger, once somebody has joined. @returns {Ledger} */
  joined() {
    if (!this.ledger) throw coreError('not_found', 'nobody has joined a ledger on this phone');
    return this.ledger;
  }

  /** The open profile. @returns {Profile} */
  person() {
    if (!this.open) throw coreError('not_found', 'no profile is open');
    return this.open;
  }

  /** The open profile and her actor. @returns {Profile & { actor: string }} */
  actor() {
    const person = this.person();
    if (person.actor === null) throw coreError('not_found', 'not yet approved');
    return /** @type {Profile & { actor: string }} */ (person);
  }

  /** What signs for a profile; nothing when that needs her PIN and she is not here. @param {string} id @returns {Promise<import('./keys.js').Sign | null>} */
  async signerOf(id) {
    const ready = this.signers.get(id);
    if (ready) return ready;
    const secret = await this.database.get('secrets', id);
    return secret && !needsPin(secret.kept) ? signer(secret.kept, null) : null;
  }

  /** Writes down something that must not happen, for everybody to see. @param {{ code: string, message: string }} alarm */
  async alarm({ code, message }) {
    await this.database.setMeta('alarm', { code, detail: message.slice(0, 500), time: timeText(Date.now()), over: null });
    this.changed();
  }

  /** All went well again. What had been wrong stays to be seen. */
  async calm() {
    const alarm = await this.database.meta('alarm');
    if (alarm && !alarm.over) await this.database.setMeta('alarm', { ...alarm, over: timeText(Date.now()) });
  }

  /** Runs one at a time, in all tabs together. @template T @param {string} name @param {() => Promise<T>} use @returns {Promise<T>} */
  alone(name, use) {
    const full = `${this.database.name} ${name}`;
    if (navigator.locks) return /** @type {Promise<T>} */ (navigator.locks.request(full, use));
    const before = this.queues.get(full) ?? Promise.resolve();
    const run = before.then(use, use);
    this.queues.set(full, run.catch(() => {}));
    return run;
  }

  /** For browsers without locks. @type {Map<string, Promise<any>>} */
  queues = new Map();
}
