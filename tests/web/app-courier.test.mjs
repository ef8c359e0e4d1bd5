/**
 * Where there is no signal, by the screens: what was recorded goes out as one file or as a series of codes, another phone or the desk sends
 * it, and the receipts come back the same way.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { PHONE, atDesk, enter, film, onScreen, saved, seeing, startDemo } from "./app-rig.mjs";
import { goHome, harvest, picture } from "./app-tour.mjs";

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
  demo = await startDemo();
});
after(() => demo.stop());

/** @typedef {import("playwright-core").Page} Page */

const TUBERS = "C\u1ee7 dong ri\u1ec1ng";

/** How many entries speak of her. @param {string} slug */
const entriesOf = async (slug) => (await (await fetch(`${demo.url}/v1/actors/${slug}/entries?limit=1000`)).json()).items.length;

/** @param {Page} page */
async function toCourier(page) {
  await page.tap(".nav a >> nth=2");
  await onScreen(page, "more");
  await page.tap("a[href='#/courier']");
  await onScreen(page, "courier");
}

/** She records without a network, and stands before the ways to hand it over. @param {Page} page @param {string[]} amounts */
async function recordAway(page, amounts) {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.context().setOffline(true);
  for (const amount of amounts) {
    await harvest(page, TUBERS, amount);
    await goHome(page);
  }
  await toCourier(page);
  await page.getByText(`${amounts.length} vi\u1ec7c \u0111ang ch\u1edd tr\u00ean m\u00e1y n\u00e0y.`).waitFor();
}

/** Opens a file that somebody brought. @param {Page} page @param {{ name: string, mimeType: string, buffer: Buffer }} file */
const bring = (page, file) => page.locator("main input[type=file]").setInputFiles(file);

/** The states of her newest records, in words. @param {Page} page @param {number} count */
async function states(page, count) {
  await page.evaluate(() => { location.hash = "#/records"; });
  await onScreen(page, "records");
  return page.locator(".list .state").evaluateAll((rows, most) => rows.slice(0, most).map((row) => row.textContent), count);
}

/** She takes the receipts, still without a network, and later nothing is sent twice. @param {Page} page @param {string} slug @param {{ name: string, mimeType: string, buffer: Buffer }} receipts
 * @param {number} count @param {number} entries */
async function receiptsBack(page, slug, receipts, count, entries) {
  assert.deepEqual(await states(page, count), Array(count).fill("\u0110ang nh\u1edd mang \u0111i"));
  await toCourier(page);
  await bring(page, receipts);
  await page.getByText(`\u0110\u00e3 nh\u1eadn 0 vi\u1ec7c v\u00e0 ${count} bi\u00ean nh\u1eadn`).waitFor();
  assert.deepEqual(await states(page, count), Array(count).fill("\u0110\u00e3 v\u00e0o s\u1ed5"));
  await page.tap(".list a");
  await onScreen(page, "record");
  await page.tap("summary");
  await page.getByText("M\u00e1y n\u00e0y \u0111\u00e3 t\u1ef1 ki\u1ec3m tra bi\u00ean nh\u1eadn.").waitFor();
  await page.context().setOffline(false);
  await goHome(page);
  await harvest(page, TUBERS, "9");
  await page.evaluate(() => { location.hash = "#/records"; });
  await page.waitForSelector(".list li:first-child .state.tick");
  assert.equal(await entriesOf(slug), entries + count + 1);
}

test("a neighbour's phone carries a file, sends it, and brings the receipts back", async () => {
  await withBrowser(async (hers) => {
    const { page, errors } = await enter(hers, demo, "ho-03", "Ch\u1ecb Mai");
    const entries = await entriesOf("ho-03");
    await recordAway(page, ["71", "72"]);
    const file = await saved(page, () => page.tap("main .buttons button"));
    assert.match(file.name, /^nguon-\d{4}-\d\d-\d\d\.txt$/);
    await page.getByText("\u0110\u00e3 t\u1ea1o t\u1ec7p.").waitFor();
    await withBrowser(async (others) => {
      const { page: courier } = await enter(others, demo, "ho-04", "Ch\u1ecb Lan");
      await toCourier(courier);
      await bring(courier, { name: "other.txt", mimeType: "text/plain", buffer: Buffer.from("something else") });
      await courier.waitForSelector("main .note.mind");
      await bring(courier, file);
      await courier.getByText("\u0110\u00e3 nh\u1eadn 2 vi\u1ec7c v\u00e0 0 bi\u00ean nh\u1eadn; 0 \u0111\u00e3 c\u00f3 t\u1eeb tr\u01b0\u1edbc.").waitFor();
      await courier.getByText("2 vi\u1ec7c, \u0111\u00e3 g\u1eedi 2, c\u1ea7n xem 0").waitFor();
      await picture(courier, "courier-carrying");
      assert.equal(await entriesOf("ho-03"), entries + 2);
      await bring(courier, file);
      await courier.getByText("2 \u0111\u00e3 c\u00f3 t\u1eeb tr\u01b0\u1edbc.").waitFor();
      const receipts = await saved(courier, () => courier.getByRole("button", { name: "G\u1eedi tr\u1ea3 bi\u00ean nh\u1eadn" }).tap());
      await receiptsBack(page, "ho-03", receipts, 2, entries);
    }, PHONE);
    assert.deepEqual(errors.filter((error) => !/ERR_INTERNET_DISCONNECTED|Failed to fetch|status of 404/.test(error)), []);
  }, PHONE);
});

test("a series of codes goes from screen to camera, and the receipts come back as a file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nguon-film-"));
  try {
    await withBrowser(async (hers) => {
      const { page } = await enter(hers, demo, "ho-05", "Ch\u1ecb Mai");
      const entries = await entriesOf("ho-05");
      await recordAway(page, ["81", "82", "83"]);
      await page.tap("a[href='#/carry']");
      await onScreen(page, "carry");
      const count = Number(/trong (\d+)/.exec(await page.innerText("main"))?.[1]);
      assert.ok(count > 1, `${count} codes`);
      const path = join(folder, "codes.y4m");
      await film(page, count, path);
      await withBrowser(async (others) => {
        const { page: courier } = await enter(others, demo, "ho-06", "Ch\u1ecb Lan");
        await toCourier(courier);
        await courier.tap("a[href='#/scan']");
        await onScreen(courier, "scan");
        await courier.getByText("\u0110\u00e3 nh\u1eadn 3 vi\u1ec7c v\u00e0 0 bi\u00ean nh\u1eadn").waitFor();
        await courier.tap(".foot .main");
        await onScreen(courier, "courier");
        await courier.getByText("3 vi\u1ec7c, \u0111\u00e3 g\u1eedi 3, c\u1ea7n xem 0").waitFor();
        const receipts = await saved(courier, () => courier.getByRole("button", { name: "G\u1eedi tr\u1ea3 bi\u00ean nh\u1eadn" }).tap());
        await receiptsBack(page, "ho-05", receipts, 3, entries);
      }, seeing(path));
    }, PHONE);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("the desk takes the file as well", async () => {
  await withBrowser(async (hers) => {
    const { page } = await enter(hers, demo, "ho-07", "Ch\u1ecb Mai");
    const entries = await entriesOf("ho-07");
    await recordAway(page, ["91"]);
    const file = await saved(page, () => page.tap("main .buttons button"));
    await withBrowser(async (office) => {
      const { page: desk } = await atDesk(office, demo);
      await desk.goto(`${demo.url}/app/coop#/courier`);
      await desk.waitForSelector('main[data-page="courier"]');
      await bring(desk, file);
      await desk.click("form button[type=submit]");
      await desk.waitForSelector("#said .note.tick");
      assert.equal(await entriesOf("ho-07"), entries + 1);
      const receipts = await saved(desk, () => desk.getByRole("button", { name: "bi\u00ean nh\u1eadn" }).click());
      await receiptsBack(page, "ho-07", receipts, 1, entries);
    }, { ...PHONE, hasTouch: false });
  }, PHONE);
});
