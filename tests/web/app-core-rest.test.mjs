/**
 * The core's other promises: photos, rules equal to the ledger's, the year, witnesses, slow networks, new versions of the app.
 */
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { withBrowser } from "./browser.mjs";
import { openIn, phone, phoneOf, uri, village } from "./app-core-rig.mjs";

/** @type {import("./app-core-rig.mjs").Village} */
let coop;

before(async () => {
  coop = await village();
});

after(() => coop.stop());

test("a photo is made small and bare, never holds up its event, and its upload goes on where it broke off", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  let parts = 0;
  await page.route("**/v1/blobs/*", (route) => {
    if (route.request().method() === "PUT" && (parts += 1) === 2) return route.abort();
    return route.continue();
  });
  const result = await page.evaluate(async () => {
    const drawn = new OffscreenCanvas(3000, 2000);
    const image = new ImageData(3000, 2000);
    for (let at = 0; at < image.data.length; at += 1) image.data[at] = at % 4 === 3 ? 255 : Math.random() * 256;
    drawn.getContext("2d")?.putImageData(image, 0, 0);
    const jpeg = new Uint8Array(await (await drawn.convertToBlob({ type: "image/jpeg", quality: 0.9 })).arrayBuffer());
    // What a camera writes: a segment with maker, owner and position.
    const secret = new TextEncoder().encode("Exif\0\0GPS 22.14 106.05 NONG THI B");
    const exif = Uint8Array.from([0xff, 0xe1, 0, secret.length + 2, ...secret]);
    const photo = new Blob([jpeg.slice(0, 2), exif, jpeg.slice(2)], { type: "image/jpeg" });
    const item = await core.save(harvest("5", { photos: [photo] }));
    const kept = await item.step.photos?.[0]?.arrayBuffer();
    const text = new TextDecoder("latin1").decode(kept);
    const first = await core.sync();
    const broken = await core.items();
    await core.sync();
    return { source: photo.size, hasName: text.includes("NONG THI B"), first, broken, items: await core.items() };
  });
  assert.ok(result.source > 300 * 1024);
  assert.equal(result.hasName, false);
  const [broken, whole] = [result.broken[0], result.items[0]];
  assert.equal(broken?.state, "in_ledger");
  assert.ok((broken?.photos[0]?.bytes ?? Infinity) <= 300 * 1024);
  assert.equal(broken?.photos[0]?.sent, 64 * 1024);
  assert.equal(whole?.photos[0]?.sent, whole?.photos[0]?.bytes);
  const entry = await coop.get(`/v1/entries/${whole?.receipt?.index}`);
  const [media] = entry.statement.body.media;
  assert.deepEqual([media.sha256, media.bytes, media.mediaType], [whole?.photos[0]?.sha256, whole?.photos[0]?.bytes, "image/jpeg"]);
  const blob = await fetch(`${coop.url}/v1/blobs/${media.sha256}`);
  assert.equal((await blob.arrayBuffer()).byteLength, media.bytes);
  assert.equal(parts, 1 + Math.ceil(media.bytes / (64 * 1024)));
}));

/** Numbers that look like chance and come again. @param {number} seed */
function chance(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % below;
  };
}

test("for steps at random the phone says what the ledger says", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  await page.evaluate(([pem]) => core.profiles.importKey(pem ?? "", null, "co Lan", null), [coop.keys["co-lan"] ?? ""]);
  const profiles = await page.evaluate(() => core.profiles.list());
  const draw = chance(20261124);
  /** @type {string[]} */
  const lots = [];
  /** @type {Map<string, number>} */
  const seen = new Map();
  for (let round = 0; round < 150; round += 1) {
    // The first rounds fill the ledger, so that the others have something to go wrong with.
    const early = round < 10;
    const person = early ? profiles.find(({ name }) => name === "ho-07") : profiles[draw(2)];
    const lot = () => lots[draw(lots.length)] ?? `https://so.test.example/lot/ABCDEFGHJK${10 + draw(80)}`;
    const amount = () => ({ number: String(early ? 200 : [1, 3, 0.5, 10, 40, 200][draw(6)]), unit: early ? "KGM" : ["KGM", "KGM", "KGM", "KGM", "KGM", "KGM", "GRM", "GRM", "LTR", ""][draw(10)] ?? "", typed: null });
    const verb = /** @type {import("../../node/web/core/types.js").Step["verb"]} */ (early ? "harvest" : ["harvest", "process", "process", "merge", "split", "pack", "ship", "ship", "receive", "receive", "sell", "lose", "inspect", "recall"][draw(14)]);
    const making = ["harvest", "process", "merge", "split", "pack"].includes(verb);
    const product = () => uri("product", ["cu", "cu", "bot", "mien", "goi", "khong-co"][draw(early ? 1 : 6)] ?? "");
    const step = {
      verb, time: new Date(Date.now() - draw(100) * 3600_000).toISOString().replace("Z", "+00:00"),
      ...(verb === "harvest" ? {} : { inputs: [{ lot: lot(), amount: amount() }] }),
      ...(making ? { outputs: [{ lot: early || draw(12) ? `https://so.test.example/lot/${Array.from({ length: 14 }, () => "0123456789ABCDEFGHJK"[draw(20)]).join("")}` : lot(), product: product(), amount: amount() }] } : {}),
      ...(verb === "ship" ? { party: uri("actor", ["ho-07", "co-lan", "co-lan", "nobody"][draw(4)] ?? "") } : {}),
      ...(early || draw(5) ? {} : { place: uri("place", ["ruong-07", "xuong", "khong-co"][draw(3)] ?? "") }),
    };
    const judged = await page.evaluate(async ({ id, step, key }) => {
      const { Context } = await import(/** @type {any} */ ("/app/core/context.js"));
      const { bodyOf, payloadOf } = await import(/** @type {any} */ ("/app/core/steps.js"));
      const { seal } = await import(/** @type {any} */ ("/app/core/envelope.js"));
      await core.profiles.unlock(id, null);
      const refused = await core.check(step);
      // Past the phone's own judgement, to hear the node's.
      const context = new Context({ base: `${location.origin}/`, database: "ho-07" });
      await context.load();
      const { seq, prev } = await context.node.find(`/v1/signers/${key}`);
      const body = bodyOf(step, `urn:uuid:${crypto.randomUUID()}`);
      const payload = payloadOf({ ledger: "so.test.example", signer: key, seq, prev, signedAt: new Date().toISOString(), kind: "event", body });
      const { text } = await seal(payload, key, await context.signerOf(id));
      const answer = await context.node.ask("/v1/statements", { method: "POST", headers: { "content-type": "application/json" }, body: text });
      context.channel.close();
      return { phone: refused?.code ?? "ok", node: answer.status < 300 ? "ok" : answer.json.code, detail: answer.json?.detail, facts: refused };
    }, { id: person?.id ?? "", step, key: person?.key ?? "" });
    assert.equal(judged.phone, judged.node, `round ${round}: ${JSON.stringify(step)}\n${JSON.stringify(judged)}`);
    seen.set(judged.node, (seen.get(judged.node) ?? 0) + 1);
    if (judged.node === "ok" && step.outputs) lots.push(step.outputs[0]?.lot ?? "");
    if (judged.node === "ok") {
      // The node's word on each lot that this touched, as a sync would fetch it.
      await page.evaluate(async (lots) => {
        const { Database } = await import(/** @type {any} */ ("/app/core/database.js"));
        const database = new Database("ho-07");
        for (const lot of lots) {
          const before = await database.get("lots", lot);
          const record = await (await fetch(`/v1/lots/${encodeURIComponent(lot)}`)).json();
          await database.put("lots", { ...record, was: [...before?.was ?? [], ...(before?.balances ?? []).map((/** @type {any} */ { holder }) => holder)] });
        }
      }, lots);
    }
  }
  assert.ok((seen.get("ok") ?? 0) > 15 && seen.size >= 8, JSON.stringify([...seen]));
}));

test("a year in numbers, and a report that a stranger can check", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-08");
  const { year, text } = await page.evaluate(async () => {
    const first = await core.save(harvest("100"));
    const lot = first.step.outputs?.[0]?.lot ?? "";
    await core.save(move("sell", lot, "20"));
    await core.save(move("lose", lot, "1.5"));
    await core.save(move("ship", lot, "50", { party: "https://so.test.example/actor/co-lan" }));
    await core.sync();
    const year = await core.year(new Date().getFullYear());
    return { year, text: await (await core.signedReport(year)).text() };
  });
  const [cu] = year.products;
  const amount = (/** @type {string} */ number) => ({ number, unit: "KGM", typed: null });
  assert.deepEqual(cu, {
    product: uri("product", "cu"), harvested: [amount("100")], made: [], sold: [amount("20")], lost: [amount("1.5")], given: [{ to: uri("actor", "co-lan"), amount: amount("50") }],
  });
  assert.deepEqual(year.entries.map(({ verb }) => verb), ["harvest", "sell", "lose", "ship"]);
  const check = await page.evaluate(async ([text, vkey]) => {
    const { verifyReport } = await import(/** @type {any} */ ("/app/verifier/report.js"));
    const file = JSON.parse(text ?? "");
    const good = await verifyReport(text, { vkey });
    const bent = await verifyReport(JSON.stringify({ ...file, report: file.report.replace('"100"', '"900"') }), { vkey });
    return [good, bent].map(({ checks, report, page }) => ({ checks, entries: report.entries.length, sold: page.products[0].sold }));
  }, [text, (await coop.get("/v1/ledger")).vkey]);
  const [good, bent] = check;
  assert.deepEqual(good?.checks.filter((/** @type {any} */ { name, result }) => result !== "passed" && name !== "witness_quorum"), []);
  assert.equal(good?.entries, 4);
  assert.deepEqual(bent?.checks.filter((/** @type {any} */ { result }) => result === "failed").map((/** @type {any} */ { name }) => name).sort(), ["report_signed", "report_sums"]);
}));

test("over slow 3G an item is sent within seconds, and saving stays quick", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07");
  const protocol = await context.newCDPSession(page);
  await protocol.send("Network.enable");
  await protocol.send("Network.emulateNetworkConditions", { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 });
  const result = await page.evaluate(async () => {
    const begun = performance.now();
    await core.save(harvest("3"));
    const saved = performance.now() - begun;
    await core.sync();
    return { saved, synced: performance.now() - begun - saved, items: await core.items() };
  });
  assert.equal(result.items[0]?.state, "in_ledger");
  assert.ok(result.saved < 100, `saving took ${result.saved} ms`);
  console.log(`# slow 3G: saved in ${Math.round(result.saved)} ms, synced in ${Math.round(result.synced)} ms`);
}));

test("a browser without Ed25519 keeps the seed under a key of the phone and her PIN", () => withBrowser(async (context) => {
  await context.addInitScript(() => {
    const { generateKey, importKey } = SubtleCrypto.prototype;
    const refuse = (/** @type {any} */ algorithm) => { if (algorithm === "Ed25519" || algorithm?.name === "Ed25519") throw new DOMException("unknown", "NotSupportedError"); };
    SubtleCrypto.prototype.generateKey = async function (/** @type {any[]} */ ...args) { refuse(args[0]); return /** @type {any} */ (generateKey).apply(this, args); };
    SubtleCrypto.prototype.importKey = async function (/** @type {any[]} */ ...args) { refuse(args[2]); return /** @type {any} */ (importKey).apply(this, args); };
  });
  const page = await phoneOf(context, coop, "ho-07", "old", "4321");
  const result = await page.evaluate(async () => {
    await core.save(harvest("2"));
    const id = core.profiles.open()?.id ?? "";
    core.profiles.lock();
    const locked = await core.sync();
    const wrong = await fault(core.profiles.unlock(id, "1234"));
    await core.profiles.unlock(id, "4321");
    const opened = await core.sync();
    const made = await (await import(/** @type {any} */ ("/app/core/keys.js"))).newKey(null);
    return { locked, wrong, opened, kind: made.kept.kind, extractable: made.kept.device.extractable };
  });
  assert.equal(result.locked.left, 1);
  assert.equal(result.wrong.code, "wrong_pin");
  assert.deepEqual(result.opened, { sent: 1, refused: 0, left: 0 });
  assert.deepEqual([result.kind, result.extractable], ["sealed", false]);
}));

test("a newer app with another shape of storage finds every item that waits", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07", "moved");
  const saved = await page.evaluate(async () => (await core.save(harvest("77"))).id);
  // The old tab is still open when the new version comes.
  const newer = await context.newPage();
  await newer.goto(`${coop.url}/app/files.json`);
  const found = await newer.evaluate(async () => {
    const { Database, MIGRATIONS } = await import(/** @type {any} */ ("/app/core/database.js"));
    const database = new Database("moved", [...MIGRATIONS, (/** @type {IDBDatabase} */ upgraded, /** @type {IDBTransaction} */ transaction) => {
      upgraded.createObjectStore("new");
      transaction.objectStore("items").createIndex("state", "state");
    }]);
    const items = await database.all("items");
    await database.put("meta", { key: "newer", value: true });
    return items.map((/** @type {any} */ { id, state }) => [id, state]);
  });
  assert.deepEqual(found, [[saved, "waiting"]]);
  const old = await page.evaluate(() => fault(core.items()));
  assert.equal(old.code, "broken_storage", "the old app must not write what it does not understand");
}));

test("what waits is sent while the app is closed, where the browser can, and worked out when it is opened", () => withBrowser(async (context) => {
  const page = await phoneOf(context, coop, "ho-07", "nguon");
  await page.evaluate(async () => {
    await navigator.serviceWorker.register("/app/sw.js", { scope: "/app/" });
    await navigator.serviceWorker.ready;
    await core.save(harvest("61"));
    await core.save(harvest("62"));
    const { Context } = await import(/** @type {any} */ ("/app/core/context.js"));
    const { signWaiting } = await import(/** @type {any} */ ("/app/core/courier.js"));
    const context = new Context({ base: `${location.origin}/` });
    await context.load();
    context.open = core.profiles.open();
    await signWaiting(context, undefined, "waiting");
    context.channel.close();
  });
  // Signed, and still hers to change.
  const changed = await page.evaluate(async () => {
    const [second] = await core.items();
    await core.change(second?.id ?? "", harvest("63"));
    return (await core.items()).map(({ state }) => state);
  });
  assert.deepEqual(changed, ["waiting", "waiting"]);
  await page.close();
  const size = (await coop.get("/v1/ledger")).treeSize;
  // A page of the same origin that is none of the app's.
  const elsewhere = await context.newPage();
  await elsewhere.goto(`${coop.url}/v1/ledger`);
  const protocol = await context.newCDPSession(elsewhere);
  const registrationId = new Promise((fulfil) => {
    protocol.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => { if (registrations[0]) fulfil(registrations[0].registrationId); });
  });
  await protocol.send("ServiceWorker.enable");
  await protocol.send("ServiceWorker.dispatchSyncEvent", { origin: new URL(coop.url).origin, registrationId: String(await registrationId), tag: "nguon", lastChance: false });
  for (const begun = performance.now(); (await coop.get("/v1/ledger")).treeSize === size;) assert.ok(performance.now() - begun < 60_000, "the worker sends what was signed");
  const again = await phone(context, coop, "nguon");
  const result = await again.evaluate(async () => {
    await core.profiles.unlock((await core.profiles.list())[0]?.id ?? "", null);
    const before = (await core.items()).map(({ state }) => state);
    const counts = await core.sync();
    return { before, counts, after: (await core.items()).map(({ state }) => state) };
  });
  assert.deepEqual(result.before, ["waiting", "sent"]);
  assert.deepEqual(result.after, ["in_ledger", "in_ledger"]);
  assert.equal((await coop.get("/v1/ledger")).treeSize, size + 2);
}));

/** A server before the node that shows another version of the app. @param {string} target */
async function front(target) {
  const state = { version: 1, down: false };
  const server = createServer((asked, answer) => {
    if (state.down) return asked.socket.destroy();
    const on = request(new URL(asked.url ?? "/", target), { method: asked.method, headers: { ...asked.headers, host: new URL(target).host, "accept-encoding": "identity" } }, (got) => {
      /** @type {Buffer[]} */
      const chunks = [];
      got.on("data", (chunk) => chunks.push(chunk)).on("end", () => {
        let body = Buffer.concat(chunks);
        if (asked.url === "/app/sw.js") body = Buffer.from(`${body}\n// front ${state.version}\n`);
        if (asked.url === "/app/files.json") body = Buffer.from(JSON.stringify({ ...JSON.parse(String(body)), version: `v${state.version}` }));
        if (asked.url === "/app/core/text.js") body = Buffer.from(`${body}\nexport const FRONT = ${state.version};\n`);
        const { etag, "content-length": length, ...headers } = got.headers;
        answer.writeHead(got.statusCode ?? 500, { ...headers, "cache-control": "no-store" });
        answer.end(body);
      });
    });
    on.on("error", () => answer.destroy());
    asked.pipe(on);
    return undefined;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { state, url: `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`, stop: () => { server.closeAllConnections(); server.close(); } };
}

test("the app opens without any network from the second visit, and a new version takes over only at the next start, with the items that wait", () => withBrowser(async (context) => {
  const web = await front(coop.url);
  const through = { ...coop, url: web.url };
  const size = (await coop.get("/v1/ledger")).treeSize;
  try {
    const first = await phoneOf(context, through, "ho-07", "nguon");
    await first.evaluate(async () => {
      await navigator.serviceWorker.register("/app/sw.js", { scope: "/app/" });
      await navigator.serviceWorker.ready;
      await core.save(harvest("88"));
    });
    const kept = await first.evaluate(async () => {
      const names = (await caches.keys()).filter((name) => name.startsWith("nguon-app-"));
      const cache = await caches.open(names[0] ?? "");
      return { names, paths: (await cache.keys()).map(({ url }) => new URL(url).pathname) };
    });
    assert.deepEqual(kept.names, ["nguon-app-v1"]);
    assert.ok(kept.paths.includes("/app/core/core.js") && kept.paths.includes("/app/verifier/rules.js"));
    assert.ok(kept.paths.every((path) => path.startsWith("/app/") && !path.endsWith(".d.ts") && !path.includes("coop")));
    await first.close();
    web.state.down = true;
    const second = await context.newPage();
    for (const path of ["/app/", "/app/?from=home", "/app/anything/below#x"]) {
      await second.goto(web.url + path);
      assert.match(await second.content(), /<main/, path);
    }
    await second.goto(`${web.url}/app/`);
    await openIn(second, "nguon");
    const offline = await second.evaluate(async () => {
      await core.profiles.unlock((await core.profiles.list())[0]?.id ?? "", null);
      return { items: await core.items(), api: await fetch("/v1/ledger").then(() => "answered", () => "failed") };
    });
    assert.deepEqual([offline.items.length, offline.api], [1, "failed"]);
    web.state.down = false;
    web.state.version = 2;
    const during = await second.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration("/app/");
      const installed = new Promise((done) => registration?.addEventListener("updatefound", () => {
        registration.installing?.addEventListener("statechange", (event) => { if (/** @type {ServiceWorker} */ (event.target).state === "installed") done(undefined); });
      }));
      await registration?.update();
      await installed;
      return { front: (await import(/** @type {any} */ ("/app/core/text.js?again"))).FRONT, names: (await caches.keys()).sort() };
    });
    assert.equal(during.front, 1, "the running page keeps its version");
    assert.deepEqual(during.names.filter((name) => name.startsWith("nguon-app-")), ["nguon-app-v1", "nguon-app-v2"]);
    await second.close();
    // A page beside the app sees the old version go once the browser has put the last page of it away.
    const beside = await context.newPage();
    await beside.goto(`${web.url}/v1/ledger`);
    await beside.evaluate(async () => {
      while ((await caches.keys()).includes("nguon-app-v1")) await new Promise(requestAnimationFrame);
    });
    await beside.close();
    web.state.down = true;
    const third = await context.newPage();
    await third.goto(`${web.url}/app/`);
    await openIn(third, "nguon");
    const updated = await third.evaluate(async () => {
      await core.profiles.unlock((await core.profiles.list())[0]?.id ?? "", null);
      return { front: (await import(/** @type {any} */ ("/app/core/text.js"))).FRONT, items: await core.items() };
    });
    assert.equal(updated.front, 2);
    // The app itself may have begun to send it while it was open.
    assert.equal(updated.items.length, 1);
    web.state.down = false;
    const state = await third.evaluate(async () => { await core.sync(); return (await core.items())[0]?.state; });
    assert.equal(state, "in_ledger");
    assert.equal((await coop.get("/v1/ledger")).treeSize, size + 1);
  } finally {
    web.stop();
  }
}));

test("a key file under a passphrase opens with it and with no other", () => withBrowser(async (context) => {
  const pem = await coop.lockedKey("ho-09", "m\u1ed9t hai ba");
  const page = await phone(context, coop, "locked");
  const result = await page.evaluate(async (pem) => {
    const wrong = await fault(core.profiles.importKey(pem, "mot hai ba", "x", null));
    const begun = performance.now();
    const profile = await core.profiles.importKey(pem, "m\u1ed9t hai ba", "ho 09", null);
    const ms = performance.now() - begun;
    await core.sync();
    await core.save(harvest("4"));
    return { wrong, profile, ms, counts: await core.sync() };
  }, pem);
  assert.equal(result.wrong.code, "wrong_pin");
  assert.equal(result.profile.actor, uri("actor", "ho-09"));
  assert.deepEqual(result.counts, { sent: 1, refused: 0, left: 0 });
  console.log(`# a key file under a passphrase opened in ${Math.round(result.ms)} ms`);
}));

test("browsers inside other apps are told apart", () => withBrowser(async (context) => {
  const page = await phone(context, coop, "agents");
  const said = await page.evaluate(async () => {
    const { isForgetful } = await import(/** @type {any} */ ("/app/core/core.js"));
    const chrome = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36";
    return [
      `${chrome} Zalo android/12100734 ZaloTheme/light ZaloLanguage/vi`, `${chrome} [FB_IAB/FB4A;FBAV/470.0;]`, chrome.replace("; K)", "; SM-A055F Build/X; wv)"),
      chrome, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    ].map((agent) => isForgetful(agent)).concat((await core.health()).browser === "lasting");
  });
  assert.deepEqual(said, [true, true, true, false, false, true]);
}));

test("an entry is called witnessed once the quorum of the policy has cosigned a tree that holds it", () => withBrowser(async (context) => {
  const watched = await village({ witness: true });
  try {
    const page = await phoneOf(context, watched, "ho-07");
    const [item] = await page.evaluate(async () => {
      await core.save(harvest("6"));
      for (;;) {
        await core.sync();
        const [item] = await core.items();
        if (item?.state === "witnessed") return [item];
        if (item?.state !== "in_ledger") throw new Error(item?.state);
      }
    });
    assert.equal(item?.state, "witnessed");
    const proof = await (await fetch(`${watched.url}/v1/entries/${item?.receipt?.index}/proof`)).text();
    const { vkey } = await watched.get("/v1/ledger");
    const policy = await (await fetch(`${watched.url}/v1/policy`)).text();
    const judged = await page.evaluate(async ([proof = "", leafHash = "", policy = "", vkey = "", index = ""]) => {
      const { isWitnessed } = await import(/** @type {any} */ ("/app/core/receipts.js"));
      const judge = (/** @type {string} */ text, /** @type {string} */ leaf, /** @type {string} */ by) => isWitnessed(text, { index: Number(index), leafHash: leaf }, by, vkey).catch((/** @type {Error} */ error) => error.message);
      const bare = proof.split("\n").filter((/** @type {string} */ line) => !line.includes("witness.test")).join("\n");
      return [await judge(proof, leafHash, policy), await judge(bare, leafHash, policy), await judge(proof, "ab".repeat(32), policy), await judge(proof, leafHash, policy.replace("quorum w", "quorum none"))];
    }, [proof, item?.receipt?.leafHash ?? "", policy, vkey, String(item?.receipt?.index)]);
    const lost = `entry ${item?.receipt?.index} is not in the tree that the node shows now`;
    assert.deepEqual(judged, [true, false, lost, false]);
  } finally {
    await watched.stop();
  }
}));
