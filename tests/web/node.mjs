/**
 * Starts one of the project's release binaries and knows when it is ready.
 *
 * A server prints `ready http://...` on its standard output once it answers; nothing here waits by the clock
 * except to give up.
 */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A binary that is not ready by then counts as broken; the slowest start seen is a fraction of it. */
const READY_MS_MAX = 60_000;

/** How long a server may take to put its files in order after SIGTERM. */
const STOP_MS_MAX = 10_000;

/**
 * @param {string} name of the binary, such as `nguon`
 * @returns {string} its path in Cargo's target folder
 */
export function binary(name) {
  return join(resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target"), "release", name);
}

/**
 * @typedef {object} Server
 * @property {string} url where it answers, without a trailing slash
 * @property {string[]} output every line that it printed, both streams
 * @property {() => Promise<number | null>} stop ends it and gives its exit code (null: it had to be killed)
 */

/**
 * @param {string[]} args such as `["demo", "--port", "0"]`
 * @param {{ name?: string, cwd?: string, env?: Record<string, string> }} [options]
 * @returns {Promise<Server>} once the binary has said that it is ready
 */
export function start(args, { name = "nguon", cwd, env } = {}) {
  const child = spawn(binary(name), args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  /** @type {Promise<number | null>} */
  const exited = new Promise((done) => child.once("exit", (code) => done(code)));
  /** @type {string[]} */
  const output = [];

  async function stop() {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
    const code = await exited;
    clearTimeout(timer);
    return code;
  }

  return new Promise((fulfil, reject) => {
    /** @param {string} why */
    const fail = (why) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new Error(`${name} ${args.join(" ")}: ${why}\n${output.join("\n")}`));
    };
    const timer = setTimeout(() => fail(`not ready after ${READY_MS_MAX} ms`), READY_MS_MAX);
    child.once("error", (error) => fail(error.message));
    // The streams may still hold lines when the process is gone; "close" comes after both have ended.
    child.once("close", (code, signal) => fail(`ended with ${code ?? signal} before it was ready`));
    createInterface({ input: child.stderr }).on("line", (line) => output.push(line));
    createInterface({ input: child.stdout }).on("line", (line) => {
      output.push(line);
      const url = /^ready (https?:\/\/\S+)/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      fulfil({ url: url.replace(/\/$/, ""), output, stop });
    });
  });
}
