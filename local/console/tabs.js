// The views of the page as tabs: arrow keys move, and only one is shown beside the people.

/** `chosen(name)` is called with the view that is shown. */
export function showTabs(list, chosen) {
  const tabs = [...list.querySelectorAll("[role=tab]")];

  function select(tab, withFocus = false) {
    for (const one of tabs) {
      const is = one === tab;
      one.setAttribute("aria-selected", String(is));
      one.tabIndex = is ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).classList.toggle("current", is);
    }
    document.body.dataset.view = tab.dataset.view;
    sessionStorage.setItem("view", tab.dataset.view);
    if (withFocus) tab.focus();
    chosen(tab.dataset.view);
  }

  for (const tab of tabs) tab.addEventListener("click", () => select(tab));
  list.addEventListener("keydown", (event) => {
    // Those that this width shows.
    const shown = tabs.filter((tab) => tab.offsetParent !== null);
    const now = shown.indexOf(document.activeElement);
    const next = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (now < 0 || next === undefined) return;
    event.preventDefault();
    select(shown[(next + shown.length) % shown.length], true);
  });
  const before = tabs.find((tab) => tab.dataset.view === sessionStorage.getItem("view"));
  select(before ?? tabs.find((tab) => tab.dataset.view === "map"));
}
