/**
 * What was being recorded when the phone closed the app: found again from home, by whose it is and by nobody else on the same phone.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { PHONE, addByKey, enter, onScreen, startDemo, switchTo, unlock } from "./app-rig.mjs";
import { chooseTile, goHome, harvest, picture, typeAmount } from "./app-tour.mjs";
import { ROOT } from "./node.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
  demo = await startDemo();
});
after(() => demo.stop());

const TUBERS = "C\u1ee7 dong ri\u1ec1ng";
const RESUME = "[data-resume=harvest]";
const PHOTO = join(ROOT, "node/web/icons/app-192.png");

/** A harvest up to where its place is asked. @param {Page} page @param {string} digits */
async function toPlace(page, digits) {
  await page.tap("[data-verb=harvest]");
  await onScreen(page, "harvest-product");
  await chooseTile(page, TUBERS);
  await onScreen(page, "harvest-made");
  await typeAmount(page, digits);
  await onScreen(page, "harvest-place");
}

test("a killed tab: home offers to go on, in a new tab as well, and no more once it is saved or discarded", () => withBrowser(async (context) => {
  const { page } = await enter(context, demo, "ho-01", "Ch\u1ecb Mai");
  assert.equal(await page.locator(RESUME).count(), 0);
  await page.tap("[data-verb=harvest]");
  await onScreen(page, "harvest-product");
  await goHome(page);
  assert.equal(await page.locator(RESUME).count(), 0, "nothing was answered yet");
  await toPlace(page, "33");
  const protocol = await context.newCDPSession(page);
  const crashed = new Promise((done) => { page.once("crash", done); });
  protocol.send("Page.crash").catch(() => {});
  await crashed;
  await page.close();

  const again = await context.newPage();
  await again.goto(`${demo.url}/app/`);
  await onScreen(again, "who");
  await again.tap(".tile");
  await unlock(again, "2580");
  await onScreen(again, "home");
  assert.match(await again.innerText(RESUME), new RegExp(`Ghi ti\u1ebfp vi\u1ec7c \u0111ang d\u1edf\\s+Thu ho\u1ea1ch \u00b7 ${TUBERS} \u00b7 33 kg \u00b7 h\u00f4m nay`));
  await picture(again, "home-unfinished");
  await again.tap(RESUME);
  await onScreen(again, "harvest-place");
  await again.tap(".foot .main");
  await onScreen(again, "harvest-review");
  assert.match(await again.innerText(".readback"), /ba m\u01b0\u01a1i ba/);
  await again.tap(".foot .main");
  await onScreen(again, "saved");
  await goHome(again);
  assert.equal(await again.locator(RESUME).count(), 0);

  await toPlace(again, "44");
  await goHome(again);
  await again.tap(".resume button");
  assert.equal(await again.locator(RESUME).count(), 0);
  await again.reload();
  await onScreen(again, "who");
  await again.tap(".tile");
  await unlock(again, "2580");
  await onScreen(again, "home");
  assert.equal(await again.locator(RESUME).count(), 0);
}, PHONE));

test("two women, one phone: neither is shown what the other was recording, nor her photos", () => withBrowser(async (context) => {
  const { page } = await enter(context, demo, "ho-02", "Ch\u1ecb Mai");
  await page.evaluate(() => { location.hash = "#/key"; });
  await addByKey(page, demo, "ho-03", "B\u00e0 Hoa", "1379");
  await switchTo(page, "Ch\u1ecb Mai", "2580");
  await toPlace(page, "55");
  await page.tap(".foot .main");
  await onScreen(page, "harvest-review");
  await page.locator("input[multiple]").setInputFiles(PHOTO);
  await page.waitForSelector(".photos button img");

  await switchTo(page, "B\u00e0 Hoa", "1379");
  assert.equal(await page.locator(RESUME).count(), 0);
  await page.evaluate(() => { location.hash = "#/do/harvest/review"; });
  await page.waitForFunction(() => location.hash === "#/");
  await onScreen(page, "home");
  await harvest(page, TUBERS, "66", async (name, at) => {
    if (name === "harvest-review") assert.equal(await at.locator(".photos").count(), 0, "a photo of somebody else");
  });
  const photos = await page.evaluate(async () => {
    const database = /** @type {IDBDatabase} */ (await new Promise((done) => { const request = indexedDB.open("nguon"); request.onsuccess = () => done(request.result); }));
    const read = (/** @type {string} */ store) => new Promise((done) => { const request = database.transaction(store).objectStore(store).getAll(); request.onsuccess = () => done(request.result.length); });
    return [await read("items"), await read("photos")];
  });
  assert.deepEqual(photos, [1, 0]);

  await switchTo(page, "Ch\u1ecb Mai", "2580");
  await page.tap(RESUME);
  await onScreen(page, "harvest-review");
  assert.match(await page.innerText(".readback"), /n\u0103m m\u01b0\u01a1i l\u0103m/);
  await page.getByText("\u1ea2nh \u0111\u00e3 ch\u1ecdn l\u00fac tr\u01b0\u1edbc kh\u00f4ng c\u00f2n.").waitFor();
}, PHONE));
