/**
 * The registrar's desk when the network goes away: it says so and what to do, and nothing that was typed is lost.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { openPage, withBrowser } from "./browser.mjs";
import { PHONE, atDesk, startDemo } from "./app-rig.mjs";
import { picture } from "./app-tour.mjs";

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
  demo = await startDemo();
});
after(() => demo.stop());

test("what was typed outlives a lost network, another page of the desk and another language, and is taken when the network is back", () => withBrowser(async (context) => {
  const { page } = await atDesk(context, demo);
  await context.setOffline(true);
  await page.locator("#said .note.stop", { hasText: "M\u1ea5t m\u1ea1ng." }).waitFor();
  await page.fill("form input[name=name]", "H\u1ed9 55");
  await page.check("form input[value=seller]");
  await page.click("form button[type=submit]");
  await page.locator("#said .note.stop", { hasText: "Kh\u00f4ng t\u1edbi \u0111\u01b0\u1ee3c m\u00e1y ch\u1ee7." }).waitFor();
  await picture(page, "desk-offline");
  const typed = async () => [await page.inputValue("form input[name=name]"), await page.isChecked("form input[value=seller]")];
  assert.deepEqual(await typed(), ["H\u1ed9 55", true]);
  // Another page of the desk cannot be read now: this one stays.
  await page.click("nav a[href='#/products']");
  await page.locator("#said .note.stop", { hasText: "Kh\u00f4ng t\u1edbi \u0111\u01b0\u1ee3c m\u00e1y ch\u1ee7." }).waitFor();
  assert.equal(await page.getAttribute("main", "data-page"), "members");
  assert.deepEqual(await typed(), ["H\u1ed9 55", true]);

  await context.setOffline(false);
  await page.locator("#said .note.tick", { hasText: "C\u00f3 m\u1ea1ng l\u1ea1i r\u1ed3i." }).waitFor();
  await page.click("nav a[href='#/products']");
  await page.waitForSelector('main[data-page="products"]');
  await page.fill("form input[name=name]", "Ch\u00e8");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("link", { name: "Members" }).click();
  await page.waitForSelector('main[data-page="members"]');
  assert.deepEqual(await typed(), ["H\u1ed9 55", true]);
  await page.getByRole("link", { name: "Products" }).click();
  await page.waitForSelector('main[data-page="products"]');
  assert.equal(await page.inputValue("form input[name=name]"), "Ch\u00e8");
  await page.getByRole("link", { name: "Members" }).click();
  await page.waitForSelector('main[data-page="members"]');
  await page.click("form button[type=submit]");
  await page.waitForSelector("#said .note.tick");
  assert.match(await page.inputValue(".made input[name=link]"), /#join=[0-9A-Z]{26}$/);
  assert.deepEqual(await typed(), ["", false], "what was taken stands there no more");
}, { ...PHONE, hasTouch: false }));

test("what was done before the network went away is not called undone", () => withBrowser(async (context) => {
  const { page } = await atDesk(context, demo);
  await page.goto(`${demo.url}/app/coop#/places`);
  await page.waitForSelector('main[data-page="places"]');
  await page.fill("input[name=name]", "Kho m\u1edbi");
  await page.fill("input[name=where]", "x\u00e3 C\u00f4n Minh");
  // Its receipt is worked out, and then the network is gone: the lists cannot be read anew.
  let isTaken = false;
  await context.route("**/v1/**", async (route) => {
    const [url, method] = [route.request().url(), route.request().method()];
    if (isTaken && !url.includes("/v1/entries/")) return route.abort("internetdisconnected");
    isTaken ||= method === "POST";
    return route.continue();
  });
  await page.click("form button[type=submit]");
  const said = page.locator("#said .note.tick", { hasText: "Vi\u1ec7c \u0111\u00e3 xong." });
  await said.waitFor();
  assert.equal((await fetch(`${demo.url}/v1/places/kho-moi`)).status, 200);
}, { ...PHONE, hasTouch: false }));

test("opened without a network, the desk says so and opens by itself when there is one", () => withBrowser(async (context) => {
  const { page } = await openPage(context);
  let isAway = true;
  await context.route("**/v1/**", (route) => (isAway ? route.abort("internetdisconnected") : route.continue()));
  await page.goto(`${demo.url}/app/coop`);
  await page.locator("main .note.stop", { hasText: "Kh\u00f4ng t\u1edbi \u0111\u01b0\u1ee3c m\u00e1y ch\u1ee7." }).waitFor();
  isAway = false;
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await page.waitForSelector('main[data-page="enter"]');
}, { ...PHONE, hasTouch: false }));

/** Stands before the node, and can be away, for the page as for its worker. @param {string} to */
async function front(to) {
  const state = { isAway: false };
  const server = createServer((asked, answer) => {
    if (state.isAway) return asked.socket.destroy();
    const passed = request(new URL(asked.url ?? "/", to), { method: asked.method, headers: asked.headers }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      found.pipe(answer);
    });
    passed.on("error", () => asked.socket.destroy());
    asked.pipe(passed);
    return undefined;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { state, url: `http://127.0.0.1:${port}`, stop: () => { server.closeAllConnections(); server.close(); } };
}

test("reloaded without a network, the desk's place is taken by a page of ours, which leaves by itself with all that was typed still there", () => withBrowser(async (context) => {
  const web = await front(demo.url);
  try {
    const { page } = await atDesk(context, { ...demo, url: web.url });
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await page.goto(`${web.url}/app/coop#/places`);
    await page.waitForSelector('main[data-page="places"]');
    await page.fill("form input[name=name]", "Kho s\u1ea5y");
    web.state.isAway = true;
    // Twice: asked again while nothing has changed, it is there again.
    for (const leave of [() => page.reload(), () => Promise.all([page.waitForEvent("load"), page.click("a.button")])]) {
      await leave();
      await page.waitForSelector('main[data-page="away"]');
    }
    assert.equal(await page.innerText("h1"), "Ch\u01b0a c\u00f3 m\u1ea1ng");
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".button.main") ?? document.body).minHeight), "60px", "it has its style");
    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
    assert.deepEqual(violations.map(({ id }) => id), []);
    await picture(page, "desk-away");
    assert.equal(new URL(page.url()).hash, "#/places");
    web.state.isAway = false;
    await page.waitForSelector('main[data-page="enter"]');
    await page.fill("input[name=pin] >> nth=0", "135790");
    await page.click("form button[type=submit] >> nth=0");
    await page.waitForSelector('main[data-page="places"]');
    assert.equal(await page.inputValue("form input[name=name]"), "Kho s\u1ea5y");
    // The worker keeps nothing of the desk itself.
    const kept = await page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)))).flat());
    assert.ok(kept.some((url) => url.endsWith("/app/away.html")));
    assert.deepEqual(kept.filter((url) => /\/(?:coop|report)\//.test(url)), []);
  } finally {
    web.stop();
  }
}, { ...PHONE, hasTouch: false }));
