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

test("what waits can be changed and removed, and is checked by the ledger's own rules with their codes", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  await context.setOffline(true);
  const result = await page.evaluate(async () => {
    const first = await core.save(harvest("40"));
    const lot = first.step.outputs?.[0]?.lot ?? "";
    const tooMuch = await core.check(move("lose", lot, "41"));
    const enough = await core.check(move("lose", lot, "40"));
    const sold = await core.save(move("sell", lot, "30"));
    const rest = await core.check(move("lose", lot, "11"));
    await core.change(sold.id, move("sell", lot, "5"));
    const more = await core.check(move("lose", lot, "35"));
    const refused = await fault(core.save(move("ship", lot, "36", { party: "https://so.test.example/actor/co-lan" })));
    const negative = await core.check(move("lose", lot, "0"));
    await core.remove(sold.id);
    return { tooMuch, enough, rest, more, refused, negative, items: await core.items(), lots: await core.lots() };
  });
  assert.equal(result.tooMuch?.code, "insufficient_quantity");
  assert.deepEqual([result.tooMuch?.facts.left, result.tooMuch?.facts.unit, result.tooMuch?.facts.asked], ["40", "KGM", "41"]);
  assert.equal(result.enough, null);
  assert.equal(result.rest?.facts.left, "10");
  assert.equal(result.more, null);
  assert.equal(result.refused.code, "refused");
  assert.equal(result.refused.refused.code, "insufficient_quantity");
  assert.equal(result.negative?.code, "malformed_event");
  assert.equal(result.items.length, 1);
  assert.equal(result.lots.find((card) => card.waiting)?.left.number, "40");
}));

test("a tab killed in mid-save leaves each item whole or not there", () => withBrowser(async (context) => {
  const first = await phoneOf(context, coop, "ho-07");
  const id = await first.evaluate(() => core.profiles.open()?.id ?? "");
  await first.close();
  let acknowledged = 0;
  const rounds = 8;
  for (let round = 0; round < rounds; round += 1) {
    const victim = await phone(context, coop, "ho-07");
    await victim.exposeFunction("saved", () => { acknowledged += 1; });
    await victim.evaluate(async ([id, round]) => {
      await core.profiles.unlock(id, null);
      const drawn = new OffscreenCanvas(600, 400);
      drawn.getContext("2d")?.fillRect(0, 0, 10 + round, 10);
      const photo = await drawn.convertToBlob();
      // Not waited for: the tab dies under it, each time a little later.
      core.save(harvest(String(round + 1), { photos: [photo] })).then(() => /** @type {any} */ (globalThis).saved());
      const until = performance.now() + round * 8;
      while (performance.now() < until) await Promise.resolve().then(() => new Promise((done) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = done; port2.postMessage(0); }));
    }, /** @type {[string, number]} */ ([id, round]));
    const protocol = await context.newCDPSession(victim);
    const crashed = new Promise((done) => { victim.once("crash", done); });
    protocol.send("Page.crash").catch(() => {});
    await crashed;
    await victim.close();
  }
  const page = await phone(context, coop, "ho-07");
  const items = await page.evaluate(async (id) => {
    await core.profiles.unlock(id, null);
    return (await core.items()).map(({ photos, step }) => ({ photos: photos.length, blobs: step.photos?.length, amount: step.outputs?.[0]?.amount.number }));
  }, id);
  assert.ok(items.length >= acknowledged, `${acknowledged} acknowledged, ${items.length} there`);
  assert.ok(items.length <= rounds);
  for (const item of items) assert.deepEqual([item.photos, item.blobs], [1, 1]);
  assert.equal(new Set(items.map(({ amount }) => amount)).size, items.length);
  const sent = await page.evaluate(() => core.sync());
  assert.equal(sent.sent, items.length);
}));

test("a full phone says so, and nothing half saved stays", () => withBrowser(async (context) => {
  const blank = await context.newPage();
  const protocol = await context.newCDPSession(blank);
  const { origin } = new URL(coop.url);
  await protocol.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1_200_000 });
  const page = await phoneOf(context, coop, "ho-07");
  const full = await page.evaluate(async () => {
    const noise = async () => {
      const drawn = new OffscreenCanvas(700, 500);
      const pen = drawn.getContext("2d");
      const image = new ImageData(700, 500);
      for (let at = 0; at < image.data.length; at += 1) image.data[at] = at % 4 === 3 ? 255 : Math.random() * 256;
      pen?.putImageData(image, 0, 0);
      return drawn.convertToBlob();
    };
    let saved = 0;
    for (;;) {
      const result = await fault(core.save(harvest("2", { photos: [await noise()] })));
      if (result.code || saved === 30) return { result, saved, items: (await core.items()).map(({ photos, step }) => [photos.length, step.photos?.length]) };
      saved += 1;
    }
  });
  assert.equal(full.result.code, "no_space");
  assert.ok(full.saved >= 1);
  assert.deepEqual(full.items, Array(full.saved).fill([1, 1]));
  await protocol.send("Storage.overrideQuotaForOrigin", { origin });
  const items = await page.evaluate(async () => {
    await core.save(harvest("3"));
    await core.sync();
    return core.items();
  });
  assert.deepEqual(items.map(({ state }) => state), Array(full.saved + 1).fill("in_ledger"));
}));

test("two tabs send at once, and each item is recorded once", () => withBrowser(async (context) => {
  const one = await phoneOf(context, coop, "ho-07");
  const two = await phone(context, coop, "ho-07");
  await two.evaluate(async () => { await core.profiles.unlock((await core.profiles.list())[0]?.id ?? "", null); });
  const size = await treeSize();
  await Promise.all([one, two].map((page) => page.evaluate(async () => {
    for (const amount of ["1", "2", "3"]) await core.save(harvest(amount));
  })));
  const counts = await Promise.all([one, two].map((page) => page.evaluate(() => core.sync())));
  assert.equal(counts.reduce((sum, { sent }) => sum + sent, 0), 6);
  assert.equal(await treeSize(), size + 6);
  assert.deepEqual([...new Set((await one.evaluate(() => core.items())).map(({ state }) => state))], ["in_ledger"]);
}));

test("an answer that got lost: the same statement is sent again, and is recorded once", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  const size = await treeSize();
  let lost = 0;
  await page.route("**/v1/statements", async (route) => {
    if (lost >= 2) return route.continue();
    lost += 1;
    await route.fetch();
    return route.abort();
  });
  const result = await page.evaluate(async () => {
    await core.save(harvest("7"));
    await core.save(harvest("8"));
    const counts = [await core.sync(), await core.sync(), await core.sync()];
    return { counts, items: await core.items() };
  });
  assert.deepEqual(result.counts.map(({ left }) => left), [2, 2, 0]);
  assert.deepEqual(result.items.map(({ state }) => state), ["in_ledger", "in_ledger"]);
  assert.equal(await treeSize(), size + 2);
}));

test("a clock that is days ahead: the time is put right when sending, and the item says so", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  const ahead = Date.now() + 5 * 24 * 3600_000;
  await page.clock.setFixedTime(ahead);
  const result = await page.evaluate(async () => {
    await core.save(harvest("9"));
    const before = await core.items();
    await core.sync();
    return { before, items: await core.items(), health: await core.health() };
  });
  const [item] = result.items;
  assert.equal(item?.state, "in_ledger");
  assert.equal(item?.clock?.said, result.before[0]?.step.time);
  assert.ok(Math.abs(Date.parse(item?.clock?.meant ?? "") - Date.now()) < 60_000, JSON.stringify(item?.clock));
  assert.ok(Math.abs((result.health.clockOffsetMs ?? 0) - 5 * 24 * 3600_000) < 60_000);
  const entry = await coop.get(`/v1/entries/${item?.receipt?.index}`);
  assert.equal(entry.statement.body.event.eventTime, item?.clock?.meant);
}));

test("a clock that is hours behind changes nothing", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  await page.clock.setFixedTime(Date.now() - 6 * 3600_000);
  const items = await page.evaluate(async () => {
    await core.save(harvest("9"));
    await core.sync();
    return core.items();
  });
  assert.deepEqual([items[0]?.state, items[0]?.clock], ["in_ledger", null]);
}));

test("when the network is back, what waits is sent by itself", () => withBrowser(async (context) => {
  const first = await phoneOf(context, coop, "ho-07", "nguon");
  const id = await first.evaluate(() => core.profiles.open()?.id ?? "");
  await first.close();
  const page = await phone(context, coop, "nguon", { background: true });
  await page.evaluate((id) => core.profiles.unlock(id, null), id);
  await context.setOffline(true);
  await page.evaluate(() => core.save(harvest("14")));
  await context.setOffline(false);
  const state = await page.evaluate(() => new Promise((done) => {
    core.onChange(async () => { if ((await core.items())[0]?.state === "in_ledger") done("in_ledger"); });
  }));
  assert.equal(state, "in_ledger");
}));

test("a node that is busy is asked again when it said, and a sign-in page is no node", () => withBrowser(async (context) => {
  const first = await phoneOf(context, coop, "ho-07", "nguon");
  const id = await first.evaluate(() => core.profiles.open()?.id ?? "");
  await first.close();
  const page = await phone(context, coop, "nguon", { background: true });
  await page.evaluate((id) => core.profiles.unlock(id, null), id);
  /** @type {number[]} */
  const asked = [];
  await page.route("**/v1/statements", (route) => {
    asked.push(Date.now());
    if (asked.length === 1) return route.fulfill({ status: 503, headers: { "retry-after": "1" }, contentType: "application/problem+json", body: '{"code":"overloaded"}' });
    if (asked.length === 2) return route.fulfill({ status: 200, contentType: "text/html", body: "<h1>Free WiFi: sign in</h1>" });
    return route.continue();
  });
  const signIn = page.waitForResponse((answer) => answer.url().endsWith("/v1/statements") && answer.status() === 200);
  const early = await page.evaluate(async () => { await core.save(harvest("15")); return [await core.sync(), await core.sync()]; });
  await signIn;
  const last = await page.evaluate(async () => {
    await core.sync();
    await core.sync();
    return { state: (await core.items())[0]?.state, health: await core.health() };
  });
  assert.deepEqual(early.map(({ sent, left }) => [sent, left]), [[0, 1], [0, 1]]);
  assert.ok((asked[1] ?? 0) - (asked[0] ?? 0) >= 950, `asked again after ${(asked[1] ?? 0) - (asked[0] ?? 0)} ms`);
  assert.deepEqual([last.state, last.health.alarm, asked.length], ["in_ledger", null, 3]);
}));

test("what cannot be is told with the numbers to put into words", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  await context.setOffline(true);
  const told = await page.evaluate(async () => {
    const item = await core.save(harvest("100"));
    const lot = item.step.outputs?.[0]?.lot ?? "";
    const made = { ...move("process", lot, "100"), outputs: [{ lot: core.newLot(), product: "https://so.test.example/product/bot", amount: kg("17") }] };
    const inspected = await core.check(move("inspect", lot, "1"));
    return { made: await core.check(made), inspected };
  });
  assert.equal(told.made?.code, "yield_exceeded");
  assert.deepEqual([told.made?.facts.most, told.made?.facts.asked, told.made?.facts.unit], ["16", "17", "KGM"]);
  assert.deepEqual([told.inspected?.code, told.inspected?.facts.roles], ["role_missing", "inspector"]);
}));

test("storage that was cleared: nothing is invented, and what the ledger holds comes back", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-08");
  const lot = await page.evaluate(async () => {
    const item = await core.save(harvest("55", { place: "https://so.test.example/place/xuong" }));
    await core.sync();
    return item.step.outputs?.[0]?.lot ?? "";
  });
  const protocol = await context.newCDPSession(page);
  await page.close();
  const other = await context.newPage();
  await other.goto(`${coop.url}/app/files.json`);
  await (await context.newCDPSession(other)).send("Storage.clearDataForOrigin", { origin: new URL(coop.url).origin, storageTypes: "all" });
  await openIn(other, "ho-08");
  const empty = await other.evaluate(async () => ({ profiles: await core.profiles.list(), lots: await fault(core.lots()) }));
  assert.deepEqual(empty.profiles, []);
  assert.equal(empty.lots.code, "not_found");
  await other.close();
  const back = await phoneOf(context, coop, "ho-08");
  const cards = await back.evaluate(() => core.lots());
  assert.equal(cards.find((card) => card.lot === lot)?.left.number, "55");
  const year = await back.evaluate((year) => core.year(year), new Date().getFullYear());
  assert.equal(year.products.find(({ product }) => product === uri("product", "cu"))?.harvested[0]?.number, "55");
  void protocol;
}));

test("a refused item does not hold up the rest, but those that need its lot", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  const result = await page.evaluate(async () => {
    const first = await core.save(harvest("10"));
    await core.sync();
    const lot = first.step.outputs?.[0]?.lot ?? "";
    const sale = await core.save(move("sell", lot, "10"));
    // Meanwhile another phone of the same woman gives it away; this one does not know yet.
    return { lot, sale: sale.id };
  });
  await coop.nguon(["record", "lose", "--lot", result.lot, "--amount", "4 kg", "--key", coop.keyFile("ho-07")]);
  const after = await page.evaluate(async ({ lot, sale }) => {
    const dependent = harvest("3");
    const made = { ...move("process", lot, "1"), outputs: [{ lot: core.newLot(), product: "https://so.test.example/product/bot", amount: kg("0.1") }] };
    const free = await core.save(dependent);
    const counts = [await core.sync()];
    const tray = await core.items({ state: "needs_you" });
    const freeState = (await core.items()).find((item) => item.id === free.id)?.state;
    await core.change(sale, move("sell", lot, "6"));
    counts.push(await core.sync());
    return { counts, tray, freeState, made: await core.check(made), items: await core.items() };
  }, result);
  assert.deepEqual(after.counts, [{ sent: 1, refused: 1, left: 0 }, { sent: 1, refused: 0, left: 0 }]);
  assert.equal(after.tray.length, 1);
  assert.deepEqual([after.tray[0]?.id, after.tray[0]?.refused?.code, after.tray[0]?.refused?.facts.lot], [result.sale, "insufficient_quantity", result.lot]);
  assert.equal(after.freeState, "in_ledger");
  assert.equal(after.made?.code, "insufficient_quantity");
  assert.equal(after.items.find((item) => item.id === result.sale)?.state, "in_ledger");
}));

test("what was made from a refused lot waits with it, and goes when it is mended", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  const taken = await page.evaluate(async () => {
    const step = harvest("10");
    const lot = step.outputs?.[0]?.lot ?? "";
    await core.save(step);
    await core.save(move("sell", lot, "2"));
    return lot;
  });
  // The same lot is created by somebody else first, as no honest phone would.
  await coop.nguon(["record", "harvest", "--product", "cu", "--amount", "1 kg", "--lot", taken, "--key", coop.keyFile("ho-08")]);
  const result = await page.evaluate(async () => {
    const first = await core.sync();
    const tray = await core.items({ state: "needs_you" });
    const [, made] = tray.map(({ id }) => id);
    const again = harvest("10");
    await core.change(made ?? "", again);
    const states = (await core.items()).map(({ state }) => state);
    return { first, tray, states };
  });
  assert.deepEqual(result.first, { sent: 0, refused: 2, left: 0 });
  assert.deepEqual(result.tray.map(({ refused }) => refused?.code), ["unknown_lot", "lot_exists"]);
  assert.equal(result.tray[0]?.refused?.facts.waitsFor, result.tray[1]?.id);
  assert.deepEqual(result.states, ["waiting", "waiting"]);
}));

test("a wrong PIN opens nothing, and each wrong try after the fifth waits longer, also after a restart", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07", "pin", "2468");
  const id = await page.evaluate(() => core.profiles.open()?.id ?? "");
  const tries = await page.evaluate(async (id) => {
    core.profiles.lock();
    const faults = [];
    for (const pin of ["0000", "1111", "", "2222", "3333"]) faults.push(await fault(core.profiles.unlock(id, pin)));
    return { faults, open: core.profiles.open(), save: await fault(core.save(harvest("1"))) };
  }, id);
  assert.deepEqual(tries.faults.map(({ code }) => code), Array(5).fill("wrong_pin"));
  assert.equal(tries.open, null);
  assert.equal(tries.save.code, "not_found");
  assert.equal(tries.faults[4].waitMs, 30_000);
  await page.close();
  const again = await phone(context, coop, "pin");
  const early = await again.evaluate((id) => fault(core.profiles.unlock(id, "2468")), id);
  assert.equal(early.code, "wrong_pin");
  assert.ok(early.waitMs > 0 && early.waitMs <= 30_000);
  await again.clock.setFixedTime(Date.now() + 31_000);
  const opened = await again.evaluate(async (id) => {
    const worse = await fault(core.profiles.unlock(id, "9999"));
    return worse;
  }, id);
  assert.equal(opened.waitMs, 60_000);
  await again.clock.setFixedTime(Date.now() + 200_000);
  const profile = await again.evaluate((id) => core.profiles.unlock(id, "2468"), id);
  assert.equal(profile.name, "ho-07");
  const exported = await again.evaluate(async () => {
    const database = await new Promise((done) => { const request = indexedDB.open("pin"); request.onsuccess = () => done(request.result); });
    const secrets = await new Promise((done) => { const request = /** @type {IDBDatabase} */ (database).transaction("secrets").objectStore("secrets").getAll(); request.onsuccess = () => done(request.result); });
    const [{ kept }] = /** @type {any[]} */ (secrets);
    return { extractable: kept.key.extractable, taken: await crypto.subtle.exportKey("pkcs8", kept.key).then(() => true, () => false) };
  });
  assert.deepEqual(exported, { extractable: false, taken: false });
}));

for (const [what, pattern, bend] of /** @type {[string, string, (answer: any) => any][]} */ ([
  ["another leaf hash", "**/v1/statements", (answer) => ({ ...answer, leafHash: "ab".repeat(32) })],
  ["a proof that leads elsewhere", "**/v1/statements", (answer) => ({ ...answer, proof: answer.proof.map(() => `${"A".repeat(43)}=`) })],
  ["a later time", "**/v1/statements", (answer) => ({ ...answer, receivedAt: answer.receivedAt + 1 })],
  ["a checkpoint that the log did not sign", "**/v1/statements", (answer) => ({ ...answer, checkpoint: answer.checkpoint.replace(/^(.*\n)([0-9]+)/, (/** @type {string} */ _, /** @type {string} */ origin, /** @type {string} */ size) => `${origin}${Number(size) + 1}`) })],
  ["another log's key", "**/v1/ledger", (answer) => ({ ...answer, vkey: answer.vkey.replace(/[A-Za-z](?=[^A-Za-z]*$)/, "x") })],
  ["a ledger that shrank", "**/v1/ledger", (answer) => ({ ...answer, treeSize: 2 })],
])) {
  test(`a node that shows ${what} is not believed, and the phone says so`, () => withBrowser(async (context) => {
    const page = await phoneOf(context, coop, "ho-07");
    await page.evaluate(async () => { await core.save(harvest("1")); await core.sync(); await core.save(harvest("2")); });
    let bent = true;
    await page.route(pattern, async (route) => {
      const response = await route.fetch();
      return bent ? route.fulfill({ response, json: bend(await response.json()) }) : route.fulfill({ response });
    });
    const lie = await page.evaluate(async () => ({ synced: await fault(core.sync()), items: await core.items(), health: await core.health() }));
    assert.notEqual(lie.items[0]?.state, "in_ledger");
    assert.ok(["forged_receipt", "other_key", "rolled_back"].includes(lie.health.alarm?.code ?? ""), JSON.stringify(lie.health));
    bent = false;
    const size = await treeSize();
    const truth = await page.evaluate(async () => { await core.sync(); return core.items(); });
    assert.deepEqual(truth.map(({ state }) => state), ["in_ledger", "in_ledger"]);
    assert.ok(await treeSize() <= size + 1);
  }));
}
