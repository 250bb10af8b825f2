// The list on the left. One stop for the Tab key; the arrows walk along it.
import { made } from "./asking.js";

const list = document.getElementById("digests");
const count = document.getElementById("count");

export function listDigests(digests, chosen, choose) {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.name : null;
  count.textContent = digests.length > 1 ? digests.length : "";
  list.replaceChildren(...digests.map((digest) => entry(digest, digest.name === chosen, choose)));
  if (!list.querySelector("[tabindex='0']")) list.querySelector("button")?.setAttribute("tabindex", "0");
  if (focused !== null) (button(focused) ?? button(chosen))?.focus();
}

function entry(digest, current, choose) {
  const next = digest.next[0];
  const when = next ? next.when : digest.paused ? "paused" : "never fires again";
  const shown = made(
    "button",
    { type: "button", "data-name": digest.name, tabindex: current ? "0" : "-1" },
    made("b", {}, digest.title),
    made("span", { class: "schedule" }, `${digest.schedule}, ${digest.place}`),
    made("span", { class: next ? "next" : "next idle" }, next ? "next " : "", made("time", {}, when)),
    ...(next ? [made("span", { class: "window" }, `about ${next.window}`)] : []),
  );
  if (current) shown.setAttribute("aria-current", "true");
  shown.addEventListener("click", () => choose(digest.name));
  return made("li", {}, shown);
}

function button(name) {
  return [...list.querySelectorAll("button")].find((one) => one.dataset.name === name);
}

list.addEventListener("keydown", (event) => {
  const all = [...list.querySelectorAll("button")];
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || !all[to]) return;
  event.preventDefault();
  for (const one of all) one.tabIndex = one === all[to] ? 0 : -1;
  all[to].focus();
});
