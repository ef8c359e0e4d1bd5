// @ts-check
/**
 * Spoken words for each screen, in languages that few read: the co-operative records them on a phone, and passes them on as one file.
 * What was recorded here goes before what the server has.
 */
import { announce, fill, h } from './dom.js';
import { icon } from './icons.js';
import { t, voices } from '../words.js';

const KEY = 'nguon.voice';
const STORE = 'clips';
/** A clip is one sentence or two; longer ones nobody hears to the end, and the pack must stay small enough to send. */
export const CLIP_MS_MAX = 20_000;
const CLIP_BYTES_MAX = 400_000;
const PACK_BYTES_MAX = 60_000_000;

/** @type {HTMLAudioElement | null} */
let playing = null;

/** @returns {Promise<IDBDatabase>} */
const open = () => new Promise((fulfil, reject) => {
  const request = indexedDB.open('nguon-voice', 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  request.onsuccess = () => fulfil(request.result);
  request.onerror = () => reject(request.error);
});

/** @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} use @returns {Promise<T>} */
async function within(mode, use) {
  const database = await open();
  try {
    return await new Promise((fulfil, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = use(transaction.objectStore(STORE));
      transaction.oncomplete = () => fulfil(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const voice = () => localStorage.getItem(KEY) ?? voices()[0]?.code ?? 'vi';
/** @param {string} code */
export const setVoice = (code) => localStorage.setItem(KEY, code);

/** @param {string} code @param {string} screen @returns {Promise<Blob | undefined>} */
export const clip = (code, screen) => within('readonly', (store) => store.get(`${code}/${screen}`));
/** @param {string} code @param {string} screen @param {Blob} sound */
export const keepClip = (code, screen, sound) => within('readwrite', (store) => store.put(sound, `${code}/${screen}`));
/** @param {string} code @param {string} screen */
export const dropClip = (code, screen) => within('readwrite', (store) => store.delete(`${code}/${screen}`));

/** The screens that have a clip on this phone. @param {string} code */
export async function clips(code) {
  const keys = await within('readonly', (store) => store.getAllKeys());
  return keys.map(String).filter((key) => key.startsWith(`${code}/`)).map((key) => key.slice(code.length + 1));
}

/** Where the words of a screen are spoken, if anywhere. @param {string} screen @returns {Promise<string | null>} */
async function source(screen) {
  const code = voice();
  const own = await clip(code, screen);
  if (own) return URL.createObjectURL(own);
  const packed = voices().find((one) => one.code === code)?.clips.includes(screen);
  return packed ? new URL(`../../locales/${code}/${screen}.ogg`, import.meta.url).href : null;
}

/** Plays a clip, one at a time. @param {string} url */
export async function play(url) {
  playing?.pause();
  playing = new Audio(url);
  await playing.play();
}

/** The speaker of a screen. Where nothing was recorded it says so, and offers to record. @param {string} screen */
export function speaker(screen) {
  const button = h('button', { type: 'button', class: 'speaker', 'aria-label': t('voice.listen'), onclick: async () => {
    const url = await source(screen);
    if (url) await play(url).catch(() => announce(t('voice.cannot')));
    else offer(screen);
  } }, icon('speaker'));
  return button;
}

/** @param {string} screen */
function offer(screen) {
  document.querySelector('.toast')?.remove();
  announce(t('voice.none'));
  const box = h('div', { class: 'toast' }, h('p', {}, t('voice.none')), h('a', { class: 'button', href: `#/voice/${screen}` }, t('voice.record')));
  fill(box, ...box.childNodes, h('button', { type: 'button', onclick: () => box.remove() }, t('close')));
  document.body.append(box);
  window.addEventListener('hashchange', () => box.remove(), { once: true });
}

/** @param {Blob} blob @returns {Promise<string>} */
const base64 = (blob) => new Promise((fulfil, reject) => {
  const file = new FileReader();
  file.onload = () => fulfil(String(file.result).replace(/^[^,]*,/, ''));
  file.onerror = () => reject(file.error);
  file.readAsDataURL(blob);
});

/** All clips of a language as one file. @param {string} code */
export async function packOf(code) {
  /** @type {Record<string, { type: string, data: string }>} */
  const found = {};
  for (const screen of await clips(code)) {
    const sound = await clip(code, screen);
    if (sound) found[screen] = { type: sound.type, data: await base64(sound) };
  }
  return new Blob([JSON.stringify({ nguonVoice: 1, language: code, clips: found })], { type: 'application/json' });
}

/** Takes in the clips of a file; gives how many. @param {Blob} file */
export async function takePack(file) {
  if (file.size > PACK_BYTES_MAX) throw new Error('too large');
  const pack = JSON.parse(await file.text());
  if (pack?.nguonVoice !== 1 || !/^[a-z-]{2,20}$/.test(pack.language) || typeof pack.clips !== 'object' || pack.clips === null) throw new Error('not a pack of clips');
  let count = 0;
  for (const [screen, { type, data }] of Object.entries(pack.clips)) {
    if (!/^[a-z-]{1,40}$/.test(screen) || !/^audio\/[\w.+;= -]+$/.test(type) || typeof data !== 'string') continue;
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    if (bytes.length > CLIP_BYTES_MAX) continue;
    await keepClip(pack.language, screen, new Blob([bytes], { type }));
    count += 1;
  }
  return { count, language: String(pack.language) };
}
