/**
 * What goes from phone to phone: signed items by courier, handovers at the scales, codes on screens. Everything from outside is hostile.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { phone, phoneOf, uri, village } from "./app-core-rig.mjs";

/** @type {import("./app-core-rig.mjs").Village} */
let coop;

before(async () => {
  coop = await village();
});

after(() => coop.stop());

const treeSize = async () => (await coop.get("/v1/ledger")).treeSize;

/** @param {import("playwright-core").Page} page @param {string} text @returns {Promise<any>} */
const importText = (page, text) => page.evaluate((text) => fault(core.courier.importFile(new Blob([text]))), text);

test("a courier carries signed items as a file, and the receipts travel back", () => withBrowser(async (context) => {
  const farmer = await phoneOf(context, coop, "ho-07");
  const courier = await phoneOf(context, coop, "ho-08");
  const size = await treeSize();
  // From here on the farmer has no network.
  await farmer.route("**/v1/**", (route) => route.abort());
  const file = await farmer.evaluate(async () => {
    await core.save(harvest("31"));
    const second = await core.save(harvest("32"));
    await core.save(move("sell", second.step.outputs?.[0]?.lot ?? "", "2"));
    const text = await (await core.courier.exportFile()).text();
    return { text, again: await (await core.courier.exportFile()).text(), states: (await core.items()).map(({ state }) => state), change: await fault(core.change(second.id, harvest("1"))) };
  });
  assert.deepEqual(file.states, ["carried", "carried", "carried"]);
  assert.equal(file.again, file.text, "what was handed over once is handed over again as it was");
  assert.equal(file.change.code, "not_found");
  assert.deepEqual((await importText(courier, file.text)).value, { items: 3, receipts: 0, alreadyKnown: 0 });
  assert.deepEqual((await importText(courier, file.text)).value, { items: 0, receipts: 0, alreadyKnown: 3 });
  const carried = await courier.evaluate(async () => {
    const before = await core.courier.carrying();
    await core.sync();
    return { before, after: await core.courier.carrying(), receipts: await (await core.courier.exportReceipts()).text() };
  });
  assert.deepEqual(carried.before, [{ from: "ho-07", count: 3, sent: 0, refused: 0 }]);
  assert.deepEqual(carried.after, [{ from: "ho-07", count: 3, sent: 3, refused: 0 }]);
  assert.equal(await treeSize(), size + 3);
  const bent = JSON.parse(carried.receipts);
  bent.receipts[0].receipt.proof = [];
  bent.receipts[1].entry = bent.receipts[2].entry;
  assert.equal((await importText(farmer, JSON.stringify({ ...bent, receipts: bent.receipts.slice(0, 2) }))).value.receipts, 0);
  assert.equal((await importText(farmer, carried.receipts)).value.receipts, 3);
  assert.equal((await importText(farmer, carried.receipts)).value.alreadyKnown, 3);
  assert.deepEqual((await farmer.evaluate(() => core.items())).map(({ state }) => state), ["in_ledger", "in_ledger", "in_ledger"]);
  await farmer.unroute("**/v1/**");
  const later = await farmer.evaluate(async () => { await core.save(harvest("33")); return core.sync(); });
  assert.deepEqual(later, { sent: 1, refused: 0, left: 0 });
  assert.equal(await treeSize(), size + 4);
}));

test("she comes online herself before the courier does: each item is recorded once", () => withBrowser(async (context) => {
  const farmer = await phoneOf(context, coop, "ho-07");
  const courier = await phoneOf(context, coop, "ho-08");
  const size = await treeSize();
  const text = await farmer.evaluate(async () => {
    await core.save(harvest("41"));
    return (await core.courier.exportFile()).text();
  });
  await importText(courier, text);
  const counts = await farmer.evaluate(async () => { await core.save(harvest("42")); return core.sync(); });
  assert.deepEqual(counts, { sent: 2, refused: 0, left: 0 });
  await courier.evaluate(() => core.sync());
  assert.equal(await treeSize(), size + 2);
  assert.deepEqual(await courier.evaluate(() => core.courier.carrying()), [{ from: "ho-07", count: 1, sent: 1, refused: 0 }]);
}));

test("frames arrive in any order, twice, and bent; only whole and true ones count", () => withBrowser(async (context) => {
  const farmer = await phoneOf(context, coop, "ho-07");
  const desk = await phoneOf(context, coop, "can-bo");
  const frames = await farmer.evaluate(async () => {
    for (let n = 1; n <= 6; n += 1) await core.save(harvest(String(n), { note: crypto.randomUUID() }));
    return core.courier.exportFrames();
  });
  assert.ok(frames.length > 2, `${frames.length} frames`);
  for (const frame of frames) assert.match(frame, /^[0-9A-Z $%*+\-./:]{1,700}$/);
  const result = await desk.evaluate(async (frames) => {
    const bent = frames.map((frame) => frame.slice(0, 40) + (frame[40] === "A" ? "B" : "A") + frame.slice(41));
    const noise = ["", "NG1:", "https://so.test.example/lot/1", "x".repeat(100_000), bent[0] ?? "", frames[0]?.replace(/:1:/, ":9:") ?? "", frames[0]?.slice(0, -1) ?? "", /** @type {any} */ (null), /** @type {any} */ ({})];
    const nothing = [];
    for (const frame of noise) nothing.push(await core.courier.importFrame(frame));
    const steps = [];
    const order = [...frames].reverse();
    for (const frame of [order[0] ?? "", ...bent, ...order.slice(0, -1), ...order]) {
      const { have, done } = await core.courier.importFrame(frame);
      steps.push([have, done]);
      if (done) break;
    }
    return { nothing, steps, counts: (await core.sync(), await core.courier.carrying()) };
  }, frames);
  for (const answer of result.nothing) assert.deepEqual(answer, { have: 0, of: 0, done: null });
  assert.deepEqual(result.steps.at(-1), [frames.length, { items: 6, receipts: 0, alreadyKnown: 0 }]);
  assert.equal(result.counts[0]?.sent, 6);
  assert.deepEqual(await farmer.evaluate(() => core.sync()), { sent: 6, refused: 0, left: 0 });
}));

test("hostile files are refused and change nothing", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-08");
  const good = JSON.parse(await page.evaluate(async () => { await core.save(harvest("1")); return (await core.courier.exportFile()).text(); }));
  const other = await phoneOf(context, coop, "ho-07");
  const [envelope] = good.envelopes;
  const forged = JSON.parse(envelope);
  forged.payload = Buffer.from(Buffer.from(forged.payload, "base64").toString().replace('"quantity":1', '"quantity":9')).toString("base64");
  const texts = ["", "{", "null", "[]", "1", JSON.stringify({ ...good, ledger: "another.example" }), JSON.stringify({ ...good, v: 2 }), JSON.stringify({ ...good, envelopes: Array(501).fill(envelope) }),
    JSON.stringify({ ...good, kind: "nguon-receipts" }), "[".repeat(50_000)];
  for (const text of texts) assert.equal((await importText(other, text)).code, "refused", text.slice(0, 40));
  assert.equal(await other.evaluate(() => fault(core.courier.importFile(new Blob([new Uint8Array(5 << 20)]))).then(({ code }) => code)), "refused");
  const odd = JSON.stringify({ ...good, envelopes: [JSON.stringify(forged), null, 7, "", "{}", "x".repeat(200_000), JSON.stringify({ ...forged, signatures: [] })] });
  assert.deepEqual((await importText(other, odd)).value, { items: 0, receipts: 0, alreadyKnown: 0 });
  assert.deepEqual((await importText(other, JSON.stringify({ v: 1, kind: "nguon-receipts", ledger: good.ledger, receipts: [null, 1, {}, { hash: null, receipt: {}, entry: "" }] }))).value, { items: 0, receipts: 0, alreadyKnown: 0 });
  assert.deepEqual(await other.evaluate(() => core.courier.carrying()), []);
}));

test("a handover without any network: the receiver scans, agrees on less, and both sides stand in the ledger afterwards", () => withBrowser(async (context) => {
  const giver = await phoneOf(context, coop, "ho-07");
  const receiver = await phoneOf(context, coop, "co-lan");
  await giver.route("**/v1/**", (route) => route.abort());
  await receiver.route("**/v1/**", (route) => route.abort());
  const offered = await giver.evaluate(async () => {
    const item = await core.save(harvest("200"));
    const lot = item.step.outputs?.[0]?.lot ?? "";
    const { frames, item: ship } = await core.weighIn.offer(move("ship", lot, "200", { party: "https://so.test.example/actor/co-lan" }));
    return { lot, frames, state: ship.state };
  });
  assert.equal(offered.state, "carried");
  const taken = await receiver.evaluate(async (frames) => {
    let offer = null;
    for (const frame of [...frames].reverse()) offer = (await core.weighIn.scan(frame)).offer;
    if (!offer) throw new Error("no offer");
    const tooMuch = await fault(core.weighIn.accept(offer, kg("201"), "https://so.test.example/place/xuong"));
    const item = await core.weighIn.accept(offer, kg("195"), "https://so.test.example/place/xuong");
    return { offer, tooMuch, item, lots: await core.lots() };
  }, offered.frames);
  assert.deepEqual([taken.offer.lot, taken.offer.product, taken.offer.amount.number, taken.offer.giver], [offered.lot, uri("product", "cu"), "200", uri("actor", "ho-07")]);
  assert.equal(taken.tooMuch.refused.code, "insufficient_quantity");
  assert.equal(taken.lots.find((card) => card.lot === offered.lot)?.left.number, "195");
  await receiver.unroute("**/v1/**");
  assert.deepEqual(await receiver.evaluate(() => core.sync()), { sent: 1, refused: 0, left: 0 });
  const lot = await coop.get(`/v1/lots/${encodeURIComponent(offered.lot)}`);
  assert.deepEqual(lot.balances, [{ holder: uri("actor", "co-lan"), quantity: "195" }]);
  assert.equal(lot.lost, "5");
  await giver.unroute("**/v1/**");
  assert.deepEqual(await giver.evaluate(() => core.sync()), { sent: 2, refused: 0, left: 0 });
  assert.deepEqual((await giver.evaluate(() => core.items())).map(({ state }) => state), ["in_ledger", "in_ledger"]);
  // A third person is not the addressee.
  const stranger = await phoneOf(context, coop, "ho-08");
  const refused = await stranger.evaluate(async (frames) => {
    let result;
    for (const frame of frames) result = await fault(core.weighIn.scan(frame));
    return result;
  }, offered.frames);
  assert.equal(refused.code, "not_found");
}));

test("a handover with one phone between them: the giver agrees behind her own PIN", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07", "shared", "1357");
  const result = await page.evaluate(async ([pem]) => {
    const giver = core.profiles.open()?.id ?? "";
    const item = await core.save(harvest("60"));
    core.profiles.lock();
    await core.profiles.importKey(pem ?? "", null, "co Lan", null);
    await core.sync();
    const step = move("ship", item.step.outputs?.[0]?.lot ?? "", "60", { place: "https://so.test.example/place/xuong" });
    const wrong = await fault(core.weighIn.onePhone(step, giver, "0000"));
    const before = (await core.items()).length;
    const pair = await core.weighIn.onePhone(step, giver, "1357");
    const lots = await core.lots();
    return { wrong, before, pair, counts: await core.sync(), items: await core.items(), lots };
  }, [coop.keys["co-lan"] ?? ""]);
  assert.equal(result.wrong.code, "wrong_pin");
  assert.equal(result.before, 0);
  assert.deepEqual(result.counts, { sent: 2, refused: 0, left: 0 });
  assert.equal(result.items[0]?.state, "in_ledger");
  assert.equal(result.lots[0]?.left.number, "60");
}));

test("codes are written and read back, also without the browser's own reader", () => withBrowser(async (context) => {
  const page = await phone(context, coop);
  const result = await page.evaluate(async () => {
    const { encode, scan } = await import(/** @type {any} */ ("/app/core/codes.js"));
    const { toFrames } = await import(/** @type {any} */ ("/app/core/frames.js"));
    const [frame] = await toFrames(crypto.getRandomValues(new Uint8Array(400)));
    const read = [];
    for (const text of [frame, "https://so.test.example/app/#/join/0123456789ABCDEFGHJKMNPQRS"]) {
      const svg = await encode(text);
      const image = new Image();
      image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
      image.width = 600;
      image.height = 600;
      await image.decode();
      const drawn = new OffscreenCanvas(600, 600);
      const pen = drawn.getContext("2d");
      if (pen) pen.fillStyle = "white";
      pen?.fillRect(0, 0, 600, 600);
      pen?.drawImage(image, 20, 20, 560, 560);
      read.push([text === await scan(await createImageBitmap(drawn)), text.length]);
    }
    const empty = new OffscreenCanvas(100, 100);
    empty.getContext("2d")?.clearRect(0, 0, 100, 100);
    const blank = await scan(await createImageBitmap(empty));
    return { read, blank };
  });
  assert.deepEqual(result.read.map(([same]) => same), [true, true]);
  assert.equal(result.blank, null);
}));
