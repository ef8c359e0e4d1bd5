/**
 * Photos on a step, by the screens: chosen, made small on the phone, sent apart from the event and resumed, seen on the page of the lot.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { openPage, withBrowser } from "./browser.mjs";
import { PHONE, enter, onScreen, startDemo, unlock } from "./app-rig.mjs";
import { chooseTile, goHome, picture, savedIn } from "./app-tour.mjs";

const PHOTO_BYTES_MAX = 300 * 1024;

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
  demo = await startDemo();
});
after(() => demo.stop());

/** @typedef {import("playwright-core").Page} Page */

/** A picture as large as a camera makes it: noise, which no encoder makes small. @param {Page} page @param {string} type @param {number} width @param {number} height */
async function large(page, type, width, height) {
  const text = await page.evaluate(async ([type, width, height]) => {
    const drawn = new OffscreenCanvas(width, height);
    const image = new ImageData(width, height);
    for (let at = 0; at < image.data.length; at += 1) image.data[at] = at % 4 === 3 ? 255 : Math.random() * 256;
    drawn.getContext("2d")?.putImageData(image, 0, 0);
    const bytes = new Uint8Array(await (await drawn.convertToBlob({ type, quality: 0.95 })).arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 30_000) text += String.fromCharCode(...bytes.subarray(at, at + 30_000));
    return btoa(text);
  }, /** @type {[string, number, number]} */ ([type, width, height]));
  return Buffer.from(text, "base64");
}

/** A harvest up to where it is read back. @param {Page} page @param {string} digits */
async function toReview(page, digits) {
  await page.tap("[data-verb=harvest]");
  await onScreen(page, "harvest-product");
  await chooseTile(page, "C\u1ee7 dong ri\u1ec1ng");
  await onScreen(page, "harvest-made");
  for (const digit of digits) await page.tap(`.pad [data-key="${digit}"]`);
  await page.tap("#next");
  await onScreen(page, "harvest-place");
  await page.tap(".foot .main");
  await onScreen(page, "harvest-review");
}

/** The newest record on its own screen, once it is in the ledger. @param {Page} page */
async function openNewest(page) {
  await page.evaluate(() => { location.hash = "#/records"; });
  await page.waitForSelector(".list li:first-child .state.tick");
  await page.tap(".list li:first-child a");
  await onScreen(page, "record");
}

test("photos are chosen, made small, sent after their event, resumed after a cut and a restart, and seen by the shopper", async (t) => {
  await withBrowser(async (context) => {
    const { page, errors } = await enter(context, demo, "ho-01", "Ch\u1ecb Mai");
    const [jpeg, png] = [await large(page, "image/jpeg", 3000, 2250), await large(page, "image/png", 1800, 1200)];
    assert.ok(jpeg.length > 4_000_000 && png.length > 4_000_000, `${jpeg.length} and ${png.length} bytes`);
    await toReview(page, "61");
    const [taken, chosen] = [page.locator("input[capture]"), page.locator("input[multiple]")];
    await taken.setInputFiles({ name: "note.jpg", mimeType: "image/jpeg", buffer: Buffer.from("not a picture") });
    await page.getByText("T\u1ec7p n\u00e0y kh\u00f4ng ph\u1ea3i \u1ea3nh.").waitFor();
    await taken.setInputFiles({ name: "IMG_0001.jpg", mimeType: "image/jpeg", buffer: jpeg });
    await page.waitForSelector(".photos button:nth-child(1) img");
    await chosen.setInputFiles({ name: "IMG_0002.png", mimeType: "image/png", buffer: png });
    await page.waitForSelector(".photos button:nth-child(2) img");

    // The network breaks in the middle of the first photo, after its event is safe.
    /** @type {string[]} */
    const ranges = [];
    await context.route("**/v1/blobs/*", async (route) => {
      const range = route.request().headers()["content-range"];
      if (range && ranges.push(range) === 3) await context.setOffline(true);
      await route.continue();
    });
    await page.tap(".foot .main");
    await onScreen(page, "saved");
    t.diagnostic(`a photo of ${jpeg.length} bytes and one of ${png.length} bytes: saved after ${Math.round(await savedIn(page))} ms`);
    await openNewest(page);
    await page.getByText("\u0110\u00e3 g\u1eedi 0 trong 2 \u1ea3nh.").waitFor();
    await page.waitForFunction(() => !navigator.onLine);
    const broken = ranges.length;
    assert.equal(broken, 3);

    // Her phone closes the app; it opens without a network, and what waits goes on when there is one.
    await page.reload();
    await onScreen(page, "who");
    await page.tap(".tile");
    await unlock(page, "2580");
    await onScreen(page, "home");
    await context.setOffline(false);
    await openNewest(page);
    await page.getByText("\u0110\u00e3 g\u1eedi 2 trong 2 \u1ea3nh.").waitFor();
    await picture(page, "record-photo");
    const resumed = Number(/^bytes (\d+)-/.exec(ranges[broken] ?? "")?.[1]);
    assert.equal(resumed, 2 * 65_536, "what the node holds is not sent again");

    await page.tap("a[href*='#/share/']");
    await onScreen(page, "share");
    const { page: shopper } = await openPage(context);
    await shopper.goto(await page.innerText("#link"));
    const shown = shopper.locator(".photos img");
    assert.equal(await shown.count(), 2);
    for (const image of await shown.all()) {
      await image.scrollIntoViewIfNeeded();
      await shopper.waitForFunction((element) => /** @type {HTMLImageElement} */ (element).naturalWidth > 100, await image.elementHandle());
      const sha256 = /\/blob\/([0-9a-f]{64})\//.exec(await image.getAttribute("src") ?? "")?.[1] ?? "";
      const blob = Buffer.from(await (await fetch(`${demo.url}/v1/blobs/${sha256}`)).arrayBuffer());
      assert.equal(createHash("sha256").update(blob).digest("hex"), sha256);
      assert.ok(blob.length <= PHOTO_BYTES_MAX, `${blob.length} bytes`);
      assert.deepEqual([...blob.subarray(0, 3)], [0xff, 0xd8, 0xff]);
    }
    await picture(shopper, "photo-shopper");
    assert.deepEqual(errors.filter((error) => !/ERR_INTERNET_DISCONNECTED|Failed to fetch|status of 404/.test(error)), []);
  }, PHONE);
});

test("a photo can be taken off again, and none is kept that no record names", async () => {
  await withBrowser(async (context) => {
    const { page } = await enter(context, demo, "ho-02", "Ch\u1ecb Lan");
    const { picture: { sha256 } } = await (await fetch(`${demo.url}/v1/products/cu-dong-rieng`)).json();
    const tubers = Buffer.from(await (await fetch(`${demo.url}/v1/blobs/${sha256}`)).arrayBuffer());
    await context.setOffline(true);
    await toReview(page, "62");
    await page.locator("input[multiple]").setInputFiles([1, 2].map((n) => ({ name: `${n}.jpg`, mimeType: "image/jpeg", buffer: tubers })));
    await page.waitForSelector(".photos button:nth-child(2) img");
    await picture(page, "photo");
    await page.tap(".photos button:nth-child(2)");
    await page.waitForSelector(".photos button:nth-child(2)", { state: "detached" });
    await page.tap(".foot .main");
    await onScreen(page, "saved");
    const kept = () => page.evaluate(async () => {
      const database = /** @type {IDBDatabase} */ (await new Promise((done) => { const request = indexedDB.open("nguon"); request.onsuccess = () => done(request.result); }));
      return new Promise((done) => { const request = database.transaction("photos").objectStore("photos").getAll(); request.onsuccess = () => done(request.result.map(({ bytes }) => bytes)); });
    });
    const photos = /** @type {number[]} */ (await kept());
    assert.equal(photos.length, 1);
    assert.ok((photos[0] ?? Infinity) <= PHOTO_BYTES_MAX);
    await goHome(page);
    await page.tap(".nav a >> nth=1");
    await onScreen(page, "records");
    await page.tap(".list a");
    await onScreen(page, "record");
    await page.tap(".foot .danger");
    await page.tap("[role=alertdialog] .danger");
    await onScreen(page, "records");
    assert.deepEqual(await kept(), []);
  }, PHONE);
});
