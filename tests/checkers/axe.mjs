// Findings of axe-core in Chromium, as JSON: node axe.mjs CHROMIUM FILE.html…
// Each page is looked at by day and by night, and on a phone. What a page frames is a file of its own.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const LOOKS = [
  { colorScheme: "light", viewport: { width: 1000, height: 900 } },
  { colorScheme: "dark", viewport: { width: 1000, height: 900 } },
  { colorScheme: "light", viewport: { width: 380, height: 900 } },
];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [executablePath, ...files] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const seen = [];
for (const look of LOOKS) {
  const page = await browser.newPage(look);
  for (const file of files) {
    await page.goto(pathToFileURL(file).href);
    await page.evaluate(axe);
    const { passes, violations } = await page.evaluate(() => globalThis.axe.run(document, { iframes: false }));
    const name = `${file} (${look.colorScheme}, ${look.viewport.width} px)`;
    seen.push({ name, passed: passes.length, findings: violations.map(brief) });
  }
  await page.close();
}
await browser.close();
process.stdout.write(JSON.stringify(seen));

function brief({ id, impact, nodes }) {
  return { id, impact, where: nodes.map((node) => `${node.target.join(" ")}: ${node.failureSummary}`) };
}
