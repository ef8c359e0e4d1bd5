/**
 * The browser's verifier: its parts against known values, and whole against the bundles that it shares with the Rust verifier.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { test } from "node:test";
import { base64 } from "./base64.mjs";
import { openPage, withBrowser } from "./browser.mjs";
import { ROOT } from "./node.mjs";

const WEB = join(ROOT, "verifier/web");
const BUNDLES = join(ROOT, "tests/vectors/bundles");

/** @param {string} name @returns {Promise<any>} */
const load = (name) => import(join(WEB, name));
/** @param {string} path */
const readJson = async (path) => JSON.parse(await readFile(join(ROOT, path), "utf8"));

/**
 * @typedef {{ file: string, vkey?: string, policy?: string, newest?: string, sizeMin?: number,
 *   expected: { name: string, result: string }[] }} Case
 */

test("hashes agree with Node's", async () => {
  const { sha256, hex } = await load("bytes.js");
  const { sha512 } = await load("ed25519-fallback.js");
  for (const length of [0, 1, 55, 56, 63, 64, 65, 111, 112, 119, 127, 128, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, n) => (n * 7 + length) % 256);
    assert.equal(hex(sha256(bytes)), createHash("sha256").update(bytes).digest("hex"), `sha256 of ${length}`);
    assert.equal(hex(sha512(bytes)), createHash("sha512").update(bytes).digest("hex"), `sha512 of ${length}`);
  }
});

test("strict JSON is strict and keeps numbers", async () => {
  const { parseJson, Num } = await load("json.js");
  assert.deepEqual(parseJson(' {"a":12.50,"b":[true,null,"\\u0041"]} '), new Map(/** @type {any} */ ([["a", new Num("12.50")], ["b", [true, null, "A"]]])));
  for (const bad of ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '"\\ud800"', "1 2", "[1,]", "01", "NaN", '"\u0001"', "\ufeff1", "[1", "+1", "1.", "[".repeat(33) + "]".repeat(33)]) {
    assert.throws(() => parseJson(bad), `accepted ${bad}`);
  }
  assert.throws(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22)));
  assert.doesNotThrow(() => parseJson("[".repeat(32) + "]".repeat(32)));
});

test("amounts are exact", async () => {
  const { Num } = await load("json.js");
  const { quantityOf, timeOf } = await load("values.js");
  const amount = (/** @type {string} */ text, /** @type {string | undefined} */ uom) => quantityOf(new Num(text), uom)?.amount;
  assert.equal(amount("12.50", "KGM"), 12_500_000_000_000_000n);
  assert.equal(amount("1e3", "GRM"), 10n ** 15n);
  assert.equal(amount("0.1", "TNE"), 100n * 10n ** 15n);
  assert.equal(amount("1.0000000000", undefined), 10n ** 15n);
  assert.equal(amount("0.0000000001", "KGM"), undefined);
  assert.equal(amount("1000000000", "KGM"), undefined);
  assert.equal(timeOf("2026-11-23T08:15:00.123456+07:00"), 1_795_396_500_123);
  for (const bad of ["2026-11-23 08:15:00Z", "2026-11-23T08:15:00", "2026-13-23T08:15:00Z", "2026-02-30T08:15:00Z", 7]) assert.equal(timeOf(bad), null);
});

test("lots are named canonically in any spelling", async () => {
  const { nameOf } = await load("names.js");
  const lot = "https://id.gs1.org/01/08938505970011/10/MD%2F1";
  for (const text of [
    lot, "http://a.example/x/y/01/08938505970011/10/MD%2f1?17=251231#k=1", "HTTPS://A.EXAMPLE/01/08938505970011/22/v/10/MD%2F1",
    "urn:epc:class:lgtin:8938505.097001.MD%2F1", "https://a.example/01/8938505970011/10/MD%2F1", `${lot}?x=1&17=260200&3103=000123&8008=2602281259`,
    `${lot}?8013=1987654Ad4X4bL5ttr2310c2K`, "https://[::1]:80/01/08938505970011/10/MD%2F1",
  ]) {
    assert.equal(nameOf("trace.test", text)?.uri, lot, text);
  }
  assert.equal(nameOf("trace.test", `${lot}/21/S1`)?.item, `${lot}/21/S1`);
  assert.equal(nameOf("trace.test", "https://trace.test/lot/0123456789AB/XYZ123456789")?.uri, "https://trace.test/lot/0123456789AB");
  for (const text of [
    "https://id.gs1.org/01/08938505970012/10/A", "https://trace.test/lot/short", "https://id.gs1.org/01/08938505970011",
    "https://id.gs1.org/01/08938505970011/21/A/10/B", `${lot}/`, `${lot}?17=260231`, `${lot}?04=1`, `${lot}?10=A`, `${lot}?17=260228&17=260228`,
    `${lot}?3106=000123`, `${lot}?90=a+b`, `${lot}?8013=1987654Ad4X4bL5ttr2310c2L`, `Https${lot.slice(5)}`, "https://a_b/01/08938505970011/10/A",
    "https://a:65536/01/08938505970011/10/A", "https://a/01/08938505970011/10/\u00e9", "https://a/01/08938505970011/10/A%", "https://a/8006/089385059700110101/10/A",
  ]) {
    assert.equal(nameOf("trace.test", text), null, text);
  }
});

test("the shared entries are read and their signatures hold", async () => {
  const { entries } = await readJson("ledger/tests/vectors/nguon.json");
  const { readEntry, pae } = await load("statement.js");
  const { hex, leafHash, sha256 } = await load("bytes.js");
  const { verify } = await load("ed25519.js");
  assert.ok(entries.length > 0);
  for (const vector of entries) {
    const bytes = base64(vector.entry);
    const entry = readEntry(bytes);
    assert.equal(leafHash(bytes), vector.leaf_hash);
    assert.equal(entry.receivedAt, vector.receivedAt);
    assert.deepEqual(entry.payload, base64(vector.payload));
    assert.equal(hex(sha256(pae(entry.payload))), vector.pae_sha256);
    assert.ok(await verify(entry.key, pae(entry.payload), base64(vector.signature)));
    assert.ok(!await verify(entry.key, pae(entry.payload.subarray(1)), entry.signature));
    assert.throws(() => readEntry(bytes.subarray(0, 100)));
  }
});

test("both engines refuse a signature that holds only times the cofactor", async () => {
  const { Point } = await load("vendor/noble-ed25519/index.js");
  const { sha512, verify: fallback } = await load("ed25519-fallback.js");
  const { isUsable, verify: chosen } = await load("ed25519.js");
  const { concat, hex, unhex } = await load("bytes.js");
  const order = (1n << 252n) + 27742317777372353535851937790883648493n;
  const number = (/** @type {Uint8Array} */ bytes) => BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);
  const small = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
  const [secret, nonce] = [123456789n, 987654321n];
  const r = Point.BASE.multiply(nonce).toBytes();
  for (const [part, isGood] of /** @type {[any, boolean][]} */ ([[Point.ZERO, true], [small, false]])) {
    const key = Point.BASE.multiply(secret).add(part).toBytes();
    const message = Uint8Array.of(0);
    const s = (nonce + (number(sha512(concat(r, key, message))) % order) * secret) % order;
    const signature = concat(r, unhex(s.toString(16).padStart(64, "0")).reverse());
    assert.ok(isUsable(hex(key)));
    for (const verify of [fallback, chosen]) assert.equal(await verify(key, message, signature), isGood);
    const unreduced = concat(r, unhex((s + order).toString(16).padStart(64, "0")).reverse());
    for (const verify of [fallback, chosen]) assert.equal(await verify(key, message, unreduced), false);
  }
  assert.ok(!isUsable("02".padEnd(64, "0")) && !isUsable("ed".padEnd(62, "f") + "7f") && !isUsable("01".padEnd(64, "0")));
});

test("the shared log vectors hold", async () => {
  const vectors = await readJson("ledger/tests/vectors/tlog.json");
  const { leafHash } = await load("bytes.js");
  const { isIncluded, openCheckpoint, parseVkey, verifyNote, parseNote } = await load("log.js");
  const { verifyProof } = await load("verify.js");
  const [log, witness] = [parseVkey(vectors.log.vkey), parseVkey(vectors.witness.vkey)];
  for (const tree of vectors.trees) {
    const { checkpoint } = await openCheckpoint(tree.checkpoint, [log]);
    assert.equal(checkpoint.size, BigInt(tree.size));
    const [cosigned] = await verifyNote(parseNote(tree.checkpoint + tree.witness_line), [witness]);
    assert.equal(cosigned.time, BigInt(tree.timestamp));
    if (!tree.incl) continue;
    const leaf = leafHash(new TextEncoder().encode(tree.incl.entry));
    const proof = tree.incl.proof.map(base64);
    assert.ok(isIncluded(BigInt(tree.incl.index), BigInt(tree.size), leaf, proof, checkpoint.root));
    assert.ok(!isIncluded(BigInt(tree.incl.index) + 1n, BigInt(tree.size), leaf, proof, checkpoint.root));
    const policy = `log ${vectors.log.vkey}\nwitness w ${vectors.witness.vkey}\nquorum w\n`;
    for (const check of await verifyProof(tree.tlog_proof, leaf, { policy })) assert.equal(check.result, "passed", JSON.stringify(check));
    await assert.rejects(openCheckpoint(tree.checkpoint.replace("\n", "x\n"), [log]));
  }
});

test("every shared bundle is judged as the Rust verifier judges it", async () => {
  const { verifyBundle } = await load("verify.js");
  /** @type {Case[]} */
  const cases = await readJson("tests/vectors/bundles/index.json");
  assert.ok(cases.length >= 30 && cases.filter((one) => one.expected.some((check) => check.result === "failed")).length >= 20);
  for (const { file, expected, ...options } of cases) {
    const verdict = await verifyBundle(await readFile(join(BUNDLES, file), "utf8"), options);
    const found = verdict.checks.map((/** @type {any} */ check) => ({ name: check.name, result: check.result }));
    assert.deepEqual(found, expected, `${file}: ${JSON.stringify(verdict.checks)}`);
  }
});

test("the serial follows from the code under a scratch layer as the format says", async () => {
  const { readScratchCode } = await load("scratch.js");
  // The worked example of docs/format.md, section 13.1, and the ways in which people type it.
  for (const typed of ["7Q4M-X2AB-CDEF-GH1K", "7q4mx2abcdefghlk", " 7Q4M X2AB CDEF GHIK\n"]) assert.deepEqual(readScratchCode(typed), { serial: "FG2JM8KT8ZG47CQM" }, typed);
  for (const typed of ["", "7Q4M-X2AB-CDEF-GH1", "7Q4M-X2AB-CDEF-GH1KK", "7Q4M-X2AB-CDEF-GU1K", "\ud83e\udd84".repeat(8)]) assert.deepEqual(readScratchCode(typed), { fault: "shape" }, typed);
  const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const code = "7Q4MX2ABCDEFGH1K";
  for (let at = 0; at < code.length; at += 1) {
    for (const letter of letters) {
      const changed = code.slice(0, at) + letter + code.slice(at + 1);
      if (changed !== code) assert.deepEqual(readScratchCode(changed), { fault: "check" }, changed);
    }
  }
  // Another reckoning of the serial, by Node's own hash.
  let reckoned = 0;
  for (let number = 0; number < 4_000; number += 1) {
    const typed = createHash("sha256").update(String(number)).digest().subarray(0, 16).reduce((text, byte) => text + letters[byte & 31], "");
    const read = readScratchCode(typed);
    if (read.fault) continue;
    reckoned += 1;
    const hash = BigInt(`0x${createHash("sha256").update(`nguon-scratch-v1\n${typed.slice(0, 15)}`).digest("hex").slice(0, 20)}`);
    const serial = Array.from({ length: 16 }, (_, at) => letters[Number((hash >> BigInt(75 - 5 * at)) & 31n)]).join("");
    assert.equal(read.serial, serial);
  }
  assert.ok(reckoned > 60, `${reckoned} of 4000 random texts pass the check letter, about one in 32`);
});

test("serials of packs are judged as the Rust verifier judges them", async () => {
  const { verifyBundle } = await load("verify.js");
  const { vkey, bundles, cases } = await readJson("tests/vectors/serials.json");
  assert.ok(cases.length >= 30);
  for (const { bundle, serial, proof, expected } of cases) {
    const verdict = await verifyBundle(JSON.stringify(bundles[bundle]), { vkey, serial, serialProof: proof });
    const check = verdict.checks.at(-1);
    assert.deepEqual([check.name, check.result], ["serial_included", expected], `${serial} ${proof}: ${check.detail}`);
  }
  const plain = await verifyBundle(JSON.stringify(bundles.committed), { vkey });
  assert.ok(plain.checks.every((/** @type {any} */ check) => check.name !== "serial_included"));
});

test("a bundle of another lot than the one asked for fails", async () => {
  const { verifyBundle } = await load("verify.js");
  const text = await readFile(join(BUNDLES, "good.json"), "utf8");
  const { lot, vkey } = JSON.parse(text);
  assert.equal((await verifyBundle(text, { vkey, lot })).verdict, "passed");
  assert.equal((await verifyBundle(text, { vkey, lot: `${lot}0` })).verdict, "failed");
});

test("the vendored fallback is the one that was recorded", async () => {
  const readme = await readFile(join(WEB, "vendor/noble-ed25519/README.md"), "utf8");
  const hash = createHash("sha256").update(await readFile(join(WEB, "vendor/noble-ed25519/index.js"))).digest("hex");
  assert.ok(readme.includes(hash), hash);
});

/** Serves the repository's files to a page of our own. */
async function serveFiles() {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (path === "/") return response.setHeader("content-type", "text/html").end("<!doctype html><title>verify</title>");
    const type = extname(path) === ".js" ? "text/javascript" : "application/json";
    const body = await readFile(join(ROOT, path)).catch(() => null);
    return body ? response.setHeader("content-type", type).end(body) : response.writeHead(404).end();
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", () => listening(null)));
  const address = server.address();
  assert.ok(address && typeof address === "object");
  return { url: `http://127.0.0.1:${address.port}`, stop: () => server.close() };
}

/** Runs in the page: judges every shared bundle. Answers what differs, and how long one took. */
async function judgeAll() {
  const at = /** @type {(path: string) => Promise<any>} */ ((path) => fetch(path).then((answer) => answer.json()));
  const module = "/verifier/web/verify.js";
  const { verifyBundle } = await import(module);
  const cases = await at("/tests/vectors/bundles/index.json");
  const start = performance.now();
  const differing = [];
  for (const { file, expected, ...options } of cases) {
    const text = await fetch(`/tests/vectors/bundles/${file}`).then((answer) => answer.text());
    const verdict = await verifyBundle(text, options);
    const same = expected.every((/** @type {any} */ check, /** @type {number} */ n) => check.result === verdict.checks[n].result);
    if (!same) differing.push(file);
  }
  return { differing, millis: (performance.now() - start) / cases.length };
}

test("in a browser, with and without its own Ed25519, the results are the same", async (context) => {
  const files = await serveFiles();
  try {
    for (const without of ["", "Ed25519", "subtle"]) {
      await withBrowser(async (browser) => {
        const { page, errors } = await openPage(browser);
        await page.addInitScript((missing) => {
          if (missing === "Ed25519") crypto.subtle.importKey = () => Promise.reject(new Error("no such algorithm"));
          if (missing === "subtle") Object.defineProperty(crypto, "subtle", { value: undefined });
        }, without);
        await page.goto(files.url);
        const { differing, millis } = await page.evaluate(judgeAll);
        context.diagnostic(`${without ? `without ${without}` : "native"}: ${millis.toFixed(1)} ms a bundle`);
        assert.deepEqual(differing, []);
        assert.deepEqual(errors.filter((error) => !error.includes("404")), []);
      });
    }
  } finally {
    files.stop();
  }
});
