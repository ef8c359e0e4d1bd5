/**
 * One phone between two women: each behind her own PIN, and a weigh-in to which both agree on it.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { PHONE, addByKey, enter, onScreen, startDemo, switchTo, unlock } from "./app-rig.mjs";
import { allInLedger, chooseLot, chooseTile, goHome, harvest, picture, typeAmount } from "./app-tour.mjs";

/** @type {Awaited<ReturnType<typeof startDemo>>} */
let demo;
before(async () => {
  demo = await startDemo();
});
after(() => demo.stop());

for (const isOnline of [true, false]) {
  test(`the giver agrees behind her own PIN, and the receiver behind hers, ${isOnline ? "with" : "without"} a network`, () => withBrowser(async (context) => {
    const [giver, receiver] = isOnline ? ["ho-08", "ho-07"] : ["ho-06", "ho-05"];
    const { page, errors } = await enter(context, demo, giver, "Ch\u1ecb Mai");
    await page.evaluate(() => { location.hash = "#/key"; });
    await addByKey(page, demo, receiver, "B\u00e0 Hoa", "1379");
    await switchTo(page, "Ch\u1ecb Mai", "2580");
    await harvest(page, "C\u1ee7 dong ri\u1ec1ng", "45");
    await allInLedger(page);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await context.setOffline(!isOnline);
    await goHome(page);
    await page.tap("[data-verb=ship]");
    await chooseLot(page, "ship", "c\u00f2n 45 kg");
    await typeAmount(page, "45");
    await onScreen(page, "ship-party");
    await chooseTile(page, `H\u1ed9 ${receiver.slice(-2)}`);
    await onScreen(page, "ship-place");
    await page.tap(".foot .main");
    await onScreen(page, "ship-review");
    await page.tap("a[href='#/onephone']");
    await onScreen(page, "onephone");
    const asked = () => page.innerText("main .readback");
    assert.match(await asked(), /Ch\u1ecb Mai giao/);
    await unlock(page, "1111");
    await page.getByText("Kh\u00f4ng \u0111\u00fang. B\u1ea5m l\u1ea1i b\u1ed1n s\u1ed1.").waitFor();
    assert.match(await asked(), /Ch\u1ecb Mai giao/, "without her PIN nothing goes on");
    await unlock(page, "2580");
    await page.waitForFunction(() => /B\u00e0 Hoa nh\u1eadn/.test(document.querySelector("main .readback")?.textContent ?? ""));
    await picture(page, "onephone");
    await unlock(page, "2580");
    await page.getByText("Kh\u00f4ng \u0111\u00fang. B\u1ea5m l\u1ea1i b\u1ed1n s\u1ed1.").waitFor();
    assert.match(await asked(), /B\u00e0 Hoa nh\u1eadn/, "the giver's PIN is not the receiver's, and the giver is not asked again");
    await unlock(page, "1379");
    await onScreen(page, "saved");
    await context.setOffline(false);
    await allInLedger(page);
    assert.match(await page.innerText(".list li >> nth=0"), /Nh\u1eadn[\s\S]*45 kg[\s\S]*\u0110\u00e3 v\u00e0o s\u1ed5/);
    await switchTo(page, "Ch\u1ecb Mai", "2580");
    await allInLedger(page);
    assert.match(await page.innerText(".list li >> nth=0"), /giao[\s\S]*45 kg[\s\S]*\u0110\u00e3 v\u00e0o s\u1ed5/i);
    const held = (await (await fetch(`${demo.url}/v1/actors/${receiver}/lots`)).json()).items;
    assert.ok(held.some((/** @type {any} */ lot) => lot.held[0]?.quantity === "45"), JSON.stringify(held));
    const given = (await (await fetch(`${demo.url}/v1/actors/${giver}/lots`)).json()).items;
    assert.ok(!given.some((/** @type {any} */ lot) => lot.held[0]?.quantity === "45"));
    assert.deepEqual(errors.filter((error) => !/ERR_INTERNET_DISCONNECTED|Failed to fetch|status of 404/.test(error)), []);
  }, PHONE));
}
