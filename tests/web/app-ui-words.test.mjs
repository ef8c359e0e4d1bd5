/**
 * What the app says: numbers as people here read and say them, and every text in every language, none missing and none left over.
 */
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "./node.mjs";

const WEB = join(ROOT, "node/web");
const { formatNumber, parseNumber, sayAmount, sayNumber } = await import(join(WEB, "ui/number-words.js"));

test("a number is read as it is written in its language", () => {
  /** @type {[string, "vi" | "en", string | null][]} */
  const cases = [
    ["1.500", "vi", "1500"], ["1,5", "vi", "1.5"], ["1500", "vi", "1500"], ["1.234.567,25", "vi", "1234567.25"], ["0,5", "vi", "0.5"], ["007", "vi", "7"], ["2,50", "vi", "2.5"],
    ["1 500", "vi", "1500"], ["12,", "vi", null], [",5", "vi", null], ["1.5", "vi", null], ["1.50", "vi", null], ["1.5000", "vi", null], ["0.500", "vi", null], ["1,5,5", "vi", null],
    ["1.500.00", "vi", null], ["-3", "vi", null], ["1e3", "vi", null], ["", "vi", null], ["1234567890", "vi", null], ["\uff11", "vi", null],
    ["1,500", "en", "1500"], ["1.5", "en", "1.5"], ["1.500", "en", "1.5"], ["1,50", "en", null], ["1,500.75", "en", "1500.75"],
  ];
  for (const [text, language, expected] of cases) assert.equal(parseNumber(text, language), expected, `${language} ${text}`);
});

test("what is written is read back the same", () => {
  assert.equal(formatNumber("1500", "vi"), "1.500");
  assert.equal(formatNumber("1234567.25", "vi"), "1.234.567,25");
  assert.equal(formatNumber("1500.5", "en"), "1,500.5");
  for (const language of ["vi", "en"]) {
    for (let n = 1; n < 10 ** 9; n = n * 3 + 7) {
      for (const decimal of [`${n}`, `${n}.25`, `${n}.001`]) assert.equal(parseNumber(formatNumber(decimal, language), language), decimal);
    }
  }
});

test("numbers are said in Vietnamese", () => {
  const said = {
    0: "kh\u00f4ng", 1: "m\u1ed9t", 4: "b\u1ed1n", 5: "n\u0103m", 10: "m\u01b0\u1eddi", 11: "m\u01b0\u1eddi m\u1ed9t", 14: "m\u01b0\u1eddi b\u1ed1n", 15: "m\u01b0\u1eddi l\u0103m", 20: "hai m\u01b0\u01a1i", 21: "hai m\u01b0\u01a1i m\u1ed1t", 24: "hai m\u01b0\u01a1i t\u01b0", 25: "hai m\u01b0\u01a1i l\u0103m",
    31: "ba m\u01b0\u01a1i m\u1ed1t", 44: "b\u1ed1n m\u01b0\u01a1i t\u01b0", 55: "n\u0103m m\u01b0\u01a1i l\u0103m", 100: "m\u1ed9t tr\u0103m", 101: "m\u1ed9t tr\u0103m linh m\u1ed9t", 104: "m\u1ed9t tr\u0103m linh b\u1ed1n", 105: "m\u1ed9t tr\u0103m linh n\u0103m", 110: "m\u1ed9t tr\u0103m m\u01b0\u1eddi",
    111: "m\u1ed9t tr\u0103m m\u01b0\u1eddi m\u1ed9t", 115: "m\u1ed9t tr\u0103m m\u01b0\u1eddi l\u0103m", 121: "m\u1ed9t tr\u0103m hai m\u01b0\u01a1i m\u1ed1t", 500: "n\u0103m tr\u0103m", 555: "n\u0103m tr\u0103m n\u0103m m\u01b0\u01a1i l\u0103m", 1000: "m\u1ed9t ngh\u00ecn", 1005: "m\u1ed9t ngh\u00ecn kh\u00f4ng tr\u0103m linh n\u0103m",
    1050: "m\u1ed9t ngh\u00ecn kh\u00f4ng tr\u0103m n\u0103m m\u01b0\u01a1i", 1500: "m\u1ed9t ngh\u00ecn n\u0103m tr\u0103m", 10000: "m\u01b0\u1eddi ngh\u00ecn", 15024: "m\u01b0\u1eddi l\u0103m ngh\u00ecn kh\u00f4ng tr\u0103m hai m\u01b0\u01a1i t\u01b0", 100000: "m\u1ed9t tr\u0103m ngh\u00ecn", 1000000: "m\u1ed9t tri\u1ec7u",
    1000005: "m\u1ed9t tri\u1ec7u kh\u00f4ng tr\u0103m linh n\u0103m", 2350000: "hai tri\u1ec7u ba tr\u0103m n\u0103m m\u01b0\u01a1i ngh\u00ecn", 1000000000: "m\u1ed9t t\u1ef7",
  };
  for (const [number, words] of Object.entries(said)) assert.equal(sayNumber(number, "vi"), words, number);
  assert.equal(sayNumber("1.25", "vi"), "m\u1ed9t ph\u1ea9y hai m\u01b0\u01a1i l\u0103m");
  assert.equal(sayNumber("0.05", "vi"), "kh\u00f4ng ph\u1ea9y kh\u00f4ng n\u0103m");
  assert.equal(sayNumber("3.125", "vi"), "ba ph\u1ea9y m\u1ed9t hai n\u0103m");
});

test("no two numbers sound the same", () => {
  for (const language of ["vi", "en"]) {
    const heard = new Map();
    for (let n = 0; n < 12_000; n += 1) {
      const words = sayNumber(String(n), language);
      assert.equal(heard.get(words), undefined, `${n} and ${heard.get(words)}: ${words}`);
      assert.ok(!/undefined|NaN| {2}|^ | $/.test(words), `${n}: "${words}"`);
      heard.set(words, n);
    }
  }
});

test("numbers are said in English", () => {
  const said = { 0: "zero", 13: "thirteen", 21: "twenty-one", 40: "forty", 101: "one hundred and one", 1500: "one thousand five hundred", 1005: "one thousand and five", 12345: "twelve thousand three hundred and forty-five", 1000001: "one million and one" };
  for (const [number, words] of Object.entries(said)) assert.equal(sayNumber(number, "en"), words, number);
  assert.equal(sayNumber("1.05", "en"), "one point zero five");
});

test("amounts are said with their unit, and a half as people say it", () => {
  assert.equal(sayAmount("1500", "ki-l\u00f4-gam", "vi"), "m\u1ed9t ngh\u00ecn n\u0103m tr\u0103m ki-l\u00f4-gam");
  assert.equal(sayAmount("2.5", "t\u1ea1", "vi"), "hai t\u1ea1 r\u01b0\u1ee1i");
  assert.equal(sayAmount("0.5", "t\u1ea5n", "vi"), "n\u1eeda t\u1ea5n");
  assert.equal(sayAmount("2.25", "t\u1ea1", "vi"), "hai ph\u1ea9y hai m\u01b0\u01a1i l\u0103m t\u1ea1");
  assert.equal(sayAmount("1", "kilogram|kilograms", "en"), "one kilogram");
  assert.equal(sayAmount("2", "kilogram|kilograms", "en"), "two kilograms");
  assert.equal(sayAmount("1.5", "tonne|tonnes", "en"), "one and a half tonnes");
  assert.equal(sayAmount("0.5", "tonne|tonnes", "en"), "half a tonne");
});

/** Every script of the screens, as text. */
async function sources() {
  const names = (await readdir(join(WEB, "ui"), { recursive: true })).filter((name) => name.endsWith(".js"));
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(WEB, "ui", name), "utf8") })));
}

/** @param {string} language @returns {Promise<Record<string, string>>} */
const words = async (language) => JSON.parse(await readFile(join(WEB, `locales/${language}.json`), "utf8")).app;

test("every language says everything, with the same facts put in", async () => {
  const { locales } = JSON.parse(await readFile(join(WEB, "locales/index.json"), "utf8"));
  assert.deepEqual(locales.map((/** @type {{ code: string }} */ { code }) => code).slice(0, 2), ["vi", "en"]);
  const vi = await words("vi");
  const slots = (/** @type {string} */ text) => [...new Set(text.match(/[{[]\w+[}\]]/g) ?? [])].sort();
  for (const { code } of locales) {
    const other = await words(code);
    assert.deepEqual(Object.keys(other).sort(), Object.keys(vi).sort(), code);
    for (const [key, text] of Object.entries(vi)) {
      assert.ok(other[key]?.trim() || key === "and", `${code} ${key} is empty`);
      assert.deepEqual(slots(other[key] ?? ""), slots(text), `${code} ${key}`);
      assert.equal(text, text.normalize("NFC"), key);
    }
  }
});

test("every text is used, and every used text is there", async () => {
  const vi = await words("vi");
  const all = (await sources()).map(({ text }) => text).join("\n");
  const literals = new Set([...all.matchAll(/'([a-z_]+(?:\.[a-z_0-9]+)*)'/g)].map(([, key]) => key));
  const patterns = [...all.matchAll(/`([a-z_.]*)\$\{[^`]*`/g)].map(([whole, prefix]) => ({ whole, prefix: prefix ?? "" })).filter(({ prefix }) => /^[a-z].*\.$/.test(prefix));
  for (const key of Object.keys(vi)) {
    assert.ok(literals.has(key) || patterns.some(({ prefix }) => key.startsWith(prefix)), `${key} is said nowhere`);
  }
  for (const [, key] of all.matchAll(/\bt\(\s*'([^']+)'/g)) assert.ok(key && key in vi, `${key} has no words`);
  for (const [, one, other] of all.matchAll(/\bt\([^()'`]*\? '([^']+)' : '([^']+)'/g)) for (const key of [one, other]) assert.ok(key && key in vi, `${key} has no words`);
  for (const { prefix } of patterns) assert.ok(prefix === "nguon." || prefix === "nguon.offer." || Object.keys(vi).some((key) => key.startsWith(prefix)), prefix);
});

test("no text that people see stands in the scripts", async () => {
  for (const { name, text } of await sources()) {
    if (name === "number-words.js") continue;
    const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
    const spelled = code.replace(/\\u([0-9a-f]{4})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    // The one line for a phone on which not even the words could be loaded.
    const shown = spelled.replace(/`Kh\u00f4ng m\u1edf[^`]*`/, "");
    assert.ok(!/[\u00c0-\u1ef9]/.test(shown), `${name}: ${/.*[\u00c0-\u1ef9].*/.exec(shown)?.[0]}`);
  }
});

test("no refusal of the ledger is left without words", async () => {
  const vi = await words("vi");
  const format = await readFile(join(ROOT, "docs/format.md"), "utf8");
  const table = format.slice(format.indexOf("## 9. Rules"), format.indexOf("Transport adds"));
  const codes = [...table.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code ?? "");
  const never = ["malformed_envelope", "malformed_statement", "wrong_ledger", "wrong_sequence", "charter_exists", "key_in_use", "gtin_in_use", "unknown_event", "unknown_entry", "unknown_key", "not_above", "not_author", "correction_mismatch", "serials_exceed_lot", "last_operator_key", "too_large", "field", "code"];
  const spoken = codes.filter((code) => !never.includes(code) && /^(?:[a-z]+_)+[a-z]+$|^recalled$/.test(code));
  for (const code of ["insufficient_quantity", "yield_exceeded", "not_holder", "unknown_lot"]) assert.ok(spoken.includes(code), code);
  for (const code of spoken.filter((one) => !["clock_ahead", "correction_not_undone", "time_before_creation", "already_corrected"].includes(one))) assert.ok(`refusal.${code}` in vi, code);
});
