/**
 * Takes the pictures of the consumer page in docs/screens/consumer anew: `node tests/web/screens.mjs`.
 *
 * Each is made to be looked at by a person: cut, cramped or ugly is a fault like any other.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { withBrowser } from "./browser.mjs";
import { openState, startDemo, startWitnessedDemo } from "./consumer.mjs";
import { ROOT } from "./node.mjs";

const FOLDER = join(ROOT, "docs/screens/consumer");
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 800 };
/** JPEG, because dozens of pictures lie in the repository. */
const QUALITY = 48;

/**
 * @typedef {object} Picture
 * @property {keyof import("./consumer.mjs").Site["states"] | "witnessed"} state @property {"vi" | "en"} lang @property {"light" | "dark"} scheme
 * @property {{ width: number, height: number }} size @property {"top" | "whole" | "why"} part
 */

/** @returns {Picture[]} */
function wanted() {
  /** @type {Picture[]} */
  const all = [];
  for (const lang of /** @type {const} */ (["vi", "en"])) {
    for (const scheme of /** @type {const} */ (["light", "dark"])) {
      for (const state of /** @type {const} */ (["normal", "recalled", "failed", "bare"])) all.push({ state, lang, scheme, size: PHONE, part: "top" });
      all.push({ state: "normal", lang, scheme, size: DESK, part: "top" });
    }
  }
  all.push(
    { state: "normal", lang: "vi", scheme: "light", size: PHONE, part: "whole" },
    { state: "normal", lang: "en", scheme: "dark", size: PHONE, part: "whole" },
    { state: "recalled", lang: "vi", scheme: "light", size: DESK, part: "top" },
    { state: "failed", lang: "en", scheme: "dark", size: DESK, part: "top" },
    { state: "failed", lang: "vi", scheme: "light", size: PHONE, part: "why" },
    { state: "normal", lang: "en", scheme: "dark", size: PHONE, part: "why" },
    { state: "plain", lang: "vi", scheme: "light", size: PHONE, part: "top" },
    { state: "unknown", lang: "vi", scheme: "light", size: PHONE, part: "top" },
    { state: "unknown", lang: "en", scheme: "dark", size: PHONE, part: "top" },
  );
  return all;
}

/** @param {string} url @param {import("./consumer.mjs").State} shown @param {Picture} picture */
async function take(url, shown, { state, lang, scheme, size, part }) {
  await withBrowser(async (context) => {
    const page = await context.newPage();
    await openState(page, url, shown, lang);
    // Photos come after what they would keep waiting.
    await page.evaluate(() => Promise.all(Array.from(document.querySelectorAll(".photo"), (photo) => /** @type {HTMLImageElement} */ (photo).decode())));
    if (shown.script !== false) {
      // Pictures below the screen are loaded when they come near it; a whole page is near everywhere.
      if (part === "whole") await page.evaluate(() => Promise.all(Array.from(document.images, (image) => { image.loading = "eager"; return image.decode().catch(() => {}); })));
      if (part === "why") await page.locator("#checks-box > summary").click();
      await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
    }
    const name = [state, ...(part === "top" ? [] : [part]), lang, scheme, size.width].join("-");
    await page.screenshot({ path: join(FOLDER, `${name}.jpg`), type: "jpeg", quality: QUALITY, fullPage: part === "whole" });
  }, { viewport: size, colorScheme: scheme, javaScriptEnabled: shown.script !== false });
}

await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
const site = await startDemo();
try {
  for (const picture of wanted()) await take(site.url, site.states[/** @type {keyof typeof site.states} */ (picture.state)], picture);
} finally {
  await site.stop();
}
const watched = await startWitnessedDemo();
try {
  for (const scheme of /** @type {const} */ (["light", "dark"])) {
    for (const lang of /** @type {const} */ (["vi", "en"])) await take(watched.url, watched.state, { state: "witnessed", lang, scheme, size: PHONE, part: "top" });
  }
} finally {
  await watched.stop();
}
