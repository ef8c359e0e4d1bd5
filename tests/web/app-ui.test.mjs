/**
 * The app in a thumb's reach: taps counted, sizes measured, and every screen put before axe, by day and by night.
 */
import assert from "node:assert/strict";
import { get } from "node:http";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { withBrowser } from "./browser.mjs";
import { PHONE, enter, onScreen, startDemo, unlock } from "./app-rig.mjs";
import { chooseLot, goHome, harvest, savedIn, tour, typeAmount } from "./app-tour.mjs";

const TARGET_PX = 48;
const HARVEST_TAPS_MAX = 5;
const PROCESS_TAPS_MAX = 7;
/**
 * What a phone of today fetches once, before photos and spoken words, as the node sends it. What only older browsers need, or nobody but
 * those who check a whole bundle, is left out, as the service worker leaves it out.
 */
const APP_BYTES_MAX = 150_000;
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
  demo = await startDemo();
});
after(() => demo.stop());

/** @typedef {import("playwright-core").Page} Page */

/** Counts taps. @param {Page} page */
function thumb(page) {
  const counted = { taps: 0, tap: async (/** @type {string} */ selector) => {
    counted.taps += 1;
    await page.tap(selector);
  } };
  return counted;
}

test("a harvest is repeated in five taps, typing included", async (t) => {
  await withBrowser(async (context) => {
    const { page, errors } = await enter(context, demo, "ho-01", "Ch\u1ecb Mai");
    await harvest(page, "C\u1ee7 dong ri\u1ec1ng", "40");
    await goHome(page);
    const hand = thumb(page);
    await hand.tap("[data-again=harvest]");
    await onScreen(page, "harvest-made");
    assert.equal(await page.inputValue(".amount input"), "", "the amount is never taken over");
    await hand.tap('.pad [data-key="5"]');
    await hand.tap('.pad [data-key="5"]');
    await hand.tap("#next");
    await onScreen(page, "harvest-review");
    const read = (await page.innerText(".readback")).replaceAll("\u2011", "-");
    assert.equal(read, "T\u00f4i thu ho\u1ea1ch n\u0103m m\u01b0\u01a1i l\u0103m ki-l\u00f4-gam c\u1ee7 dong ri\u1ec1ng, \u1edf Ru\u1ed9ng h\u1ed9 01.");
    await hand.tap(".foot .main");
    await onScreen(page, "saved");
    assert.ok(hand.taps <= HARVEST_TAPS_MAX, `${hand.taps} taps`);
    t.diagnostic(`repeated harvest: ${hand.taps} taps, saved after ${Math.round(await savedIn(page))} ms`);
    // The node has no policy; the phone asks all the same.
    assert.deepEqual(errors.filter((error) => !/status of 404/.test(error)), []);
  }, PHONE);
});

test("a processing step is repeated in seven taps, typing included", async (t) => {
  await withBrowser(async (context) => {
    const { page } = await enter(context, demo, "ho-02", "Ch\u1ecb Lan");
    await harvest(page, "C\u1ee7 dong ri\u1ec1ng", "300");
    await goHome(page);
    await page.tap("[data-verb=process]");
    await chooseLot(page, "process", "c\u00f2n 300 kg");
    await typeAmount(page, "100");
    await onScreen(page, "process-product");
    await page.tap(".tile");
    await onScreen(page, "process-made");
    await typeAmount(page, "14");
    await onScreen(page, "process-place");
    await page.tap(".foot .main");
    await onScreen(page, "process-review");
    await page.tap(".foot .main");
    await onScreen(page, "saved");
    await goHome(page);
    await harvest(page, "C\u1ee7 dong ri\u1ec1ng", "90");
    await goHome(page);
    const hand = thumb(page);
    await hand.tap("[data-again=process]");
    await onScreen(page, "process-lots");
    await hand.tap(".tile:has-text('c\u00f2n 90 kg')");
    await onScreen(page, "process-taken");
    await hand.tap("[data-offer]");
    await onScreen(page, "process-made");
    await hand.tap('.pad [data-key="1"]');
    await hand.tap('.pad [data-key="2"]');
    await hand.tap("#next");
    await onScreen(page, "process-review");
    await hand.tap(".foot .main");
    await onScreen(page, "saved");
    assert.ok(hand.taps <= PROCESS_TAPS_MAX, `${hand.taps} taps`);
    t.diagnostic(`repeated processing: ${hand.taps} taps, saved after ${Math.round(await savedIn(page))} ms`);
  }, PHONE);
});

/** What a thumb can hit, with its size. @param {Page} page */
const targets = (page) => page.evaluate(() => [...document.querySelectorAll("a[href], button, input, select, summary, textarea, [role=button]")].flatMap((element) => {
  const box = (element.closest("label.file") ?? element).getBoundingClientRect();
  if (box.width === 0 || !element.checkVisibility({ checkVisibilityCSS: true })) return [];
  return [{ what: `${element.tagName} ${element.className} ${element.textContent?.slice(0, 30)}`, width: box.width, height: box.height }];
}));

test("every screen: large enough for a thumb, whole on a small phone, and without a fault that axe knows, by day and by night", async (t) => {
  /** @type {string[]} */
  const faults = [];
  let smallest = Infinity;
  let count = 0;
  await withBrowser(async (context) => {
    const errors = await tour(context, demo, async (name, page) => {
      count += 1;
      for (const { what, width, height } of await targets(page)) {
        smallest = Math.min(smallest, width, height);
        if (width < TARGET_PX || height < TARGET_PX) faults.push(`${name}: ${what} is ${Math.round(width)} \u00d7 ${Math.round(height)}`);
      }
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) faults.push(`${name}: something sticks out`);
      const focus = await page.evaluate(() => document.querySelectorAll("h1").length);
      if (focus !== 1) faults.push(`${name}: ${focus} headings`);
      for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const report = await new AxeBuilder({ page }).options({ runOnly: { type: "tag", values: TAGS }, rules: { "color-contrast-enhanced": { enabled: true } } }).analyze();
        for (const { id, nodes } of report.violations) faults.push(`${name} ${colorScheme} ${id}: ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary?.slice(0, 200)}`);
      }
      await page.emulateMedia({ colorScheme: "light" });
    });
    faults.push(...errors.filter((error) => !/ERR_INTERNET_DISCONNECTED|status of 4/.test(error)));
  }, PHONE);
  assert.deepEqual(faults, []);
  t.diagnostic(`${count} screens; the smallest target is ${Math.round(smallest)} px`);
});

test("a keyboard is enough, and the heading is read when the screen changes", async () => {
  await withBrowser(async (context) => {
    const { page } = await enter(context, demo, "ho-03", "Ch\u1ecb Nga");
    const heading = () => page.evaluate(() => document.activeElement?.tagName);
    assert.equal(await heading(), "H1");
    await page.focus("[data-verb=harvest]");
    await page.keyboard.press("Enter");
    await onScreen(page, "harvest-product");
    assert.equal(await heading(), "H1");
    await page.focus(".tile");
    await page.keyboard.press("Enter");
    await onScreen(page, "harvest-made");
    await page.focus(".amount input");
    await page.keyboard.type("1,5");
    await page.focus(".units [data-unit=ta]");
    await page.keyboard.press("Space");
    assert.match(await page.innerText("#amount-words"), /m\u1ed9t t\u1ea1 r\u01b0\u1ee1i\s*= 150 kg/);
    await page.focus(".amount input");
    await page.keyboard.press("Enter");
    await onScreen(page, "harvest-place");
    await page.focus(".foot .main");
    await page.keyboard.press("Enter");
    await onScreen(page, "harvest-review");
    await page.focus(".foot .main");
    await page.keyboard.press("Enter");
    await onScreen(page, "saved");
    assert.equal(await page.innerText("#live"), "\u0110\u00e3 l\u01b0u tr\u00ean m\u00e1y");
    assert.equal(await heading(), "H1");
  }, PHONE);
});

test("an amount that can be read in two ways is not taken, nor more than there is", async () => {
  await withBrowser(async (context) => {
    const { page } = await enter(context, demo, "ho-04", "Ch\u1ecb Thu");
    await page.tap("[data-verb=harvest]");
    await onScreen(page, "harvest-product");
    await page.tap(".tile");
    await onScreen(page, "harvest-made");
    await page.fill(".amount input", "1.5");
    assert.ok(await page.isDisabled("#next"));
    await page.fill(".amount input", "1.500");
    assert.match(await page.innerText("#amount-words"), /m\u1ed9t ngh\u00ecn n\u0103m tr\u0103m/);
    await page.fill(".amount input", "43");
    await page.tap("#next");
    await onScreen(page, "harvest-place");
    await page.tap(".foot .main");
    await onScreen(page, "harvest-review");
    await page.tap(".foot .main");
    await onScreen(page, "saved");
    await goHome(page);
    await page.tap("[data-verb=sell]");
    await chooseLot(page, "sell", "c\u00f2n 43 kg");
    await page.fill(".amount input", "44");
    assert.match(await page.innerText("#amount-words"), /ch\u1ec9 c\u00f2n 43 kg\. S\u1eeda s\u1ed1 c\u00e2n, ho\u1eb7c ch\u1ecdn l\u00f4 kh\u00e1c\./);
    assert.ok(await page.isDisabled("#next"));
  }, PHONE);
});

test("what waits can be corrected and deleted, and answers outlive a killed page", async () => {
  await withBrowser(async (context) => {
    const { page } = await enter(context, demo, "ho-05", "Ch\u1ecb H\u00e0");
    await context.setOffline(true);
    await harvest(page, "C\u1ee7 dong ri\u1ec1ng", "70");
    await page.tap("a[href^='#/edit/']");
    await onScreen(page, "harvest-review");
    await page.tap(".facts li:nth-child(2) button");
    await onScreen(page, "harvest-made");
    await page.fill(".amount input", "77");
    await page.tap("#next");
    await onScreen(page, "harvest-review");
    await page.tap(".foot .main");
    await onScreen(page, "saved");
    await goHome(page);
    await page.tap(".nav a >> nth=1");
    await onScreen(page, "records");
    assert.equal(await page.locator(".list li").count(), 1);
    assert.match(await page.innerText(".list li"), /77 kg[\s\S]*\u0110ang ch\u1edd g\u1eedi/);
    await page.tap(".list a");
    await onScreen(page, "record");
    await page.tap(".foot .danger");
    await page.tap("[role=alertdialog] .danger");
    await onScreen(page, "records");
    assert.equal(await page.locator(".list li").count(), 0);
    await context.setOffline(false);
    await goHome(page);
    await page.tap("[data-verb=harvest]");
    await onScreen(page, "harvest-product");
    await page.tap(".tile");
    await onScreen(page, "harvest-made");
    await typeAmount(page, "33");
    await onScreen(page, "harvest-place");
    // The phone kills the page: her PIN is asked again, and her answers are still there.
    await page.reload();
    await onScreen(page, "who");
    await page.tap(".tile");
    await unlock(page, "2580");
    await onScreen(page, "home");
    await page.evaluate(() => { location.hash = "#/do/harvest/review"; });
    await onScreen(page, "harvest-review");
    assert.match(await page.innerText(".readback"), /ba m\u01b0\u01a1i ba/);
  }, PHONE);
});

test("English is whole", async () => {
  await withBrowser(async (context) => {
    const { page } = await enter(context, demo, "ho-06", "Mai");
    await harvest(page, "Canna tubers", "1500");
    await goHome(page);
    await page.tap("[data-again=harvest]");
    await onScreen(page, "harvest-made");
    for (const key of ["2", ".", "5"]) await page.tap(`.pad [data-key="${key}"]`);
    await page.tap(".units [data-unit=tan]");
    assert.match(await page.innerText("#amount-words"), /two and a half tonnes\s*= 2,500 kg/);
  }, { ...PHONE, locale: "en-GB" });
});

/** What a file weighs on its way to the phone. @param {string} path @returns {Promise<number>} */
const weight = (path) => new Promise((fulfil, reject) => {
  get(`${demo.url}/app/${path}`, { headers: { "accept-encoding": "gzip, br" } }, (answer) => {
    let bytes = 0;
    answer.on("data", (part) => (bytes += part.length));
    answer.on("end", () => fulfil(bytes));
    answer.on("error", reject);
  }).on("error", reject);
});

test("the whole app grows no larger", async (t) => {
  /** @type {{ files: string[] }} */
  const { files } = await (await fetch(`${demo.url}/app/files.json`)).json();
  const worker = await (await fetch(`${demo.url}/app/sw.js`)).text();
  const pattern = (/** @type {string} */ name) => new RegExp(worker.match(new RegExp(`^const ${name} = /(.+)/;$`, "m"))?.[1] ?? assert.fail(name));
  const leftOut = ["LEFT_OUT", "FOR_OLD_KEYS", "FOR_OLD_CAMERAS"].map(pattern);
  const hers = files.filter((file) => !leftOut.some((one) => one.test(file)));
  const isScreen = (/** @type {string} */ file) => /^(ui|locales|icons)\/|^(index\.html|app\.css|manifest\.webmanifest)$/.test(file);
  let [screens, rest] = [0, 0];
  for (const file of hers) {
    const bytes = await weight(file);
    if (isScreen(file)) screens += bytes;
    else rest += bytes;
  }
  t.diagnostic(`the app as sent: ${screens + rest} bytes in ${hers.length} files; of them screens, words and pictures ${screens}, core, verifier and codes ${rest}`);
  assert.ok(screens + rest < APP_BYTES_MAX, `${screens + rest} bytes`);
});
