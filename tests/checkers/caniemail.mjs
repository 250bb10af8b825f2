// What mail programs lack for a mail's HTML and CSS, as JSON: node caniemail.mjs CLIENTS FILE.html…
// CLIENTS: globs with commas between. {"unknown": [[client, feature], …], "partly": …}, each pair once.
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";

const [clients, ...files] = process.argv.slice(2);
const results = files.map((file) => caniemail({ clients: clients.split(","), html: readFileSync(file, "utf8") }));
process.stdout.write(JSON.stringify({ unknown: pairs("errors"), partly: pairs("warnings") }));

function pairs(kind) {
  const all = results.flatMap(({ issues }) => [...issues[kind]]);
  const lines = all.flatMap(([client, list]) => list.map(({ title }) => `${client}\n${title}`));
  return [...new Set(lines)].sort().map((line) => line.split("\n"));
}
