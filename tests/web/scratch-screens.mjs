/**
 * Takes the pictures of the scratch code's page in docs/screens/scratch anew: `node tests/web/scratch-screens.mjs`.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { withBrowser } from "./browser.mjs";
import { ROOT } from "./node.mjs";
import { startScratched } from "./scratch-rig.mjs";

const FOLDER = join(ROOT, "docs/screens/scratch");
const PHONE = { width: 360, height: 740 };
const QUALITY = 48;

await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
const site = await startScratched();
try {
  let number = 0;
  for (const [lang, colorScheme] of /** @type {const} */ ([["vi", "light"], ["en", "dark"]])) {
    const pack = site.packs[number];
    const other = site.packs[number + 1];
    number += 2;
    if (!pack || !other) throw new Error("too few packs");
    for (const [state, typed] of [["form", ""], ["wrong", other.code], ["mistyped", other.code.split("").reverse().join("")], ["first", pack.code], ["again", pack.code]]) {
      await withBrowser(async (context) => {
        const page = await context.newPage();
        if (state === "form") {
          await page.goto(`${site.url}${pack.path}?lang=${lang}`);
          await page.locator("a[href*='/scratch']").scrollIntoViewIfNeeded();
          await page.evaluate(() => Promise.all(Array.from(document.images, (image) => { image.loading = "eager"; return image.decode().catch(() => {}); })));
          await page.screenshot({ path: join(FOLDER, `pack-${lang}-${colorScheme}-360.jpg`), type: "jpeg", quality: QUALITY });
        }
        await page.goto(`${site.url}${pack.path}/scratch?lang=${lang}`);
        if (typed) {
          await page.locator("#code").fill(typed);
          await Promise.all([page.waitForNavigation(), page.locator("form[method=post] button").click()]);
        }
        await page.screenshot({ path: join(FOLDER, `${state}-${lang}-${colorScheme}-360.jpg`), type: "jpeg", quality: QUALITY });
      }, { viewport: PHONE, colorScheme, userAgent: state });
    }
  }
} finally {
  await site.stop();
}
