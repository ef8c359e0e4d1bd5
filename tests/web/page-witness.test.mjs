/**
 * The consumer page of a ledger whose policy asks for a witness: green only when the witness's signature is there and right.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { openPage, withBrowser } from "./browser.mjs";
import { openState, startWitnessedDemo } from "./consumer.mjs";
import { ROOT } from "./node.mjs";

const PHONE = { viewport: { width: 360, height: 740 } };
const wordsOf = async (/** @type {string} */ lang) => JSON.parse(await readFile(join(ROOT, `qr-service/locales/${lang}.json`), "utf8")).script;

/** @type {Awaited<ReturnType<typeof startWitnessedDemo>>} */
let site;

before(async () => {
  site = await startWitnessedDemo();
});

after(() => site.stop());

/** Serves the dense proof with its checkpoint changed. @param {import("playwright-core").Page} page @param {(checkpoint: string) => string} change */
const changeCheckpoint = (page, change) => page.route("**/proof.bin", async (route) => {
  const response = await route.fetch();
  const body = await response.body();
  const end = 4 + body.readUInt32BE(0);
  const [head = "", ...lines] = body.subarray(4, end).toString().split("\n");
  const [lot, vkey, checkpoint, size] = JSON.parse(head);
  const text = Buffer.from([JSON.stringify([lot, vkey, change(checkpoint), size]), ...lines].join("\n"));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  await route.fulfill({ response, body: Buffer.concat([length, text, body.subarray(end)]) });
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`a record that a witness has seen is green, and the page says who checked and who watched: ${colorScheme}`, async () => {
    await withBrowser(async (context) => {
      for (const lang of /** @type {const} */ (["vi", "en"])) {
        const { page, errors } = await openPage(context);
        const words = await wordsOf(lang);
        await openState(page, site.url, site.state, lang);
        assert.equal(await page.locator("#verdict-line").innerText(), words.ok);
        assert.equal(await page.locator("#verdict.tick").count(), 1);
        assert.ok((await page.locator("#verdict-witness").innerText()).endsWith(words.witnessed.replace("{n}", "1")));
        await page.locator("#checks-box > summary").click();
        assert.equal(await page.locator("#checks .passed").count(), 10);
        assert.equal(await page.locator('[data-check="witness_quorum"] .check-result.passed').count(), 1);
        await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
        const report = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).options({ rules: { "color-contrast-enhanced": { enabled: true } } }).analyze();
        assert.deepEqual([report.violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`), errors], [[], []]);
        await page.close();
      }
    }, { ...PHONE, colorScheme });
  });
}

test("without the witness's signature, or with a wrong one, the same record is not green", async () => {
  const words = await wordsOf("vi");
  const line = /\u2014 witness\.test\.example[^\n]*\n/;
  const flip = (/** @type {string} */ sign) => (sign === "A" ? "B" : "A");
  /** @type {[string, (checkpoint: string) => string][]} */
  const lies = [
    ["left out", (note) => note.replace(line, "")],
    ["changed", (note) => note.replace(line, (text) => `${text.slice(0, -20)}${flip(text.at(-20) ?? "")}${text.slice(-19)}`)],
  ];
  await withBrowser(async (context) => {
    for (const [what, change] of lies) {
      const { page } = await openPage(context);
      await changeCheckpoint(page, change);
      await openState(page, site.url, site.state, "vi");
      assert.equal(await page.locator("#verdict.tick").count(), 0, what);
      assert.equal(await page.locator("#verdict-line").innerText(), words.ok_unwitnessed, what);
      assert.equal(await page.locator('[data-check="witness_quorum"] .check-result.failed').count(), 1, what);
      await page.close();
    }
  }, PHONE);
});
