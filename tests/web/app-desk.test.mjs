/**
 * The registrar's desk in real Chromium over a real node: a key file, an invitation, a second phone that takes it, approval with one tap,
 * a lost phone, and a recall that reaches what its preview said.
 *
 * With NGUON_SCREENS=1 the pictures in docs/screens/app are taken anew.
 */
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { atDesk, startDemo } from "./app-rig.mjs";
import { withBrowser } from "./browser.mjs";
import { ROOT } from "./node.mjs";

const REGISTRAR = "ban-so-con-minh";
const ORGANISATION = "htx-con-minh";
const PIN = "135790";
const ORIGIN = "demo.nguon.example";
const PHONE = { viewport: { width: 360, height: 740 }, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh" };
const TABLE = { width: 1280, height: 800 };

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => { demo = await startDemo(); });
after(async () => { assert.equal(await demo.stop(), 0); });

/** @typedef {import("playwright-core").Page} Page */

/** A ledger without witnesses has no policy, which the browser calls an error. @param {string} error */
const isExpected = (error) => /Failed to load resource.* 404 /.test(error);

/** What the node answers. @param {string} path @param {RequestInit} [options] */
async function ask(path, options) {
  const answer = await fetch(demo.url + path, options);
  return { status: answer.status, json: await answer.json().catch(() => null) };
}

/** A new phone: a key that signs. */
function phone() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
  /** @param {string} token */
  const claim = (token, name = "Ch\u1ecb Hoa") => {
    const signature = sign(null, Buffer.from(`nguon-claim v1\n${ORIGIN}\n${token}\n${key}\n`), privateKey).toString("base64");
    return ask(`/v1/invitations/${token}/claim`, { method: "POST", body: JSON.stringify({ key, name, signature }) });
  };
  return { key, claim };
}

/** @param {Page} page @param {string} name */
async function picture(page, name) {
  if (!process.env.NGUON_SCREENS) return;
  const folder = join(ROOT, "docs/screens/app");
  await mkdir(folder, { recursive: true });
  await page.setViewportSize(PHONE.viewport);
  await page.screenshot({ path: join(folder, `desk-${name}.png`) });
  await page.setViewportSize(TABLE);
  await page.screenshot({ path: join(folder, `desk-${name}-wide.png`) });
  await page.setViewportSize(PHONE.viewport);
}

/** No rule of WCAG 2.2 AA is broken, and nothing is wider than the screen. @param {Page} page */
async function accessible(page) {
  for (const viewport of [PHONE.viewport, TABLE]) {
    await page.setViewportSize(viewport);
    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(over, 0, `${page.url()} at ${viewport.width} px`);
  }
  await page.setViewportSize(PHONE.viewport);
}

/** Goes to a page of the desk. @param {Page} page @param {string} name */
async function go(page, name) {
  await page.goto(`${demo.url}/app/coop#/${name}`);
  await page.waitForSelector(`main[data-page="${name.split("/")[0]}"]`);
}

/** Makes an invitation and gives its token. @param {Page} page @param {string} name */
async function invite(page, name) {
  await page.fill("form input[name=name]", name);
  await page.click("form button[type=submit]");
  const link = await page.inputValue(".made input[name=link]");
  const token = /^http:\/\/\S+\/app\/#join=([0-9A-HJKMNP-TV-Z]{26})$/.exec(link)?.[1];
  assert.ok(token, link);
  return token;
}

test("a member is invited, asks, and is approved with one tap; her lost phone is stopped and she joins anew", async () => {
  await withBrowser(async (context) => {
    const { page, errors } = await atDesk(context, demo, REGISTRAR, PIN);
    await accessible(page);
    const token = await invite(page, "H\u1ed9 77");
    await picture(page, "invitation");
    await accessible(page);
    const first = phone();
    assert.deepEqual(await first.claim(token), { status: 200, json: { state: "claimed" } });
    const thief = await phone().claim(token);
    assert.deepEqual([thief.status, thief.json.code], [409, "invitation_used"]);

    await page.reload();
    await page.fill("input[name=pin]", PIN);
    await page.click("form button[type=submit]");
    const asking = page.locator(`li[data-key="${first.key}"]`);
    await asking.waitFor();
    assert.match(await asking.innerText(), /Ch\u1ecb Hoa/);
    await picture(page, "asking");
    await accessible(page);
    await asking.locator("button.main").click();
    await page.waitForSelector('li[data-member="ho-77"]');
    const signer = await ask(`/v1/signers/${first.key}`);
    assert.deepEqual([signer.status, signer.json.actor, signer.json.revoked], [200, `https://${ORIGIN}/actor/ho-77`, false]);
    const actor = await ask("/v1/actors/ho-77");
    assert.deepEqual([actor.json.under, actor.json.roles], [`https://${ORIGIN}/actor/${ORGANISATION}`, ["producer"]]);
    assert.ok(!JSON.stringify(actor.json).includes("Hoa"), "what she calls herself is not in the ledger");
    assert.equal((await ask(`/v1/invitations/${token}`)).json.state, "approved");

    // The phone is lost: two questions, one statement, and a new invitation that leads to the same person.
    const row = page.locator('li[data-member="ho-77"]');
    await row.getByRole("button", { name: "M\u1ea5t m\u00e1y" }).click();
    await picture(page, "lost");
    await row.getByRole("button", { name: "Kho\u00e1 m\u00e1y c\u0169" }).click();
    const again = new URL(await page.inputValue(".made input[name=link]")).hash.slice("#join=".length);
    assert.equal((await ask(`/v1/signers/${first.key}`)).json.revoked, true);
    const second = phone();
    assert.equal((await second.claim(again)).status, 200);
    const replayed = await phone().claim(token);
    assert.deepEqual([replayed.status, replayed.json.code], [409, "invitation_used"], "the first token serves nobody");
    await page.reload();
    await page.fill("input[name=pin]", PIN);
    await page.click("form button[type=submit]");
    await page.locator(`li[data-key="${second.key}"] button.main`).click();
    await page.locator(`li[data-key="${second.key}"]`).waitFor({ state: "detached" });
    assert.equal((await ask(`/v1/signers/${second.key}`)).json.actor, `https://${ORIGIN}/actor/ho-77`);
    const keys = (await ask("/v1/actors/ho-77")).json.keys;
    assert.deepEqual(keys, [{ key: first.key, revoked: true }, { key: second.key, revoked: false }]);
    await picture(page, "members");
    assert.deepEqual(errors.filter((error) => !isExpected(error)), []);
  }, PHONE);
});

test("products, places, what is on the way and lots are listed and added", async () => {
  await withBrowser(async (context) => {
    const { page, errors } = await atDesk(context, demo, REGISTRAR, PIN);
    await go(page, "products");
    await picture(page, "products");
    await accessible(page);
    await page.fill("input[name=name]", "B\u1ed9t dong th\u1eed");
    await page.selectOption("select[name=from]", { label: "C\u1ee7 dong ri\u1ec1ng" });
    await page.fill("input[name=yield]", "kh\u00f4ng ph\u1ea3i s\u1ed1");
    await page.click("form button[type=submit]");
    await page.waitForSelector("#said .note.stop");
    await page.fill("input[name=yield]", "0,16");
    await page.click("form button[type=submit]");
    await page.waitForSelector("#said .note.tick");
    const product = (await ask("/v1/products/bot-dong-thu")).json;
    assert.equal(product.madeFrom[0].yieldMax, 0.16);
    await go(page, "places");
    await picture(page, "places");
    await accessible(page);
    await page.fill("input[name=name]", "X\u01b0\u1edfng th\u1eed");
    await page.fill("input[name=where]", "x\u00e3 C\u00f4n Minh, t\u1ec9nh Th\u00e1i Nguy\u00ean");
    await page.click("form button[type=submit]");
    await page.waitForSelector("#said .note.tick");
    assert.equal((await ask("/v1/places/xuong-thu")).json.owner, `https://${ORIGIN}/actor/${ORGANISATION}`);
    for (const name of ["handovers", "lots", "courier"]) {
      await go(page, name);
      await picture(page, name);
      await accessible(page);
    }
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("link", { name: "Courier files" }).waitFor();
    assert.equal(await page.getAttribute("html", "lang"), "en");
    assert.deepEqual(errors.filter((error) => !isExpected(error)), []);
  }, PHONE);
});

test("a recall shows beforehand exactly what it reaches, and asks twice", async () => {
  await withBrowser(async (context) => {
    const { page, errors } = await atDesk(context, demo, REGISTRAR, PIN);
    await go(page, "lots");
    const lots = (await ask(`/v1/actors/${ORGANISATION}/lots`)).json.items;
    const held = lots.find((/** @type {any} */ lot) => lot.held.length && !lot.dispositions.includes("recalled"));
    assert.ok(held, "the co-operative has a lot");
    // From the very beginning of that lot, so that the recall reaches something.
    const back = (await ask(`/v1/lots/${encodeURIComponent(held.lot)}/trace`)).json;
    const start = back.nodes.reduce((/** @type {any} */ far, /** @type {any} */ node) => (node.depth > far.depth ? node : far));
    assert.equal(await page.locator(`li[data-lot="${held.lot}"] a[href$="/label.pdf"]`).count(), 1);
    const path = `/v1/lots/${encodeURIComponent(start.lot)}/trace?direction=forward`;
    const trace = (await ask(path)).json.nodes.map((/** @type {any} */ node) => node.lot);
    assert.ok(trace.length > 1);
    await go(page, `recall/${encodeURIComponent(start.lot)}`);
    const shown = await page.locator(".reach li").evaluateAll((items) => items.map((item) => /** @type {HTMLElement} */ (item).dataset.lot));
    assert.deepEqual(shown, trace);
    await page.fill("#why", "Th\u1eed vi\u1ec7c thu h\u1ed3i");
    await page.click("form button[type=submit]");
    await picture(page, "recall");
    await accessible(page);
    assert.ok((await ask(path)).json.nodes.every((/** @type {any} */ node) => !node.recalled), "one answer recalls nothing");
    await page.click("#sure .danger");
    await page.waitForSelector("#said .note.tick");
    const recalled = (await ask(path)).json.nodes.filter((/** @type {any} */ node) => node.recalled).map((/** @type {any} */ node) => node.lot);
    assert.deepEqual(recalled, shown);
    assert.deepEqual(errors.filter((error) => !isExpected(error)), []);
  }, PHONE);
});

test("what a shopper reports stands at the desk of those who made it, as text, until it is dealt with", async () => {
  const lots = (await ask(`/v1/actors/${ORGANISATION}/lots`)).json.items;
  const { lot } = lots.find((/** @type {any} */ one) => one.held.length);
  const said = "G\u00f3c g\u00f3i c\u00f3 m\u1ed1c tr\u1eafng.\n<b>Mua h\u00f4m qua.</b>";
  const form = new URLSearchParams({ matter: "goods", text: said, contact: "0912 000 111", website: "" });
  const sent = await fetch(`${demo.url}${new URL(lot).pathname}/report`, { method: "POST", body: form, redirect: "manual" });
  assert.equal(sent.status, 303);
  await withBrowser(async (context) => {
    const { page, errors } = await atDesk(context, demo, REGISTRAR, PIN);
    await page.getByRole("link", { name: "L\u1eddi b\u00e1o 1" }).click();
    await page.waitForSelector('main[data-page="reports"]');
    const row = page.locator("li[data-report]");
    assert.equal(await row.locator(".said").innerText(), said);
    assert.match(await row.innerText(), /0912 000 111/);
    await picture(page, "reports");
    await accessible(page);
    await row.getByRole("button", { name: "\u0110\u00e3 lo xong" }).click();
    await row.getByRole("button", { name: "Xo\u00e1" }).click();
    await page.waitForSelector("#said .note.tick");
    await row.waitFor({ state: "detached" });
    await page.getByRole("link", { name: "L\u1eddi b\u00e1o", exact: true }).waitFor();
    assert.deepEqual(errors.filter((error) => !isExpected(error)), []);
  }, PHONE);
});

test("a request that somebody recorded makes no second invitation", async () => {
  await withBrowser(async (context) => {
    const { page } = await atDesk(context, demo, REGISTRAR, PIN);
    const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/v1/invitations"));
    await invite(page, "H\u1ed9 88");
    const request = await sent;
    const headers = await request.allHeaders();
    const again = await fetch(request.url(), {
      method: "POST", body: request.postData(), headers: { "nguon-signer": headers["nguon-signer"] ?? "", "nguon-signature": headers["nguon-signature"] ?? "", "nguon-time": headers["nguon-time"] ?? "" },
    });
    assert.deepEqual([again.status, (await again.json()).code], [409, "request_replayed"]);
  }, PHONE);
});
