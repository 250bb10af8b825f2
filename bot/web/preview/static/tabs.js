// Tabs as WAI-ARIA describes them: one stop for the Tab key, arrows, Home and End choose.
const tabs = [...document.querySelectorAll("[role=tab]")];
const panel = document.getElementById("rendition");

export function showTab(form) {
  for (const tab of tabs) {
    const chosen = tab.dataset.form === form;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen) panel.setAttribute("aria-labelledby", tab.id);
  }
}

export function onTab(choose) {
  for (const [at, tab] of tabs.entries()) {
    tab.addEventListener("click", () => choose(tab.dataset.form));
    tab.addEventListener("keydown", (event) => {
      const last = tabs.length - 1;
      const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      tabs[to].focus();
      choose(tabs[to].dataset.form);
    });
  }
}
