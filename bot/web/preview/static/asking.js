// Questions to the server that this page came from, and its news.

export async function ask(path, values = {}) {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value !== undefined);
  const answer = await fetch(`${path}?${new URLSearchParams(given)}`, { cache: "no-store" });
  const said = await answer.json();
  if (said.fault) throw new Error(said.fault);
  return said;
}

export function onNews(told, lost) {
  const news = new EventSource("/news");
  news.addEventListener("message", (event) => told(JSON.parse(event.data)));
  news.addEventListener("error", lost);
}

// An element with text only: nothing that a file or a figure says is ever read as HTML.
export function made(name, values = {}, ...inner) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(values)) element.setAttribute(key, value);
  element.append(...inner);
  return element;
}
