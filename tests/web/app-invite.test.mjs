/**
 * `nguon invite` as its user runs it: the code in the terminal is the link, and the link lets a phone join.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { openPage, withBrowser } from "./browser.mjs";
import { PHONE, atDesk, onScreen, startDemo, typePin } from "./app-rig.mjs";
import { ROOT, binary } from "./node.mjs";

const run = promisify(execFile);
const ORGANISATION = "htx-con-minh";

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
  demo = await startDemo();
});
after(() => demo.stop());

/** @param {string} key slug of who signs @param {string[]} more */
const invite = (key, ...more) => run(binary("nguon"), ["invite", "--organisation", ORGANISATION, "--key", demo.keyOf(key), "--node", demo.url, ...more]);

/** Reads the code that stands in a terminal of light letters on dark, where a full block is light. @param {string} text @returns {Promise<string>} */
async function scanned(text) {
  const { default: decodeQR } = await import(join(ROOT, "node/web/vendor/qr/decode.js"));
  const lines = text.split("\n").filter((line) => /^[ \u2580\u2584\u2588]+$/.test(line));
  const columns = Math.max(...lines.map((line) => line.length));
  const [module, width, height] = [8, columns * 8, lines.length * 16];
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (const [row, line] of lines.entries()) {
    for (let column = 0; column < columns; column += 1) {
      const letter = line[column] ?? " ";
      const light = [letter === "\u2580" || letter === "\u2588", letter === "\u2584" || letter === "\u2588"];
      for (let half = 0; half < 2; half += 1) {
        if (light[half]) continue;
        for (let y = 0; y < module; y += 1) for (let x = 0; x < module; x += 1) data.fill(0, (((row * 2 + half) * module + y) * width + column * module + x) * 4, (((row * 2 + half) * module + y) * width + column * module + x) * 4 + 3);
      }
    }
  }
  return decodeQR({ data, width, height });
}

test("the printed link and code are one, and whoever opens it joins and is approved", async () => {
  const { stdout } = await invite("ban-so-con-minh", "--name", "H\u1ed9 66");
  const link = /^link\s+(\S+)$/m.exec(stdout)?.[1] ?? "";
  assert.match(link, /^http:\/\/\S+\/app\/#join=[0-9A-HJKMNP-TV-Z]{26}$/);
  assert.ok(link.startsWith(demo.url));
  const until = Date.parse(/^holds\s+until (\S+)$/m.exec(stdout)?.[1] ?? "");
  assert.ok(Math.abs(until - Date.now() - 7 * 86_400_000) < 60_000, new Date(until).toISOString());
  assert.equal(await scanned(stdout), link);
  await withBrowser(async (phone) => {
    const { page } = await openPage(phone);
    await page.goto(link);
    await onScreen(page, "join");
    await page.tap(".foot .main");
    await onScreen(page, "join-name");
    await page.fill("main input", "B\u00e0 Hoa");
    await page.tap(".foot .main");
    await onScreen(page, "join-pin");
    await typePin(page, "2580");
    await typePin(page, "2580");
    await onScreen(page, "waiting");
    await withBrowser(async (office) => {
      const { page: desk } = await atDesk(office, demo);
      await desk.locator("li[data-key]", { hasText: "B\u00e0 Hoa" }).locator("button.main").click();
      await desk.waitForSelector('li[data-member="ho-66"]');
    }, { ...PHONE, hasTouch: false });
    await page.tap(".foot .main");
    await onScreen(page, "approved");
  }, PHONE);
  // The same link again, on another phone: it has served.
  await withBrowser(async (phone) => {
    const { page } = await openPage(phone);
    await page.goto(link);
    await onScreen(page, "join");
    await page.waitForSelector(".note.mind");
    assert.equal(await page.locator(".foot a").innerText(), "T\u00f4i c\u00f3 l\u1eddi m\u1eddi kh\u00e1c");
  }, PHONE);
});

test("options are heeded, and what cannot be is refused with what to do", async () => {
  const end = new Date(Date.now() + 2 * 86_400_000).toISOString();
  const { stdout } = await invite("ban-so-con-minh", "--role", "seller", "--role", "carrier", "--expires", end, "--base-url", "https://so.example.vn/");
  const token = /^link\s+https:\/\/so\.example\.vn\/app\/#join=(\S+)$/m.exec(stdout)?.[1];
  assert.ok(token, stdout);
  const known = await (await fetch(`${demo.url}/v1/invitations/${token}`)).json();
  assert.deepEqual([known.state, known.roles.sort()], ["open", ["carrier", "seller"]]);
  assert.ok(Math.abs(Date.parse(known.expiresAt) - Date.parse(end)) < 1_000);
  /** @param {Promise<unknown>} promise */
  const refused = (promise) => promise.then(() => assert.fail("taken"), (error) => {
    assert.equal(error.stdout, "");
    return String(error.stderr);
  });
  assert.match(await refused(invite("ho-01")), /registrar/);
  assert.match(await refused(invite("ban-so-con-minh", "--expires", new Date(Date.now() + 90 * 86_400_000).toISOString())), /30 days|expires/i);
  assert.match(await refused(invite("ban-so-con-minh", "--role", "queen")), /role/);
});
