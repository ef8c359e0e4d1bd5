// Keeps the app on the phone. Every file is listed by the server in files.json.
//
// A new version is fetched whole beside the old one and takes over only when no page of the old one is open any more, so that no page ever runs
// with files of two versions. The registrar's desk and the page that checks a
// report need the network for all they do; they take every file from there, and only where it is away a page that says so stands in for them. What people saved lies in IndexedDB, which this file does not change.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const PREFIX = 'nguon-app-';
/** Which version was fetched whole, and which one is in use. */
const VERSIONS = 'nguon-versions';
const SCOPE = new URL('./', worker.location.href);
/** Of no use without the source code beside it, fetched when they are first heard, or for the pages that check what somebody was handed. */
const LEFT_OUT = /(?:\.d\.ts|\.md|LICENSE|core\/types\.js|verifier\/(?:archive|bundle|dense|evidence|item|report|scratch|story|verify)\.js|^(?:coop|report)\/.*|locales\/(?:coop|report)\.[a-z]+\.json|\.(?:ogg|opus|mp3|m4a|webm))$/;
/** What only browsers need that lack something. */
const FOR_OLD_KEYS = /(?:noble-ed25519\/index|ed25519-fallback)\.js$/;
const FOR_OLD_CAMERAS = /vendor\/qr\/decode\.js$/;
const SOUND = /\.(?:ogg|opus|mp3|m4a|webm)$/;

/** @param {string} name @returns {Promise<string | null>} */
async function version(name) {
  const found = await (await caches.open(VERSIONS)).match(new URL(name, SCOPE));
  return found ? found.text() : null;
}

/** @param {string} name @param {string} value */
async function setVersion(name, value) {
  await (await caches.open(VERSIONS)).put(new URL(name, SCOPE), new Response(value));
}

/** Which files this browser has no use for. @returns {Promise<RegExp[]>} */
async function needless() {
  const detector = /** @type {any} */ (worker).BarcodeDetector;
  const [hasKeys, formats] = await Promise.all([
    crypto.subtle.generateKey('Ed25519', false, ['sign']).then(() => true, () => false), Promise.resolve(detector?.getSupportedFormats() ?? []).catch(() => []),
  ]);
  return [LEFT_OUT, ...(hasKeys ? [FOR_OLD_KEYS] : []), ...(formats.includes('qr_code') ? [FOR_OLD_CAMERAS] : [])];
}

async function install() {
  const answer = await fetch(new URL('files.json', SCOPE), { cache: 'no-store' });
  if (!answer.ok) throw new Error(`files.json: ${answer.status}`);
  const { version: fetched, files } = await answer.json();
  const cache = await caches.open(PREFIX + fetched);
  const leftOut = await needless();
  const wanted = files.filter((/** @type {string} */ file) => file !== 'sw.js' && !leftOut.some((pattern) => pattern.test(file)));
  await cache.addAll(wanted.map((/** @type {string} */ file) => new Request(new URL(file, SCOPE), { cache: 'reload' })));
  // Only what is whole may ever be used.
  await setVersion('fetched', fetched);
}

async function activate() {
  const fetched = await version('fetched');
  if (fetched === null) return;
  await setVersion('used', fetched);
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== PREFIX + fetched) await caches.delete(name);
  await worker.clients.claim();
}

/** Whether a page is one that lives on the network alone. @param {URL} url */
const isDesk = (url) => /^(?:coop|report)(?:\/|$)/.test(url.pathname.slice(SCOPE.pathname.length));

/** What is shown, and all that it is made of, where a page of the network cannot be had. */
const AWAY = new URL('away.html', SCOPE);
const OF_AWAY = ['away.js', 'app.css'];

/** From the network alone; in its absence the page that says so. @param {Request} request @param {URL} url @param {string | null} used version */
async function onlyOnline(request, url, used) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = request.mode === 'navigate' ? AWAY : OF_AWAY.includes(url.pathname.slice(SCOPE.pathname.length)) ? url : null;
    const found = kept && used !== null && await (await caches.open(PREFIX + used)).match(kept, { ignoreVary: true });
    if (found) return found;
    throw error;
  }
}

/** @param {Request} request @param {URL} url @param {string} clientId of the page that asks */
async function respond(request, url, clientId) {
  const [used, page] = await Promise.all([version('used'), clientId ? worker.clients.get(clientId) : undefined]);
  if (used === null || isDesk(url) || (page && isDesk(new URL(page.url)))) return onlyOnline(request, url, used);
  const cache = await caches.open(PREFIX + used);
  const isPage = request.mode === 'navigate' && !/\.(?!html$)[a-z0-9]+$/.test(url.pathname);
  const found = await cache.match(isPage ? new URL('index.html', SCOPE) : url, { ignoreSearch: true, ignoreVary: true });
  if (found) return found;
  const answer = await fetch(request);
  if (answer.status === 200 && SOUND.test(url.pathname)) await cache.put(url, answer.clone());
  return answer;
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answerOf = (request) => new Promise((fulfil, reject) => {
  request.onsuccess = () => fulfil(request.result);
  request.onerror = () => reject(request.error);
});

/** Changes an item that is still as it was read. @param {IDBDatabase} database @param {any} item @param {object} changes @returns {Promise<any>} */
async function edit(database, item, changes) {
  const transaction = database.transaction('items', 'readwrite', { durability: 'strict' });
  const done = new Promise((fulfil, reject) => {
    transaction.oncomplete = () => fulfil(undefined);
    transaction.onabort = () => reject(transaction.error);
  });
  const found = await answerOf(transaction.objectStore('items').get(item.order));
  if (!found || found.envelope !== item.envelope || found.state !== item.state || found.version !== item.version) return null;
  await answerOf(transaction.objectStore('items').put({ ...found, ...changes }));
  await done;
  return { ...found, ...changes };
}

/** Sends what the app signed before it was closed, in order. What the node answers is kept as it is: the app works it out when it is opened. */
async function sendSigned() {
  const windows = await worker.clients.matchAll({ type: 'window' });
  if (windows.length) {
    for (const client of windows) client.postMessage('sync');
    return;
  }
  // Only what is there is opened; making it is the app's business.
  if (!(await indexedDB.databases()).some(({ name }) => name === 'nguon')) return;
  const database = await answerOf(indexedDB.open('nguon'));
  try {
    const items = await answerOf(database.transaction('items').objectStore('items').getAll());
    for (const item of items) {
      if (!item.envelope || item.raw || !['waiting', 'sent', 'carried'].includes(item.state)) continue;
      const sent = await edit(database, item, { state: 'sent' });
      if (!sent) return;
      const answer = await fetch(new URL('../v1/statements', SCOPE), {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: item.envelope, credentials: 'omit', redirect: 'error',
      });
      if (answer.status >= 500 || answer.status === 429) throw new Error(`${answer.status}`);
      // What is refused is for the app to tell, and what follows may hang on it.
      if (answer.status !== 200 && answer.status !== 201) return;
      await edit(database, sent, { raw: await answer.json() });
    }
  } finally {
    database.close();
  }
}

worker.addEventListener('sync', (event) => {
  const { waitUntil, tag } = /** @type {{ tag: string, waitUntil: (promise: Promise<unknown>) => void }} */ (/** @type {unknown} */ (event));
  if (tag === 'nguon') waitUntil.call(event, navigator.locks ? navigator.locks.request('nguon send', sendSigned) : sendSigned());
});
worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(activate()));
worker.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  const isOurs = url.origin === SCOPE.origin && url.pathname.startsWith(SCOPE.pathname);
  // The node's answers and photos are never kept here, and the list of files must be the server's own.
  if (event.request.method !== 'GET' || !isOurs || (isDesk(url) && event.request.mode !== 'navigate') || url.pathname.endsWith('/files.json')) return;
  event.respondWith(respond(event.request, url, event.clientId));
});
