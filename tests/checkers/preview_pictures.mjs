// Pictures of `preview --serve` for the documents: node preview_pictures.mjs CHROMIUM URL REPORTS.YAML FOLDER
import { readFileSync, writeFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [executablePath, url, file, folder] = process.argv.slice(2);
const good = readFileSync(file, "utf8");
const broken = good.replace("every monday at 09:00", "every mondy at 09:00").replace("[dana@example.com", "[dana@exmple.com");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });

async function picture(name, { form, colorScheme = "light", width = 1440, height = 1000, act = async () => {} }) {
  const page = await browser.newPage({ colorScheme, viewport: { width, height }, deviceScaleFactor: 1.25 });
  await page.goto(`${url}?digest=care-weekly&form=${form}`);
  await page.waitForFunction((wanted) => document.body.dataset.form === wanted && !document.querySelector("#frames .coming"), form);
  await act(page);
  await page.screenshot({ path: `${folder}/preview-${name}.png` });
  await page.close();
}

await picture("slack", { form: "slack" });
await picture("mail", { form: "mail", width: 1500 });
await picture("dark", { form: "pdf", colorScheme: "dark" });
await picture("broken", {
  form: "slack",
  act: async (page) => {
    writeFileSync(file, broken);
    await page.waitForFunction(() => !document.getElementById("faults").hidden && document.body.classList.contains("stale"));
  },
});
writeFileSync(file, good);
await browser.close();
