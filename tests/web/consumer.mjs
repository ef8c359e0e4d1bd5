/**
 * The consumer page in every state that a reader can meet, over a real demo: shared by the tests, the screenshots and whoever wants to look.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { witnessed } from "./app-core-rig.mjs";
import { binary, start } from "./node.mjs";

/** The demo's packs that the states show. */
const LOTS = { normal: "/10/MD-251214", recalled: "/10/TN-260122" };
/** A lot of which the ledger knows next to nothing but a name that no label holds. */
const BARE = "0000000000000001";
const LONG_NAME = `Mi\u1ebfn dong s\u1ee3i nh\u1ecf ph\u01a1i n\u1eafng hai ng\u00e0y tr\u00ean gi\u00e0n tre c\u1ee7a t\u1ed5 ph\u1ee5 n\u1eef th\u00f4n B\u1ea3n Cu\u00f4n, lo\u1ea1i ch\u1ecdn l\u1ecdc cho ng\u00e0y T\u1ebft, "g\u00f3i gi\u1ea5y" <b>500 g</b> & d\u00e2y l\u1ea1t`;

/**
 * @typedef {object} State
 * @property {string} path
 * @property {boolean} [script] whether the browser runs scripts
 * @property {(page: import("playwright-core").Page) => Promise<void>} [prepare] before the page is opened
 * @property {"tick" | "mind" | "stop" | null} tone what the verdict looks like in the end; null where there is none
 */

/** @typedef {{ url: string, data: string, states: Record<"normal" | "recalled" | "failed" | "bare" | "unknown" | "plain", State>, stop: () => Promise<void> }} Site */

/**
 * Runs the demo, with the bare lot added, until it is stopped.
 *
 * @returns {Promise<Site>}
 */
export async function startDemo() {
  const folder = await mkdtemp(join(tmpdir(), "nguon-consumer-"));
  const demo = await start(["demo", "--data", join(folder, "demo"), "--listen", "127.0.0.1:0"]);
  const stop = async () => {
    await demo.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await addBareLot(demo.url, join(folder, "demo/keys"));
  } catch (error) {
    await stop();
    throw error;
  }
  const links = demo.output.join("\n").match(/https?:\/\/\S+\/(?:lot|01)\/\S+/g) ?? [];
  const paths = links.map((link) => new URL(link).pathname);
  const path = (/** @type {string} */ end) => paths.find((one) => one.endsWith(end)) ?? "";
  return {
    url: demo.url,
    data: join(folder, "demo"),
    stop,
    states: {
      normal: { path: path(LOTS.normal), tone: "mind" },
      recalled: { path: path(LOTS.recalled), tone: "stop" },
      failed: { path: path(LOTS.normal), prepare: changeRecord, tone: "stop" },
      bare: { path: `/lot/${BARE}`, tone: "mind" },
      unknown: { path: "/lot/0000000000000", tone: null },
      plain: { path: path(LOTS.normal), script: false, tone: "mind" },
    },
  };
}

/**
 * Runs the demo's ledger under a policy that asks for a witness, until it is stopped. The witness has cosigned what the page is shown.
 *
 * @returns {Promise<{ url: string, state: State, stop: () => Promise<void> }>}
 */
export async function startWitnessedDemo() {
  const folder = await mkdtemp(join(tmpdir(), "nguon-witnessed-"));
  const data = join(folder, "demo");
  const demo = await start(["demo", "--data", data, "--listen", "127.0.0.1:0"]);
  const { vkey } = await (await fetch(`${demo.url}/v1/ledger`)).json();
  const link = demo.output.join("\n").match(/https?:\/\/\S+\/01\/\S+/)?.[0] ?? "";
  await demo.stop();
  const witness = await witnessed(folder, vkey);
  const node = await start(["serve", "--data", data, "--listen", "127.0.0.1:0", "--with-qr", ...witness.args]);
  const { pathname } = new URL(link);
  const lot = encodeURIComponent(`https://id.gs1.org${pathname}`);
  for (let note = ""; !note.includes("witness.test.example"); note = (await (await fetch(`${node.url}/v1/lots/${lot}/bundle`)).json()).checkpoint);
  return {
    url: node.url,
    state: { path: pathname, tone: "tick" },
    async stop() {
      await node.stop();
      await witness.server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Registers a product and harvests it, as anybody would: with the command and the actors' own keys. @param {string} url @param {string} keys */
async function addBareLot(url, keys) {
  const nguon = (/** @type {string[]} */ ...args) => promisify(execFile)(binary("nguon"), [...args, "--node", url]);
  await nguon("register", "product", "ten-dai", "--name-vi", LONG_NAME, "--unit", "KGM", "--key", join(keys, "ban-so-con-minh.pem"));
  await nguon("record", "harvest", "--product", "ten-dai", "--amount", "12,5 kg", "--lot", BARE, "--key", join(keys, "ho-01.pem"));
}

/** Lets the server lie in the dense form alone: one sign of the newest record is another one. @param {import("playwright-core").Page} page */
export async function changeDenseRecord(page) {
  await page.route("**/proof.bin", async (route) => {
    const answer = await route.fetch();
    const body = await answer.body();
    const end = 4 + body.readUInt32BE(0);
    body[end - 10] = (body[end - 10] ?? 0) ^ 1;
    await route.fulfill({ response: answer, body });
  });
}

/** Lets the server lie in every form of the proof. @param {import("playwright-core").Page} page */
export async function changeRecord(page) {
  await changeDenseRecord(page);
  await page.route("**/proof.json", async (route) => {
    const answer = await route.fetch();
    const bundle = await answer.json();
    const entry = bundle.entries[bundle.entries.length - 1];
    const bytes = Buffer.from(entry.entry, "base64");
    bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1;
    entry.entry = bytes.toString("base64");
    await route.fulfill({ response: answer, json: bundle });
  });
}

/**
 * Opens a state and waits until the page has said its last word.
 *
 * @param {import("playwright-core").Page} page @param {string} url of the demo @param {State} state @param {"vi" | "en"} lang
 */
export async function openState(page, url, state, lang) {
  await state.prepare?.(page);
  await page.goto(`${url}${state.path}?lang=${lang}`);
  if (state.tone && state.script !== false) await page.waitForFunction(() => document.querySelector("#verdict-by")?.textContent !== "");
}
