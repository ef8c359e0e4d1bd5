/**
 * The core of the producer's app in a real browser against a real node: whatever goes wrong on the way, nothing is lost and nothing doubled.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { openIn, phone, phoneOf, uri, village } from "./app-core-rig.mjs";

/** @type {import("./app-core-rig.mjs").Village} */
let coop;

before(async () => {
  coop = await village();
});

after(() => coop.stop());

/** How many entries the ledger holds. */
const treeSize = async () => (await coop.get("/v1/ledger")).treeSize;

test("what is saved without a network is sent when there is one, once, and its receipt is worked out on the phone", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  const size = await treeSize();
  await context.setOffline(true);
  const saved = await page.evaluate(async () => {
    const begun = performance.now();
    const item = await core.save(harvest("120.5"));
    return { item, ms: performance.now() - begun, lots: await core.lots(), offline: await fault(core.sync()) };
  });
  assert.equal(saved.item.state, "waiting");
  assert.equal(saved.offline.code, "offline");
  assert.ok(saved.ms < 100, `saving took ${saved.ms} ms`);
  const [card] = saved.lots;
  assert.deepEqual([card?.left.number, card?.left.unit, card?.waiting], ["120.5", "KGM", true]);
  await context.setOffline(false);
  const sent = await page.evaluate(async () => ({ count: await core.sync(), again: await core.sync(), items: await core.items(), lots: await core.lots() }));
  assert.deepEqual(sent.count, { sent: 1, refused: 0, left: 0 });
  assert.deepEqual(sent.again, { sent: 0, refused: 0, left: 0 });
  assert.equal(sent.items[0]?.state, "in_ledger");
  assert.deepEqual([sent.lots[0]?.left.number, sent.lots[0]?.waiting], ["120.5", false]);
  assert.equal(await treeSize(), size + 1);
  const entry = await coop.get(`/v1/entries/${sent.items[0]?.receipt?.index}`);
  assert.equal(entry.leafHash, sent.items[0]?.receipt?.leafHash);
  assert.equal(entry.statement.body.event.quantityList[0].quantity, 120.5);
}));
