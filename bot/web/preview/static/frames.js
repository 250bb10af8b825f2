// The documents. A new one takes the place of the old only once it is loaded, so that nothing flickers or jumps.
import { made } from "./asking.js";

const place = document.getElementById("frames");
const VIEWER_HEIGHT = "82vh";

// What of `frames` is not shown already is loaded; resolves when everything is in its place.
export async function showFrames(frames, scheme) {
  for (const one of place.querySelectorAll(".coming")) one.remove();
  const old = [...place.children];
  await Promise.all(frames.map((frame, n) => {
    const kept = old.find((figure) => figure.dataset.url === frame.url && Number(figure.style.order) === n);
    return kept ? colour(kept, scheme) : load(frame, n, scheme);
  }));
  for (const figure of place.querySelectorAll("figure")) if (figure.style.order >= frames.length) figure.remove();
}

function load(frame, n, scheme) {
  const inside = made("iframe", { title: frame.title });
  // No scripts, no forms, no way out; the same origin only so that this page may see how tall it is.
  if (!frame.viewer) inside.setAttribute("sandbox", "allow-same-origin");
  const figure = made("figure", { "data-url": frame.url, class: "coming" }, made("figcaption", {}, frame.title), inside);
  if (frame.width) figure.style.setProperty("--width", `${frame.width}px`);
  figure.style.order = n;
  colour(figure, scheme);
  place.append(figure);
  return new Promise((resolve) => {
    inside.addEventListener("load", () => resolve(settle(figure, frame.viewer)), { once: true });
    inside.src = frame.url;
  });
}

// A frame that is moved is loaded again: the new one stays where it is, and `order` places it.
function settle(figure, viewer) {
  const inside = figure.querySelector("iframe");
  if (viewer) inside.style.height = VIEWER_HEIGHT;
  else fit(inside);
  for (const one of [...place.children]) {
    if (one !== figure && one.style.order === figure.style.order && !one.classList.contains("coming")) one.remove();
  }
  figure.classList.remove("coming");
}

function colour(figure, scheme) {
  figure.querySelector("iframe").style.colorScheme = scheme || "light dark";
}

// As tall as what is in it, also after it was made narrower; links in it lead nowhere.
function fit(inside) {
  const root = inside.contentDocument?.documentElement;
  if (!root) return;
  const measure = () => { inside.style.height = `${Math.ceil(root.offsetHeight)}px`; };
  measure();
  new ResizeObserver(measure).observe(root);
  root.addEventListener("click", (event) => {
    if (event.target.closest?.("a")) event.preventDefault();
  });
}
