/**
 * Joining with an invitation, a lost phone, and the code that is typed at the scales: what needs the registrar's side of the node.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { phone, phoneOf, uri, village } from "./app-core-rig.mjs";

/** @type {import("./app-core-rig.mjs").Village} */
let coop;

before(async () => {
  coop = await village();
});

after(() => coop.stop());

/** The registrar invites. @param {import("playwright-core").Page} desk @param {object} [more] @returns {Promise<any>} */
function invite(desk, more = {}) {
  return desk.evaluate(async ([htx, more]) => {
    const { Context } = await import(/** @type {any} */ ("/app/core/context.js"));
    const context = new Context({ base: `${location.origin}/`, database: "can-bo" });
    await context.load();
    const signer = { signer: core.profiles.open()?.key, origin: context.ledger.origin, sign: (/** @type {Uint8Array} */ bytes) => core.profiles.sign(bytes) };
    const answer = await context.node.signed(signer, "POST", "/v1/invitations", JSON.stringify({ organisation: htx, roles: ["producer"], .../** @type {object} */ (more) }));
    const list = await context.node.signed(signer, "GET", `/v1/invitations?organisation=${encodeURIComponent(String(htx))}`);
    context.channel.close();
    return { status: answer.status, ...answer.json, list: list.json };
  }, /** @type {[string, object]} */ ([uri("actor", "htx"), more]));
}

test("a member joins with an invitation, is approved with one tap, and records without a network", () => withBrowser(async (context) => {
  const desk = await phoneOf(context, coop, "can-bo");
  const invitation = await invite(desk);
  assert.equal(invitation.status, 201, JSON.stringify(invitation));
  const member = await phone(context, coop, "member");
  const asked = await member.evaluate((token) => core.profiles.join(`https://so.test.example/app/#/join/${token}`, "Hoa", "1234"), invitation.token);
  assert.deepEqual([asked.state, asked.actor, asked.name, asked.hasPin], ["asked", null, "Hoa", true]);
  assert.equal((await member.evaluate((id) => core.profiles.refresh(id), asked.id)).state, "asked");
  await desk.evaluate(([htx, key]) => core.profiles.submit("actor", { id: "https://so.test.example/actor/ho-21", class: "person", roles: ["producer"], under: htx, keys: [key] }), [uri("actor", "htx"), asked.key]);
  const approved = await member.evaluate((id) => core.profiles.refresh(id), asked.id);
  assert.deepEqual([approved.state, approved.actor, approved.organisation, approved.roles], ["active", uri("actor", "ho-21"), uri("actor", "htx"), ["producer"]]);
  await member.evaluate(() => core.sync());
  await context.setOffline(true);
  await member.evaluate(() => core.save(harvest("50", { place: "https://so.test.example/place/xuong" })));
  await context.setOffline(false);
  assert.deepEqual(await member.evaluate(() => core.sync()), { sent: 1, refused: 0, left: 0 });
  const link = await member.evaluate(async () => core.consumerLink((await core.lots())[0]?.lot ?? ""));
  const page = await context.newPage();
  await page.goto(link);
  await page.waitForFunction(() => document.querySelector("#verdict-by")?.textContent !== "");
  assert.equal(await page.locator("#verdict.stop").count(), 0);
}));

test("an invitation serves one key: a second phone is told, and an answer that got lost leads to no second key", () => withBrowser(async (context) => {
  const desk = await phoneOf(context, coop, "can-bo");
  const { token } = await invite(desk);
  const first = await phone(context, coop, "first");
  let lost = true;
  await first.route("**/claim", async (route) => {
    if (!lost) return route.continue();
    lost = false;
    await route.fetch();
    return route.abort();
  });
  const joined = await first.evaluate(async (token) => {
    const failed = await fault(core.profiles.join(token, "Mai", null));
    const profile = await core.profiles.join(token, "Mai", null);
    return { failed, profile, all: (await core.profiles.list()).length };
  }, token);
  assert.deepEqual([joined.failed.code, joined.profile.state, joined.all], ["offline", "asked", 1]);
  const second = await phone(context, coop, "second");
  const replayed = await second.evaluate(async (token) => ({ result: await fault(core.profiles.join(token, "Thief", null)), all: (await core.profiles.list()).length }), token);
  assert.deepEqual([replayed.result.code, replayed.all], ["used", 0]);
  const nothing = await second.evaluate(async () => [
    await fault(core.profiles.join("0".repeat(26), "x", null)), await fault(core.profiles.join("hello", "x", null)),
  ]);
  assert.deepEqual(nothing.map(({ code }) => code), ["not_found", "not_found"]);
  const expiresAt = Date.now() + 1500;
  const expired = await invite(desk, { expiresAt: new Date(expiresAt).toISOString() });
  await second.waitForFunction((time) => Date.now() > time, expiresAt);
  assert.equal((await second.evaluate((token) => fault(core.profiles.join(token, "x", null)), expired.token)).code, "expired");
}));

test("a clock that is wrong by hours does not keep the registrar out", () => withBrowser(async (context) => {
  const desk = await phoneOf(context, coop, "can-bo");
  await desk.clock.setFixedTime(Date.now() - 9 * 3600_000);
  assert.equal((await invite(desk)).status, 201);
}));

test("a lost phone: its key is revoked, the new one goes on, and the history stays hers", () => withBrowser(async (context) => {
  const desk = await phoneOf(context, coop, "can-bo");
  const lost = await phoneOf(context, coop, "ho-07");
  const key = await lost.evaluate(async () => {
    await core.save(harvest("70"));
    await core.sync();
    await core.save(harvest("71"));
    return core.profiles.open()?.key ?? "";
  });
  const { token } = await invite(desk);
  const found = await phone(context, coop, "found");
  const asked = await found.evaluate((token) => core.profiles.join(token, "Ho 07", null), token);
  await desk.evaluate(async ([old, key]) => {
    await core.profiles.submit("key", { actor: "https://so.test.example/actor/ho-07", add: key });
    await core.profiles.submit("key", { actor: "https://so.test.example/actor/ho-07", revoke: old, reason: "lost" });
  }, [key, asked.key]);
  const after = await found.evaluate(async (id) => {
    await core.profiles.refresh(id);
    await core.sync();
    await core.save(harvest("72"));
    return { counts: await core.sync(), lots: (await core.lots()).map(({ left }) => left.number), year: await core.year(new Date().getFullYear()) };
  }, asked.id);
  assert.deepEqual(after.counts, { sent: 1, refused: 0, left: 0 });
  assert.deepEqual(after.lots.sort(), ["70", "72"]);
  assert.equal(after.year.products[0]?.harvested[0]?.number, "142");
  const thief = await lost.evaluate(async () => ({ counts: await core.sync(), open: core.profiles.open()?.state, items: (await core.items()).map(({ state }) => state) }));
  assert.deepEqual([thief.counts.sent, thief.open, thief.items], [0, "revoked", ["waiting", "in_ledger"]]);
}));

test("the code at the scales: typed on the other phone, it is the giver's own entry", () => withBrowser(async (context) => {
  const giver = await phoneOf(context, coop, "ho-08");
  const receiver = await phoneOf(context, coop, "co-lan");
  const offered = await giver.evaluate(async () => {
    const item = await core.save(harvest("90"));
    const lot = item.step.outputs?.[0]?.lot ?? "";
    const { code, item: ship } = await core.weighIn.offer(move("ship", lot, "90", { party: "https://so.test.example/actor/co-lan" }));
    return { lot, code, state: ship.state, again: await core.weighIn.code(ship.id) };
  });
  assert.match(offered.code, /^[0-9A-HJKMNP-TV-Z]{8}$/);
  assert.deepEqual([offered.state, offered.again], ["in_ledger", offered.code]);
  const taken = await receiver.evaluate(async (code) => {
    const wrong = await fault(core.weighIn.byCode("00000000"));
    const offer = await core.weighIn.byCode(`${code.slice(0, 4)}-${code.slice(4).toLowerCase()}`);
    const item = await core.weighIn.accept(offer, kg("90"), "https://so.test.example/place/xuong");
    return { wrong, offer, item, counts: await core.sync() };
  }, offered.code);
  assert.equal(taken.wrong.code, "not_found");
  assert.deepEqual([taken.offer.lot, taken.offer.amount.number, taken.offer.giver], [offered.lot, "90", uri("actor", "ho-08")]);
  assert.deepEqual(taken.counts, { sent: 1, refused: 0, left: 0 });
  const lot = await coop.get(`/v1/lots/${encodeURIComponent(offered.lot)}`);
  assert.deepEqual(lot.balances, [{ holder: uri("actor", "co-lan"), quantity: "90" }]);
}));

test("what was sent to the organisation is received and worked on for it by its processor", () => withBrowser(async (context) => {
  const giver = await phoneOf(context, coop, "ho-08");
  const lot = await giver.evaluate(async () => {
    const item = await core.save(harvest("80"));
    const lot = item.step.outputs?.[0]?.lot ?? "";
    await core.save(move("ship", lot, "80", { party: "https://so.test.example/actor/htx" }));
    await core.sync();
    return lot;
  });
  const worker = await phoneOf(context, coop, "co-lan");
  const result = await worker.evaluate(async (lot) => {
    const [card] = (await core.lots()).filter((other) => other.lot === lot);
    await core.save(move("receive", lot, "80", { place: "https://so.test.example/place/xuong" }));
    const made = { ...move("process", lot, "80"), outputs: [{ lot: core.newLot(), product: "https://so.test.example/product/bot", amount: kg("12") }] };
    const item = await core.save(made);
    return { card, item, counts: await core.sync(), lots: await core.lots() };
  }, lot);
  assert.deepEqual([result.card?.incoming?.number, result.card?.from, result.card?.holder], ["80", uri("actor", "ho-08"), uri("actor", "htx")]);
  assert.equal(result.item.step.for, uri("actor", "htx"));
  assert.deepEqual(result.counts, { sent: 2, refused: 0, left: 0 });
  const starch = result.lots.find(({ product }) => product === uri("product", "bot"));
  assert.deepEqual([starch?.left.number, starch?.holder, starch?.waiting], ["12", uri("actor", "htx"), false]);
}));
