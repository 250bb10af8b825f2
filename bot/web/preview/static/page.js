// The page: what is looked at stands in its address, so that going back to it shows the same.
import { ask, made, onNews } from "./asking.js";
import { listDigests } from "./digests.js";
import { showFaults } from "./faults.js";
import { showFrames } from "./frames.js";
import { onPick, showMoments, showPicked, showReaders } from "./picker.js";
import { onTab, showTab } from "./tabs.js";

const [now, title, lead, whom, notes, facts, nothing] = ["now", "title", "lead", "whom", "notes", "facts", "nothing"].map(
  (id) => document.getElementById(id),
);
const look = { digest: "", form: "slack", reader: 0, at: "", window: "", group: "", scheme: "" };
let overview = { generation: -1, digests: [], problems: [], template_problems: [] };
let asked = 0;
const LOST = -2;
let shownFor = "";
let goodAt = "";

function fromAddress() {
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name in look) look[name] = name === "reader" ? Number(value) || 0 : value;
  }
}

function intoAddress() {
  const given = Object.entries(look).filter(([, value]) => value !== "" && value !== 0);
  history.replaceState(null, "", `/?${new URLSearchParams(given)}`);
}

async function refresh() {
  const first = overview.generation === -1;
  overview = await ask("/overview");
  if (first && !location.search && overview.first) Object.assign(look, overview.first);
  if (!overview.digests.some((digest) => digest.name === look.digest)) look.digest = overview.digests[0]?.name ?? "";
  document.getElementById("file").textContent = overview.file;
  document.getElementById("sample").hidden = !overview.sample;
  await show();
}

async function show() {
  const mine = ++asked;
  const digest = overview.digests.find((one) => one.name === look.digest);
  listDigests(overview.digests, look.digest, (name) => choose({ digest: name, at: "", reader: 0 }));
  showTab(look.form);
  showPicked(look, digest);
  if (overview.problems.length || !digest) showFaults(overview.problems, whatIsBelow(Boolean(digest), true));
  if (!digest) return showNothing();
  document.body.classList.remove("bare");
  title.textContent = digest.title;
  document.title = `${digest.title} · Preview`;
  intoAddress();
  const [{ moments }, made] = await Promise.all([ask("/moments", { digest: look.digest }), rendition()]);
  if (mine !== asked) return;
  showMoments(moments, look.at);
  await showRendition(digest, made, mine);
}

async function rendition() {
  const { scheme, ...wish } = look;
  try {
    return await ask("/show", wish);
  } catch (fault) {
    return { readers: [], notes: [], facts: [], links: [], frames: [], stale: false, problems: [{ message: fault.message }] };
  }
}

async function showRendition(digest, shown, mine) {
  const subject = `${look.digest} ${look.form}`;
  const faults = [...overview.problems, ...shown.problems, ...overview.template_problems];
  const old = overview.problems.length + shown.problems.length > 0;
  // After a fault, what was shown of the same before stays, also when only the wish was wrong.
  const keeps = shown.frames.length > 0 || (subject === shownFor && shown.problems.length > 0);
  if (!old) goodAt = time();
  showFaults(faults, whatIsBelow(keeps, old));
  tellDigest(digest, shown, keeps);
  showReaders(shown.readers, look.reader);
  if (shown.frames.length || !keeps) {
    showAround(shown);
    await showFrames(shown.frames, look.scheme);
  }
  if (mine !== asked) return;
  nothing.hidden = shown.frames.length > 0 || keeps;
  nothing.textContent = "There is nothing to show of this yet.";
  if (!shown.problems.length || !keeps) shownFor = keeps ? subject : "";
  document.body.classList.toggle("stale", old);
  sayHowItStands();
  Object.assign(document.body.dataset, { generation: overview.generation, form: look.form });
}

function whatIsBelow(keeps, old) {
  if (!keeps) return "Nothing could be made yet.";
  if (!old) return "What is shown below is up to date.";
  return goodAt ? `Below is the last good state, of ${goodAt}.` : "Below is the last good state.";
}

function tellDigest(digest, shown, keeps) {
  if (!keeps) lead.replaceChildren();
  if (shown.window) lead.replaceChildren(made("b", {}, shown.window), ` · due ${shown.due}`);
  const to = digest.recipients ? `to ${digest.recipients}` : "nobody gets it";
  whom.textContent = `${digest.schedule} · ${to}${digest.paused ? " · paused" : ""}`;
}

function showAround(shown) {
  notes.replaceChildren(...shown.notes.map((note) => made("p", { class: "note" }, note)));
  const links = shown.links.map(([name, url]) => made("a", { href: url, target: "_blank", rel: "noopener" }, name));
  const listed = shown.facts.flatMap(([name, value]) => [made("dt", {}, name), made("dd", {}, value)]);
  facts.replaceChildren(...listed);
  facts.lastElementChild?.append(...links.flatMap((link) => [" · ", link]));
}

function showNothing() {
  lead.replaceChildren();
  whom.replaceChildren();
  document.body.classList.toggle("stale", overview.problems.length > 0);
  document.body.classList.add("bare");
  sayHowItStands();
  nothing.hidden = false;
  nothing.textContent = overview.problems.length ? "Mend the file: this page shows it at once." : "The file has no digest yet.";
  document.body.dataset.generation = overview.generation;
}

function choose(some) {
  Object.assign(look, some);
  show();
}

function saying(news) {
  now.classList.toggle("busy", Boolean(news.busy));
  if (news.busy) now.textContent = `${news.busy}…`;
  else sayHowItStands();
  if (news.generation !== overview.generation) refresh();
}

function sayHowItStands() {
  const faulty = document.body.classList.contains("stale");
  now.textContent = faulty ? `waiting until it is mended${goodAt && ` · last good ${goodAt}`}` : `up to date · ${time()}`;
}

function time() {
  return new Date().toLocaleTimeString([], { hour12: false });
}

fromAddress();
onTab((form) => choose({ form, reader: 0 }));
onPick(choose);
onNews(saying, () => {
  overview.generation = LOST; // whoever answers next may be another process, which counts anew
  now.textContent = "the preview has ended: start it again";
  now.classList.add("busy");
});
