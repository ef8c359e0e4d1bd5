/**
 * The weigh-in between two phones: by the giver's code, typed; and by the giver's picture, seen through the receiver's camera.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { PHONE, enter, onScreen, startDemo } from "./app-rig.mjs";
import { allInLedger, chooseLot, goHome, harvest, typeAmount } from "./app-tour.mjs";
import { ROOT } from "./node.mjs";

/** The film that the receiver's camera sees: pixels of its side, pixels of a module, and pictures for which each code stands. */
const [SIDE, STANDS] = [640, 4];

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
  demo = await startDemo();
});
after(() => demo.stop());

/** @typedef {import("playwright-core").Page} Page */

/** She harvests and hands over to her co-operative. @param {Page} page @param {string} amount @returns {Promise<{ code: string, frames: string[] }>} */
async function give(page, amount) {
  await harvest(page, "C\u1ee7 dong ri\u1ec1ng", amount);
  await allInLedger(page);
  await goHome(page);
  await page.tap("[data-verb=ship]");
  await chooseLot(page, "ship", `c\u00f2n ${amount} kg`);
  await typeAmount(page, amount);
  await onScreen(page, "ship-party");
  await page.tap(".tile:has-text('HTX M\u1eabu C\u00f4n Minh')");
  await onScreen(page, "ship-place");
  await page.tap(".foot .main");
  await onScreen(page, "ship-review");
  await page.tap(".foot .main");
  await onScreen(page, "give");
  return {
    code: await page.innerText("#code"),
    frames: await page.evaluate(() => Object.entries(sessionStorage).flatMap(([key, value]) => (key.startsWith("nguon.offer.") ? JSON.parse(value).frames : []))),
  };
}

/** The receiver says that the amount is right, and has it. @param {Page} page @param {string} amount */
async function agree(page, amount) {
  await onScreen(page, "agree");
  assert.match(await page.innerText("h1"), /H\u1ed9 0\d giao\. C\u00f3 \u0111\u00fang s\u1ed1 c\u00e2n kh\u00f4ng\?/);
  await page.tap(`[data-offer]:has-text('\u0110\u00fang ${amount} kg')`);
  await onScreen(page, "saved");
  await allInLedger(page);
  assert.match(await page.innerText(".list li >> nth=0"), new RegExp(`Nh\u1eadn[\\s\\S]*${amount} kg \u00b7 C\u1ee7 dong ri\u1ec1ng[\\s\\S]*\u0110\u00e3 v\u00e0o s\u1ed5`));
}

test("the receiver types the giver's code, and both have the same", async () => {
  await withBrowser(async (giving) => {
    const { page: giver } = await enter(giving, demo, "ho-05", "Ch\u1ecb Mai");
    const { code } = await give(giver, "37");
    assert.match(code, /^[0-9A-Z]{4} [0-9A-Z]{4}$/);
    await withBrowser(async (receiving) => {
      const { page } = await enter(receiving, demo, "to-che-bien-con-minh", "T\u1ed5 ch\u1ebf bi\u1ebfn");
      await page.tap("[data-verb=receive]");
      await onScreen(page, "take");
      await page.tap("a[href='#/typed']");
      await onScreen(page, "typed");
      await page.fill("main input", "0000 0000");
      await page.tap(".foot .main");
      await page.waitForSelector(".note.mind");
      await page.fill("main input", code.toLowerCase());
      await page.tap(".foot .main");
      await agree(page, "37");
    }, PHONE);
  }, PHONE);
});

/** A film of codes, as a camera sees them. @param {string[]} texts @returns {Promise<Buffer>} */
async function film(texts) {
  const { default: encodeQR } = await import(join(ROOT, "node/web/vendor/qr/index.js"));
  const parts = [Buffer.from(`YUV4MPEG2 W${SIDE} H${SIDE} F10:1 Ip A1:1 C420jpeg\n`)];
  for (const text of texts) {
    /** @type {boolean[][]} */
    const modules = encodeQR(text, "raw", { ecc: "medium", border: 4 });
    const size = Math.floor(SIDE / modules.length);
    const picture = Buffer.alloc(SIDE * SIDE * 1.5, 128);
    picture.fill(255, 0, SIDE * SIDE);
    for (const [y, row] of modules.entries()) {
      for (const [x, isDark] of row.entries()) {
        for (let line = 0; isDark && line < size; line += 1) picture.fill(0, (y * size + line) * SIDE + x * size, (y * size + line) * SIDE + (x + 1) * size);
      }
    }
    for (let at = 0; at < STANDS; at += 1) parts.push(Buffer.from("FRAME\n"), picture);
  }
  return Buffer.concat(parts);
}

test("the receiver's camera reads the giver's codes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nguon-film-"));
  try {
    await withBrowser(async (giving) => {
      const { page: giver } = await enter(giving, demo, "ho-06", "Ch\u1ecb Lan");
      const { frames } = await give(giver, "29");
      assert.ok(frames.length > 0);
      const path = join(folder, "codes.y4m");
      await writeFile(path, await film(frames));
      await withBrowser(async (receiving) => {
        const { page } = await enter(receiving, demo, "to-che-bien-con-minh", "T\u1ed5 ch\u1ebf bi\u1ebfn");
        await page.tap("[data-verb=receive]");
        await onScreen(page, "take");
        await page.tap(".foot .main");
        await agree(page, "29");
      }, { ...PHONE, permissions: ["camera"], args: ["--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${path}`] });
    }, PHONE);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
