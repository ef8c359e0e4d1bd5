// @ts-check
// QR codes: written for screens, read from the camera. The heavy parts are loaded only when somebody needs them.

/** @param {string} text @param {{ border?: number }} [options] @returns {Promise<string>} the text of an SVG picture */
export async function encode(text, { border = 4 } = {}) {
  const { encodeQR } = await import('../vendor/qr/index.js');
  return encodeQR(text, 'svg', { ecc: 'medium', border });
}

/** @typedef {HTMLVideoElement | HTMLImageElement | HTMLCanvasElement | OffscreenCanvas | ImageBitmap} Picture */

/** Larger pictures are read no better, only more slowly. */
const SIDE_MAX = 800;

/** @type {Promise<any> | undefined} */
let detector;

/** The browser's own reader, where it has one for these codes. @returns {Promise<any>} */
function ownDetector() {
  const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
  detector ??= (async () => {
    if (!Detector || !(await Detector.getSupportedFormats()).includes('qr_code')) return null;
    return new Detector({ formats: ['qr_code'] });
  })().catch(() => null);
  return detector;
}

/** @param {Picture} picture */
function sizeOf(picture) {
  if ('videoWidth' in picture) return [picture.videoWidth, picture.videoHeight];
  return 'naturalWidth' in picture ? [picture.naturalWidth, picture.naturalHeight] : [picture.width, picture.height];
}

/** Reads one code in a picture or in what a video shows now. @param {Picture} picture @returns {Promise<string | null>} */
export async function scan(picture) {
  const [fullWidth = 0, fullHeight = 0] = sizeOf(picture);
  if (!fullWidth || !fullHeight) return null;
  const own = await ownDetector();
  if (own) {
    const [found] = await own.detect(picture).catch(() => []);
    if (found) return found.rawValue;
  }
  const scale = Math.min(1, SIDE_MAX / Math.max(fullWidth, fullHeight));
  const [width, height] = [Math.round(fullWidth * scale), Math.round(fullHeight * scale)];
  const drawn = typeof OffscreenCanvas === 'function' ? new OffscreenCanvas(width, height) : Object.assign(document.createElement('canvas'), { width, height });
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (drawn.getContext('2d', { willReadFrequently: true }));
  pen.drawImage(picture, 0, 0, width, height);
  const { decodeQR } = await import('../vendor/qr/decode.js');
  try {
    return decodeQR(pen.getImageData(0, 0, width, height));
  } catch {
    // No code in the picture.
    return null;
  }
}
