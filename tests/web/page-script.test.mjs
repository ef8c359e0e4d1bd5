/**
 * What the consumer page loads to check a proof: made of the modules as they are now, and no less strict than they are.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makePageScript, shortVerifier } from "./make-page-script.mjs";
import { ROOT } from "./node.mjs";

const BUNDLES = join(ROOT, "tests/vectors/bundles");
/** What the page shows without asking the complete verifier. @param {{ name: string, result: string }[]} checks */
const isWhole = (checks) => checks.every(({ name, result }) => result === "passed" || (result === "not_checked" && ["witness_quorum", "freshness"].includes(name)));
const results = (/** @type {any} */ { checks, lot, vkey, size, root, recalled, witnesses }) => ({
  lot, vkey, size, root, recalled, witnesses, checks: checks.map((/** @type {any} */ { name, result }) => ({ name, result })),
});

test("the page's script and style are made of the files beside them: run node tests/web/make-page-script.mjs", async () => {
  for (const [path, text] of await makePageScript()) assert.equal(await readFile(path, "utf8"), text, path);
});

test("the short form passes only what the complete verifier passes, and what it knows it judges alike", async () => {
  const { verifyBundle } = await import(join(ROOT, "verifier/web/verify.js"));
  const folder = await mkdtemp(join(tmpdir(), "nguon-short-"));
  try {
    const short = await shortVerifier(folder);
    const cases = JSON.parse(await readFile(join(BUNDLES, "index.json"), "utf8"));
    /** @type {string[]} */
    const passed = [];
    for (const { file, newest, sizeMin, expected, ...options } of cases) {
      const text = await readFile(join(BUNDLES, file), "utf8");
      // Apart from its statements a bundle has one spelling for the page: the dense form.
      const quick = await short.verifyBundle(JSON.stringify(JSON.parse(text)), options).catch(() => null);
      if (!quick || !isWhole(quick.checks)) continue;
      assert.deepEqual(results(quick), results(await verifyBundle(text, options)), file);
      passed.push(file);
    }
    for (const file of ["good.json", "good-policy-no-witness.json", "good-witnessed.json", "good-merged-and-split.json", "good-single-harvest.json", "good-key-changed.json", "good-described.json", "good-business-number.json"]) {
      assert.ok(passed.includes(file), `${file} needs the complete verifier`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the short reader of JSON takes one spelling of each value, and reads it as the complete one does", async () => {
  const [short, complete] = await Promise.all(["qr-service/web/short/json.js", "verifier/web/json.js"].map((path) => import(join(ROOT, path))));
  const plain = (/** @type {any} */ value) => JSON.stringify(value, (_, part) => (part instanceof Map ? ["map", ...part] : part?.text === undefined ? part : ["number", part.text]));
  for (const text of ['{"b":[1,-2.5,1e+21,true,null],"a":{"\u1ea5":"\\"\\n"}}', '"\ud83d\ude00"', "0", "1.0", "-0", "1e2", "[12345678901234567890,1e400]", `${"[".repeat(32)}${"]".repeat(32)}`]) {
    assert.equal(plain(short.parseJson(text)), plain(complete.parseJson(text)), text);
  }
  for (const text of [
    '{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '"\\ud800"', '"\ud800"', "1 2", " 1", "[1,]", "01", "1.", "+1", ".5", "-", "1e", "NaN", '"\u007f1"', '"\u007f"', "\ufeff1",
    `${"[".repeat(33)}${"]".repeat(33)}`, '{"2":1,"1":2}',
  ]) assert.throws(() => short.parseJson(text), text);
  assert.throws(() => short.parseJson(Uint8Array.of(0x22, 0xff, 0x22)));
});
