/**
 * The real browser under test: Debian's Chromium, driven by playwright-core.
 *
 * Chromium only ever speaks to this machine here, so everything that would call home is switched off.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Where the browser lies; `NGUON_CHROMIUM` names another one. */
const CHROMIUM = process.env.NGUON_CHROMIUM ?? "/usr/bin/chromium";

const FLAGS = [
  "--no-sandbox", // The tests run as root in CI, where Chromium's sandbox refuses to start.
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts a browser with an empty profile, hands it to `use`, and takes both away whatever happens.
 *
 * @template T
 * @param {(context: import("playwright-core").BrowserContext) => Promise<T>} use
 * @param {Parameters<typeof chromium.launchPersistentContext>[1]} [options] viewport, locale, permissions and the like
 * @returns {Promise<T>} what `use` returned
 */
export async function withBrowser(use, options = {}) {
  const profile = await mkdtemp(join(tmpdir(), "nguon-chromium-"));
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: FLAGS,
      ...options,
    });
    try {
      return await use(context);
    } finally {
      await context.close();
    }
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Opens a page that collects what a person would never see: errors of scripts and of the console.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @returns {Promise<{ page: import("playwright-core").Page, errors: string[] }>}
 */
export async function openPage(context) {
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  return { page, errors };
}
