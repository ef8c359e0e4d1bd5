/**
 * The whole way of a printed label: the service draws it, an independent decoder (zbar) reads it, a browser opens what was read,
 * and the page there checks the lot's record by itself.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { openPage, withBrowser } from "./browser.mjs";
import { ROOT, start } from "./node.mjs";

const LOT = "/01/08938505970011/10/MD-251214";
/** Without witnesses and without a second source, these two cannot be checked. */
const OPEN = ["witness_quorum", "freshness"];
const PHONE = { viewport: { width: 360, height: 740 }, locale: "vi-VN" };

/** @type {import("./node.mjs").Server} */
let demo;
/** @type {string} */
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "nguon-labels-"));
  demo = await start(["demo", "--data", join(folder, "demo"), "--listen", "127.0.0.1:0"]);
});

after(async () => {
  assert.equal(await demo.stop(), 0, "the demo stops well when asked");
  await rm(folder, { recursive: true, force: true });
});

/**
 * What zbar reads from a label.
 *
 * @param {string} path of the label, with its query
 */
async function printed(path) {
  const response = await fetch(demo.url + path);
  assert.equal(response.status, 200, await response.clone().text());
  const file = join(folder, "label.png");
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  return execFileSync("zbarimg", ["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file], { encoding: "utf8" }).trim();
}

test("a printed label leads to a page that checks the lot's record", async () => {
  for (const query of ["size=40x30&dpi=203", "size=50x30&dpi=300"]) {
    const address = await printed(`${LOT}/label.png?${query}`);
    assert.equal(address, demo.url + LOT);
    await withBrowser(async (context) => {
      const { page, errors } = await openPage(context);
      await page.goto(address);
      await page.waitForFunction(() => document.querySelector("#verdict-by")?.textContent !== "");
      /** @type {[string | null, string | null][]} */
      const results = await page.locator("[data-check]").evaluateAll((items) =>
        items.map((item) => [item.getAttribute("data-check"), item.querySelector(".check-result")?.className ?? null]));
      assert.ok(results.length > 8, JSON.stringify(results));
      for (const [name, result] of results) {
        const expected = OPEN.includes(name ?? "") ? "not_checked" : "passed";
        assert.ok(result?.split(" ").includes(expected), `${name}: ${result}`);
      }
      assert.equal(await page.locator("#verdict.stop").count(), 0);
      assert.deepEqual(errors, []);
    }, PHONE);
  }
});

test("the form makes labels without JavaScript", async () => {
  await withBrowser(async (context) => {
    const { page } = await openPage(context);
    await page.goto(`${demo.url}/labels?lot=${encodeURIComponent(LOT)}&lang=vi`);
    assert.ok(await page.locator(".label-preview img").isVisible());
    await page.locator("#phone").fill("my number");
    await page.locator("form[method=get] button").click();
    await page.getByRole("alert").waitFor();
    assert.equal(await page.locator(".label-preview img").count(), 0);
    await page.locator("#phone").fill("0209 3812 345");
    const drawn = page.waitForResponse((response) => /\/label\.svg\?.*phone=0209/.test(response.url()));
    await page.locator("form[method=get] button").click();
    assert.equal((await drawn).status(), 200);
    await page.locator("#count").fill("48");
    const waiting = page.waitForResponse((response) => response.request().method() === "POST");
    await page.locator("form[method=post] button").click();
    const response = await waiting;
    assert.equal(response.headers()["content-type"], "application/pdf");
    assert.equal(response.headers()["nguon-label-count"], "48");
    assert.match(response.request().postData() ?? "", /phone=0209\+3812\+345/);
  }, { ...PHONE, javaScriptEnabled: false });
});

test("the form reads well on a phone", async () => {
  await withBrowser(async (context) => {
    const { page, errors } = await openPage(context);
    for (const lang of ["vi", "en"]) {
      await page.goto(`${demo.url}/labels?lot=${encodeURIComponent(LOT)}&size=a4-24&phone=0209%203812%20345&lang=${lang}`);
      const report = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
      assert.deepEqual(report.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`), []);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(overflow <= 0, `${lang}: ${overflow} px too wide`);
      if (process.env.NGUON_SCREENS === "1") {
        await page.screenshot({ path: join(ROOT, `docs/screens/labels-form-${lang}.png`), fullPage: true });
      }
    }
    assert.deepEqual(errors, []);
  }, PHONE);
});
