/**
 * The report of a year, from the producer's phone to the desk of whoever is handed it: a stranger without a profile has it checked by the ledger's
 * own page, or by the page that asks nobody; whatever was bent is told in words.
 */
import assert from "node:assert/strict";
import { createHash, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import { openPage, withBrowser } from "./browser.mjs";
import { PHONE, enter, onScreen, saved, startDemo } from "./app-rig.mjs";
import { allInLedger, chooseLot, goHome, harvest, picture, typeAmount } from "./app-tour.mjs";
import { ROOT } from "./node.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {{ check: string, kind: string, report: string, signature: string }} File */

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
/** @type {string} */
let folder;
before(async () => {
  demo = await startDemo();
  folder = await mkdtemp(join(tmpdir(), "nguon-report-"));
});
after(async () => {
  await demo.stop();
  await rm(folder, { recursive: true, force: true });
});

const TUBERS = "C\u1ee7 dong ri\u1ec1ng";
const words = JSON.parse(await readFile(join(ROOT, "node/web/locales/report.vi.json"), "utf8"));

/** Sells or loses part of the only lot. @param {Page} page @param {"sell" | "lose"} verb @param {string} left @param {string} digits */
async function part(page, verb, left, digits) {
  await goHome(page);
  await page.tap(`[data-verb=${verb}]`);
  await chooseLot(page, verb, `c\u00f2n ${left} kg`);
  await typeAmount(page, digits);
  if (verb === "lose") await page.tap("main[data-screen=lose-reason] .tile >> nth=0");
  await onScreen(page, `${verb}-review`);
  await page.tap(".foot .main");
  await onScreen(page, "saved");
}

/** Her report of this year, as her phone gives it away. @param {Page} page */
async function report(page) {
  await page.evaluate(() => { location.hash = "#/year"; });
  await onScreen(page, "year");
  const file = await saved(page, () => page.tap(".foot .main"));
  return file.buffer.toString("utf8");
}

/** @param {Page} page @param {string} text @param {string} [name] */
async function hand(page, text, name = "nguon-2026.txt") {
  const path = join(folder, name);
  await writeFile(path, text);
  await page.evaluate(() => document.querySelector("[data-line]")?.remove());
  await page.setInputFiles("#file", path);
  await page.waitForSelector("[data-line]");
  return page.getAttribute("[data-line]", "data-line");
}

/** The report changed, and signed anew with some key where one is given. @param {string} text @param {(report: any) => void} change @param {import("node:crypto").KeyObject} [key] */
function bent(text, change, key) {
  /** @type {File} */
  const file = JSON.parse(text);
  const inner = JSON.parse(file.report);
  change(inner);
  file.report = JSON.stringify(inner);
  if (!key) return JSON.stringify(file);
  const hash = createHash("sha256").update(file.report).digest("hex");
  return JSON.stringify({ ...file, signature: sign(null, Buffer.from(`nguon-report v1\n${inner.ledger}\n${hash}\n`), key).toString("base64") });
}

/** The private key in a file of the demo, which holds its public key too, as OpenSSL does not expect. @param {string} slug */
async function keyOf(slug) {
  const pem = await readFile(demo.keyOf(slug), "utf8");
  const der = Buffer.from(pem.replace(/-----[^-]*-----|\s/g, ""), "base64");
  const seed = der.subarray(der.indexOf(Buffer.from("04220420", "hex")) + 4).subarray(0, 32);
  return createPrivateKey({ format: "der", type: "pkcs8", key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]) });
}

/** The sums of a report as they follow from the entries in it. @param {any} inner */
async function resum(inner) {
  const [{ pageOf, readPast }, { readEntry }] = await Promise.all([import(join(ROOT, "verifier/web/year.js")), import(join(ROOT, "verifier/web/statement.js"))]);
  const past = inner.entries.map((/** @type {any} */ { index, entry }) => readPast(inner.ledger, index, readEntry(new Uint8Array(Buffer.from(entry, "base64"))).payload));
  return pageOf(inner.ledger, inner.page.year, past, () => undefined);
}

/** A year with a harvest, a sale and a loss, and the page of a stranger to hand its report to. @param {import("playwright-core").BrowserContext} context @param {string} slug */
async function handed(context, slug) {
  const { page } = await enter(context, demo, slug, "Ch\u1ecb Mai");
  await harvest(page, TUBERS, "300");
  await part(page, "sell", "300", "120");
  await part(page, "lose", "180", "7");
  await allInLedger(page);
  return { hers: page, text: await report(page) };
}

/** @param {import("playwright-core").BrowserContext} context */
async function stranger(context) {
  const { page, errors } = await openPage(context);
  await page.goto(`${demo.url}/app/report`);
  await page.waitForSelector("#file");
  return { page, errors };
}

test("a stranger without a profile is shown whose year it is and what follows from the entries, in both languages, and nothing is kept", async () => {
  const { text } = await withBrowser((context) => handed(context, "ho-01"), PHONE);
  assert.equal(JSON.parse(text).check, `${demo.url}/app/report`, "who opens the file as text sees where to check it");
  await withBrowser(async (context) => {
    const { page, errors } = await stranger(context);
    assert.equal(await hand(page, text), "ok");
    const shown = (await page.innerText("main")).replaceAll("\u00a0", " ");
    for (const one of ["H\u1ed9 01", TUBERS, /Thu ho\u1ea1ch\s+[0-9.]+ kg/, /B\u00e1n l\u1ebb\s+120 kg/, /Hao h\u1ee5t\s+7 kg/]) assert.match(shown, new RegExp(one));
    assert.deepEqual([...new Set(await page.locator(".checks b").allInnerTexts())], [words["result.passed"]]);
    assert.equal(await page.locator(".checks li").count(), 12);
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H2");
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
      assert.deepEqual(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`), []);
      if (colorScheme === "light") await picture(page, "report-ok");
    }
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await page.getByRole("button", { name: "English" }).click();
    await page.getByText("is H\u1ed9 01's own").or(page.getByText("'s own and agrees with the ledger")).first().waitFor();
    const kept = await page.evaluate(async () => [(await indexedDB.databases()).length, (await navigator.serviceWorker.getRegistrations()).length, (await caches.keys()).length]);
    assert.deepEqual(kept, [0, 0, 0]);
    assert.deepEqual(errors, []);
  }, PHONE);
});

test("a changed sum, a foreign signature, a cut file, records left out or counted twice: each is told in words, and no number is shown", async () => {
  const { text } = await withBrowser((context) => handed(context, "ho-02"), PHONE);
  const own = await keyOf("ho-02");
  const foreign = generateKeyPairSync("ed25519");
  const foreignKey = foreign.publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
  const sold = (/** @type {any} */ inner) => { inner.page.products[0].sold[0].number = "290"; };
  const less = JSON.parse(JSON.parse(text).report);
  less.entries.pop();
  const shorter = await resum(less);
  const cases = /** @type {[string, string][]} */ ([
    ["report_signed", bent(text, sold)],
    ["report_signed", bent(text, () => {}, foreign.privateKey)],
    ["report_key", bent(text, (inner) => { inner.key = foreignKey; }, foreign.privateKey)],
    ["report_sums", bent(text, sold, own)],
    ["report_sums", bent(text, (inner) => { inner.entries.push(inner.entries[0]); }, own)],
    ["report_complete", bent(text, (inner) => { inner.entries.pop(); inner.page = shorter; }, own)],
    ["report_ledger", bent(text, (inner) => { inner.vkey = inner.vkey.replace(/.$/, (/** @type {string} */ last) => (last === "x" ? "y" : "x")); }, own)],
    ["entries_included", bent(text, (inner) => { inner.entries[0].entry = inner.entries[1].entry; }, own)],
    ["cut", text.slice(0, text.length >> 1)],
    ["cut", text.slice(0, -1)],
    ["none", "Xin ch\u00e0o"],
  ]);
  await withBrowser(async (context) => {
    const { page, errors } = await stranger(context);
    for (const [line, bad] of cases) {
      const found = await hand(page, bad);
      assert.equal(found, line);
      assert.equal(await page.locator("[data-line] h2").innerText(), words[`verdict.${line}`].replace("{year}", String(new Date().getFullYear())));
      assert.ok(await page.locator(".note.verdict.stop").isVisible());
      assert.equal(await page.locator("table").count(), 0, `${line} shows numbers`);
      if (line === "report_sums") await picture(page, "report-bad");
    }
    assert.equal(await hand(page, text), "ok");
    // The foreign key, which the ledger does not know.
    assert.deepEqual(errors.filter((error) => !/status of 404/.test(error)), []);
  }, PHONE);
});

test("a ledger that cannot be asked leaves it open, and what came after the report is no fault of it", () => withBrowser(async (context) => {
  const { hers, text } = await handed(context, "ho-03");
  const { page } = await stranger(context);
  await context.route("**/v1/**", (route) => route.abort("internetdisconnected"));
  assert.equal(await hand(page, text), "unasked");
  assert.ok(await page.locator(".note.verdict.mind").isVisible());
  await context.unroute("**/v1/**");
  assert.equal(await hand(page, text), "ok");
  await hers.bringToFront();
  // What comes within a second of the report may have come before it, as far as clocks tell; and her phone knows the ledger's to half a second.
  await hers.waitForFunction((time) => Date.now() > time, Date.parse(JSON.parse(JSON.parse(text).report).madeAt) + 2_000);
  await part(hers, "sell", "173", "3");
  await allInLedger(hers);
  assert.equal(await hand(page, text), "report_current");
  assert.equal(await page.locator("table").count(), 1);
  assert.equal(await hand(page, await report(hers)), "ok");
}, PHONE));

test("the page that asks nobody checks it as well, with the ledger's key", async () => {
  const { text } = await withBrowser((context) => handed(context, "ho-04"), PHONE);
  const { vkey } = await (await fetch(`${demo.url}/v1/ledger`)).json();
  const verify = JSON.parse(await readFile(join(ROOT, "verifier/web/locales/vi.json"), "utf8"));
  await withBrowser(async (context) => {
    const { page, errors } = await openPage(context);
    await page.goto(pathToFileURL(join(ROOT, "verifier/web/verify.html")).href);
    const give = async (/** @type {string} */ given) => {
      const path = join(folder, "verify.txt");
      await writeFile(path, given);
      await page.evaluate(() => document.getElementById("result")?.replaceChildren());
      await page.setInputFiles("#files", path);
      await page.waitForSelector("#verdict");
      return page.locator("#verdict").innerText();
    };
    assert.equal(await give(text), verify.verdict.report_own_key);
    await page.fill("#key", vkey);
    assert.equal(await give(text), verify.verdict.report_ok_unwitnessed);
    assert.match((await page.innerText("#result")).replaceAll("\u00a0", " "), /Thu ho\u1ea1ch\s+[0-9]+ kg[\s\S]*B\u00e1n l\u1ebb\s+120 kg[\s\S]*Hao h\u1ee5t\s+7 kg/);
    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
    assert.deepEqual(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    if (process.env.NGUON_SCREENS) await page.screenshot({ path: join(ROOT, "docs/screens/verify-page-report-vi.png"), fullPage: true });
    assert.equal(await give(bent(text, (inner) => { inner.page.products[0].sold[0].number = "290"; }, await keyOf("ho-04"))), verify.verdict.report_bad);
    assert.equal(await page.locator("[data-check=report_sums] .result").innerText(), verify.result.failed);
    assert.equal(await page.locator("table").count(), 0);
    assert.equal(await give(text.slice(0, -40)), verify.verdict.report_cut);
    assert.deepEqual(errors, []);
  }, PHONE);
});

for (const group of ["report", "coop"]) {
  test(`the words of ${group} are the same in both languages`, async () => {
    const [vi, en] = await Promise.all(["vi", "en"].map(async (one) => JSON.parse(await readFile(join(ROOT, `node/web/locales/${group}.${one}.json`), "utf8"))));
    assert.deepEqual(Object.keys(en), Object.keys(vi));
    const slots = (/** @type {string} */ text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
    for (const [key, text] of Object.entries(vi)) {
      assert.deepEqual(slots(en[key]), slots(text), key);
      assert.equal(text, text.normalize("NFC"), key);
    }
  });
}
