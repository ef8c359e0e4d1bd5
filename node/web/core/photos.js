// @ts-check
// Photos: made small on the phone, without what the camera wrote about place and owner, and uploaded apart, in parts that can go on later.
import { hex, utf8 } from '../verifier/bytes.js';
import { busy, isBusy } from './api.js';
import { coreError } from './errors.js';
import { base64 } from './text.js';

/** @typedef {import('./context.js').Context} Context */
/** @typedef {{ sha256: string, mediaType: string, bytes: number, blob: Blob }} Photo */

const BYTES_MAX = 300 * 1024;
const SIDE_MAX = 1600;
const PART_BYTES = 64 * 1024;
/** A picture that a phone can still open. */
const SOURCE_BYTES_MAX = 40 << 20;

/** @param {number} width @param {number} height */
function canvas(width, height) {
  if (typeof OffscreenCanvas === 'function') return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement('canvas'), { width, height });
}

/** @param {OffscreenCanvas | HTMLCanvasElement} from @param {number} quality @returns {Promise<Blob>} */
function encode(from, quality) {
  if ('convertToBlob' in from) return from.convertToBlob({ type: 'image/jpeg', quality });
  return new Promise((fulfil, reject) => {
    from.toBlob((blob) => (blob ? fulfil(blob) : reject(new Error('no picture'))), 'image/jpeg', quality);
  });
}

/** Pictures that were made small here already. @type {WeakSet<Blob>} */
const small = new WeakSet();

/** Draws the picture anew, so that only the picture stays. @param {Blob} source @returns {Promise<Blob>} */
export async function shrink(source) {
  if (small.has(source)) return source;
  if (source.size > SOURCE_BYTES_MAX) throw coreError('refused', 'the picture is too large');
  let bitmap;
  try {
    bitmap = await createImageBitmap(source, { imageOrientation: 'from-image' });
  } catch (error) {
    throw coreError('refused', `not a picture: ${error}`);
  }
  for (let side = SIDE_MAX; ; side = Math.round(side * 0.7)) {
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale))];
    const drawn = canvas(width, height);
    const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (drawn.getContext('2d'));
    pen.drawImage(bitmap, 0, 0, width, height);
    for (const quality of [0.82, 0.68, 0.5]) {
      const blob = await encode(drawn, quality);
      if (blob.size <= BYTES_MAX) {
        bitmap.close();
        small.add(blob);
        return blob;
      }
    }
  }
}

/** @param {Blob[]} sources @returns {Promise<Photo[]>} */
export async function prepare(sources) {
  const photos = [];
  for (const source of sources.slice(0, 8)) {
    const blob = await shrink(source);
    const sha256 = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())));
    photos.push({ sha256, mediaType: blob.type, bytes: blob.size, blob });
  }
  return photos;
}

/** Uploads what the node lacks of a photo. @param {Context} context @param {string} signer @param {import('./keys.js').Sign} sign @param {any} photo as it is kept */
export async function upload(context, signer, sign, photo) {
  const { origin } = context.joined();
  const path = `/v1/blobs/${photo.sha256}`;
  const headers = { 'nguon-signer': signer, 'nguon-signature': base64(await sign(utf8(`nguon-blob v1\n${origin}\n${photo.sha256}\n`))) };
  const held = await context.node.ask(path, { method: 'HEAD' });
  let offset = held.status === 200 ? photo.bytes : Number(held.headers.get('upload-offset') ?? 0);
  while (offset < photo.bytes) {
    const end = Math.min(offset + PART_BYTES, photo.bytes);
    const range = `bytes ${offset}-${end - 1}/${photo.bytes}`;
    const answer = await context.node.ask(path, { method: 'PUT', headers: { ...headers, 'content-range': range }, body: photo.blob.slice(offset, end) });
    if (isBusy(answer)) throw busy(answer);
    if (answer.status === 202) {
      const next = Number(answer.headers.get('upload-offset'));
      if (!Number.isSafeInteger(next) || next === offset) throw coreError('offline', 'the upload does not move');
      offset = next;
    } else if (answer.status === 200 || answer.status === 201) offset = photo.bytes;
    else throw coreError('refused', `the photo was refused: ${answer.status} ${answer.json?.code ?? ''}`);
    await keep(context, photo.sha256, Math.min(offset, photo.bytes));
  }
  await keep(context, photo.sha256, photo.bytes);
}

/** @param {Context} context @param {string} sha256 @param {number} sent */
async function keep(context, sha256, sent) {
  await context.database.run(['photos'], 'readwrite', (at) => {
    const request = at('photos').get(sha256);
    request.onsuccess = () => {
      // What the node holds whole needs no room here.
      if (request.result) at('photos').put({ ...request.result, sent, blob: sent === request.result.bytes ? null : request.result.blob });
    };
  });
  context.changed();
}
