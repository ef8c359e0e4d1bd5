/**
 * A ledger that only grows is followed from one visit to the next; one that does not begin with what was seen is noticed and told.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { phoneOf, village } from "./app-core-rig.mjs";

/** @type {import("./app-core-rig.mjs").Village} */
let coop;
before(async () => {
  coop = await village();
});
after(() => coop.stop());

test("each tree that was seen begins the newest, and another past is an alarm", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  const result = await page.evaluate(async () => {
    const { Database } = await import(/** @type {any} */ ("/app/core/database.js"));
    const database = new Database("ho-07");
    const sizes = [];
    for (const amount of ["1", "2", "3"]) {
      await core.save(harvest(amount));
      await core.sync();
      const [last, ...others] = await database.meta("trees");
      sizes.push([Number(last.size), others.length]);
    }
    const good = (await core.health()).alarm;
    const [{ size }] = await database.meta("trees");
    // What this phone would hold if it had been shown another history of the same length.
    await database.setMeta("trees", [{ size, root: "ab".repeat(32) }]);
    await core.save(harvest("4"));
    await core.sync();
    return { sizes, good, alarm: (await core.health()).alarm };
  });
  const size = result.sizes[0]?.[0] ?? 0;
  assert.deepEqual(result.sizes, [[size, 0], [size + 1, 0], [size + 2, 0]]);
  assert.equal(result.good, null);
  assert.equal(result.alarm?.code, "two_histories");
}));
