// @ts-check
/** Recording spoken words for the screens, by the people who speak the language. */
import { go } from '../context.js';
import { ask, button, link, note } from '../parts/bits.js';
import { fill, giveFile, h } from '../parts/dom.js';
import { icon } from '../parts/icons.js';
import { CLIP_MS_MAX, clip, clips, dropClip, keepClip, packOf, play, setVoice, takePack, voice } from '../parts/voice.js';
import { t, voices } from '../words.js';

/** @typedef {import('../context.js').Screen} Screen */

/** The screens worth speaking, in the order in which they are met. */
export const SPOKEN = [
  'home', 'harvest-product', 'harvest-made', 'harvest-place', 'harvest-review', 'saved', 'process-lots', 'process-taken', 'process-product', 'process-made', 'process-review',
  'merge-lots', 'merge-taken', 'merge-made', 'split-lots', 'split-taken', 'pack-lots', 'pack-taken', 'pack-made', 'ship-lots', 'ship-taken', 'ship-party', 'ship-review',
  'give', 'take', 'agree', 'typed', 'sell-lots', 'sell-taken', 'lose-lots', 'lose-taken', 'lose-reason', 'records', 'record', 'tray', 'share', 'courier', 'year', 'join', 'join-name',
  'join-pin', 'waiting', 'approved', 'who', 'pin', 'lot',
];
/** Small enough that sixty clips can be sent. */
const BITS_PER_SECOND = 24_000;

/** The name of a screen in words. @param {string} screen */
function label(screen) {
  const [verb = '', question] = screen.split('-');
  if (question && !['join'].includes(verb)) return `${t(`verb.${verb}`)}: ${t(`voice.part.${question}`)}`;
  return t(`voice.screen.${screen}`);
}

/** `#/voice` and `#/voice/{screen}`. @param {string[]} args @returns {Promise<Screen>} */
export async function show([screen = '']) {
  return screen ? one(screen) : list();
}

/** What was said last; it stands while the list is drawn anew under it. */
const said = h('div', { role: 'status' });
window.addEventListener('hashchange', () => fill(said));

/** @returns {Promise<Screen>} */
async function list() {
  const code = voice();
  const have = new Set(await clips(code));
  const take = async (/** @type {Event} */ event) => {
    const [file] = /** @type {HTMLInputElement} */ (event.currentTarget).files ?? [];
    if (!file) return;
    try {
      const { count, language } = await takePack(file);
      setVoice(language);
      go('voice', true);
      fill(said, note('tick', t('voice.taken', { n: count })));
    } catch (error) {
      console.warn(error);
      fill(said, note('mind', t('voice.badpack')));
    }
  };
  return {
    name: 'voice', title: t('voice.title'), back: 'more',
    body: [
      h('p', {}, t('voice.what')),
      h('div', { class: 'chips', role: 'group', 'aria-label': t('voice.language') }, ...voices().map((other) => h('button', { type: 'button', class: 'chip', 'aria-pressed': other.code === code, onclick: () => {
        setVoice(other.code);
        go('voice', true);
      } }, other.name))),
      h('p', { class: 'small' }, t('voice.count', { n: have.size, of: SPOKEN.length })), said,
      h('ul', { class: 'list' }, ...SPOKEN.map((screen) => h('li', {}, h('a', { class: 'row', href: `#/voice/${screen}` }, icon(have.has(screen) ? 'tick' : 'voice', have.has(screen) ? 'tick' : ''), h('span', {}, h('b', {}, label(screen)), h('span', { class: 'small' }, t(have.has(screen) ? 'voice.have' : 'voice.missing'))))))),
      h('div', { class: 'buttons' },
        have.size > 0 && button(t('voice.export'), async () => giveFile(await packOf(code), `nguon-loi-noi-${code}.txt`), '', 'share'),
        h('label', { class: 'file' }, icon('book'), t('voice.import'), h('input', { type: 'file', onchange: take }))),
    ],
  };
}

/** @param {string} screen @returns {Promise<Screen>} */
async function one(screen) {
  const code = voice();
  let sound = await clip(code, screen);
  const at = h('div', { class: 'buttons' });
  const words = h('p', { class: 'center', role: 'status' });
  /** @type {MediaRecorder | null} */
  let recorder = null;
  const stop = () => recorder?.state === 'recording' && recorder.stop();
  const next = SPOKEN[SPOKEN.indexOf(screen) + 1];

  async function record() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const type = ['audio/webm;codecs=opus', 'audio/mp4'].find((one) => MediaRecorder.isTypeSupported(one));
      const made = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
      recorder = made;
      /** @type {Blob[]} */
      const parts = [];
      made.ondataavailable = ({ data }) => parts.push(data);
      made.onstop = async () => {
        for (const track of stream.getTracks()) track.stop();
        sound = new Blob(parts, { type: made.mimeType });
        await keepClip(code, screen, sound);
        fill(words, t('voice.kept'));
        draw();
      };
      made.start();
      setTimeout(stop, CLIP_MS_MAX);
      fill(words, t('voice.speak'));
      draw();
    } catch (error) {
      console.warn(error);
      fill(words, t('voice.nomicrophone'));
    }
  }

  function draw() {
    const isRecording = recorder?.state === 'recording';
    fill(at,
      isRecording ? button(t('voice.stop'), stop, 'main', 'stop') : button(t(sound ? 'voice.anew' : 'voice.record'), record, sound ? '' : 'main', 'voice'),
      sound && !isRecording && button(t('voice.play'), () => play(URL.createObjectURL(/** @type {Blob} */ (sound))).catch(() => fill(words, t('voice.cannot'))), '', 'play'),
      sound && !isRecording && button(t('delete'), () => ask(t('voice.delete'), t('delete.yes'), async () => {
        await dropClip(code, screen);
        go(`voice/${screen}`, true);
      }, at), 'danger', 'trash'));
  }
  draw();
  return {
    name: 'voice-one', title: label(screen), back: 'voice', leave: stop,
    body: [h('p', { class: 'small' }, voices().find((other) => other.code === code)?.name ?? code), h('p', { class: 'readback' }, t('voice.sayit', { what: label(screen) })), words, at],
    foot: [next ? link(t('voice.next'), `voice/${next}`, '') : link(t('give.done'), 'voice', '')],
  };
}
