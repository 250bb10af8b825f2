// What is wrong, at the place where it is: the line with its number and, where it is known, a caret.
import { made } from "./asking.js";

const panel = document.getElementById("faults");

// `below` says what the rendition below them is.
export function showFaults(all, below) {
  const faults = all.filter((one, n) => n === all.findIndex((other) => other.place === one.place && other.message === one.message));
  panel.hidden = faults.length === 0;
  if (panel.hidden) return panel.replaceChildren();
  const many = faults.length === 1 ? "1 problem" : `${faults.length} problems`;
  const next = [made("p", { class: "sum" }, made("b", {}, many), ` ${below}`), ...faults.map(fault)];
  // Said again only when it changed: this region is read aloud.
  const said = (nodes) => nodes.map((node) => node.textContent).join("\n");
  if (said(next) !== said([...panel.childNodes])) panel.replaceChildren(...next);
}

function fault({ place, line, column, message, excerpt }) {
  const words = made("p", { class: "message" }, ...(place ? [made("code", {}, place), " "] : []), message);
  if (!excerpt) return made("div", { class: "fault" }, words);
  const caret = column ? ["\n", " ".repeat(column - 1), made("b", { class: "caret" }, "^")] : [];
  const source = made("pre", {}, made("span", { class: "line" }, String(line)), made("code", {}, excerpt, ...caret));
  return made("div", { class: "fault" }, words, source);
}
