// @ts-check
// Bytes as a series of short texts for QR codes: each says which it is and proves itself, so any order and any start will do.
import { sha256, utf8 } from '../verifier/bytes.js';
import { readBounded } from './stream.js';
import { base45, crockford, unbase45 } from './text.js';

/** `NG1:` set, number, count, check, then the part; every letter is of QR's alphanumeric mode. */
const PATTERN = /^NG1:([0-9A-Z]{8}):([0-9]{1,3}):([0-9]{1,3}):([0-9A-Z]{4}):([0-9A-Z $%*+\-./:]{1,640})$/;
const PART_BYTES = 420;
/** Most frames of a set; more would not be scanned by anybody. */
export const FRAMES_MAX = 200;
const PLAIN_BYTES_MAX = 1 << 20;
/** Sets that are being gathered at once. */
const SETS_MAX = 4;

/** @param {Uint8Array} bytes @param {'compress' | 'decompress'} way @param {number} max @returns {Promise<Uint8Array>} */
async function deflate(bytes, way, max) {
  const through = way === 'compress' ? new CompressionStream('deflate') : new DecompressionStream('deflate');
  return readBounded(new Blob([/** @type {any} */ (bytes)]).stream().pipeThrough(through), max);
}

/** @param {string} head @param {string} part */
const check = (head, part) => crockford(sha256(utf8(`${head}:${part}`)).subarray(0, 4), 4);

/** @param {Uint8Array} bytes @returns {Promise<string[]>} */
export async function toFrames(bytes) {
  const isDeflated = typeof CompressionStream === 'function';
  const packed = isDeflated ? await deflate(bytes, 'compress', PLAIN_BYTES_MAX) : bytes;
  const whole = Uint8Array.from([isDeflated ? 1 : 0, ...packed]);
  const set = crockford(sha256(whole).subarray(0, 5), 8);
  const of = Math.ceil(whole.length / PART_BYTES);
  if (of > FRAMES_MAX) throw new RangeError('too much for codes');
  return Array.from({ length: of }, (_, n) => {
    const part = base45(whole.subarray(n * PART_BYTES, (n + 1) * PART_BYTES));
    const head = `${set}:${n + 1}:${of}`;
    return `NG1:${head}:${check(head, part)}:${part}`;
  });
}

/** Gathers frames until a set is whole. Whatever is no frame changes nothing. */
export class Gatherer {
  constructor() {
    /** @type {Map<string, { of: number, parts: Map<number, Uint8Array> }>} */
    this.sets = new Map();
  }

  /** @param {any} frame @returns {Promise<{ have: number, of: number, bytes: Uint8Array | null }>} */
  async add(frame) {
    const match = typeof frame === 'string' && frame.length <= 720 ? PATTERN.exec(frame) : null;
    const [, set = '', number = '', count = '', sum = '', text = ''] = match ?? [];
    const [n, of] = [Number(number), Number(count)];
    const part = match && check(`${set}:${number}:${count}`, text) === sum ? unbase45(text) : null;
    if (!part || n < 1 || n > of || of > FRAMES_MAX) return { have: 0, of: 0, bytes: null };
    const known = this.sets.get(set);
    const gathered = known?.of === of ? known : { of, parts: new Map() };
    gathered.parts.set(n, part);
    this.sets.delete(set);
    this.sets.set(set, gathered);
    for (const old of [...this.sets.keys()].slice(0, -SETS_MAX)) this.sets.delete(old);
    const have = gathered.parts.size;
    if (have < of) return { have, of, bytes: null };
    this.sets.delete(set);
    const bytes = await assemble(set, of, gathered.parts);
    return { have: bytes ? have : 0, of, bytes };
  }
}

/** @param {string} set @param {number} of @param {Map<number, Uint8Array>} parts @returns {Promise<Uint8Array | null>} */
async function assemble(set, of, parts) {
  const all = Array.from({ length: of }, (_, n) => parts.get(n + 1) ?? new Uint8Array());
  const whole = new Uint8Array(await new Blob(/** @type {any} */ (all)).arrayBuffer());
  if (crockford(sha256(whole).subarray(0, 5), 8) !== set) return null;
  try {
    return whole[0] === 1 ? await deflate(whole.subarray(1), 'decompress', PLAIN_BYTES_MAX) : whole.slice(1);
  } catch {
    return null;
  }
}

