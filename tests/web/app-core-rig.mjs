/**
 * A real node with a small cooperative, and phones for it: pages on the app's own address that hold nothing but the core.
 */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { binary, start } from "./node.mjs";

const run = promisify(execFile);

export const ORIGIN = "so.test.example";
/** @param {"actor" | "place" | "product"} kind @param {string} slug */
export const uri = (kind, slug) => `https://${ORIGIN}/${kind}/${slug}`;

/**
 * @typedef {object} Village
 * @property {string} url
 * @property {Record<string, string>} keys PEM by slug
 * @property {(args: string[]) => Promise<string>} nguon runs the command against the node
 * @property {(slug: string) => string} keyFile
 * @property {(slug: string, passphrase: string) => Promise<string>} lockedKey registers a producer and gives her key file under a passphrase
 * @property {(path: string) => Promise<any>} get JSON of the node
 * @property {() => Promise<() => Promise<void>>} backup copies what the node holds while it stands still; what comes back puts the copy in its place
 * @property {() => Promise<void>} stop
 */

/** A witness for a log, and the policy that asks for it. @param {string} folder @param {string} vkey of the log */
export async function witnessed(folder, vkey) {
  const data = join(folder, "witness");
  const verify = (/** @type {string[]} */ args) => run(binary("nguon-verify"), ["witness", ...args, "--data", data]);
  const key = (await verify(["init", "--name", "witness.test.example/nguon"])).stdout.trim();
  await verify(["add-log", vkey]);
  const server = await start(["witness", "serve", "--data", data, "--listen", "127.0.0.1:0"], { name: "nguon-verify" });
  const policy = join(folder, "trust.policy");
  await writeFile(policy, `log ${vkey}\nwitness w ${key} ${server.url}\nquorum w\n`);
  return { server, args: ["--policy", policy, "--witness-interval", "1"] };
}

/** @param {{ witness?: boolean }} [options] @returns {Promise<Village>} */
export async function village({ witness = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "nguon-village-"));
  const data = join(folder, "data");
  const made = await run(binary("nguon"), ["init", "--data", data, "--origin", ORIGIN, "--name-vi", "Thu", "--key", join(folder, "operator.pem")]);
  const vkey = /\S+\+[0-9a-f]{8}\+\S+/.exec(made.stdout)?.[0] ?? "";
  const watching = witness ? await witnessed(folder, vkey) : null;
  const serve = (/** @type {string} */ listen) => start(["serve", "--data", data, "--listen", listen, "--with-qr", ...watching?.args ?? []]);
  let server = await serve("127.0.0.1:0");
  const { url } = server;
  /** Does something while the node stands still; it comes back where the phones know it. @param {() => Promise<void>} work */
  const still = async (work) => {
    await server.stop();
    await work();
    server = await serve(new URL(url).host);
  };
  const keyFile = (/** @type {string} */ slug) => join(folder, `${slug}.pem`);
  const nguon = async (/** @type {string[]} */ args) => (await run(binary("nguon"), [...args, "--node", url])).stdout;
  /** @type {Record<string, string>} */
  const keys = {};
  const operator = ["--key", keyFile("operator")];
  await nguon(["register", "actor", "htx", "--class", "organisation", "--role", "processor", "--name-vi", "HTX Mau", ...operator]);
  const people = [["can-bo", "registrar"], ["ho-07", "producer"], ["ho-08", "producer"], ["co-lan", "processor"], ["thanh-tra", "inspector"]];
  for (const [slug = "", role = ""] of people) {
    const key = (await run(binary("nguon"), ["key", "new", keyFile(slug)])).stdout.trim();
    await nguon(["register", "actor", slug, "--class", "person", "--role", role, "--under", "htx", "--public-key", key, ...operator]);
    keys[slug] = await readFile(keyFile(slug), "utf8");
  }
  const products = [["cu", "--unit", "KGM"], ["bot", "--unit", "KGM", "--made-from", "cu=0.16"], ["mien", "--unit", "KGM", "--made-from", "bot=0.9"],
    ["goi", "--net-content", "500 g", "--made-from", "mien=1"]];
  for (const [slug = "", ...rest] of products) await nguon(["register", "product", slug, "--name-vi", slug, ...rest, ...operator]);
  for (const [slug, kind, owner] of [["ruong-07", "plot", "ho-07"], ["xuong", "facility", "htx"]]) {
    await nguon(["register", "place", slug ?? "", "--class", kind ?? "", "--owner", owner ?? "", "--name-vi", "xa Con Minh", ...operator]);
  }
  return {
    url, keys, nguon, keyFile,
    async backup() {
      const kept = join(folder, `backup-${Date.now()}`);
      await still(() => cp(data, kept, { recursive: true }));
      return () => still(async () => {
        await rm(data, { recursive: true });
        await cp(kept, data, { recursive: true });
      });
    },
    async lockedKey(slug, passphrase) {
      const env = { ...process.env, NGUON_PASSPHRASE: passphrase };
      const key = (await run(binary("nguon"), ["key", "new", keyFile(slug), "--passphrase"], { env })).stdout.trim();
      await nguon(["register", "actor", slug, "--class", "person", "--role", "producer", "--under", "htx", "--public-key", key, ...operator]);
      return readFile(keyFile(slug), "utf8");
    },
    async get(path) {
      const answer = await fetch(url + path, { headers: { accept: "application/json" } });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    async stop() {
      await server.stop();
      await watching?.server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Opens a core in a page. Each database is a phone of its own.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @param {Village} village
 * @param {string} [database]
 * @param {{ background?: boolean }} [options]
 */
export async function phone(context, village, database = "nguon", { background = false } = {}) {
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error(`page error: ${error}`));
  await page.goto(`${village.url}/app/files.json`);
  await openIn(page, database, background);
  return page;
}

/** @param {import("playwright-core").Page} page @param {string} database @param {boolean} [background] */
export async function openIn(page, database, background = false) {
  await page.evaluate(async ([database, background]) => {
    const { openCore } = await import(/** @type {any} */ ("/app/core/core.js"));
    const global = /** @type {any} */ (globalThis);
    global.core = await openCore({ database, background });
    const origin = "so.test.example";
    global.kg = (/** @type {string} */ number) => ({ number, unit: "KGM", typed: null });
    global.harvest = (/** @type {string} */ number, /** @type {object} */ more = {}) => ({
      verb: "harvest", time: new Date().toISOString().replace("Z", "+00:00"), place: `https://${origin}/place/ruong-07`,
      outputs: [{ lot: global.core.newLot(), product: `https://${origin}/product/cu`, amount: global.kg(number) }], ...more,
    });
    global.move = (/** @type {string} */ verb, /** @type {string} */ lot, /** @type {string} */ number, /** @type {object} */ more = {}) => ({
      verb, time: new Date().toISOString().replace("Z", "+00:00"), inputs: [{ lot, amount: global.kg(number) }], ...more,
    });
    /** What a promise was refused with, as plain data. */
    global.fault = (/** @type {Promise<any>} */ promise) => promise.then((value) => ({ value }), (error) => ({ code: error.code, waitMs: error.waitMs, refused: error.refused, message: error.message }));
  }, /** @type {[string, boolean]} */ ([database, background]));
}

/** A phone whose open profile has this person's key. @param {import("playwright-core").BrowserContext} context @param {Village} village @param {string} slug
 * @param {string} [database] @param {string | null} [pin] */
export async function phoneOf(context, village, slug, database = slug, pin = null) {
  const page = await phone(context, village, database);
  await page.evaluate(([pem, name, pin]) => core.profiles.importKey(pem, null, name, pin), /** @type {[string, string, string | null]} */ ([village.keys[slug] ?? "", slug, pin]));
  await page.evaluate(() => core.sync());
  return page;
}
