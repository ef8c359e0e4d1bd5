/**
 * Makes qr-service/web/page.min.js, page.min.css and forms.min.css, which the consumer pages load: `node tests/web/make-page-script.mjs`.
 *
 * The script is page.js with the verifier's modules in one file, those in qr-service/web/short in the place of their namesakes, without the words
 * of refusals: whatever the short form refuses is judged, and explained, by the complete verifier. Nobody builds anything to use the page: the
 * results are committed, and a test makes them again and compares.
 */
import { readFile, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "acorn";
import { build } from "esbuild";
import { minify } from "terser";
import { ROOT } from "./node.mjs";

const WEB = join(ROOT, "qr-service/web");
const SHORT = join(WEB, "short");
/** Loaded only where a browser lacks Ed25519, from where it is served; the script itself lies in qr-service/web. */
const FALLBACK = "../../verifier/web/ed25519-fallback.js";
/** Functions that make a refusal, with how many of their arguments are no words of it. */
const REFUSALS = new Map([["Error", 0], ["need", 1], ["shape", 1], ["allow", 1], ["failed", 1]]);
/** The function that calls its last argument for every entry: a text that this returns is a fault. */
const STEPS = "each";
/** A variable of the styles. */
const VARIABLE = /--[a-z-]+/g;
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
/** What stands for the words of a fault. */
const FAULT = "'-'";

/** Leads imports to the short form of a module where there is one. @param {string[]} [leftOut] modules that stay whole @returns {Promise<import("esbuild").Plugin>} */
async function shortForms(leftOut = []) {
  const names = new Set((await readdir(SHORT)).filter((name) => !leftOut.includes(name)));
  return {
    name: "short-forms",
    setup({ onResolve }) {
      onResolve({ filter: /ed25519-fallback\.js$/ }, () => ({ path: FALLBACK, external: true }));
      onResolve({ filter: /\.js$/ }, ({ path, kind }) => (kind === "import-statement" && names.has(basename(path)) ? { path: join(SHORT, basename(path)) } : undefined));
    },
  };
}

/** Every node of a syntax tree with the one above it. @param {any} node @param {(node: any, above: any) => boolean} look whether to look below @param {any} [above] */
function walk(node, look, above) {
  if (!node || typeof node !== "object" || (node.type && !look(node, above))) return;
  for (const part of Object.values(node)) for (const one of Array.isArray(part) ? part : [part]) walk(one, look, node);
}

/** Whether a node is a text in words. @param {any} node */
const isProse = (node) => (node.type === "Literal" && typeof node.value === "string" && node.value.includes(" ")) || node.type === "TemplateLiteral";

/** The script without the words of its refusals. @param {string} script */
function wordless(script) {
  /** @type {[number, number, string][]} */
  const cuts = [];
  const cutFaults = (/** @type {any} */ node, /** @type {any} */ above) => {
    const isReturned = ["ReturnStatement", "ConditionalExpression", "ArrowFunctionExpression"].includes(above?.type);
    if (isReturned && isProse(node)) cuts.push([node.start, node.end, FAULT]);
    return true;
  };
  walk(parse(script, { ecmaVersion: 2022, sourceType: "module" }), (node) => {
    if (!["CallExpression", "NewExpression"].includes(node.type)) return true;
    if (node.callee.name === STEPS) walk(node.arguments.at(-1), cutFaults);
    const kept = REFUSALS.get(node.callee.name) ?? Infinity;
    if (node.arguments.length > kept) cuts.push([kept ? node.arguments[kept - 1].end : node.arguments[0].start, node.arguments.at(-1).end, ""]);
    return true;
  });
  // What lies within another cut goes with it.
  const outer = cuts.filter(([start, end]) => !cuts.some(([from, to]) => from <= start && end <= to && to - from > end - start));
  return outer.sort(([a], [b]) => b - a).reduce((text, [start, end, instead]) => text.slice(0, start) + instead + text.slice(end), script);
}

const OPTIONS = /** @type {const} */ ({ bundle: true, format: "esm", target: "es2021", write: false });

/** The short verifier over whole bundles, for tests. @param {string} folder where its module is written @returns {Promise<{ verifyBundle: (bundle: string, options: object) => Promise<any> }>} */
export async function shortVerifier(folder) {
  const made = await build({ ...OPTIONS, entryPoints: [join(ROOT, "verifier/web/verify.js")], plugins: [await shortForms(["bundle.js"])] });
  const path = join(folder, "short-verifier.mjs");
  await writeFile(path, wordless(made.outputFiles[0]?.text ?? ""));
  return import(path);
}

/** The styles without what a browser does not need; their variables, which are the same in both, are named by one letter, those used most first.
 * @returns {Promise<[string, string][]>} */
async function makeStyles() {
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const name of ["page", "forms"]) {
    const style = await build({ ...OPTIONS, entryPoints: [join(WEB, `${name}.css`)], minify: true });
    texts.set(name, style.outputFiles[0]?.text ?? "");
  }
  const uses = new Map();
  for (const text of texts.values()) for (const [name] of text.matchAll(VARIABLE)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const names = [...uses.keys()].sort((a, b) => uses.get(b) - uses.get(a) || (a < b ? -1 : 1));
  if (names.length > LETTERS.length) throw new Error("more variables than letters");
  const short = (/** @type {string} */ name) => `--${LETTERS[names.indexOf(name)]}`;
  return [...texts].map(([name, text]) => [join(WEB, `${name}.min.css`), text.replace(VARIABLE, short)]);
}

/** The three files' texts by their paths. @returns {Promise<Map<string, string>>} */
export async function makePageScript() {
  const one = await build({ ...OPTIONS, entryPoints: [join(WEB, "page.js")], plugins: [await shortForms()] });
  const { code = "" } = await minify(wordless(one.outputFiles[0]?.text ?? ""), { module: true, ecma: 2021, compress: { passes: 3 }, mangle: true, format: { ascii_only: true } });
  return new Map([[join(WEB, "page.min.js"), `${code}\n`], ...await makeStyles()]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of await makePageScript()) {
    await writeFile(path, text);
    console.log(`${(await readFile(path)).length}  ${path}`);
  }
}
