/**
 * A ledger that only grows is followed from one visit to the next; one that does not begin with what was seen is noticed and told.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { phoneOf, village } from "./app-core-rig.mjs";

/** Leaves of one tile of the log. */
const TILE = 256;

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

/** Records so many harvests past the phone's own queue, as many other phones would. @param {import("playwright-core").Page} page @param {number} count */
const recordMany = (page, count) => page.evaluate(async (count) => {
  const { Context } = await import(/** @type {any} */ ("/app/core/context.js"));
  const { bodyOf, payloadOf } = await import(/** @type {any} */ ("/app/core/steps.js"));
  const { seal } = await import(/** @type {any} */ ("/app/core/envelope.js"));
  const context = new Context({ base: `${location.origin}/`, database: "ho-08" });
  await context.load();
  const { id, key } = /** @type {any} */ (core.profiles.open());
  const sign = await context.signerOf(id);
  let { seq, prev } = await context.node.find(`/v1/signers/${key}`);
  for (let n = 0; n < count; n += 1, seq += 1) {
    const step = harvest("1", { place: "https://so.test.example/place/xuong" });
    const payload = payloadOf({ ledger: "so.test.example", signer: key, seq, prev, signedAt: new Date().toISOString(), kind: "event", body: bodyOf(step, `urn:uuid:${crypto.randomUUID()}`) });
    const { text, hash } = await seal(payload, key, sign);
    const answer = await context.node.ask("/v1/statements", { method: "POST", headers: { "content-type": "application/json" }, body: text });
    if (answer.status !== 201) throw new Error(`${answer.status}: ${JSON.stringify(answer.json)}`);
    prev = hash;
  }
  context.channel.close();
}, count);

test("a ledger that outgrew a tile of its log between two visits is followed, and a bent tile of it is no way around", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  const before = (await coop.get("/v1/ledger")).treeSize;
  const others = await phoneOf(context, coop, "ho-08");
  await recordMany(others, TILE + 20);
  /** @type {string[]} */
  const tiles = [];
  page.on("request", (request) => { if (request.url().includes("/tile/")) tiles.push(new URL(request.url()).pathname); });
  const seen = await page.evaluate(async () => {
    const { Database } = await import(/** @type {any} */ ("/app/core/database.js"));
    const database = new Database("ho-07");
    const [was] = await database.meta("trees");
    await core.save(harvest("2"));
    await core.sync();
    const [now] = await database.meta("trees");
    return { was: Number(was.size), now: Number(now.size), alarm: (await core.health()).alarm };
  });
  assert.equal(seen.alarm, null);
  assert.ok(seen.was === before && seen.was < TILE && seen.now > TILE + before, JSON.stringify(seen));
  assert.ok(tiles.includes("/tile/0/000") && tiles.some((path) => path.startsWith("/tile/0/001.p/")), tiles.join(" "));

  await page.route("**/tile/**", async (route) => {
    const response = await route.fetch();
    const body = Buffer.from(await response.body());
    body[4] = (body[4] ?? 0) ^ 1;
    return route.fulfill({ response, body });
  });
  const alarm = await page.evaluate(async () => {
    await core.save(harvest("3"));
    await core.sync();
    return (await core.health()).alarm;
  });
  assert.equal(alarm?.code, "two_histories");
}));

test("a node that was set back to a backup and went on from there is noticed, at once and when it has outgrown what was seen; what she saved stays", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07", "set-back");
  const restore = await coop.backup();
  const mine = await page.evaluate(async () => {
    for (const amount of ["11", "12", "13"]) await core.save(harvest(amount));
    await core.sync();
    return { items: await core.items(), alarm: (await core.health()).alarm };
  });
  assert.deepEqual(mine.items.map(({ state }) => state), ["in_ledger", "in_ledger", "in_ledger"]);
  assert.equal(mine.alarm, null);

  await restore();
  const told = () => page.evaluate(async () => {
    await core.sync().catch(() => {});
    return { code: (await core.health()).alarm?.code, over: (await core.health()).alarm?.over, items: await core.items() };
  });
  assert.equal((await told()).code, "rolled_back");

  const size = (await coop.get("/v1/ledger")).treeSize;
  const others = await phoneOf(context, coop, "ho-08", "ho-08");
  await recordMany(others, 5);
  assert.equal((await coop.get("/v1/ledger")).treeSize, size + 5);
  const after = await told();
  assert.deepEqual([after.code, after.over], ["two_histories", null]);
  assert.deepEqual(after.items.map(({ id, receipt }) => [id, receipt?.index]), mine.items.map(({ id, receipt }) => [id, receipt?.index]), "her receipts are the proof of what was there");
}));
