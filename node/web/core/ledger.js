// @ts-check
// The one ledger of this phone: its key is pinned at the first joining, and the node is held to it ever after.
import { parseVkey } from '../verifier/log.js';
import { failure } from './api.js';
import { answer } from './database.js';
import { coreError } from './errors.js';
import { Alarm } from './receipts.js';

/** @typedef {import('./context.js').Context} Context */
/** @typedef {import('./context.js').Ledger} Ledger */

/** Trees of receipts that are kept until they are followed. */
const TREES_MAX = 64;

/** Asks the node who it is. The first answer is pinned; another key later is an alarm. @param {Context} context @returns {Promise<Ledger & { treeSize: number }>} */
export async function meet(context) {
  const answer = await context.node.ask('/v1/ledger');
  if (answer.status !== 200 || !answer.json) throw failure(answer);
  const { origin, vkey, treeSize } = answer.json;
  const known = context.ledger;
  if (known && (known.vkey !== vkey || known.origin !== origin)) {
    throw new Alarm('other_key', `the node says it is ${String(vkey).slice(0, 200)}`);
  }
  if (!known) {
    if (typeof vkey !== 'string' || parseVkey(vkey)?.name !== origin) throw coreError('refused', 'the ledger names no readable key');
    await pin(context, { origin, vkey, policy: null });
  }
  const ledger = context.joined();
  if (ledger.policy === null) await adoptPolicy(context, ledger, answer.json.policy);
  const seen = await context.database.meta('seen');
  if (seen && Number.isSafeInteger(treeSize) && BigInt(treeSize) < seen.size) throw new Alarm('rolled_back', `the ledger had ${seen.size} entries, now ${treeSize}`);
  await context.database.setMeta('clock', context.clock.offset);
  return { ...context.joined(), treeSize };
}

/** @param {Context} context @param {Ledger} ledger */
async function pin(context, ledger) {
  await context.database.setMeta('ledger', ledger, { strict: true });
  context.ledger = ledger;
}

/** The first policy that names the pinned key and asks for witnesses is kept. @param {Context} context @param {Ledger} ledger @param {any} text */
async function adoptPolicy(context, ledger, text) {
  if (typeof text !== 'string' || text.length > 100_000 || !text.includes(ledger.vkey) || /^quorum[ \t]+none[ \t]*$/m.test(text)) return;
  await pin(context, { ...ledger, policy: text });
}

/** Remembers the largest tree seen; one size with two roots is a second history. @param {Context} context @param {import('./receipts.js').Tree} tree */
export async function remember(context, tree) {
  const before = await context.database.run(['meta'], 'readwrite', async (at) => {
    const value = async (/** @type {string} */ key) => (await answer(at('meta').get(key)))?.value;
    const [seen, trees] = [await value('seen'), await value('trees')];
    if (!seen || tree.size > seen.size) at('meta').put({ key: 'seen', value: tree });
    // The first is the one that was followed last; whether the others grew out of it is worked out together.
    if (trees && trees.length < TREES_MAX) at('meta').put({ key: 'trees', value: [...trees, tree] });
    return seen;
  });
  if (before && before.size === tree.size && before.root !== tree.root) throw new Alarm('two_histories', `two trees of ${tree.size} entries`);
}
