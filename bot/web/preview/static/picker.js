// Of which moment, about which window, for which reader.
import { made } from "./asking.js";

const at = document.getElementById("at");
const other = document.getElementById("other");
const windows = document.getElementById("window");
const reader = document.getElementById("reader");
const scheme = document.getElementById("scheme");
const OTHER = "other";

export function onPick(pick) {
  at.addEventListener("change", () => {
    other.parentElement.hidden = at.value !== OTHER;
    if (at.value === OTHER) other.focus();
    else pick({ at: at.value });
  });
  other.addEventListener("change", () => { if (other.value) pick({ at: other.value }); });
  windows.addEventListener("change", () => pick({ window: windows.value.trim() }));
  reader.addEventListener("change", () => pick({ reader: Number(reader.value) }));
  scheme.addEventListener("change", () => pick({ scheme: scheme.value }));
}

export function showMoments(moments, chosen) {
  // Somebody is just choosing: a save meanwhile must not take it away.
  if (at.value === OTHER && [at, other].includes(document.activeElement)) return;
  const known = chosen === "" || moments.some((moment) => moment.at === chosen);
  const named = (moment) => made("option", { value: moment.at }, `${moment.when} · ${moment.window}`);
  const latest = moments.find((moment) => !moment.future);
  const group = (label, some) => (some.length ? [made("optgroup", { label }, ...some.map(named))] : []);
  at.replaceChildren(
    made("option", { value: "" }, latest ? `the latest: ${latest.when}` : "the latest"),
    ...group("still to come", moments.filter((moment) => moment.future)),
    ...group("was due", moments.filter((moment) => !moment.future)),
    made("option", { value: OTHER }, "another moment…"),
  );
  at.value = known ? chosen : OTHER;
  other.parentElement.hidden = known;
  if (!known) other.value = chosen.slice(0, 16);
}

export function showPicked({ window: phrase, scheme: colours }, digest) {
  windows.placeholder = digest?.window ?? "";
  if (document.activeElement !== windows) windows.value = phrase;
  scheme.value = colours;
}

export function showReaders(readers, chosen) {
  reader.parentElement.hidden = readers.length < 2;
  reader.replaceChildren(...readers.map((name, n) => made("option", { value: String(n) }, name)));
  reader.value = String(Math.min(chosen, readers.length - 1));
}
