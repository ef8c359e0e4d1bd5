// @ts-check
/** The lots of the co-op and of its members. */
import { list } from './node.js';
import { tail } from './words.js';

/** @typedef {import('./desk.js').Desk} Desk */

/** How many members are asked about at once. */
const AT_ONCE = 4;

/** @param {Desk} desk @param {string} [more] @returns {Promise<{ actor: string, lot: any }[]>} newest first, each lot once for each who has it */
export async function stock(desk, more = '') {
  const actors = [desk.organisation, ...desk.actors.filter((actor) => actor.under === desk.organisation).map((actor) => actor.id)];
  const found = [];
  for (let at = 0; at < actors.length; at += AT_ONCE) {
    const some = actors.slice(at, at + AT_ONCE);
    const lists = await Promise.all(some.map((actor) => list(`/v1/actors/${tail(actor)}/lots${more}`)));
    for (const [place, lots] of lists.entries()) for (const lot of lots) found.push({ actor: /** @type {string} */ (some[place]), lot });
  }
  return found.sort((a, b) => b.lot.lastIndex - a.lot.lastIndex);
}

/** The code that people say. @param {string} lot */
export const shortOf = (lot) => (lot.includes('/10/') ? tail(lot) : tail(lot).slice(-4));
