// @ts-check
// Whether what the node shows now grew out of what this phone saw before: worked out from the log's own tiles (C2SP tlog-tiles), not from anybody's word.
import { hex, nodeHash } from '../verifier/bytes.js';
import { busy, isBusy } from './api.js';
import { coreError } from './errors.js';
import { Alarm, openPinned } from './receipts.js';

/** @typedef {import('./context.js').Context} Context */
/** @typedef {import('./receipts.js').Tree} Tree */
/** @typedef {(low: bigint, size: bigint) => Promise<Uint8Array>} Roots of whole subtrees */

const WIDTH = 256n;
const HASH_BYTES = 32;

/** The root over `size` leaves from `low` on, put together from subtrees that lie whole before or behind the leaf `edge`.
 * @param {Roots} roots @param {bigint} edge @param {bigint} size @param {bigint} [low] @returns {Promise<Uint8Array>} */
async function rootOf(roots, edge, size, low = 0n) {
  if ((size & (size - 1n)) === 0n && (low + size <= edge || low >= edge)) return roots(low, size);
  let half = 1n;
  while (half * 2n < size) half *= 2n;
  return nodeHash(await rootOf(roots, edge, half, low), await rootOf(roots, edge, size - half, low + half));
}

/** Whether the later tree begins with all of the earlier one. Both roots are made from the same subtrees, so they cannot both be right otherwise.
 * @param {Roots} roots @param {Tree} earlier @param {Tree} later */
export async function isPrefix(roots, earlier, later) {
  if (earlier.size === 0n) return true;
  return hex(await rootOf(roots, earlier.size, earlier.size)) === earlier.root && hex(await rootOf(roots, earlier.size, later.size)) === later.root;
}

/** Reads subtrees of a tree of so many leaves from its tiles, each tile once. @param {Context} context @param {bigint} size @returns {Roots} */
function tilesOf({ node }, size) {
  /** @type {Map<string, Promise<Uint8Array>>} */
  const tiles = new Map();
  const tile = async (/** @type {number} */ level, /** @type {bigint} */ index) => {
    const all = (size >> BigInt(8 * level)) - index * WIDTH;
    const width = Number(all < WIDTH ? all : WIDTH);
    const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0');
    const path = `/tile/${level}/${digits.replace(/...(?=.)/g, 'x$&/')}`;
    let found = await node.ask(width < WIDTH ? `${path}.p/${width}` : path);
    // It may have grown full since.
    if (found.status === 404 && width < WIDTH) found = await node.ask(path);
    if (isBusy(found)) throw busy(found);
    if (found.status !== 200 || found.bytes.length < width * HASH_BYTES) throw coreError('offline', `no tile ${path}: ${found.status}`);
    return found.bytes;
  };
  return async (low, leaves) => {
    const height = leaves.toString(2).length - 1;
    const level = height >> 3;
    const at = low >> BigInt(8 * level);
    const name = `${level}/${at / WIDTH}`;
    if (!tiles.has(name)) tiles.set(name, tile(level, at / WIDTH));
    const bytes = await /** @type {Promise<Uint8Array>} */ (tiles.get(name));
    const first = Number(at % WIDTH) * HASH_BYTES;
    let row = Array.from({ length: 1 << (height & 7) }, (_, n) => bytes.subarray(first + n * HASH_BYTES, first + (n + 1) * HASH_BYTES));
    while (row.length > 1) row = row.flatMap((hash, n) => (n % 2 ? [nodeHash(/** @type {Uint8Array} */ (row[n - 1]), hash)] : []));
    return /** @type {Uint8Array} */ (row[0]);
  };
}

/** Holds the node to all that it showed since it was followed last: one history, which only grows. @param {Context} context */
export async function follow(context) {
  const found = await context.node.ask('/checkpoint');
  if (isBusy(found)) throw busy(found);
  if (found.status !== 200) throw coreError('offline', `no checkpoint: ${found.status}`);
  const { checkpoint: { size, root } } = await openPinned(new TextDecoder().decode(found.bytes), context.joined().vkey);
  /** @type {Tree[]} */
  const before = await context.database.meta('trees') ?? [await context.database.meta('seen')].filter(Boolean);
  const trees = [...before, { size, root }].sort((a, b) => Number(a.size - b.size));
  const last = /** @type {Tree} */ (trees.at(-1));
  const roots = tilesOf(context, last.size);
  for (const tree of trees) {
    const isSame = tree.size === last.size && tree.root === last.root;
    if (!isSame && (tree.size === last.size || !await isPrefix(roots, tree, last))) {
      throw new Alarm('two_histories', `the tree of ${last.size} entries does not begin with the one of ${tree.size}`);
    }
  }
  await context.database.setMeta('trees', [last]);
}
