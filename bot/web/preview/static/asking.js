// Questions to the server that this page came from, and its news.
const NEWS_EVERY = 200; // milliseconds; a hidden page is slowed down by the browser itself

export async function ask(path, values = {}) {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value !== undefined);
  const answer = await fetch(`${path}?${new URLSearchParams(given)}`, { cache: "no-store" });
  const said = await answer.json();
  if (said.fault) throw new Error(said.fault);
  return said;
}

// Calls `told` when the news changed, and `lost` once for each time that the server stops answering.
export function onNews(told, lost) {
  let last = "";
  const look = async () => {
    try {
      const news = await ask("/news");
      const text = JSON.stringify(news);
      if (text !== last) told(news);
      last = text;
    } catch {
      if (last !== "lost") lost();
      last = "lost";
    }
    setTimeout(look, NEWS_EVERY);
  };
  look();
}

// An element with text only: nothing that a file or a figure says is ever read as HTML.
export function made(name, values = {}, ...inner) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(values)) element.setAttribute(key, value);
  element.append(...inner);
  return element;
}
