/**
 * A second phone of the same person, opened with the same key file: a browser of its own, which knows nothing of the first.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { phoneOf, uri, village } from "./app-core-rig.mjs";

/** @type {import("./app-core-rig.mjs").Village} */
let coop;
before(async () => {
  coop = await village();
});
after(() => coop.stop());

const amount = (/** @type {string} */ number) => ({ number, unit: "KGM", typed: null });

/** Two phones with one key. @param {(one: import("playwright-core").Page, two: import("playwright-core").Page, contexts: import("playwright-core").BrowserContext[]) => Promise<void>} use @param {string} slug */
const twoPhones = (use, slug) => withBrowser((first) => withBrowser(async (second) => use(await phoneOf(first, coop, slug), await phoneOf(second, coop, slug), [first, second])));

test("both record without a network and send at once: nothing is lost, nothing doubled, and each learns what the other did", () => twoPhones(async (one, two, contexts) => {
  const size = (await coop.get("/v1/ledger")).treeSize;
  for (const context of contexts) await context.setOffline(true);
  for (const [page, amounts] of /** @type {[import("playwright-core").Page, string[]][]} */ ([[one, ["1", "2", "3"]], [two, ["4", "5", "6"]]])) {
    await page.evaluate(async (amounts) => { for (const one of amounts) await core.save(harvest(one)); }, amounts);
  }
  for (const context of contexts) await context.setOffline(false);
  const counts = await Promise.all([one, two].map((page) => page.evaluate(() => core.sync())));
  assert.deepEqual(counts.map(({ sent, refused }) => [sent, refused]), [[3, 0], [3, 0]]);
  assert.equal((await coop.get("/v1/ledger")).treeSize, size + 6);
  const seen = await Promise.all([one, two].map((page) => page.evaluate(async () => {
    await core.sync();
    const [cu] = (await core.year(new Date().getFullYear())).products;
    return { lots: (await core.lots()).map(({ left }) => left.number).sort(), harvested: cu?.harvested, states: (await core.items()).map(({ state }) => state) };
  })));
  for (const { lots, harvested, states } of seen) {
    assert.deepEqual(lots, ["1", "2", "3", "4", "5", "6"]);
    assert.deepEqual(harvested, [amount("21")]);
    assert.deepEqual(states, ["in_ledger", "in_ledger", "in_ledger"]);
  }
}, "ho-07"));

test("both sell the last of one lot: the ledger takes one, and the other phone is told", () => twoPhones(async (one, two) => {
  const lot = await one.evaluate(async () => {
    const item = await core.save(harvest("40", { place: "https://so.test.example/place/xuong" }));
    await core.sync();
    return item.step.outputs?.[0]?.lot ?? "";
  });
  await two.evaluate(() => core.sync());
  for (const page of [one, two]) await page.evaluate((lot) => core.save(move("sell", lot, "30")), lot);
  await one.evaluate(() => core.sync());
  const late = await two.evaluate(async () => ({ count: await core.sync(), items: await core.items(), lots: await core.lots() }));
  assert.equal(late.count.refused, 1);
  assert.deepEqual([late.items[0]?.state, late.items[0]?.refused?.code], ["needs_you", "insufficient_quantity"]);
  assert.equal(late.lots.find((card) => card.lot === lot)?.left.number, "10");
  assert.equal((await coop.get(`/v1/lots/${encodeURIComponent(lot)}`)).sold, "30");
}, "ho-08"));

test("what she sold of a lot that this phone never saw stands in the year all the same, and in the report by its name", () => withBrowser(async (context) => {
  const giver = await phoneOf(context, coop, "ho-07", "giver");
  const first = await phoneOf(context, coop, "co-lan");
  const lot = await giver.evaluate(async () => {
    const item = await core.save(harvest("50"));
    const lot = item.step.outputs?.[0]?.lot ?? "";
    await core.save(move("ship", lot, "50", { party: "https://so.test.example/actor/co-lan" }));
    await core.sync();
    return lot;
  });
  await first.evaluate(async (lot) => {
    await core.sync();
    await core.save(move("receive", lot, "50", { party: "https://so.test.example/actor/ho-07" }));
    await core.save(move("sell", lot, "50"));
    await core.sync();
  }, lot);
  // Nothing of the lot is left when the new phone first asks for her lots.
  await withBrowser(async (other) => {
    const second = await phoneOf(other, coop, "co-lan");
    const { year, text } = await second.evaluate(async () => {
      const year = await core.year(new Date().getFullYear());
      return { year, text: await (await core.signedReport(year)).text() };
    });
    assert.deepEqual(year.products, [{ product: "", harvested: [], made: [], sold: [amount("50")], given: [], lost: [] }]);
    const { page } = JSON.parse(JSON.parse(text).report);
    assert.deepEqual(page.products, [{ ...year.products[0], product: uri("product", "cu") }]);
    const checked = await second.evaluate(async ([text, vkey]) => {
      const { verifyReport } = await import(/** @type {any} */ ("/app/verifier/report.js"));
      return (await verifyReport(text, { vkey })).checks;
    }, [text, (await coop.get("/v1/ledger")).vkey]);
    assert.deepEqual(checked.filter((/** @type {any} */ { name, result }) => result !== "passed" && name !== "witness_quorum"), []);
  });
}));
