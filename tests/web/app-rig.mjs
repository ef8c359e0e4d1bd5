/**
 * A producer's phone for the tests of the app: a demo ledger of its own, and a person of that ledger who is at home in the app.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPage } from "./browser.mjs";
import { start } from "./node.mjs";

/** A cheap phone, held upright. */
export const PHONE = { viewport: { width: 360, height: 740 }, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", hasTouch: true };

/**
 * The demo's ledger, served until `stop`.
 *
 * @returns {Promise<{ url: string, keyOf: (slug: string) => string, stop: () => Promise<number | null> }>}
 */
export async function startDemo() {
  const folder = await mkdtemp(join(tmpdir(), "nguon-app-"));
  const server = await start(["demo", "--data", join(folder, "demo"), "--listen", "127.0.0.1:0"]);
  return {
    url: server.url,
    keyOf: (slug) => join(folder, "demo", "keys", `${slug}.pem`),
    async stop() {
      const code = await server.stop();
      await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** Types a new PIN on the pad. @param {import("playwright-core").Page} page @param {string} pin */
export async function typePin(page, pin) {
  for (const digit of pin) await page.click(`.pad [data-key="${digit}"]`);
}

/** Types a known PIN and confirms it. @param {import("playwright-core").Page} page @param {string} pin */
export async function unlock(page, pin) {
  await typePin(page, pin);
  await page.click('.pad [data-key="enter"]');
}

/** Waits for a screen. @param {import("playwright-core").Page} page @param {string} name */
export const onScreen = (page, name) => page.waitForSelector(`main[data-screen="${name}"]`);

/**
 * Opens the app as somebody of the demo: by the key file that the demo made for her.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @param {{ url: string, keyOf: (slug: string) => string }} demo
 * @param {string} slug
 * @param {string} name
 */
export async function enter(context, demo, slug, name, pin = "2580") {
  const { page, errors } = await openPage(context);
  await page.goto(`${demo.url}/app/#/key`);
  await addByKey(page, demo, slug, name, pin);
  return { page, errors };
}

/** @param {import("playwright-core").Page} page @param {{ keyOf: (slug: string) => string }} demo @param {string} slug @param {string} name @param {string} pin */
export async function addByKey(page, demo, slug, name, pin) {
  await onScreen(page, "key");
  await page.fill("main input[type=text]", name);
  await page.setInputFiles("#keyfile", demo.keyOf(slug));
  await typePin(page, pin);
  await typePin(page, pin);
  await onScreen(page, "home");
}
