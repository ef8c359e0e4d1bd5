// The rig itself: if these fail, no other browser test says anything about the project.
import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { openPage, withBrowser } from "./browser.mjs";
import { start } from "./node.mjs";

const PAGE = `<!doctype html><html lang="en"><title>Rig</title>
<main><h1>Rig</h1><button>Press</button><output></output></main>
<script>
  document.querySelector("button").onclick = async () => {
    const key = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("abc"));
    document.querySelector("output").textContent = new Uint8Array(key)[0].toString(16);
  };
</script>`;

const server = createServer((request, response) => {
  response.writeHead(request.url === "/" ? 200 : 204, { "content-type": "text/html; charset=utf-8" });
  response.end(request.url === "/" ? PAGE : undefined);
});
let url = "";

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(address !== null && typeof address === "object");
  url = `http://127.0.0.1:${address.port}/`;
});

after(() => server.close());

test("a real browser loads a page, runs WebCrypto on a click and passes axe", async () => {
  await withBrowser(async (context) => {
    const { page, errors } = await openPage(context);
    await page.goto(url);
    await page.getByRole("button", { name: "Press" }).click();
    await page.getByText("ba", { exact: true }).waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    assert.deepEqual(violations.map((violation) => violation.id), []);
    assert.deepEqual(errors, []);
  });
});

/**
 * Puts a script where a release binary would lie and runs `use` with the rig pointed at it.
 *
 * @param {string} script
 * @param {() => Promise<void>} use
 */
async function withFakeBinary(script, use) {
  const target = await mkdtemp(join(tmpdir(), "nguon-rig-"));
  const before = process.env.CARGO_TARGET_DIR;
  try {
    await mkdir(join(target, "release"));
    await writeFile(join(target, "release", "nguon"), `#!/usr/bin/env node\n${script}\n`);
    await chmod(join(target, "release", "nguon"), 0o755);
    process.env.CARGO_TARGET_DIR = target;
    await use();
  } finally {
    if (before === undefined) delete process.env.CARGO_TARGET_DIR;
    else process.env.CARGO_TARGET_DIR = before;
    await rm(target, { recursive: true });
  }
}

test("a server is known by its ready line and stopped in order", async () => {
  const script = `
    process.on("SIGTERM", () => process.exit(7));
    setInterval(() => {}, 1000);
    console.log("starting\\nready http://127.0.0.1:9/");`;
  await withFakeBinary(script, async () => {
    const running = await start(["serve"]);
    assert.equal(running.url, "http://127.0.0.1:9");
    assert.deepEqual(running.output, ["starting", "ready http://127.0.0.1:9/"]);
    assert.equal(await running.stop(), 7);
  });
});

test("a server that ends before it is ready is reported with what it said", async () => {
  await withFakeBinary('console.error("no such ledger"); process.exitCode = 2;', async () => {
    await assert.rejects(start(["serve"]), /nguon serve: ended with 2 before it was ready\nno such ledger/);
  });
});
