// @ts-check
/** Codes to show and codes to read. */
import encodeQR from '../../vendor/qr/index.js';
import { t } from '../words.js';
import { fill, h } from './dom.js';

/** Pixels of one module of a picture that is saved. */
const MODULE_PX = 8;
/** Light around a code, in modules. */
const QUIET = 4;
/** How long each code of a series stands; a cheap camera needs about half of it. */
const FRAME_MS = 600;
/** Between two looks at the camera's picture. */
const LOOK_MS = 200;
/** The camera's picture is shrunk to this before it is read. */
const LOOK_PX = 640;

/** Draws a code. @param {HTMLCanvasElement} canvas @param {string} text */
function draw(canvas, text) {
  const modules = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET });
  const size = modules.length;
  canvas.width = canvas.height = size * MODULE_PX;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = '#000';
  for (const [y, row] of modules.entries()) {
    for (const [x, isDark] of row.entries()) if (isDark) pen.fillRect(x * MODULE_PX, y * MODULE_PX, MODULE_PX, MODULE_PX);
  }
}

/**
 * One code, or a series of codes that follow each other.
 *
 * @param {string[]} texts
 * @param {string} label
 */
export function codeView(texts, label) {
  const canvas = h('canvas', { class: 'qr', role: 'img', 'aria-label': label });
  const count = h('p', { class: 'small center' });
  let at = 0;
  const step = () => {
    draw(canvas, texts[at] ?? '');
    canvas.dataset.frame = String(at);
    if (texts.length > 1) count.textContent = t('codes.part', { at: at + 1, of: texts.length });
    at = (at + 1) % texts.length;
  };
  step();
  const timer = texts.length > 1 ? setInterval(step, FRAME_MS) : 0;
  return { node: h('div', {}, canvas, count), canvas, stop: () => clearInterval(timer) };
}

/** The picture of a code, to keep or to print. @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
export const pictureOf = (canvas) => new Promise((fulfil, reject) => canvas.toBlob((blob) => (blob ? fulfil(blob) : reject(new Error('no picture'))), 'image/png'));

/** What reads a code in a picture: the phone's own reader, else ours. @returns {Promise<(canvas: HTMLCanvasElement) => Promise<string | null>>} */
async function reader() {
  const Native = /** @type {any} */ (globalThis).BarcodeDetector;
  if (Native && (await Native.getSupportedFormats()).includes('qr_code')) {
    const detector = new Native({ formats: ['qr_code'] });
    return async (canvas) => (await detector.detect(canvas))[0]?.rawValue ?? null;
  }
  const { default: decodeQR } = await import('../../vendor/qr/decode.js');
  return async (canvas) => {
    const { data, width, height } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height);
    try {
      return decodeQR({ data, width, height });
    } catch {
      // No code in this picture; the next one comes.
      return null;
    }
  };
}

/**
 * The camera, reading codes until it is told to stop.
 *
 * @param {(text: string) => Promise<boolean | void> | boolean | void} found `true` ends it
 */
export function scanner(found) {
  const video = h('video', { class: 'view', playsinline: true, muted: true, hidden: true, 'aria-label': t('scan.view') });
  video.muted = true;
  const words = h('p', { class: 'small center', role: 'status' }, t('scan.opening'));
  const canvas = h('canvas');
  /** @type {MediaStream | null} */
  let stream = null;
  let isDone = false;

  const stop = () => {
    isDone = true;
    for (const track of stream?.getTracks() ?? []) track.stop();
  };

  async function look(/** @type {(canvas: HTMLCanvasElement) => Promise<string | null>} */ read) {
    if (isDone) return;
    if (!video.isConnected) {
      stop();
      return;
    }
    if (video.videoWidth > 0) {
      const scale = Math.min(1, LOOK_PX / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      canvas.getContext('2d', { willReadFrequently: true })?.drawImage(video, 0, 0, canvas.width, canvas.height);
      const text = await read(canvas);
      if (text !== null && !isDone && (await found(text)) === true) {
        stop();
        return;
      }
    }
    setTimeout(() => look(read), LOOK_MS);
  }

  (async () => {
    try {
      const [opened, read] = await Promise.all([navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }), reader()]);
      stream = opened;
      video.srcObject = opened;
      await video.play();
      video.hidden = false;
      fill(words, t('scan.hold'));
      await look(read);
    } catch {
      fill(words, t('scan.no_camera'));
    }
  })();
  return { node: h('div', {}, video, words), stop };
}
