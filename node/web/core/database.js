// @ts-check
// What lasts on the phone: one IndexedDB, whose shape only ever grows by migrations.
import { coreError } from './errors.js';

/** Each step's number is the version it leads to; an item written by any of them must still be there after all of them.
 * @type {((database: IDBDatabase, transaction: IDBTransaction) => void)[]} */
export const MIGRATIONS = [
  (database) => {
    database.createObjectStore('profiles', { keyPath: 'id' });
    database.createObjectStore('secrets', { keyPath: 'id' });
    const items = database.createObjectStore('items', { keyPath: 'order', autoIncrement: true });
    items.createIndex('id', 'id', { unique: true });
    database.createObjectStore('photos', { keyPath: 'sha256' });
    database.createObjectStore('registry', { keyPath: ['kind', 'id'] });
    database.createObjectStore('lots', { keyPath: 'lot' });
    database.createObjectStore('entries', { keyPath: ['actor', 'index'] });
    database.createObjectStore('carried', { keyPath: 'hash' });
    database.createObjectStore('meta', { keyPath: 'key' });
  },
];

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
export function answer(request) {
  return new Promise((fulfil, reject) => {
    request.onsuccess = () => fulfil(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {any} error */
function translate(error) {
  if (error?.name === 'QuotaExceededError') return coreError('no_space', 'the phone has no room left');
  if (['UnknownError', 'InvalidStateError', 'VersionError', 'DataError', 'NotFoundError'].includes(error?.name)) return coreError('broken_storage', String(error));
  return error;
}

export class Database {
  /** @param {string} name @param {typeof MIGRATIONS} migrations */
  constructor(name, migrations = MIGRATIONS) {
    this.name = name;
    this.migrations = migrations;
    /** @type {Promise<IDBDatabase> | null} */
    this.opening = null;
  }

  /** @returns {Promise<IDBDatabase>} */
  open() {
    this.opening ??= new Promise((fulfil, reject) => {
      const request = indexedDB.open(this.name, this.migrations.length);
      request.onupgradeneeded = ({ oldVersion }) => {
        const transaction = /** @type {IDBTransaction} */ (request.transaction);
        for (const migrate of this.migrations.slice(oldVersion)) migrate(request.result, transaction);
      };
      request.onerror = () => {
        this.opening = null;
        reject(translate(request.error));
      };
      request.onsuccess = () => {
        const database = request.result;
        const forget = () => { this.opening = null; };
        // Another tab with a newer app must not wait for this one.
        database.onversionchange = () => { database.close(); forget(); };
        database.onclose = forget;
        fulfil(database);
      };
    });
    return this.opening;
  }

  /** Runs `use` in one transaction: all of it lasts, or nothing. `use` may wait only for requests of the transaction.
   * @template T @param {string[]} stores @param {'readonly' | 'readwrite'} mode @param {(store: (name: string) => IDBObjectStore) => Promise<T> | T} use
   * @param {{ strict?: boolean }} [options] strict: on the disk, not in some buffer, when this resolves @returns {Promise<T>} */
  async run(stores, mode, use, { strict = false } = {}) {
    const database = await this.open();
    /** @type {IDBTransaction} */
    let transaction;
    try {
      transaction = database.transaction(stores, mode, { durability: strict ? 'strict' : 'default' });
    } catch (error) {
      throw translate(error);
    }
    const done = new Promise((fulfil, reject) => {
      transaction.oncomplete = () => fulfil(undefined);
      transaction.onabort = () => reject(translate(transaction.error ?? new Error('the storage gave up')));
    });
    done.catch(() => {});
    try {
      const result = await use((name) => transaction.objectStore(name));
      await done;
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended by itself, because of this same error.
      }
      // An abort tells why, a failed request often only that.
      throw await done.then(() => translate(error), (why) => (isPlainAbort(why) ? translate(error) : why));
    }
  }

  /** @param {string} store @param {IDBValidKey} key @returns {Promise<any>} */
  get(store, key) {
    return this.run([store], 'readonly', (at) => answer(at(store).get(key)));
  }

  /** @param {string} store @param {IDBKeyRange | IDBValidKey} [range] @returns {Promise<any[]>} */
  all(store, range) {
    return this.run([store], 'readonly', (at) => answer(at(store).getAll(range)));
  }

  /** @param {string} store @param {any} record @param {{ strict?: boolean }} [options] */
  put(store, record, options) {
    return this.run([store], 'readwrite', (at) => answer(at(store).put(record)), options);
  }

  /** @param {string} key @returns {Promise<any>} */
  async meta(key) {
    return (await this.get('meta', key))?.value;
  }

  /** @param {string} key @param {any} value @param {{ strict?: boolean }} [options] */
  setMeta(key, value, options) {
    return this.put('meta', { key, value }, options);
  }
}

/** @param {any} error */
const isPlainAbort = (error) => error?.message === 'the storage gave up' || error?.name === 'AbortError';
