/**
 * Makes verifier/web/verify.html, the page that checks evidence from a file, without a server: `node tests/web/make-verify-page.mjs`.
 *
 * A page opened from a file may not import modules, so they stand in it one after the other, each in a function of its own, word for word but for
 * their imports and exports. Nobody builds anything to use the page: the result is committed, and a test makes it again and compares.
 */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const WEB = fileURLToPath(new URL("../../verifier/web", import.meta.url));
/** Holds the page's hash, for those who check their copy. */
export const GUIDE = fileURLToPath(new URL("../../docs/audit-guide.md", import.meta.url));
const START = "page/main.js";

/** Written before the modules: finds one by its name and runs it the first time it is asked for. */
const LOADER = `'use strict';
const sources = new Map();
const loaded = new Map();
function use(name) {
  if (!loaded.has(name)) {
    loaded.set(name, {});
    sources.get(name)(loaded.get(name));
  }
  return loaded.get(name);
}
`;

/** The hash by which a policy names a script or a style. @param {string} text */
const inlineHash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * One module as a function of its exports.
 *
 * @param {string} name
 * @param {string} source
 * @returns {{ text: string, imports: string[] }}
 */
function wrap(name, source) {
  const folder = dirname(name);
  const path = (/** @type {string} */ relative) => normalize(join(folder, relative));
  /** @type {string[]} */
  const imports = [];
  /** @type {string[]} */
  const functions = [];
  /** @type {string[]} */
  const others = [];
  let inComment = false;
  const lines = source.split("\n").filter((line) => line !== "// @ts-check").map((line) => {
    // Comments hold examples that read like code.
    const wasInComment = inComment;
    inComment = line.lastIndexOf("/*") > line.lastIndexOf("*/") || (inComment && !line.includes("*/"));
    if (wasInComment) return line;
    const imported = /^import (\{[^}]*\}) from '(\.[^']*)';$/.exec(line);
    if (imported) {
      imports.push(path(imported[2] ?? ""));
      return `const ${imported[1]} = use('${path(imported[2] ?? "")}');`;
    }
    const listed = /^export \{([^}]*)\};$/.exec(line);
    if (listed) {
      others.push(...(listed[1] ?? "").split(",").map((word) => word.trim()).filter(Boolean));
      return "";
    }
    const exported = /^export ((?:async )?function|const|class) ([A-Za-z0-9_$]+)/.exec(line);
    if (exported) (exported[1]?.endsWith("function") ? functions : others).push(exported[2] ?? "");
    if (/^(import|export) /.test(line) && !exported) throw new Error(`${name}: cannot read ${line}`);
    return line.replace(/^export /, "").replace(/await import\('(\.[^']*)'\)/, (_, relative) => {
      imports.push(path(relative));
      return `use('${path(relative)}')`;
    });
  });
  // Functions are there before the first line runs, so modules that need each other find them.
  const give = (/** @type {string[]} */ names) => (names.length ? `Object.assign(exports, { ${names.join(", ")} });\n` : "");
  const body = lines.join("\n").trim();
  return { imports, text: `\nsources.set('${name}', (exports) => {\n${give(functions)}${body}\n${give(others)}});\n` };
}

/** All modules, each after those that it imports as far as that goes. */
async function script() {
  /** @type {Map<string, string>} */
  const done = new Map();
  /** @param {string} name */
  async function add(name) {
    if (done.has(name)) return;
    done.set(name, "");
    const { text, imports } = wrap(name, await readFile(join(WEB, name), "utf8"));
    for (const other of imports) await add(other);
    // A name that was set before keeps its place; it is set anew to come after its imports.
    done.delete(name);
    done.set(name, text);
  }
  await add(START);
  const text = `\n${LOADER}${[...done.values()].join("")}\nuse('${START}');\n`;
  if (/<\/script|<!--/i.test(text)) throw new Error("a module would end the script");
  return text;
}

/** @returns {Promise<string>} the page */
export async function makePage() {
  const [template, style, vi, en, code] = await Promise.all([
    readFile(join(WEB, "page/template.html"), "utf8"), readFile(join(WEB, "page/page.css"), "utf8"),
    readFile(join(WEB, "locales/vi.json"), "utf8"), readFile(join(WEB, "locales/en.json"), "utf8"), script(),
  ]);
  const words = { vi: JSON.parse(vi), en: JSON.parse(en) };
  /** @type {Record<string, string>} */
  const parts = {
    style: `\n${style}`, script: code, words: JSON.stringify(words).replaceAll("<", "\\u003c"),
    policy: `default-src 'none'; script-src ${inlineHash(code)}; style-src ${inlineHash(`\n${style}`)}; img-src blob: data:; base-uri 'none'; form-action 'none'`,
  };
  const escape = (/** @type {string} */ text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  return template.replace(/\{\{(?:(vi|en):(\w+)\.(\w+)|(\w+))\}\}/g, (slot, language, group, name, part) => {
    const text = part ? parts[part] : words[/** @type {"vi" | "en"} */ (language)]?.[group]?.[name];
    if (text === undefined) throw new Error(`nothing for ${slot}`);
    return part ? text : escape(text);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = await makePage();
  await writeFile(join(WEB, "verify.html"), page);
  const hash = createHash("sha256").update(page).digest("hex");
  const guide = await readFile(GUIDE, "utf8");
  await writeFile(GUIDE, guide.replace(/(SHA-256 of `verify\.html`: `)[0-9a-f]{64}/, `$1${hash}`));
  console.log(`${hash}  verifier/web/verify.html`);
}
