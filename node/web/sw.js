// Keeps the app on the phone. Every file is listed by the server in files.json.
//
// A new version is fetched whole beside the old one and takes over only when no page of the old one is open any more, so that no page ever runs
// with files of two versions. What people saved lies in IndexedDB, which this file does not change.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const PREFIX = 'nguon-app-';
/** Which version was fetched whole, and which one is in use. */
const VERSIONS = 'nguon-versions';
const SCOPE = new URL('./', worker.location.href);
/** Of no use without the source code beside it, or fetched when they are first heard. */
const LEFT_OUT = /(?:\.d\.ts|\.md|LICENSE|core\/types\.js|\.(?:ogg|opus|mp3|m4a|webm))$/;
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

async function install() {
  const answer = await fetch(new URL('files.json', SCOPE), { cache: 'no-store' });
  if (!answer.ok) throw new Error(`files.json: ${answer.status}`);
  const { version: fetched, files } = await answer.json();
  const cache = await caches.open(PREFIX + fetched);
  const wanted = files.filter((/** @type {string} */ file) => !LEFT_OUT.test(file) && file !== 'sw.js');
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

/** The file that a page's address means. @param {URL} url */
function pageOf(url) {
  const path = url.pathname.slice(SCOPE.pathname.length);
  return new URL(path === 'coop' || path.startsWith('coop/') ? 'coop/index.html' : 'index.html', SCOPE);
}

/** @param {Request} request @param {URL} url */
async function respond(request, url) {
  const used = await version('used');
  if (used === null) return fetch(request);
  const cache = await caches.open(PREFIX + used);
  const isPage = request.mode === 'navigate' && !/\.(?!html$)[a-z0-9]+$/.test(url.pathname);
  const found = await cache.match(isPage ? pageOf(url) : url, { ignoreSearch: true, ignoreVary: true });
  if (found) return found;
  const answer = await fetch(request);
  if (answer.status === 200 && SOUND.test(url.pathname)) await cache.put(url, answer.clone());
  return answer;
}

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(activate()));
worker.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  const isOurs = url.origin === SCOPE.origin && url.pathname.startsWith(SCOPE.pathname);
  // The node's answers and photos are never kept here, and the list of files must be the server's own.
  if (event.request.method !== 'GET' || !isOurs || url.pathname.endsWith('/files.json')) return;
  event.respondWith(respond(event.request, url));
});
