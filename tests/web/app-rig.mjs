/**
 * A producer's phone for the tests of the app: a demo ledger of its own, and a person of that ledger who is at home in the app.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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

/** Another woman takes the phone. @param {import("playwright-core").Page} page @param {string} name @param {string} pin */
export async function switchTo(page, name, pin) {
  await page.evaluate(() => { location.hash = "#/people"; });
  await onScreen(page, "people");
  await page.tap(".foot .main");
  await onScreen(page, "who");
  await page.locator(".tile", { hasText: name }).tap();
  await onScreen(page, "pin");
  await unlock(page, pin);
  await onScreen(page, "home");
}

/**
 * Sits down at the registrar's desk with the demo's key file.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @param {{ url: string, keyOf: (slug: string) => string }} demo
 */
export async function atDesk(context, demo, slug = "ban-so-con-minh", pin = "135790") {
  const { page, errors } = await openPage(context);
  await page.goto(`${demo.url}/app/coop`);
  await page.waitForSelector('main[data-page="enter"]');
  await page.setInputFiles("input[type=file]", demo.keyOf(slug));
  await page.fill("input[name=name]", "Ch\u1ecb Lan");
  await page.fill("input[name=pin]", pin);
  await page.click("form button[type=submit]");
  await page.waitForSelector('main[data-page="members"]');
  return { page, errors };
}

/** What a tap gives to save, as a file that can be chosen elsewhere. @param {import("playwright-core").Page} page @param {() => Promise<void>} tap */
export async function saved(page, tap) {
  const [download] = await Promise.all([page.waitForEvent("download"), tap()]);
  const path = await download.path();
  return { name: download.suggestedFilename(), mimeType: "text/plain", buffer: await readFile(path) };
}

/** Side of the picture that a camera sees, and how many pictures each code stands for. */
const [SIDE, STANDS] = [640, 4];

/**
 * A film of the codes that a screen shows, pixel for pixel, as another phone's camera sees them.
 *
 * @param {import("playwright-core").Page} page
 * @param {number} count of codes
 * @param {string} path where the film goes
 */
export async function film(page, count, path) {
  const parts = [Buffer.from(`YUV4MPEG2 W${SIDE} H${SIDE} F10:1 Ip A1:1 C420jpeg\n`)];
  for (let frame = 0; frame < count; frame += 1) {
    await page.waitForSelector(`canvas.qr[data-frame="${frame}"]`);
    const grey = await page.evaluate(([side, frame]) => {
      const shown = /** @type {HTMLCanvasElement} */ (document.querySelector(`canvas.qr[data-frame="${frame}"]`));
      const drawn = new OffscreenCanvas(side, side);
      const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (drawn.getContext("2d"));
      pen.imageSmoothingEnabled = false;
      pen.drawImage(shown, 0, 0, side, side);
      const { data } = pen.getImageData(0, 0, side, side);
      let text = "";
      for (let at = 0; at < data.length; at += 4) text += String.fromCharCode(data[at] ?? 0);
      return btoa(text);
    }, /** @type {[number, number]} */ ([SIDE, frame]));
    const picture = Buffer.concat([Buffer.from("FRAME\n"), Buffer.from(grey, "base64"), Buffer.alloc(SIDE * SIDE / 2, 128)]);
    for (let at = 0; at < STANDS; at += 1) parts.push(picture);
  }
  await writeFile(path, Buffer.concat(parts));
}

/** A phone whose camera sees a film. @param {string} path */
export const seeing = (path) => ({
  ...PHONE, permissions: ["camera"], args: ["--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${path}`],
});
