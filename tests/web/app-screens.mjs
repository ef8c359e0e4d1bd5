/**
 * Takes the pictures of `docs/screens/app/`: every screen of the app as a producer meets it, on a small phone.
 *
 *     node tests/web/app-screens.mjs
 */
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { withBrowser } from "./browser.mjs";
import { PHONE, startDemo } from "./app-rig.mjs";
import { tour } from "./app-tour.mjs";
import { ROOT } from "./node.mjs";

const FOLDER = process.env.NGUON_SCREENS_FOLDER ?? join(ROOT, "docs/screens/app");
/** Too like another picture to be kept. */
const ALIKE = ["home-empty", "home-offline", "units", "lose-lots", "process-product", "key"];
/** Also shown by night. */
const DARK = ["home", "harvest-made"];
/** Also shown in English. */
const ENGLISH = ["home", "harvest-review"];

/** @param {string} suffix @param {string[] | null} only @param {object} options */
async function take(suffix, only, options) {
  const demo = await startDemo();
  try {
    await withBrowser((context) => tour(context, demo, async (name, page) => {
      if (only ? !only.includes(name) : ALIKE.includes(name)) return;
      await page.mouse.move(0, 0);
      await page.evaluate(() => {
        window.scrollTo(0, 0);
        return Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
      });
      await page.screenshot({ path: join(FOLDER, `${name}${suffix}.png`), animations: "disabled" });
    }), { ...PHONE, ...options });
  } finally {
    await demo.stop();
  }
}

await mkdir(FOLDER, { recursive: true });
// The pictures of the desk and of joining lie in the same folder, as do others, and are taken by the tests of what they show.
for (const name of await readdir(FOLDER)) if (!/^(?:desk|join|waiting|approved|photo|onephone|voice-recording|courier-carrying|report|home-unfinished)/.test(name)) await rm(join(FOLDER, name));
await take("", null, { reducedMotion: "reduce" });
await take("-dark", DARK, { reducedMotion: "reduce", colorScheme: "dark" });
if (!process.env.NGUON_SCREENS_SHORT) await take("-en", ENGLISH, { reducedMotion: "reduce", locale: "en-GB" });
let bytes = 0;
for (const name of await readdir(FOLDER)) bytes += (await stat(join(FOLDER, name))).size;
console.log(`${(await readdir(FOLDER)).length} pictures, ${bytes} bytes`);
