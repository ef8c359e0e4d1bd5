/**
 * Years on one phone: what is saved is answered at once however much was recorded before, also on a slow phone.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { PHONE, enter, onScreen, startDemo, unlock } from "./app-rig.mjs";
import { allInLedger, goHome, harvest, savedIn } from "./app-tour.mjs";

/** Records of some years: two a day for most of a year, and as many lots still in hand. */
const PAST = 600;
/** How much slower than this machine the phone is. */
const SLOWDOWN = 6;
/** What a save may work out anew of what was there before: the lot that it makes, in the trial and in what stays. */
const LOTS_MAX = 8;

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
  demo = await startDemo();
});
after(() => demo.stop());

/** Copies the one record and the one lot of this phone until there are many, as years of them would lie there. @param {import("playwright-core").Page} page */
const grow = (page) => page.evaluate(async (count) => {
  /** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
  const answer = (request) => new Promise((done, fail) => { request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); });
  const database = await answer(indexedDB.open("nguon"));
  const transaction = database.transaction(["items", "lots", "entries"], "readwrite");
  const [items, lots, entries] = ["items", "lots", "entries"].map((name) => transaction.objectStore(name));
  const [[item], [lot], [entry]] = await Promise.all([items, lots, entries].map((store) => answer(/** @type {IDBObjectStore} */ (store).getAll())));
  for (let n = 0; n < count; n += 1) {
    const uri = lot.lot.replace(/.{6}$/, String(100_000 + n));
    const { order, ...rest } = item;
    items?.add({ ...rest, id: `OLD${n}`, step: { ...item.step, outputs: [{ ...item.step.outputs[0], lot: uri }] } });
    lots?.put({ ...lot, lot: uri });
    entries?.put({ ...entry, index: 1_000_000 + n });
  }
  await new Promise((done, fail) => { transaction.oncomplete = () => done(undefined); transaction.onabort = () => fail(transaction.error); });
  database.close();
}, PAST);

/** Counts lots that are worked out anew, and stores that are read whole. @param {import("playwright-core").BrowserContext} context */
const watch = (context) => context.addInitScript(() => {
  const seen = { lots: 0, read: /** @type {string[]} */ ([]) };
  /** @type {any} */ (globalThis).seen = seen;
  const { set } = Map.prototype;
  Map.prototype.set = function (key, value) {
    if (typeof key === "string" && key.startsWith("lot ")) seen.lots += 1;
    return set.call(this, key, value);
  };
  const { getAll } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.getAll = function (...args) {
    seen.read.push(this.name);
    return getAll.apply(this, args);
  };
});

/** A repeated harvest up to the last touch. @param {import("playwright-core").Page} page */
async function toReview(page) {
  await goHome(page);
  await page.tap("[data-again=harvest]");
  await onScreen(page, "harvest-made");
  await page.tap('.pad [data-key="5"]');
  await page.tap("#next");
  await onScreen(page, "harvest-review");
}

test("after years of records a save works out nothing of them anew, on a slow phone as well", async (t) => {
  await withBrowser(async (context) => {
    await watch(context);
    const { page } = await enter(context, demo, "ho-01", "Ch\u1ecb Mai");
    await harvest(page, "C\u1ee7 dong ri\u1ec1ng", "40");
    await allInLedger(page);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await grow(page);
    await context.setOffline(true);
    await page.reload();
    await onScreen(page, "who");
    await page.tap(".tile");
    await unlock(page, "2580");
    await onScreen(page, "home");
    assert.ok(await page.evaluate((count) => /** @type {any} */ (globalThis).seen.lots >= count, PAST), "the counter counts");
    const rows = () => page.locator("main details .list > li").count();
    assert.equal(await rows(), 0, "lots that nobody asked for are not drawn");
    await page.tap("main summary");
    await page.waitForSelector("main details .list > li");
    assert.ok(await rows() >= PAST - 10);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
    const times = [];
    for (let round = 0; round < 5; round += 1) {
      await toReview(page);
      await page.evaluate(() => { Object.assign(/** @type {any} */ (globalThis).seen, { lots: 0, read: [] }); });
      await page.tap(".foot .main");
      await onScreen(page, "saved");
      times.push(Math.round(await savedIn(page)));
      const { lots, read } = await page.evaluate(() => /** @type {any} */ (globalThis).seen);
      assert.ok(lots <= LOTS_MAX, `${lots} lots were worked out anew`);
      assert.deepEqual(read.filter((/** @type {string} */ name) => name === "lots" || name === "entries"), []);
    }
    t.diagnostic(`${PAST} records and ${PAST} lots, processor slowed ${SLOWDOWN} times: saved after ${times.join(", ")} ms`);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  }, PHONE);
});
