// @ts-check
// The page that checks evidence without a server: takes files and a key, judges them on this device, shows what came out.
import { judge, readTrust } from './judge.js';
import { Renderer } from './render.js';

/** @typedef {'vi' | 'en'} Language */

const FILES_MAX = 8;
const FILE_BYTES_MAX = 256 * 1024 * 1024;

const by = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {Record<Language, Record<string, Record<string, string>>>} */
const words = JSON.parse(by('words').textContent ?? '{}');
const key = /** @type {HTMLTextAreaElement} */ (by('key'));
const input = /** @type {HTMLInputElement} */ (by('files'));

/** @type {{language: Language, chosen: import('./judge.js').Chosen[], judged: {result: import('./judge.js').Judgement, time: Date} | null, run: number, renderer: Renderer | null}} */
const state = { language: location.hash === '#en' ? 'en' : 'vi', chosen: [], judged: null, run: 0, renderer: null };

/** @type {import('./render.js').Word} */
function word(path, values = {}) {
  const [group = '', name = ''] = path.split(/\.(.*)/s);
  const table = words[state.language][group] ?? {};
  const text = Object.hasOwn(table, name) ? table[name] ?? '' : '';
  return Object.entries(values).reduce((filled, [slot, value]) => filled.replaceAll(`{${slot}}`, String(value)), text);
}

/** Puts the page into the chosen language. */
function speak() {
  document.documentElement.lang = state.language;
  document.title = word('page.title');
  for (const element of document.querySelectorAll('[data-word]')) element.textContent = word(/** @type {HTMLElement} */ (element).dataset.word ?? '');
  const other = state.language === 'vi' ? 'en' : 'vi';
  const toggle = by('switch');
  toggle.lang = other;
  toggle.textContent = words[other].page?.this_language ?? other;
  const names = state.chosen.map(({ name }) => name).join(', ');
  by('chosen').textContent = names && word('input.chosen', { names });
  by('key-fault').textContent = readTrust(key.value) ? '' : word('key.bad');
}

function show() {
  speak();
  const result = by('result');
  state.renderer?.release();
  state.renderer = new Renderer(state.language, word);
  result.hidden = !state.judged;
  result.replaceChildren(...(state.judged ? state.renderer.show(state.judged.result, state.judged.time) : []));
}

/** Judges what is chosen now; a later run makes an earlier one void. @param {boolean} isMoving whether the reader is led to the result */
async function run(isMoving) {
  state.run += 1;
  const { run: own } = state;
  const trust = readTrust(key.value);
  if (!state.chosen.length || !trust) {
    state.judged = null;
    show();
    return;
  }
  by('chosen').textContent = word('input.checking');
  // The browser paints the line above before the work begins.
  await new Promise((done) => setTimeout(done, 30));
  const result = await judge(state.chosen, trust);
  if (state.run !== own) return;
  state.judged = { result, time: new Date() };
  show();
  if (isMoving) by('verdict').focus();
}

/** Takes files: a key or a policy goes into its field, a proof and its entry may come one after the other. @param {File[]} files */
async function take(files) {
  const read = await Promise.all(files.slice(0, FILES_MAX).filter((file) => file.size <= FILE_BYTES_MAX).map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })));
  const isTrust = (/** @type {Uint8Array} */ bytes) => bytes.length < 65536 && bytes.length > 0 && Object.keys(readTrust(new TextDecoder().decode(bytes)) ?? {}).length > 0;
  for (const { bytes } of read.filter((file) => isTrust(file.bytes))) key.value = new TextDecoder().decode(bytes);
  const others = read.filter((file) => !isTrust(file.bytes));
  const isWaiting = ['need_bundle', 'need_entry', 'need_proof'].includes(state.judged?.result.line ?? '');
  if (others.length) state.chosen = isWaiting && others.length === 1 ? [...state.chosen, ...others] : others;
  await run(true);
}

function listen() {
  const drop = by('drop');
  by('switch').addEventListener('click', () => {
    state.language = state.language === 'vi' ? 'en' : 'vi';
    show();
  });
  input.addEventListener('change', () => {
    void take(Array.from(input.files ?? []));
    // The same file may be chosen again after it was changed.
    input.value = '';
  });
  key.addEventListener('input', () => void run(false));
  for (const name of ['dragover', 'dragleave', 'drop']) {
    // Anywhere on the page: a file that is dropped beside the frame must not replace the page.
    document.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle('over', name === 'dragover');
      const files = /** @type {DragEvent} */ (event).dataTransfer?.files;
      if (name === 'drop' && files?.length) void take(Array.from(files));
    });
  }
}

listen();
show();
