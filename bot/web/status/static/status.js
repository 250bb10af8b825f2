// The page without this is the same, as of when it was loaded. Nothing is replaced under somebody's hands.
"use strict";
const EVERY = 15000;
const isBusy = () => document.hidden || !getSelection().isCollapsed || document.activeElement.closest("main") !== null;
const look = async () => {
  if (isBusy()) return;
  const now = document.getElementById("now");
  try {
    const answer = await fetch("/", { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (isBusy()) return;
    document.querySelector("main").replaceWith(fresh.querySelector("main"));
    document.title = fresh.title;
    now.textContent = fresh.getElementById("now").textContent;
    now.classList.remove("stale");
  } catch {
    if (!now.classList.contains("stale")) now.textContent += " – the service does not answer any more";
    now.classList.add("stale");
  }
};
setInterval(look, EVERY);
