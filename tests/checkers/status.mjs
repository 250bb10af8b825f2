// The page of `run --status` in Chromium: node status.mjs CHROMIUM URL PICTURES, JSON of what was seen.
// By day, by night and on a phone, without and with scripts; axe-core looks at each.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const LOOKS = [
  { name: "day", colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { name: "night", colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  { name: "phone", colorScheme: "light", viewport: { width: 380, height: 900 } },
];
const [executablePath, url, pictures] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const seen = { axe: [], console: [], elsewhere: [], overflow: {} };

for (const { name, ...look } of LOOKS) {
  const page = await browser.newPage(look);
  page.on("console", (message) => seen.console.push(message.text()));
  page.on("pageerror", (error) => seen.console.push(String(error)));
  page.on("request", (request) => { if (!request.url().startsWith(url)) seen.elsewhere.push(request.url()); });
  await page.goto(url);
  await page.screenshot({ path: join(pictures, `status-${name}.png`), fullPage: true });
  seen.overflow[name] = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  for (const path of ["", (await page.locator("main a[href^='/explain/']").first().getAttribute("href")).slice(1)]) {
    await page.goto(url + path);
    await page.evaluate(axe);
    const { passes, violations } = await page.evaluate(() => globalThis.axe.run(document));
    seen.axe.push({
      name: `${name} /${path}`,
      passed: passes.length,
      findings: violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map((n) => n.target.join(" ") + ": " + n.failureSummary) })),
    });
  }
  await page.close();
}

// Without scripts it says the same; with them it keeps up by itself.
const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
await plain.goto(url);
seen.plain = await plain.locator("h1").innerText();

const context = await browser.newContext();
const page = await context.newPage();
await page.clock.install();
await page.goto(url);
await page.evaluate(() => { document.querySelector("h1").textContent = "old"; });
await page.clock.fastForward(16_000);
await page.waitForFunction(() => document.querySelector("h1").textContent !== "old", null, { timeout: 30_000 });
seen.fresh = await page.locator("h1").innerText();
await page.locator("main a").first().focus();
await page.evaluate(() => { document.querySelector("h1").textContent = "mine"; });
await page.clock.fastForward(16_000);
await new Promise((done) => setTimeout(done, 500));
seen.kept = await page.locator("h1").innerText();
await page.evaluate(() => document.activeElement.blur());
await context.setOffline(true);
await page.clock.fastForward(16_000);
await page.waitForSelector("#now.stale", { timeout: 30_000 });
seen.stale = await page.locator("#now").innerText();
await browser.close();
seen.console = seen.console.filter((words) => !words.includes("ERR_INTERNET_DISCONNECTED"));
process.stdout.write(JSON.stringify(seen));
