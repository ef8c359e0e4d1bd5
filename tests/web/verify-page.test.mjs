/**
 * The page that checks evidence without a server: made from the modules, opened from a file in a real browser, given good and bad files.
 *
 * With NGUON_SCREENS=1 the pictures in docs/screens are taken anew.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import { openPage, withBrowser } from "./browser.mjs";
import { GUIDE, makePage } from "./make-verify-page.mjs";
import { ROOT } from "./node.mjs";

const PAGE = join(ROOT, "verifier/web/verify.html");
const EVIDENCE = join(ROOT, "tests/vectors/evidence");
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
const DESKTOP = { viewport: { width: 1280, height: 800 } };

/** @type {{ vkey: string, cases: { file: string, files: { name: string, result: string }[], failed: string[], passed: boolean }[] }} */
const { vkey, cases } = JSON.parse(await readFile(join(EVIDENCE, "index.json"), "utf8"));
/** @type {Record<"vi" | "en", any>} */
const words = {
  vi: JSON.parse(await readFile(join(ROOT, "verifier/web/locales/vi.json"), "utf8")),
  en: JSON.parse(await readFile(join(ROOT, "verifier/web/locales/en.json"), "utf8")),
};
/** @type {string} */
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "nguon-verify-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** @param {string} name */
const load = (name) => import(join(ROOT, "verifier/web", name));

/** A file of the good evidence, taken out of it. @param {string} name */
async function member(name) {
  const { readArchive } = await load("archive.js");
  const found = readArchive(new Uint8Array(await readFile(join(EVIDENCE, "good.zip")))).find((/** @type {any} */ one) => one.name === name);
  const path = join(folder, name.replaceAll("/", "-"));
  await writeFile(path, found.bytes);
  return path;
}

/**
 * Opens the page from its file, with a key in it; nothing may be asked of any network.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} [key]
 */
async function open(context, key = "") {
  const { page, errors } = await openPage(context);
  page.on("request", (request) => {
    if (!/^(file|blob|data):/.test(request.url())) errors.push(`asked for ${request.url()}`);
  });
  await page.goto(pathToFileURL(PAGE).href);
  if (key) await page.fill("#key", key);
  return { page, errors };
}

/**
 * Gives files to the page, and waits for the verdict.
 *
 * @param {import("playwright-core").Page} page
 * @param {string[]} paths
 */
async function give(page, paths) {
  await page.evaluate(() => document.getElementById("result")?.replaceChildren());
  await page.setInputFiles("#files", paths);
  await page.waitForSelector("#verdict");
  return { line: await page.locator("#verdict").innerText(), tone: await page.locator("section.verdict").getAttribute("class") };
}

/** Each check's result as it is shown. @param {import("playwright-core").Page} page @returns {Promise<Record<string, string>>} */
async function shown(page) {
  const found = await page.locator("[data-check]").evaluateAll((items) => items.map((item) => [
    item.getAttribute("data-check"), item.querySelector(".result")?.className.replace("result ", ""),
  ]));
  return Object.fromEntries(found);
}

/** @param {import("playwright-core").Page} page */
async function assertAccessible(page) {
  const report = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
  assert.deepEqual(report.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
}

/** @param {import("playwright-core").Page} page @param {string} name @param {boolean} [fullPage] */
async function picture(page, name, fullPage = false) {
  if (process.env.NGUON_SCREENS === "1") await page.screenshot({ path: join(ROOT, `docs/screens/verify-page${name}.png`), fullPage });
}

test("the committed page is what the modules make, and the guide says its hash", async () => {
  const page = await readFile(PAGE, "utf8");
  assert.ok(page === await makePage(), "make it anew: node tests/web/make-verify-page.mjs");
  const hash = createHash("sha256").update(page).digest("hex");
  assert.ok((await readFile(GUIDE, "utf8")).includes(`SHA-256 of \`verify.html\`: \`${hash}\``), hash);
});

test("every shared evidence file is judged as the Rust verifier judges it", async () => {
  const { verifyEvidence } = await load("evidence.js");
  for (const { file, files, failed, passed } of cases) {
    const found = await verifyEvidence(new Uint8Array(await readFile(join(EVIDENCE, file))), { vkey });
    const results = found.files.map((/** @type {any} */ check) => ({ name: check.name, result: check.result }));
    assert.deepEqual(results, files, file);
    const bad = found.bundle?.checks.filter((/** @type {any} */ check) => check.result === "failed").map((/** @type {any} */ check) => check.name) ?? [];
    assert.deepEqual(bad, failed, file);
    assert.equal(found.verdict === "passed", passed, file);
  }
});

test("a changed byte anywhere in an evidence file is found", async () => {
  const { verifyEvidence } = await load("evidence.js");
  const { readArchive } = await load("archive.js");
  const good = new Uint8Array(await readFile(join(EVIDENCE, "good.zip")));
  const isGood = (/** @type {Uint8Array} */ bytes) => verifyEvidence(bytes, { vkey }).then((/** @type {any} */ found) => found.verdict === "passed", () => false);
  assert.ok(await isGood(good));
  const places = readArchive(good).map((/** @type {any} */ { bytes }) => bytes.byteOffset - good.byteOffset + (bytes.length >> 1));
  for (let at = 0; at < 64; at += 1) places.push((at * 7919) % good.length, good.length - 1 - at);
  for (const place of places) {
    const changed = good.slice();
    changed[place] = (changed[place] ?? 0) ^ 1;
    assert.equal(await isGood(changed), false, `at ${place}`);
  }
  for (let cut = 0; cut < good.length; cut += 97) assert.equal(await isGood(good.subarray(0, cut)), false, `cut at ${cut}`);
  assert.equal(await isGood(Uint8Array.of(...good, 0)), false);
});

for (const [language, kind, options] of /** @type {["vi" | "en", string, any][]} */ ([["vi", "phone", PHONE], ["en", "desktop", DESKTOP]])) {
  test(`good evidence reads well: ${language}, ${kind}`, async () => {
    await withBrowser(async (context) => {
      const { page, errors } = await open(context, vkey);
      if (language === "en") await page.click("#switch");
      assert.equal(await page.locator("html").getAttribute("lang"), language);
      await assertAccessible(page);
      const { line, tone } = await give(page, [join(EVIDENCE, "good.zip")]);
      assert.equal(line, words[language].verdict.ok_unwitnessed);
      assert.equal(tone, "verdict mind");
      const results = await shown(page);
      for (const [name, result] of Object.entries(results)) {
        assert.equal(result, ["witness_quorum", "freshness"].includes(name) ? "not_checked" : "passed", name);
      }
      assert.equal(Object.keys(results).length, 14);
      assert.equal(await page.locator("#key-from").innerText(), words[language].about.from_given);
      assert.ok(await page.locator(".photos img").evaluate((/** @type {HTMLImageElement} */ image) => image.decode().then(() => image.naturalWidth > 0)));
      const text = await page.locator("main").innerText();
      const told = language === "vi" ? [words.vi.deed.harvest, "Mi\u1ebfn g\u00f3i", "1000\u00a0kg"] : [words.en.deed.harvest, "Packed vermicelli", "drying racks are clean"];
      for (const part of told) assert.ok(text.includes(part), `${part} in ${text}`);
      await assertAccessible(page);
      await picture(page, `-${language}`, true);
      assert.deepEqual(errors, []);
    }, options);
  });
}

test("a key from the file itself is never enough for a good verdict, and the page says so", async () => {
  await withBrowser(async (context) => {
    const { page, errors } = await open(context);
    const { line, tone } = await give(page, [join(EVIDENCE, "good.zip")]);
    assert.deepEqual([line, tone], [words.vi.verdict.ok_own_key, "verdict mind"]);
    assert.equal(await page.locator("#key-from").innerText(), words.vi.about.from_file);
    await picture(page, "-own-key-vi");
    await page.fill("#key", "no key at all");
    assert.equal(await page.locator("#key-fault").innerText(), words.vi.key.bad);
    assert.ok(await page.locator("#result").isHidden());
    assert.deepEqual(errors, []);
  }, PHONE);
});

test("files can be chosen by keyboard and dropped anywhere", async () => {
  const bytes = (await readFile(join(EVIDENCE, "good.zip"))).toString("base64");
  await withBrowser(async (context) => {
    const { page, errors } = await open(context, vkey);
    // Playwright takes the place of the system's dialog only some time after it is asked to, so it is asked early.
    const choosing = page.waitForEvent("filechooser");
    await page.focus("#switch");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "files");
    await page.keyboard.press("Enter");
    assert.ok((await choosing).isMultiple());
    await page.evaluate((text) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], "dropped.zip"));
      document.querySelector("footer")?.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }, bytes);
    await page.waitForSelector("#verdict:focus");
    assert.equal(await page.locator("#verdict").innerText(), words.vi.verdict.ok_unwitnessed);
    assert.ok((await page.locator("#chosen").innerText()).includes("dropped.zip"));
    assert.deepEqual(errors, []);
  }, DESKTOP);
});

test("changed files are told from good ones", async () => {
  await withBrowser(async (context) => {
    const { page, errors } = await open(context, vkey);
    for (const { file, passed, failed } of cases) {
      const { line, tone } = await give(page, [join(EVIDENCE, file)]);
      const expected = passed ? "ok_unwitnessed" : failed.length ? "bad" : "bad_file";
      assert.deepEqual([line, tone], [words.vi.verdict[expected], passed ? "verdict mind" : "verdict stop"], file);
      if (file === "photo-changed.zip") {
        await assertAccessible(page);
        await picture(page, "-changed-vi");
      }
    }
    const cut = join(folder, "cut.zip");
    await writeFile(cut, (await readFile(join(EVIDENCE, "good.zip"))).subarray(0, 5000));
    assert.equal((await give(page, [cut])).line, words.vi.verdict.unreadable);
    assert.deepEqual(errors, []);
  }, PHONE);
});

test("a bundle, and a bundle that was changed", async () => {
  const bundles = join(ROOT, "tests/vectors/bundles");
  await withBrowser(async (context) => {
    const { page, errors } = await open(context, vkey);
    assert.equal((await give(page, [join(bundles, "good.json")])).line, words.vi.verdict.ok_unwitnessed);
    assert.equal((await give(page, [join(bundles, "entry-payload-changed.json")])).line, words.vi.verdict.bad);
    assert.equal((await shown(page)).entries_included, "failed");
    assert.equal((await give(page, [join(bundles, "recalled-through-ancestor.json")])).line, words.vi.verdict.recalled);
    await page.click("#switch");
    assert.equal(await page.locator("#verdict").innerText(), words.en.verdict.recalled);
    const witnessed = JSON.parse(await readFile(join(bundles, "index.json"), "utf8")).find((/** @type {any} */ one) => one.file === "good-witnessed.json");
    const policy = join(folder, "trust.policy");
    await writeFile(policy, witnessed.policy);
    const { line, tone } = await give(page, [policy, join(bundles, "good-witnessed.json")]);
    assert.deepEqual([line, tone], [words.en.verdict.ok, "verdict tick"]);
    assert.equal(await page.locator("#key-from").innerText(), words.en.about.from_policy);
    await assertAccessible(page);
    await picture(page, "-witnessed-en");
    assert.deepEqual(errors, []);
  }, { ...DESKTOP, colorScheme: "dark" });
});

test("a proof, its entry and a key, one after the other", async () => {
  const [proof, entry, other] = await Promise.all(["proofs/9.tlog-proof", "entries/9.bin", "entries/11.bin"].map(member));
  await withBrowser(async (context) => {
    const { page, errors } = await open(context);
    const say = (/** @type {string} */ key) => words.vi.verdict[key].replace("{n}", "9");
    assert.equal((await give(page, [proof ?? ""])).line, say("need_entry"));
    assert.equal((await give(page, [entry ?? ""])).line, say("need_key"));
    await page.fill("#key", vkey);
    await page.waitForSelector("[data-check]");
    assert.equal(await page.locator("#verdict").innerText(), say("proof_ok_unwitnessed"));
    assert.equal((await give(page, [proof ?? "", other ?? ""])).line, say("proof_bad"));
    assert.deepEqual(errors, []);
  }, PHONE);
});

test("a pack's serial is judged beside its lot's bundle, in whichever order the two come", async () => {
  const { vkey: key, bundles, cases: packs } = JSON.parse(await readFile(join(ROOT, "tests/vectors/serials.json"), "utf8"));
  const write = async (/** @type {string} */ name, /** @type {string} */ text) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  await withBrowser(async (context) => {
    const { page, errors } = await open(context, key);
    for (const expected of ["passed", "failed"]) {
      const { bundle, serial, proof } = packs.find((/** @type {any} */ one) => one.expected === expected && JSON.parse(one.proof ?? "{}").serial === one.serial && Array.isArray(JSON.parse(one.proof).hashes));
      const [lot, pack] = [await write(`${expected}-proof.json`, JSON.stringify(bundles[bundle])), await write(`${expected}-serial.json`, proof)];
      const waiting = await give(page, [pack]);
      assert.equal(waiting.line, words.vi.verdict.need_bundle.replace("{n}", serial));
      for (const paths of [[lot], [pack, lot], [lot, pack]]) {
        const { line } = await give(page, paths);
        assert.equal(line, expected === "passed" ? words.vi.verdict.ok_unwitnessed : words.vi.verdict.bad, `${expected} ${paths}`);
        assert.equal((await shown(page))["serial_included"], expected);
        assert.ok((await page.locator("section[aria-labelledby=title-about]").innerText()).includes(serial));
      }
    }
    assert.deepEqual(errors, []);
  }, PHONE);
});
