/**
 * Measures the consumer page on a bad network: `node tests/web/page-times.mjs [runs]` prints one line for each network and language.
 *
 * It starts the demo, opens a page with an empty cache under Chromium's own emulation of network and processor, and takes the first paint from the browser and
 * the time of the verdict from the page. Times depend on the machine, so no test holds them; the bytes that they follow from are held in page.test.mjs.
 * The connection itself (DNS, TCP, TLS) is not part of the emulation: on a real network of 400 ms it adds up to three round trips before the first byte.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withBrowser } from "./browser.mjs";
import { start } from "./node.mjs";

const NETWORKS = [
  { name: "slow 4G", kilobits: 1600, latency: 150 },
  { name: "slow 3G", kilobits: 400, latency: 400 },
];
/** How much slower than this machine the phone is. */
const SLOWDOWN = 4;
const RUNS = Number(process.argv[2] ?? 5);

/** @param {number[]} values */
const median = (values) => Math.round([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN);

/**
 * One visit with nothing in the cache.
 *
 * @param {string} url @param {{ kilobits: number, latency: number }} network
 */
function visit(url, network) {
  return withBrowser(async (context) => {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    const throughput = (network.kilobits * 1000) / 8;
    await devtools.send("Network.emulateNetworkConditions", {
      offline: false, latency: network.latency, downloadThroughput: throughput, uploadThroughput: throughput,
    });
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
    let bytes = 0;
    devtools.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; });
    await page.addInitScript(() => {
      new MutationObserver(() => {
        if (document.querySelector("#verdict-by")?.textContent && !performance.getEntriesByName("verdict").length) performance.mark("verdict");
      }).observe(document, { subtree: true, childList: true, characterData: true });
    });
    await page.goto(url);
    await page.waitForFunction(() => performance.getEntriesByName("verdict").length > 0);
    const times = await page.evaluate(() => ({
      paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
      verdict: performance.getEntriesByName("verdict")[0]?.startTime ?? NaN,
    }));
    return { ...times, bytes };
  }, { viewport: { width: 360, height: 740 } });
}

const folder = await mkdtemp(join(tmpdir(), "nguon-times-"));
const demo = await start(["demo", "--data", join(folder, "demo"), "--listen", "127.0.0.1:0"]);
try {
  const links = demo.output.join("\n").match(/https?:\/\/\S+\/01\/\S+/g) ?? [];
  const link = links[0];
  const recalled = links.find((one) => one.includes("TN-260122"));
  if (!link || !recalled) throw new Error("the demo prints no page");
  console.log(`${RUNS} visits each with an empty cache, processor slowed ${SLOWDOWN} times; medians`);
  for (const network of NETWORKS) {
    for (const [what, address] of [["vi", `${link}?lang=vi`], ["en", `${link}?lang=en`], ["recalled lot", recalled]]) {
      const seen = [];
      for (let run = 0; run < RUNS; run += 1) seen.push(await visit(address ?? "", network));
      const paint = median(seen.map((one) => one.paint));
      const verdict = median(seen.map((one) => one.verdict));
      console.log(`${network.name} ${what}: first paint ${paint} ms, verdict ${verdict} ms (${verdict - paint} ms later)`);
    }
  }
} finally {
  await demo.stop();
  await rm(folder, { recursive: true, force: true });
}
