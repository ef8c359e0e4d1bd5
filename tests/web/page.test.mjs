/**
 * The consumer page over a real demo: what it weighs, in which order it speaks, what it says in each state, and that everybody can read it.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { brotliDecompressSync, constants } from "node:zlib";
import AxeBuilder from "@axe-core/playwright";
import { openPage, withBrowser } from "./browser.mjs";
import { changeDenseRecord, openState, startDemo } from "./consumer.mjs";
import { ROOT } from "./node.mjs";

const PHONE = { viewport: { width: 360, height: 740 } };
const LANGUAGES = /** @type {("vi" | "en")[]} */ (["vi", "en"]);
const SCHEMES = /** @type {("light" | "dark")[]} */ (["light", "dark"]);
/** What a phone loads, as it travels over HTTPS and without photos: to read the page, with what checks the proof, and the demo's proof itself. */
const READ_BYTES_MAX = 11_500;
const PAGE_BYTES_MAX = 25_000;
const PROOF_BYTES_MAX = 16_000;
/** The verdict is in what the first packets of a connection carry, with room to spare (14 KB would do). */
const VERDICT_BYTES_MAX = 4_000;
/** Contrast of 7:1 for text, which no law asks for and the sun does. */
const READABLE_OUTDOORS = { "color-contrast-enhanced": { enabled: true } };
const locale = async (/** @type {string} */ lang) => JSON.parse(await readFile(join(ROOT, `qr-service/locales/${lang}.json`), "utf8"));
/** Never before consumers: what may not stand in the words of the pages may not come together on a page either. */
const FORBIDDEN = (await readFile(join(ROOT, "tests/tests/all/tidy/banned.txt"), "utf8"))
  .split("\n").filter((line) => line.startsWith("locales ")).map((line) => line.slice("locales ".length));
const ORDER = ["verdict", "name", "maker", "journey", "certificates", "tests", "limits", "check", "help"];

/**
 * The bytes of an answer as they travel.
 *
 * @param {string} url @param {string} encoding
 * @returns {Promise<{ bytes: Buffer, encoding: string | undefined, tag: string | undefined }>}
 */
function travelling(url, encoding) {
  return new Promise((fulfil, reject) => {
    get(url, { headers: { "accept-encoding": encoding } }, (response) => {
      /** @type {Buffer[]} */
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => fulfil({ bytes: Buffer.concat(parts), encoding: response.headers["content-encoding"], tag: response.headers.etag }));
    }).on("error", reject);
  });
}

/** @type {import("./consumer.mjs").Site} */
let site;

before(async () => {
  site = await startDemo();
});

after(() => site.stop());

/** The document in its smallest form, which follows the first one as soon as the server has had time for it. @param {string} url */
async function smallest(url) {
  for (;;) {
    const page = await travelling(url, "br, gzip");
    assert.equal(page.encoding, "br");
    if (page.tag?.endsWith('-b"')) return page;
  }
}

test("the page weighs little, and the verdict comes first", async (t) => {
  for (const lang of LANGUAGES) {
    const page = await smallest(`${site.url}${site.states.normal.path}?lang=${lang}`);
    const text = brotliDecompressSync(page.bytes).toString();
    const own = (/** @type {RegExp} */ pattern) => `${site.url}${pattern.exec(text)?.[1]}`;
    const style = await travelling(own(/<link rel="stylesheet" href="([^"]+)"/), "br, gzip");
    const script = await travelling(own(/<script type="module" src="([^"]+)"/), "br, gzip");
    const proof = await travelling(own(/<link rel="preload" as="fetch" [^>]*href="([^"]+)"/), "br, gzip");
    assert.deepEqual([style.encoding, script.encoding, proof.encoding], ["br", "br", "br"]);
    const weight = page.bytes.length + style.bytes.length;
    t.diagnostic(`${lang}: document ${page.bytes.length}, style ${style.bytes.length}, script with the verifier ${script.bytes.length} bytes; proof ${proof.bytes.length} bytes`);
    assert.ok(weight <= READ_BYTES_MAX, `${weight} bytes to read it`);
    assert.ok(weight + script.bytes.length <= PAGE_BYTES_MAX, `${weight + script.bytes.length} bytes with what checks it`);
    assert.ok(proof.bytes.length <= PROOF_BYTES_MAX, `${proof.bytes.length} bytes of proof`);
    const beginning = brotliDecompressSync(page.bytes.subarray(0, VERDICT_BYTES_MAX), { finishFlush: constants.BROTLI_OPERATION_FLUSH }).toString();
    assert.match(beginning, /id="verdict-line"[^>]*>[^<]+<\/p>/);
  }
});

test("the page asks for nothing twice, nothing from elsewhere, and runs under its strict policy", async () => {
  await withBrowser(async (context) => {
    const { page, errors } = await openPage(context);
    /** @type {string[]} */
    const asked = [];
    /** @type {string[]} */
    const warned = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("console", (message) => { if (message.type() === "warning") warned.push(message.text()); });
    await openState(page, site.url, site.states.normal, "vi");
    await page.waitForLoadState("load");
    assert.deepEqual(asked.filter((one, at) => asked.indexOf(one) !== at), []);
    assert.deepEqual(asked.filter((one) => !one.startsWith(site.url)), []);
    assert.deepEqual(asked.filter((one) => /\/proof\.\w+$/.test(one)), [`${site.url}${site.states.normal.path}/proof.bin`]);
    assert.equal(asked.filter((one) => one.endsWith(".js")).length, 1, asked.join("\n"));
    assert.deepEqual([errors, warned], [[], []]);
    const data = JSON.parse((await page.locator('script[type="application/ld+json"]').textContent()) ?? "");
    assert.equal(data["@type"], "Product");
    assert.match(data.image, /^http.*\/blob\/[0-9a-f]{64}\/small$/);
    assert.equal(await page.locator('meta[property="og:url"]').getAttribute("content"), data.url);
  }, PHONE);
});

test("the dense form of a proof is the same bundle, byte for byte", async () => {
  const [short, complete] = await Promise.all(["qr-service/web/short/bundle.js", "verifier/web/bundle.js"].map((path) => import(join(ROOT, path))));
  for (const { path } of [site.states.normal, site.states.recalled, site.states.bare]) {
    const [dense, json] = await Promise.all(["bin", "json"].map((form) => travelling(`${site.url}${path}/proof.${form}`, "identity")));
    const bundle = complete.readBundle(json?.bytes.toString());
    assert.ok(bundle.items.length > 3 && bundle.items.some((/** @type {any} */ item) => item.proof.length > 3));
    const bytes = new Uint8Array(dense?.bytes ?? []);
    assert.deepEqual(short.readBundle(bytes), bundle, path);
    assert.deepEqual(complete.readBundle(bytes), bundle, path);
  }
});

test("what the page's own form of the proof does not pass is judged by the complete verifier over the published one", async () => {
  const words = (await locale("vi")).script;
  /** @type {[string, (page: import("playwright-core").Page) => Promise<unknown>][]} */
  const lies = [
    ["changed", changeDenseRecord],
    ["missing", (page) => page.route("**/proof.bin", (route) => route.fulfill({ status: 404 }))],
    ["of another lot", (page) => page.route("**/proof.bin", async (route) => route.fulfill({ response: await route.fetch({ url: `${site.url}${site.states.bare.path}/proof.bin` }) }))],
  ];
  await withBrowser(async (context) => {
    for (const [what, prepare] of lies) {
      const { page } = await openPage(context);
      /** @type {string[]} */
      const asked = [];
      page.on("request", (request) => asked.push(request.url().split("/").at(-1) ?? ""));
      await prepare(page);
      await openState(page, site.url, site.states.normal, "vi");
      assert.equal(await page.locator("#verdict-line").innerText(), words.ok_unwitnessed, what);
      assert.deepEqual(["proof.bin", "proof.json", "verify.bundle.js"].filter((name) => !asked.includes(name)), [], what);
      await page.close();
    }
    const { page } = await openPage(context);
    const other = (/** @type {string} */ form) => page.route(`**/proof.${form}`, async (route) => route.fulfill({ response: await route.fetch({ url: `${site.url}${site.states.bare.path}/proof.${form}` }) }));
    await openState(page, site.url, { ...site.states.normal, prepare: async () => { await other("bin"); await other("json"); } }, "vi");
    assert.equal(await page.locator("#verdict-line").innerText(), words.bad, "a whole proof of another lot");
  }, PHONE);
});

test("a recalled lot is checked by the complete verifier, over the smaller form of its proof", async () => {
  const words = (await locale("vi")).script;
  await withBrowser(async (context) => {
    const { page } = await openPage(context);
    /** @type {string[]} */
    const asked = [];
    page.on("request", (request) => asked.push(request.url().split("/").at(-1) ?? ""));
    await openState(page, site.url, site.states.recalled, "vi");
    assert.equal(await page.locator("#verdict-line").innerText(), words.recalled_checked);
    assert.deepEqual(asked.filter((name) => /^proof\.|^verify\./.test(name)).sort(), ["proof.bin", "verify.bundle.js"]);
    const results = await page.locator("[data-check]:not([data-check=freshness]) .check-result").evaluateAll((all) => all.map((one) => `${one.parentElement?.dataset.check} ${one.className}`));
    assert.deepEqual(results.filter((result) => !result.endsWith(" passed")), ["witness_quorum check-result not_checked", "recall check-result failed"]);
    // A form that was changed is not believed: the published proof has the last word.
    await changeDenseRecord(page);
    await openState(page, site.url, site.states.recalled, "vi");
    assert.equal(await page.locator("#verdict-line").innerText(), words.recalled_checked);
    assert.ok(asked.includes("proof.json"));
  }, PHONE);
});

test("the page speaks in the order in which people ask", async () => {
  await withBrowser(async (context) => {
    const { page } = await openPage(context);
    await openState(page, site.url, site.states.normal, "en");
    const ids = await page.locator("main section, main h1, main h2").evaluateAll((all) => all.map((one) => one.id).filter(Boolean));
    assert.deepEqual(ids, ORDER);
    const levels = await page.locator("main :is(h1, h2, h3)").evaluateAll((all) => all.map((one) => Number(one.tagName[1])));
    assert.ok(levels.every((level, at) => level - (levels[at - 1] ?? 0) <= 1), levels.join(" "));
    await openState(page, site.url, site.states.recalled, "en");
    assert.equal(await page.locator("main > :first-child").getAttribute("class"), "recall");
    assert.match(await page.locator("h1").innerText(), /^This lot is recalled/);
    assert.equal(await page.locator("main .photo").count(), 0);
  }, PHONE);
});

test("the page gives its reason behind one tap", async () => {
  await withBrowser(async (context) => {
    const { page } = await openPage(context);
    await openState(page, site.url, site.states.normal, "vi");
    assert.equal(await page.locator("#verdict-why").isVisible(), false);
    await page.locator("#checks-box > summary").click();
    const words = (await locale("vi")).script;
    const [start, end] = words.why_ok_unwitnessed.split("{n}");
    const why = await page.locator("#verdict-why").innerText();
    assert.ok(why.startsWith(start) && why.endsWith(end) && /^\d+$/.test(why.slice(start.length, -end.length)), why);
    assert.equal(await page.locator("#checks li").count(), 11);
    assert.equal(await page.locator("#checks .passed").count(), 9);
    await openState(page, site.url, site.states.failed, "vi");
    assert.equal(await page.locator("#verdict-line").innerText(), words.bad);
    await page.locator("#checks-box > summary").click();
    const name = await page.locator('[data-check="entries_included"] .check-name').innerText();
    assert.ok((await page.locator("#verdict-why").innerText()).includes(name.trim()));
    assert.ok(await page.locator("main.failed").count(), "everything below looks unreliable too");
  }, PHONE);
});

test("the page is passed on without the reader's own pack", async () => {
  await withBrowser(async (context) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const { page } = await openPage(context);
    await page.addInitScript(() => { Object.defineProperty(Navigator.prototype, "share", { value: undefined }); });
    await openState(page, site.url, { ...site.states.normal, path: `${site.states.normal.path}/21/0123456789ABCD` }, "vi");
    await page.locator("#share").click();
    await page.waitForFunction(() => document.querySelector("#shared")?.textContent !== "");
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(new URL(copied).pathname, site.states.normal.path);
    const mail = (await page.locator('a[href^="mailto:"]').getAttribute("href")) ?? "";
    assert.ok(decodeURIComponent(mail).endsWith(site.states.normal.path), mail);
  }, PHONE);
});

test("the page prints", async () => {
  await withBrowser(async (context) => {
    const { page } = await openPage(context);
    await openState(page, site.url, site.states.normal, "vi");
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("nav").isVisible(), false);
    assert.equal(await page.locator("#verdict-line").isVisible(), true);
    assert.equal(await page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor), "rgb(255, 255, 255)");
  }, PHONE);
});

/** Axe's own findings, with everything unfolded and at rest. @param {import("playwright-core").Page} page */
async function findings(page) {
  // What moves is looked at when it stands still.
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
  const report = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).options({ rules: READABLE_OUTDOORS }).analyze();
  return report.violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`);
}

/**
 * Whether one state reads well in one language: nothing promised, nothing cut, nothing that a person with other eyes or hands cannot use.
 *
 * @param {import("playwright-core").BrowserContext} context @param {import("./consumer.mjs").State} state @param {"vi" | "en"} lang
 */
async function readsWell(context, state, lang) {
  const { page, errors } = await openPage(context);
  await openState(page, site.url, state, lang);
  if (state.tone) assert.equal(await page.locator(`#verdict.${state.tone}`).count(), 1, lang);
  for (const closed of await page.locator("details:not([open]) > summary").all()) if (await closed.isVisible()) await closed.click();
  const words = (await page.locator("body").innerText()).toLowerCase();
  const said = (/** @type {string} */ word) => new RegExp(`(?<![\\p{L}\\p{N}])${word}(?![\\p{L}\\p{N}])`, "u").test(words);
  assert.ok(FORBIDDEN.length > 5);
  assert.deepEqual(FORBIDDEN.filter(said), []);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= PHONE.viewport.width, `${wide} pixels wide`);
  // Axe itself is a script, so it cannot look where none may run; the same document is looked at with scripts on.
  if (state.script !== false) assert.deepEqual(await findings(page), [], lang);
  assert.deepEqual(errors.filter((error) => !error.includes("404")), []);
  await page.close();
}

for (const name of /** @type {const} */ (["normal", "recalled", "failed", "bare", "unknown", "plain"])) {
  test(`everybody can read it: ${name}`, async () => {
    const state = site.states[name];
    for (const colorScheme of SCHEMES) {
      await withBrowser(async (context) => {
        for (const lang of LANGUAGES) await readsWell(context, state, lang);
      }, { ...PHONE, colorScheme, javaScriptEnabled: state.script !== false });
    }
  });
}
