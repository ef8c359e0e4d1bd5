/**
 * The code under a scratch layer as a shopper enters it: from the pack's page to the answer, with and without JavaScript, and readable by everybody.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { openPage, withBrowser } from "./browser.mjs";
import { ROOT } from "./node.mjs";
import { startScratched } from "./scratch-rig.mjs";

const PHONE = { viewport: { width: 360, height: 740 } };
const READABLE_OUTDOORS = { "color-contrast-enhanced": { enabled: true } };
const SCHEMES = /** @type {("light" | "dark")[]} */ (["light", "dark"]);

/** @type {Awaited<ReturnType<typeof startScratched>>} */
let site;

before(async () => {
  site = await startScratched();
});

after(() => site.stop());

/** @param {string} lang */
const wordsOf = async (lang) => JSON.parse(await readFile(join(ROOT, `qr-service/locales/${lang}.json`), "utf8")).scratch;

/** @param {number} number */
function pack(number) {
  const found = site.packs[number];
  assert.ok(found);
  return found;
}

/** Types a code and sends it. @param {import("playwright-core").Page} page @param {string} typed */
async function enter(page, typed) {
  await page.locator("#code").fill(typed);
  await Promise.all([page.waitForNavigation(), page.locator("form[method=post] button").click()]);
}

/** What keeps people from reading a page. @param {import("playwright-core").Page} page */
async function barriers(page) {
  const report = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).options({ rules: READABLE_OUTDOORS }).analyze();
  const found = report.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return overflow > 0 ? [...found, `${overflow} px too wide`] : found;
}

test("a shopper finds the form, enters the code and is told that she is the first, also without JavaScript", async () => {
  for (const [number, javaScriptEnabled] of /** @type {const} */ ([[0, true], [1, false]])) {
    await withBrowser(async (context) => {
      const { page, errors } = await openPage(context);
      const words = await wordsOf("vi");
      const { path, code } = pack(number);
      await page.goto(`${site.url}${path}?lang=vi`);
      await page.getByRole("link", { name: words.open }).click();
      assert.ok(page.url().startsWith(`${site.url}${path}/scratch`), page.url());
      await enter(page, code.toLowerCase().replaceAll("-", " "));
      assert.equal(await page.locator(".verdict .line").textContent(), words.first);
      // Loaded again, it is sent again, and is no second time.
      await page.reload();
      assert.equal(await page.locator(".verdict .line").textContent(), words.first);
      assert.equal(await page.locator("#code").count(), 0, "nothing is left to enter");
      await page.locator("main a.button.quiet").click();
      assert.equal(new URL(page.url()).pathname, path);
      assert.deepEqual(errors, []);
    }, { ...PHONE, javaScriptEnabled });
  }
});

test("whoever comes later is shown the first time, and where to report", async () => {
  const { path, code } = pack(2);
  const words = await wordsOf("en");
  for (const [userAgent, isFirst] of /** @type {const} */ ([["Phone of the first", true], ["Phone of the second", false]])) {
    await withBrowser(async (context) => {
      const { page } = await openPage(context);
      await page.goto(`${site.url}${path}/scratch?lang=en`);
      await enter(page, code);
      const line = (await page.locator(".verdict .line").textContent()) ?? "";
      if (isFirst) {
        assert.equal(line, words.first);
        return;
      }
      assert.match(line, /was entered 2 times, first on \d+ \w+ \d{4}, \d\d:\d\d$/);
      await page.getByRole("link", { name: "Report a problem" }).click();
      assert.equal(new URL(page.url()).pathname, `${path}/report`);
    }, { ...PHONE, userAgent });
  }
});

test("every answer can be read by everybody", async () => {
  const { path, code } = pack(3);
  const other = pack(4).code;
  for (const colorScheme of SCHEMES) {
    for (const lang of ["vi", "en"]) {
      const words = await wordsOf(lang);
      await withBrowser(async (context) => {
        const { page } = await openPage(context);
        await page.goto(`${site.url}${path}/scratch?lang=${lang}`);
        assert.deepEqual(await barriers(page), [], "the form");
        const mistyped = (code.startsWith("0") ? "1" : "0") + code.slice(1);
        for (const [typed, line] of [["0", words.shape], [mistyped, words.mistyped], [other, words.wrong], [path.slice(-16), words.serial]]) {
          await enter(page, typed);
          assert.equal(await page.locator(".verdict .line").textContent(), line);
          assert.equal(await page.locator("#code").inputValue(), typed, "what was typed can be corrected");
          assert.deepEqual(await barriers(page), [], line);
        }
        await enter(page, code);
        assert.deepEqual(await barriers(page), [], "the right code");
      }, { ...PHONE, colorScheme, userAgent: `${lang} ${colorScheme}` });
    }
  }
});

test("whoever has the files checks a code alone, without asking anybody", async () => {
  const words = JSON.parse(await readFile(join(ROOT, "verifier/web/locales/vi.json"), "utf8"));
  const { path, code } = pack(3);
  const files = await Promise.all([`${site.lot}/proof.json`, `${path}/serial-proof`].map(async (one) => {
    const answer = await fetch(site.url + one);
    assert.equal(answer.status, 200, one);
    return { name: one.split("/").at(-1) ?? "", mimeType: "application/json", buffer: Buffer.from(await answer.arrayBuffer()) };
  }));
  await withBrowser(async (context) => {
    const { page, errors } = await openPage(context);
    await page.goto(`${site.url}/verify.html`);
    assert.equal(await page.locator("#scratch").count(), 0, "no field where no pack is asked about");
    await context.setOffline(true);
    await page.setInputFiles("#files", files);
    await page.waitForSelector("#verdict");
    const said = page.locator("#scratch-said");
    /** @type {[string, string][]} */
    const typed = [[code.slice(0, 9), ""], [code, words.scratch.right], [code.toLowerCase().replaceAll("-", " "), words.scratch.right], [pack(1).code, words.scratch.wrong], [`${code.slice(0, -1)}${code.endsWith("7") ? "8" : "7"}`, words.scratch.check], ["UUUU-UUUU-UUUU-UUUU", words.scratch.shape]];
    for (const [text, expected] of typed) {
      await page.getByLabel(words.scratch.field).fill(text);
      assert.equal(await said.innerText(), expected, text);
      assert.deepEqual((await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze()).violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`), []);
    }
    if (process.env.NGUON_SHOTS) await page.screenshot({ path: join(process.env.NGUON_SHOTS, "verify-scratch.png"), fullPage: true });
    assert.deepEqual(errors, []);
  }, PHONE);
});
