// @ts-check
// Whether a bundle is as new as what is known from elsewhere.
import { failed, passed, skipped } from './check.js';
import { openCheckpoint } from './log.js';

/** @param {import('./verify.js').Log} log @param {import('./verify.js').Options} options @returns {Promise<import('./check.js').Check>} */
export async function freshness({ claimed, keys }, { newest, sizeMin }) {
  const name = 'freshness';
  if (!claimed) return skipped(name, 'no readable checkpoint');
  const isAccepted = sizeMin !== undefined && claimed.size >= BigInt(sizeMin);
  const opened = newest === undefined ? null : await openCheckpoint(newest, keys).catch(() => null);
  if (!opened) {
    if (sizeMin !== undefined) return isAccepted ? passed(name) : failed(name, 'older than what the verifier was told to accept');
    return skipped(name, newest === undefined ? 'nobody was asked for a newer checkpoint' : "the checkpoint to compare with is not the log's");
  }
  const { size, root } = opened.checkpoint;
  if (size === claimed.size && root !== claimed.root) return failed(name, `two roots for one size of ${size}: the log shows two histories`);
  return size <= claimed.size || isAccepted ? passed(name) : failed(name, `made at size ${claimed.size}, the log is at ${size}`);
}
