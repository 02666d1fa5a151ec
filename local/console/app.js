// The page: puts its parts together, and keeps those current that are looked at.

import { listsOf, newsIn } from "./actions/index.js";
import { showCaptured } from "./captured.js";
import { el, title } from "./dom.js";
import { showEntrance } from "./entrance.js";
import { perform } from "./forms.js";
import { showFunctions } from "./functions.js";
import { showMap } from "./map.js";
import { showPanels } from "./panel.js";
import { people } from "./people.js";
import { requests } from "./requests.js";
import { discover, stack } from "./stack.js";
import { showTabs } from "./tabs.js";
import { showTheme } from "./theme.js";
import { showTimeline } from "./timeline.js";

const REFRESH_MS = 2_000;

const part = (id) => document.getElementById(id);

/** Which stack it is, and the way to another. */
function showStack() {
  const where = stack.isLocal ? `the local cloud on ${location.host}` : stack.api;
  part("stack").textContent = `On ${where}`;
  part("stack").dataset.deployed = String(!stack.isLocal);
  part("other").addEventListener("submit", (event) => {
    event.preventDefault();
    const query = new URLSearchParams();
    for (const name of ["api", "socket"]) {
      const url = part(`other-${name}`).value.trim();
      if (url) query.set(name, url);
    }
    // Anew, for the policy of the page says where it may speak to.
    location.search = query.toString();
  });
  part("other-api").value = stack.api;
  part("other-socket").value = stack.isLocal ? "" : stack.socket;
}

/** What a message tells of a request is told to the map and the timeline. */
function follow() {
  people.addEventListener("message", ({ detail: { person, at, message } }) => {
    const news = newsIn(message, person);
    if (!news) return;
    requests.learn({ ...news, log: { at, who: person.name, text: title(message.type) } });
  });
  people.addEventListener("added", ({ detail: person }) => {
    for (const { at, message } of person.messages) {
      const news = newsIn(message, person);
      if (news) requests.learn({ ...news, log: { at, who: person.name, text: title(message.type) } });
    }
    // What was asked before the page was opened, and what messages do not tell of it.
    for (const action of listsOf(person.role)) perform(action, person, []);
  });
}

/** Asks again what is looked at, while it is. */
function keepCurrent(views) {
  let current = "map";
  const refresh = () => { if (!document.hidden) views[current]?.(); };
  setInterval(refresh, REFRESH_MS);
  document.addEventListener("visibilitychange", refresh);
  return (view) => {
    current = view;
    refresh();
  };
}

async function begin() {
  showTheme(part("theme"));
  await discover();
  showStack();
  follow();
  showEntrance(part("entrance"));
  showPanels(part("panels"), part("nobody"));
  const views = {
    map: showMap(part("map")),
    life: showTimeline(part("life")),
  };
  if (stack.isLocal) {
    views.captured = showCaptured(part("captured"));
    views.functions = showFunctions(part("functions"));
  } else {
    const only = () => el("p", { class: "hint" }, "Only the local cloud shows this.");
    part("captured").replaceChildren(only());
    part("functions").replaceChildren(only());
  }
  showTabs(part("tabs"), keepCurrent(views));
  people.restore();
  document.body.dataset.ready = "yes";
}

begin();
