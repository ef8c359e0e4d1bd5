/**
 * The demo as a newcomer meets it: one command, then the consumer page in a real browser, which checks the record by itself.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { openPage, withBrowser } from "./browser.mjs";
import { changeRecord } from "./consumer.mjs";
import { ROOT, start } from "./node.mjs";

const CHECKS = [
  "checkpoint_signed", "witness_quorum", "entries_included", "entry_chain", "lot_chain_complete", "signatures",
  "signer_registered", "signer_chain", "rules", "recall", "freshness",
];
/** Without witnesses and without a second source, these two cannot be checked. */
const OPEN = ["witness_quorum", "freshness"];
const PHONE = { viewport: { width: 360, height: 740 }, locale: "vi-VN" };

/** @type {import("./node.mjs").Server} */
let demo;
/** @type {string} */
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "nguon-demo-"));
  demo = await start(["demo", "--data", join(folder, "demo"), "--listen", "127.0.0.1:0"]);
});

after(async () => {
  assert.equal(await demo.stop(), 0, "the demo stops well when asked");
  await rm(folder, { recursive: true, force: true });
});

/** What the page says before anything was checked. @param {"vi" | "en"} language */
async function verdictWord(language) {
  const locale = JSON.parse(await readFile(join(ROOT, `qr-service/locales/${language}.json`), "utf8"));
  return locale["verdict.server_only"] ?? locale.verdict.server_only;
}

/** The consumer pages that the demo printed. */
function pages() {
  const links = demo.output.join("\n").match(/https?:\/\/\S+\/(?:lot|01)\/\S+/g) ?? [];
  return links.map((link) => new URL(link).pathname);
}

/**
 * Waits until the page's own script has judged, and gives each check's result.
 *
 * @param {import("playwright-core").Page} page
 * @returns {Promise<Record<string, string>>}
 */
async function checked(page) {
  await page.waitForFunction(() => document.querySelector("#verdict-by")?.textContent !== "");
  const items = page.locator("[data-check]");
  /** @type {Record<string, string>} */
  const results = {};
  for (const item of await items.all()) {
    const name = (await item.getAttribute("data-check")) ?? "";
    results[name] = (await item.locator(".check-result").getAttribute("class"))?.replace("check-result", "").trim() ?? "";
  }
  return results;
}

test("the page checks the record on the reader's own device", async () => {
  const path = pages()[0];
  assert.ok(path, `the demo prints a consumer page:\n${demo.output.join("\n")}`);
  await withBrowser(async (context) => {
    const { page, errors } = await openPage(context);
    await page.goto(demo.url + path);
    const results = await checked(page);
    for (const name of CHECKS) {
      const expected = OPEN.includes(name) ? "not_checked" : "passed";
      assert.equal(results[name], expected, `${name}: ${JSON.stringify(results)}`);
    }
    assert.deepEqual(errors, []);
    const report = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
    assert.deepEqual(report.violations.map((violation) => violation.id), []);
  }, PHONE);
});

test("a changed record fails in the browser", async () => {
  const path = pages()[0];
  await withBrowser(async (context) => {
    const { page } = await openPage(context);
    await changeRecord(page);
    await page.goto(demo.url + path);
    const results = await checked(page);
    assert.equal(results.entries_included, "failed", JSON.stringify(results));
    assert.equal(await page.locator("#verdict.stop").count(), 1);
  }, PHONE);
});

test("without JavaScript the page reads, and says that nothing was checked", async () => {
  await withBrowser(async (context) => {
    const { page } = await openPage(context);
    await page.goto(demo.url + pages()[0]);
    assert.equal(await page.locator("#verdict-line").innerText(), await verdictWord("vi"));
    assert.ok((await page.locator("main").innerText()).length > 500);
    await page.goto(`${demo.url}${pages()[0]}?lang=en`);
    assert.equal(await page.locator("#verdict-line").innerText(), await verdictWord("en"));
  }, { ...PHONE, javaScriptEnabled: false });
});
