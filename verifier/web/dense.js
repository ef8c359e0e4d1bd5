// @ts-check
// A proof bundle without what can be worked out: qr-service/src/dense.rs says how it is written. Nothing of it is believed: the verifier
// checks the entries that come out, byte for byte those of the bundle.
import { concat, hex, nodeHash, unhex, utf8 } from './bytes.js';
import { itemOf } from './item.js';
import { payloadHash } from './statement.js';

/** @typedef {import('./item.js').Item} Item */

/** @param {bigint | number} value */
function u64(value) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** @param {Uint8Array} bytes @returns {import('./item.js').Bundle} */
export function readDense(bytes) {
  let at = 4 + new DataView(bytes.buffer).getUint32(0);
  const [head = '', ...lines] = new TextDecoder().decode(bytes.subarray(4, at)).split('\n');
  const take = (/** @type {number} */ count) => bytes.subarray(at, at += count);
  const [lot, vkey, checkpoint, size] = JSON.parse(head);
  const values = ['0'.repeat(64)];
  /** The latest payload of each signer, by the place of its key among the values. @type {Map<number, string>} */
  const payloads = new Map();
  /** @type {Uint8Array[]} */
  const lots = [];
  /** What the next entry of a lot links. @type {{seq: number, previous: Uint8Array}[]} */
  const heads = [];
  let [index, time, leaf] = [-1, 0, ''];

  const items = lines.map((line) => {
    const start = line.indexOf('{');
    const numbers = line.slice(0, start).split(',').map(Number);
    const next = () => numbers.shift() ?? NaN;
    const step = next();
    index += step;
    time += next();
    const signer = next();
    const payload = utf8(line.slice(start).replace(/[\x01\x02\x04]|\x03(\d+);/g, (sign, place) => {
      if (sign === '\x01') return payloads.get(signer) ?? '';
      if (sign === '\x04') return hex(take(16)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
      if (sign === '\x02') values.push(hex(take(32)));
      return values[place ?? values.length - 1] ?? '';
    }));
    payloads.set(signer, payloadHash(payload));
    const previous = step > 1 ? take(32) : unhex(leaf || /** @type {string} */ (values[0]));
    const linked = numbers.slice(0, -1).map((place) => {
      lots[place] ??= take(32);
      return { place, head: heads[place] ??= { seq: new DataView(take(4).slice().buffer).getUint32(0), previous: take(32) } };
    });
    const links = linked.map(({ place, head }) => concat(/** @type {Uint8Array} */ (lots[place]), u64(head.seq).subarray(4), head.previous));
    const item = itemOf(BigInt(index), concat(
      Uint8Array.of(1), u64(index), previous, u64(time), Uint8Array.of(links.length), ...links, unhex(values[signer] ?? ''), take(64), payload,
    ), []);
    leaf = item.leaf;
    for (const { place, head } of linked) heads[place] = { seq: head.seq + 1, previous: unhex(leaf) };
    return item;
  });

  /** The hash of so many leaves from one on; those of them that are here are given their paths. @param {number} from @param {number} count @param {Item[]} here @returns {Uint8Array} */
  function tree(from, count, here) {
    const [first] = here;
    if (!first) return take(32);
    if (count === 1) return unhex(first.leaf);
    let half = 1;
    while (half * 2 < count) half *= 2;
    const isLeft = (/** @type {Item} */ { index: own }) => own < from + half;
    const [lefts, rights] = [here.filter(isLeft), here.filter((item) => !isLeft(item))];
    const left = tree(from, half, lefts);
    const right = tree(from + half, count - half, rights);
    for (const item of lefts) item.proof.push(right);
    for (const item of rights) item.proof.push(left);
    return nodeHash(left, right);
  }
  tree(0, size, items);
  return { lot, vkey, checkpoint, items };
}
