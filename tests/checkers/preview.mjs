// A person at the page of `preview --serve`, in Chromium: node preview.mjs CHROMIUM URL REPORTS.YAML, JSON of what was seen.
// The file is edited as an editor would; beside it lies a folder `own` for templates.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";

const [executablePath, url, file] = process.argv.slice(2);
const own = join(dirname(file), "own");
const good = readFileSync(file, "utf8");
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const port = new URL(url).port;
const args = ["--no-sandbox", "--disable-gpu", `--host-resolver-rules=MAP evil.example 127.0.0.1`];
const browser = await chromium.launch({ executablePath, args });
const seen = { console: [], elsewhere: [], saves: [] };

const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const page = await context.newPage();
page.on("console", (message) => seen.console.push(message.text()));
page.on("pageerror", (error) => seen.console.push(String(error)));
page.on("request", (request) => {
  if (!request.url().startsWith(url)) seen.elsewhere.push(request.url());
});

const until = (what, given) => page.waitForFunction(what, given, { polling: 20, timeout: 60_000 });
const framed = (words) => until((wanted) => {
  const inside = document.querySelector("#frames figure:not(.coming) iframe");
  return inside?.contentDocument?.body?.textContent.includes(wanted);
}, words);
const resting = () => until(() => document.body.dataset.generation && !document.querySelector("#frames .coming"));
const place = () => page.evaluate(() => ({
  scroll: scrollY,
  digest: document.querySelector("#digests [aria-current]")?.dataset.name,
  tab: document.querySelector("[role=tab][aria-selected=true]")?.dataset.form,
  focus: document.activeElement?.id,
}));
const faults = () => page.evaluate(() => {
  const panel = document.getElementById("faults");
  const caret = panel.querySelector(".caret")?.getBoundingClientRect();
  const code = panel.querySelector("pre code");
  if (!caret || !code) return { hidden: panel.hidden, words: panel.innerText };
  // The letter that stands above the caret, found by its place on the screen.
  const text = code.firstChild;
  const above = [...text.data].findIndex((_, at) => {
    const range = document.createRange();
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    const box = range.getBoundingClientRect();
    return Math.abs(box.left - caret.left) < 2 && box.bottom <= caret.bottom;
  });
  return { hidden: panel.hidden, words: panel.innerText, above: text.data.slice(above), top: panel.getBoundingClientRect().top };
});
const frameText = () => page.evaluate(() => document.querySelector("#frames iframe").contentDocument.body.innerText);

// 1. Load.
await page.goto(url);
await framed("Social care, weekly");
await resting();
seen.loaded = {
  ...(await place()),
  digests: await page.$$eval("#digests button", (all) => all.map((one) => one.innerText)),
  sample: await page.locator("#sample").isVisible(),
  width: await page.$eval("#frames iframe", (one) => one.clientWidth),
  overflow: await page.$eval("#frames iframe", (one) => one.contentDocument.documentElement.scrollHeight - one.clientHeight),
};

// 2. Another digest and every form, by keyboard alone.
await page.focus("#digests [aria-current]");
await page.keyboard.press("ArrowDown");
seen.walked = await page.evaluate(() => document.activeElement.dataset.name);
await page.keyboard.press("Enter");
await framed("Social care, daily");
await resting();
seen.switched = { ...(await place()), title: await page.title(), focusStays: await page.evaluate(() => document.activeElement.dataset.name) };
await page.keyboard.press("ArrowUp");
await page.keyboard.press("Enter");
await framed("Social care, weekly");
await page.focus("[role=tab][aria-selected=true]");
seen.forms = {};
for (const form of ["mail", "text", "pdf", "csv"]) {
  await page.keyboard.press("ArrowRight");
  await until((wanted) => document.querySelector("[role=tab][aria-selected=true]").dataset.form === wanted && document.body.dataset.form === wanted, form);
  await resting();
  seen.forms[form] = await page.$$eval("#frames iframe", (all) => all.map((one) => ({
    src: one.src,
    width: one.clientWidth,
    height: one.clientHeight,
    pictures: [...one.contentDocument.images].filter((image) => image.naturalWidth > 0).length,
    rows: one.contentDocument.querySelectorAll("tbody tr").length,
    words: one.contentDocument.body.innerText.slice(0, 200),
  })));
}
await page.keyboard.press("ArrowRight");
await until(() => document.body.dataset.form === "slack");
seen.outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);

// 3. Another moment.
const moments = await page.$$eval("#at option", (all) => all.map((one) => one.value));
await page.selectOption("#at", moments.filter(Boolean)[2]);
await until(() => !document.getElementById("lead").textContent.includes(document.querySelector("#at option").textContent.slice(-20)));
seen.moment = { chosen: moments.filter(Boolean)[2], address: page.url() };
await page.selectOption("#at", "");
await page.reload();
await framed("Social care, weekly");
await resting();

// 4. Saves: the page changes and keeps its place.
await page.setViewportSize({ width: 1280, height: 500 });
await page.evaluate(() => scrollTo(0, 300));
await page.focus("#tab-slack");
await page.evaluate(() => scrollTo(0, 300));
seen.before = await place();
for (const title of ["Title one", "Title two", "Title three", "Title four", "Title five"]) {
  const began = performance.now();
  writeFileSync(file, good.replace("title: Social care, weekly", `title: ${title}`));
  await framed(title);
  seen.saves.push((performance.now() - began) / 1000);
}
await resting();
seen.after = await place();

// 5. Broken, with the last good rendition below; then mended.
writeFileSync(file, good.replace("every monday at 09:00", "every mondy at 09:00"));
await until(() => !document.getElementById("faults").hidden);
await resting();
seen.broken = { ...(await faults()), ...(await place()), rendition: await frameText(), listed: await page.locator("#digests button").count() };
await page.click("#tab-mail");
await until(() => document.body.dataset.form === "mail");
await page.reload();
await framed("Title five");
await until(() => document.body.dataset.form === "mail");
seen.reloaded = { ...(await faults()), ...(await place()) };
await page.click("#tab-slack");
await until(() => document.body.dataset.form === "slack");
await page.evaluate(() => scrollTo(0, 300));
await page.focus("#tab-slack", { preventScroll: true });
writeFileSync(file, good);
await framed("Social care, weekly");
await until(() => document.getElementById("faults").hidden);
seen.mended = { ...(await faults()), ...(await place()) };

// 6. A template likewise.
await page.click("#tab-text");
await until(() => document.body.dataset.form === "text");
mkdirSync(join(own, "email"), { recursive: true });
const template = join(own, "email", "message.txt.j2");
writeFileSync(template, "Mine: {{ edition.title }}\n");
await framed("Mine: Social care, weekly");
writeFileSync(template, "Mine:\n{{ edition.titel }}\n");
await until(() => !document.getElementById("faults").hidden);
seen.template = { ...(await faults()), rendition: await frameText() };
rmSync(template);
await until(() => document.getElementById("faults").hidden);

// 7. A mail that attacks: it runs nothing, loads nothing, leads nowhere. Outside our frame it does all that.
const asked = [];
const trap = createServer((request, response) => { asked.push(request.url); response.end(); });
await new Promise((listening) => trap.listen(0, "127.0.0.1", listening));
const there = `http://127.0.0.1:${trap.address().port}`;
const attack = `<html lang="en"><head><title>t</title></head><body><p>hostile</p><img src="${there}/pixel.png" alt=""><a id="way" href="${there}/link" target="_top">out</a><script>(parent || window).document.title = "owned"; fetch("${there}/told")</script></body></html>`;
const hostile = join(own, "email", "message.html.j2");
writeFileSync(hostile, attack);
await page.click("#tab-mail");
await framed("hostile");
const inside = page.frames().find((frame) => frame.url().includes("/made/"));
await inside.locator("#way").click();
seen.attack = { made: (await inside.content()).includes("pixel.png"), title: await page.title(), asked: [...asked], address: new URL(page.url()).origin };
const outside = await context.newPage();
await outside.setContent(attack);
await outside.waitForFunction(() => document.title === "owned");
await outside.click("#way");
await outside.waitForURL(`${there}/link`);
seen.unguarded = [...new Set(asked)].filter((path) => path !== "/favicon.ico").sort();
await outside.close();
trap.close();
rmSync(hostile);
await framed("Social care, weekly");
seen.consoleOfAttack = seen.console.splice(0).filter((text) => !/^(Refused|Blocked|Loading|Executing|Framing|Unsafe|The Content)/.test(text));
seen.elsewhere = seen.elsewhere.filter((address) => !address.startsWith(there));

// 8. A name that somebody made to point here.
const rebound = await context.newPage();
seen.rebound = {
  evil: (await rebound.goto(`http://evil.example:${port}/overview`)).status(),
  ours: (await rebound.goto(`http://localhost:${port}/overview`)).status(),
};
await rebound.close();

// 9. Colours by choice, on a machine that is set to light.
const plain = await browser.newContext({ colorScheme: null });
const coloured = await plain.newPage();
await coloured.goto(`${url}?digest=care-weekly&form=mail`);
seen.dark = [];
for (const scheme of ["", "dark", "light"]) {
  await coloured.selectOption("#scheme", scheme);
  await coloured.waitForFunction((wanted) => document.querySelector("#frames figure:not(.coming) iframe")?.style.colorScheme === (wanted || "light dark"), scheme);
  seen.dark.push(await coloured.evaluate(() => document.querySelector("#frames iframe").contentWindow.matchMedia("(prefers-color-scheme: dark)").matches));
}
await plain.close();

// 10. axe-core: whole and broken, every form, by day, by night, and on a phone.
seen.axe = [];
for (const look of [{ colorScheme: "light", width: 1280 }, { colorScheme: "dark", width: 1280 }, { colorScheme: "light", width: 380 }]) {
  await page.emulateMedia({ colorScheme: look.colorScheme });
  await page.setViewportSize({ width: look.width, height: 900 });
  for (const form of ["slack", "mail", "text", "pdf", "csv"]) {
    await page.click(`#tab-${form}`);
    await until((wanted) => document.body.dataset.form === wanted, form);
    await resting();
    await judge(`${form}, ${look.colorScheme}, ${look.width} px`, page);
  }
  writeFileSync(file, good.replace("every monday at 09:00", "every mondy at 09:00").replace("[summary]", "[sumary]"));
  await until(() => !document.getElementById("faults").hidden);
  await judge(`broken, ${look.colorScheme}, ${look.width} px`, page);
  seen.sideways = (seen.sideways ?? 0) + (await page.evaluate(() => document.documentElement.scrollWidth - innerWidth));
  writeFileSync(file, good);
  await until(() => document.getElementById("faults").hidden);
}
await browser.close();
process.stdout.write(JSON.stringify(seen));

async function judge(name, where) {
  // The page's own policy lets no script in; the debugger may.
  await where.evaluate(axeSource);
  const { passes, violations } = await where.evaluate(() => globalThis.axe.run(document, { iframes: false }));
  const findings = violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map((node) => `${node.target.join(" ")}: ${node.failureSummary}`) }));
  seen.axe.push({ name, passed: passes.length, findings });
}
