/**
 * The pages around a lot's own: the start with its field for a code, a kind of goods, and the form that reports a problem. They need no script, and
 * everybody can use them.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { openPage, withBrowser } from "./browser.mjs";
import { startDemo } from "./consumer.mjs";
import { binary, ROOT } from "./node.mjs";

const PHONE = { viewport: { width: 360, height: 740 } };
const LANGUAGES = /** @type {("vi" | "en")[]} */ (["vi", "en"]);
const locale = async (/** @type {string} */ lang) => JSON.parse(await readFile(join(ROOT, `qr-service/locales/${lang}.json`), "utf8"));

/** @type {import("./consumer.mjs").Site} */
let site;

before(async () => { site = await startDemo(); });
after(() => site.stop());

/** The address of the goods, without a lot. */
const goods = () => site.states.normal.path.replace(/\/10\/.*$/, "");

/** Nothing cut, nothing loaded from elsewhere, nothing that a person with other eyes or hands cannot use. @param {import("playwright-core").Page} page */
async function isUsable(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= PHONE.viewport.width, `${page.url()} is ${wide} pixels wide`);
  const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"])
    .options({ rules: { "color-contrast-enhanced": { enabled: true } } }).analyze();
  assert.deepEqual(found.violations.map((one) => `${page.url()} ${one.id}: ${one.nodes[0]?.html}`), []);
  const small = await page.locator("main a:visible, main button:visible, main input:visible:not([type=radio]), header a:visible").evaluateAll((all) => all
    .filter((one) => getComputedStyle(one).display !== "inline" && one.getBoundingClientRect().height < 24).map((one) => one.outerHTML));
  assert.deepEqual(small, [], "too small for a thumb");
}

for (const colorScheme of /** @type {("light" | "dark")[]} */ (["light", "dark"])) {
  test(`everybody can use the pages around a lot's: ${colorScheme}`, async () => {
    await withBrowser(async (context) => {
      for (const lang of LANGUAGES) {
        const { page, errors } = await openPage(context);
        for (const path of ["/", goods(), `${site.states.normal.path}/report`, `${site.states.normal.path}/report?sent=1`]) {
          await page.goto(`${site.url}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`);
          assert.equal(await page.locator("html").getAttribute("lang"), lang, path);
          assert.equal(await page.locator("h1").count(), 1, path);
          await isUsable(page);
          if (process.env.NGUON_SHOTS) await page.screenshot({ path: join(process.env.NGUON_SHOTS, `plain-${path.replace(/\W+/g, "_")}-${lang}-${colorScheme}.png`), fullPage: true });
        }
        assert.deepEqual(errors, []);
        await page.close();
      }
    }, { ...PHONE, colorScheme });
  });
}

test("a kind of goods leads to its lot by the code on the pack, without script", async () => {
  const words = await locale("vi");
  await withBrowser(async (context) => {
    const { page } = await openPage(context);
    await page.goto(`${site.url}${goods()}?lang=vi`);
    assert.match(await page.locator("main").innerText(), new RegExp(words.product.lead.slice(0, 20)));
    await page.goto(`${site.url}/?lang=vi`);
    await page.locator("main input[type=text], main input[type=search]").first().fill(`${site.url}${site.states.normal.path}`);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === site.states.normal.path);
    assert.equal(await page.locator("#verdict").count(), 1);
  }, { ...PHONE, javaScriptEnabled: false });
});

test("a problem is reported without script, and the co-op finds it", async () => {
  const words = await locale("en");
  await withBrowser(async (context) => {
    const { page } = await openPage(context);
    await page.goto(`${site.url}${site.states.bare.path}/report?lang=en`);
    await page.getByLabel(words.report.differs).check();
    await page.getByLabel(words.report.text).fill("The bag says 400 g <b>not</b> 500 g");
    await page.getByRole("button", { name: words.report.send }).click();
    await page.waitForURL(/sent=1/);
    assert.equal(await page.getByRole("status").innerText(), words.report.sent);
  }, { ...PHONE, javaScriptEnabled: false });
  const listed = execFileSync(binary("nguon-qr"), ["reports", "--data", join(site.data, "qr")], { encoding: "utf8" });
  assert.match(listed, /The bag says 400 g <b>not<\/b> 500 g/);
});
