/**
 * A demo with one more lot, whose packs have codes under scratch layers, given to the pages as a co-op gives them: with the commands.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { binary, start } from "./node.mjs";

const LOT = "/01/08938505970011/10/MD-CAO";
const PACKS = 5;

/** @typedef {{ path: string, code: string }} Pack */

/**
 * Runs it until it is stopped.
 *
 * @returns {Promise<{ url: string, lot: string, packs: Pack[], stop: () => Promise<void> }>}
 */
export async function startScratched() {
  const folder = await mkdtemp(join(tmpdir(), "nguon-scratch-"));
  const data = join(folder, "demo");
  const demo = await start(["demo", "--data", data, "--listen", "127.0.0.1:0"]);
  const stop = async () => {
    await demo.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const run = promisify(execFile);
  const list = join(folder, "codes.txt");
  const record = async (/** @type {string[]} */ ...args) => {
    const { stdout } = await run(binary("nguon"), ["record", ...args, "--node", demo.url, "--key", join(data, "keys/ho-01.pem")]);
    return /^new lot +(\S+)/m.exec(stdout)?.[1] ?? "";
  };
  try {
    await run(binary("nguon-qr"), ["labels", "--new-serials", String(PACKS), "--scratch", "--out-serials", list]);
    const roots = await record("harvest", "--product", "cu-dong-rieng", "--amount", "200 kg");
    const starch = await record("process", "--input", `${roots}=200 kg`, "--output", "tinh-bot-dong=20 kg");
    const noodles = await record("process", "--input", `${starch}=20 kg`, "--output", "mien-dong=17 kg");
    const lot = `https://id.gs1.org${LOT}`;
    await record("pack", "--input", `${noodles}=2.5 kg`, "--output", `mien-dong-goi-500g@${lot}=2.5 kg`, "--serials-list", list);
    await run(binary("nguon-qr"), ["serials", "import", "--data", join(data, "qr"), "--node", demo.url, "--lot", lot, list]);
    const lines = (await readFile(list, "utf8")).split("\n").map((line) => line.split("\t"));
    const packs = lines.map(([serial = "", code = ""]) => ({ path: `${LOT}/21/${serial}`, code }));
    return { url: demo.url, lot: LOT, packs, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
