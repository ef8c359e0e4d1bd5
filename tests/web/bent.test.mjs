/**
 * Bundles bent at random are judged alike by the browser's verifier and by the Rust command: every check, and the entry at fault. The short form of the
 * verifier, which the consumer page runs first, lets nothing pass that the complete one does not.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { base64 } from "./base64.mjs";
import { shortVerifier } from "./make-page-script.mjs";
import { ROOT, binary } from "./node.mjs";

const BUNDLES = join(ROOT, "tests/vectors/bundles");
const ROUNDS = process.env.NGUON_LONG ? 5000 : 250;

/** Values that some reader might take for others. */
const ODD = [
  "", "x", "urn:x:y", "urn:x:\u00e9", "a b:c", "KGM", "GRM", "kgm", "EA", "2026-11-20T07:30:60Z", "2026-11-20T07:30:00\u221207:00", "2026-02-29T00:00:00Z",
  "2099-01-01T00:00:00Z", "+14:01", ["+07:00"], "cbv:BizStep-shipping", "urn:epcglobal:cbv:disp:recalled", "drying", "ADD", "OBSERVE", "observe", "correct",
  "https://id.gs1.org/01/08931234567897/10/A-1?17=260228", "https://id.gs1.org/01/08931234567897/10/A-1?04=1", "https://id.gs1.org/01/08931234567897/10/A-1/",
  "https://trace.test/lot/CANNA0000001", "https://trace.test/lot/PACKS0000001/AAAAAAAAAAAA", "https://trace.test/actor/coop", "https://trace.test/place/nope",
  0, -1, 0.5, 1e-9, 1e-10, 1e9, 22.145, null, true, [], {}, { id: "urn:x:y", "ex:a": 1 }, { ex: "https://ex.example/" }, { vi: "a" }, { vi: "a", en: "\n" }, ["x", "y"], Array(9).fill("x"), "\u{1f35c}".repeat(60), "\u1ebf".repeat(201), "x".repeat(1001), [{ sensorReport: [{ type: "Temperature" }] }],
];
const KEYS = ["@context", "gs1:a", "ex:a", "epcList", "quantityList", "ilmd", "readPoint", "persistentDisposition", "sensorElementList", "for", "note", "under", "unit", "brand", "ingredients", "storage", "warnings", "standards", "businessId", "class"];

/** Numbers between 0 and 1, the same in every run. @param {number} seed */
function random(seed) {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/** Puts something odd somewhere. @param {any} root @param {() => number} next */
function bend(root, next) {
  const pick = (/** @type {any[]} */ list) => list[Math.floor(next() * list.length)];
  /** @type {[any, string][]} */
  const places = [];
  const walk = (/** @type {any} */ value) => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value, key]);
      walk(value[key]);
    }
  };
  walk(root.body);
  const [holder, key] = pick(places);
  const how = next();
  if (how < 0.2) delete holder[key];
  else if (how < 0.4 && !Array.isArray(holder)) holder[pick(KEYS)] = pick(ODD);
  else holder[key] = pick(ODD);
}

/** What may follow a lot's name so that it names the same lot, or none. */
const AFTER = ["", "/", "#a", "?x=1", "?17=260228", "?17=260231", "?04=1", "?99=%C3%A9", "?3106=000123", "?17=260228&17=260228", "/21/S1", "/AAAAAAAAAAAA"];

/** A whole event that names a lot, well or badly. @param {string} lot @param {() => number} next */
function observation(lot, next) {
  const name = lot + AFTER[Math.floor(next() * AFTER.length)];
  const time = { eventTime: "2026-11-20T07:30:00.000+07:00", eventTimeZoneOffset: "+07:00" };
  const more = next() < 0.5 ? { [KEYS[Math.floor(next() * KEYS.length)] ?? ""]: ODD[Math.floor(next() * ODD.length)] } : {};
  return { verb: "observe", event: { type: "ObjectEvent", action: "OBSERVE", ...time, bizStep: "storing", epcList: [name], ...more } };
}

/** A bundle with one statement bent. @param {any} bundle @param {() => number} next */
function bendBundle(bundle, next) {
  // Most changes spoil a statement at once. Half of the time the last one becomes an event that is whole but for a detail.
  const isWhole = next() < 0.5;
  const stored = bundle.entries[isWhole ? bundle.entries.length - 1 : Math.floor(next() * bundle.entries.length)];
  const bytes = base64(stored.entry);
  const start = 146 + 68 * (bytes[49] ?? 0);
  const statement = JSON.parse(new TextDecoder().decode(bytes.subarray(start)));
  if (isWhole) Object.assign(statement, { kind: "event", body: observation(bundle.lot, next) });
  else bend(statement, next);
  stored.entry = Buffer.concat([bytes.subarray(0, start), Buffer.from(JSON.stringify(statement))]).toString("base64");
  return JSON.stringify(bundle);
}

test("bundles bent at random are judged as the Rust command judges them", { timeout: 600_000 }, async () => {
  const { verifyBundle } = await import(join(ROOT, "verifier/web/verify.js"));
  const folder = await mkdtemp(join(tmpdir(), "nguon-bent-"));
  const short = await shortVerifier(folder);
  /** @type {{ file: string, vkey?: string, policy?: string }[]} */
  const cases = JSON.parse(await readFile(join(BUNDLES, "index.json"), "utf8"));
  const good = cases.filter(({ file, vkey, policy }) => file.startsWith("good") && vkey && !policy);
  const next = random(20261123);
  try {
    const file = join(folder, "bundle.json");
    for (let round = 0; round < ROUNDS; round += 1) {
      const { file: name, vkey = "" } = good[Math.floor(next() * good.length)] ?? { file: "" };
      const text = bendBundle(JSON.parse(await readFile(join(BUNDLES, name), "utf8")), next);
      await writeFile(file, text);
      const output = await new Promise((done) => execFile(binary("nguon-verify"), ["bundle", file, "--json", "--vkey", vkey], (_, stdout) => done(stdout)));
      const plain = (/** @type {any} */ { checks, ...rest }) => ({ ...rest, checks: checks.map((/** @type {any} */ { name: check, result, index }) => ({ check, result, index })) });
      const { recalled, witnesses, ...verdict } = await verifyBundle(text, { vkey });
      assert.equal(recalled, verdict.checks.some((/** @type {any} */ check) => check.name === "recall" && check.result === "failed"));
      assert.deepEqual(witnesses, []);
      assert.deepEqual(plain(verdict), plain(JSON.parse(output)), `round ${round}, ${name}: ${text}`);
      const shortly = await short.verifyBundle(text, { vkey });
      const results = (/** @type {any} */ { checks }) => checks.map((/** @type {any} */ { name: check, result }) => ({ check, result }));
      const isApplied = shortly.checks.some((/** @type {any} */ check) => check.name === "rules" && check.result === "passed");
      if (isApplied) assert.deepEqual(results(shortly), results(verdict), `round ${round}, ${name}, in the short form: ${text}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
