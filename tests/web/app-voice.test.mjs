/**
 * Spoken words: recorded in the app by those who speak the language, kept on the phone, heard on the screen they are for without a network,
 * and passed on to another phone.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { PHONE, enter, onScreen, saved, startDemo, unlock } from "./app-rig.mjs";
import { goHome, picture } from "./app-tour.mjs";

const RECORDED_MS = 1_500;
/** A phone whose microphone hears a beep every second. */
const HEARING = { ...PHONE, permissions: ["microphone"], args: ["--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required"] };

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
  demo = await startDemo();
});
after(() => demo.stop());

/** @typedef {import("playwright-core").Page} Page */

/** Every sound that the app makes can be looked at afterwards. @param {import("playwright-core").BrowserContext} context */
const listen = (context) => context.addInitScript(() => {
  const global = /** @type {any} */ (globalThis);
  global.sounds = [];
  global.Audio = class extends Audio {
    constructor(/** @type {string} */ url) {
      super(url);
      global.sounds.push(this);
    }
  };
});

/** How long the newest sound was heard, once it has ended. @param {Page} page @param {number} count of sounds so far */
async function heard(page, count) {
  const sound = await page.waitForFunction((count) => {
    const { sounds } = /** @type {any} */ (globalThis);
    return sounds.length === count && sounds[count - 1].ended ? { seconds: sounds[count - 1].currentTime, from: sounds[count - 1].src } : null;
  }, count);
  return /** @type {{ seconds: number, from: string }} */ (await sound.jsonValue());
}

test("a clip is recorded where it was missing, heard on its screen without a network, and passed on", () => withBrowser(async (context) => {
  await listen(context);
  const { page, errors } = await enter(context, demo, "ho-01", "Ch\u1ecb Mai");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.tap(".speaker");
  await page.getByText("M\u00e0n n\u00e0y ch\u01b0a c\u00f3 l\u1eddi n\u00f3i.").last().waitFor();
  await picture(page, "voice-missing");
  await page.tap(".toast a");
  await onScreen(page, "voice-one");
  await page.tap("main .buttons .main");
  await page.getByText("\u0110ang thu. N\u00f3i \u0111i\u2026").waitFor();
  await picture(page, "voice-recording");
  await page.waitForFunction((until) => performance.now() > until, await page.evaluate((ms) => performance.now() + ms, RECORDED_MS));
  await page.tap("main .buttons .main");
  await page.getByText("\u0110\u00e3 l\u01b0u l\u1eddi n\u00f3i").waitFor();
  await page.getByRole("button", { name: "Nghe l\u1ea1i" }).tap();
  assert.ok((await heard(page, 1)).seconds > 1);

  // Without a network, and after the app was closed.
  await context.setOffline(true);
  await page.reload();
  await onScreen(page, "who");
  await page.tap(".tile");
  await unlock(page, "2580");
  await onScreen(page, "home");
  await page.tap(".speaker");
  const { seconds, from } = await heard(page, 1);
  assert.ok(seconds > 1, `${seconds} s`);
  assert.match(from, /^blob:/);
  assert.equal(await page.locator(".toast").count(), 0);
  // Another screen has none yet.
  await page.evaluate(() => { location.hash = "#/records"; });
  await onScreen(page, "records");
  await page.tap(".speaker");
  await page.waitForSelector(".toast");

  await page.evaluate(() => { location.hash = "#/voice"; });
  await onScreen(page, "voice");
  const pack = await saved(page, () => page.getByRole("button", { name: "G\u1eedi b\u1ed9 l\u1eddi n\u00f3i cho m\u00e1y kh\u00e1c" }).tap());
  assert.deepEqual(errors.filter((error) => !/ERR_INTERNET_DISCONNECTED|Failed to fetch|status of 404/.test(error)), []);
  await withBrowser(async (others) => {
    await listen(others);
    const { page: other } = await enter(others, demo, "ho-02", "Ch\u1ecb Lan");
    await other.evaluate(() => { location.hash = "#/voice"; });
    await onScreen(other, "voice");
    await other.setInputFiles("main input[type=file]", { name: "x.txt", mimeType: "text/plain", buffer: Buffer.from("{}") });
    await other.getByText("T\u1ec7p n\u00e0y kh\u00f4ng ph\u1ea3i b\u1ed9 l\u1eddi n\u00f3i.").waitFor();
    await other.setInputFiles("main input[type=file]", pack);
    await other.getByText("\u0110\u00e3 nh\u1eadn 1 l\u1eddi n\u00f3i.").waitFor();
    await others.setOffline(true);
    await goHome(other);
    await other.tap(".speaker");
    assert.ok((await heard(other, 1)).seconds > 1);
  }, HEARING);
}, HEARING));
