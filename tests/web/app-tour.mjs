/**
 * A walk through every screen of the app, as a producer of the demo meets them. Tests look at each screen with the eyes of axe and of a
 * thumb; `app-screens.mjs` takes their pictures.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { openPage } from "./browser.mjs";
import { addByKey, enter, onScreen, typePin } from "./app-rig.mjs";
import { ROOT, binary } from "./node.mjs";

const run = promisify(execFile);

/** A picture for `docs/screens/app/`, when `NGUON_SCREENS=1`. @param {Page} page @param {string} name */
export async function picture(page, name) {
  if (!process.env.NGUON_SCREENS) return;
  await page.screenshot({ path: join(process.env.NGUON_SCREENS_FOLDER ?? join(ROOT, "docs/screens/app"), `${name}.png`), animations: "disabled" });
}

/** Milliseconds from the last touch to "saved". @param {Page} page */
export const savedIn = (page) => page.waitForFunction(() => performance.getEntriesByName("saved").at(-1)?.duration).then((handle) => handle.jsonValue()).then(Number);

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {(name: string, page: Page) => Promise<void>} See */

/** The demo's tubers, in either language. */
const TUBERS = /C\u1ee7 dong ri\u1ec1ng|Canna tubers/;
/** A lot by what is left of it. @param {number} kilograms */
const leftOf = (kilograms) => new RegExp(`c\u00f2n ${kilograms} kg|(?<!\\d)${kilograms} kg left`);

/** Types an amount on the pad and goes on. @param {Page} page @param {string} digits */
export async function typeAmount(page, digits) {
  for (const digit of digits) await page.click(`.pad [data-key="${digit}"]`);
  await page.click("#next");
}

/** @param {Page} page @param {string | RegExp} words of a tile */
export async function chooseTile(page, words) {
  const tile = page.locator(".tile", { hasText: words }).first();
  if (!(await tile.isVisible())) await page.click("summary");
  await tile.click();
}

/** Answers "which lot?" where it is asked. @param {Page} page @param {string} verb @param {string | RegExp} words of the lot's tile */
export async function chooseLot(page, verb, words) {
  await page.waitForSelector(`main[data-screen="${verb}-lots"], main[data-screen="${verb}-taken"]`);
  if (await page.locator(`main[data-screen="${verb}-lots"]`).count()) await page.locator(".tile", { hasText: words }).first().click();
  await onScreen(page, `${verb}-taken`);
}

/** Back home by the app's own places. @param {Page} page */
export async function goHome(page) {
  await page.evaluate(() => { location.hash = "#/"; });
  await onScreen(page, "home");
}

/** @param {Page} page @param {string} path @param {string} name */
async function goTo(page, path, name) {
  await page.evaluate((to) => { location.hash = to; }, `#/${path}`);
  await onScreen(page, name);
}

/** A harvest, from home to saved. @param {Page} page @param {string | RegExp} product @param {string} digits @param {See} [see] */
export async function harvest(page, product, digits, see = async () => {}) {
  await page.click("[data-verb=harvest]");
  await onScreen(page, "harvest-product");
  await see("harvest-product", page);
  await chooseTile(page, product);
  await onScreen(page, "harvest-made");
  for (const digit of digits) await page.click(`.pad [data-key="${digit}"]`);
  await see("harvest-made", page);
  await page.click("#next");
  await onScreen(page, "harvest-place");
  await see("harvest-place", page);
  await page.click(".foot .main");
  await onScreen(page, "harvest-review");
  await see("harvest-review", page);
  await page.click(".foot .main");
  await onScreen(page, "saved");
  await see("saved", page);
}

/** The lot of the newest record, by its own screen. @param {Page} page */
async function newestLot(page) {
  await goTo(page, "records", "records");
  await page.click(".list a");
  await onScreen(page, "record");
  const href = await page.getAttribute("a[href*='#/share/']", "href");
  return decodeURIComponent((href ?? "").replace("#/share/", ""));
}

/** Waits until everything that was recorded is in the ledger. @param {Page} page */
export async function allInLedger(page) {
  await goTo(page, "records", "records");
  await page.waitForFunction(() => {
    const rows = [...document.querySelectorAll(".list .state")];
    return rows.length > 0 && rows.every((row) => row.classList.contains("tick") || row.classList.contains("mind"));
  });
}

/**
 * @param {import("playwright-core").BrowserContext} context
 * @param {{ url: string, keyOf: (slug: string) => string }} demo
 * @param {See} see
 */
export async function tour(context, demo, see) {
  const fresh = await openPage(context);
  await fresh.page.goto(`${demo.url}/app/`);
  await onScreen(fresh.page, "welcome");
  await see("welcome", fresh.page);
  await fresh.page.close();

  const { page, errors } = await enter(context, demo, "ho-07", "Ch\u1ecb Mai");
  await see("home-empty", page);
  await harvest(page, TUBERS, "300", see);
  await allInLedger(page);
  const lot = await newestLot(page);
  await see("record", page);
  await goTo(page, `lot/${encodeURIComponent(lot)}`, "lot");
  await see("lot", page);
  await goTo(page, `share/${encodeURIComponent(lot)}`, "share");
  await see("share", page);

  await making(page, see);
  await giving(page, see);
  await needing(context, page, demo, see);
  await goTo(page, "records", "records");
  await see("records", page);
  await goHome(page);
  await see("home", page);
  await apart(page, see);
  await sharing(page, demo, see);
  return errors;
}

/** Every question of the other verbs. @param {Page} page @param {See} see */
async function making(page, see) {
  await goHome(page);
  await page.click("[data-verb=process]");
  await chooseLot(page, "process", leftOf(300));
  await see("process-taken", page);
  await page.click(".offers button");
  await onScreen(page, "process-product");
  await see("process-product", page);
  await page.click(".tile");
  await onScreen(page, "process-made");
  await typeAmount(page, "40");
  await onScreen(page, "process-place");
  await page.click(".foot .main");
  await onScreen(page, "process-review");
  await see("process-review", page);
  await page.click(".foot .main");
  await onScreen(page, "saved");
  for (const amount of ["120", "80"]) {
    await goHome(page);
    await harvest(page, TUBERS, amount);
  }
  await goHome(page);
  await page.click("[data-verb=merge]");
  await onScreen(page, "merge-lots");
  // Once one is chosen, only lots of its kind are left to choose.
  for (const left of [120, 80]) await page.locator(".tile", { hasText: leftOf(left) }).first().click();
  await see("merge-lots", page);
  await goHome(page);
  await page.click("[data-verb=lose]");
  await onScreen(page, "lose-lots");
  await see("lose-lots", page);
  await page.locator(".tile", { hasText: leftOf(80) }).first().click();
  await onScreen(page, "lose-taken");
  await typeAmount(page, "5");
  await onScreen(page, "lose-reason");
  await see("lose-reason", page);
  await page.click(".tile >> nth=0");
  await onScreen(page, "lose-review");
  await page.click(".foot .main");
  await onScreen(page, "saved");
}

/** The weigh-in, from the giver's side and from the receiver's. @param {Page} page @param {See} see */
async function giving(page, see) {
  await goHome(page);
  await page.click("[data-verb=ship]");
  await chooseLot(page, "ship", leftOf(40));
  await page.click(".units [data-unit=yen]");
  await typeAmount(page, "2");
  await onScreen(page, "ship-party");
  await see("ship-party", page);
  await page.click(".tile >> nth=0");
  await onScreen(page, "ship-place");
  await page.click(".foot .main");
  await onScreen(page, "ship-review");
  await see("ship-review", page);
  await page.click(".foot .main");
  await onScreen(page, "give");
  await see("give", page);
  await goTo(page, "take", "take");
  await see("take", page);
  await goTo(page, "typed", "typed");
  await see("typed", page);
}

/** Something that the ledger does not take: her other device was faster. @param {import("playwright-core").BrowserContext} context @param {Page} page
 * @param {{ url: string, keyOf: (slug: string) => string }} demo @param {See} see */
async function needing(context, page, demo, see) {
  await goHome(page);
  await harvest(page, TUBERS, "60");
  await allInLedger(page);
  const fresh = await newestLot(page);
  await context.setOffline(true);
  await goTo(page, `do/sell/with/${encodeURIComponent(fresh)}`, "sell-taken");
  await typeAmount(page, "50");
  await onScreen(page, "sell-review");
  await page.click(".foot .main");
  await onScreen(page, "saved");
  await goHome(page);
  await see("home-offline", page);
  await goTo(page, "courier", "courier");
  await see("courier", page);
  await goTo(page, "carry", "carry");
  await see("carry", page);
  await run(binary("nguon"), ["record", "lose", "--node", demo.url, "--key", demo.keyOf("ho-07"), "--lot", fresh, "--amount", "20 kg"]).catch((error) => {
    throw new Error(`${error.message} ${error.stderr}`);
  });
  await context.setOffline(false);
  await goTo(page, "tray", "tray");
  await page.waitForSelector(".list .note");
  await see("tray", page);
}

/** What is not of every day. @param {Page} page @param {See} see */
async function apart(page, see) {
  for (const [path, name] of [["more", "more"], ["year", "year"], ["voice", "voice"], ["voice/home", "voice-one"], ["units", "units"], ["settings", "settings"], ["scan", "scan"]]) {
    await goTo(page, path ?? "", name ?? "");
    await see(name ?? "", page);
  }
}

/** Two women on one phone. @param {Page} page @param {{ keyOf: (slug: string) => string }} demo @param {See} see */
async function sharing(page, demo, see) {
  await goTo(page, "people", "people");
  await see("people", page);
  await goTo(page, "key", "key");
  await see("key", page);
  await addByKey(page, demo, "ho-08", "B\u00e0 Hoa", "1379");
  await goTo(page, "people", "people");
  await page.click(".foot .main");
  await onScreen(page, "who");
  await see("who", page);
  await page.locator(".tile", { hasText: "B\u00e0 Hoa" }).click();
  await onScreen(page, "pin");
  await typePin(page, "13");
  await see("pin", page);
}
