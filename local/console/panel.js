// The panel of a person: whether they are connected, what they can do, and what they are told.

import { actionsFor, sentenceOf } from "./actions/index.js";
import { cardOf } from "./card.js";
import { button, clock, el, freshId } from "./dom.js";
import { actionForm } from "./forms.js";
import { people, signOut } from "./people.js";

/** Cards that are on the page; older messages are in the inbox. */
const SHOWN = 150;

const ASKING = new Set(["CUSTOMER", "PATIENT", "SEEKER"]);

const STATES = {
  off: "Not connected",
  connecting: "Connecting",
  open: "Opened, not greeted yet",
  ready: "Connected",
  waiting: "Reconnecting",
};

export function panelOf(person) {
  const headingId = freshId("person");
  const heading = el("h3", { id: headingId }, person.name);
  const badge = el("span", { class: "badge", hidden: true });
  const log = el("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": `Messages to ${person.name}`, tabindex: "0" });
  const count = el("span", { class: "tag" });
  const doing = actionsOf(person);
  const show = (heard) => {
    log.prepend(cardOf(person, heard, doing.show));
    while (log.children.length > SHOWN) log.lastElementChild.remove();
    count.textContent = String(person.messages.length);
  };
  for (const heard of person.messages.slice(-SHOWN)) show(heard);
  person.addEventListener("message", ({ detail }) => show(detail));
  person.addEventListener("change", () => { heading.textContent = person.name = person.profile.name ?? person.name; });
  keepBadge(person, badge);
  const now = el("p", { class: "hint", role: "status", hidden: true });
  person.addEventListener("passing", ({ detail: { at, message } }) => {
    now.textContent = `${clock(at)} ${sentenceOf(message)}`;
    now.hidden = false;
  });

  return el("section", { class: "panel", "aria-labelledby": headingId, data: { person: person.name, id: person.id, role: person.role } },
    el("header", {},
      el("div", { class: "who" }, heading, el("span", { class: "role" }, person.role.toLowerCase()), badge),
      connectionOf(person)),
    el("div", { class: "body" },
      doing.node,
      el("div", { class: "messages" }, el("h4", {}, "Messages ", count), now, log)));
}

/** Its state in words, and the ways to change it. */
function connectionOf(person) {
  const state = el("p", { class: "connection", role: "status" });
  const toggle = button("", () => (person.link.state === "off" ? person.link.open() : person.link.close()));
  const cut = button("Cut", () => person.link.drop("Cut off by hand"), { title: "Lose the connection, as a network would" });
  const show = () => {
    const { link } = person;
    state.dataset.state = link.state;
    state.textContent = STATES[link.state] + (link.note ? `: ${link.note}` : "");
    toggle.textContent = link.state === "off" ? "Connect" : "Disconnect";
    cut.hidden = link.state !== "ready";
  };
  person.link.addEventListener("state", show);
  show();
  const leave = button("Sign out", () => signOut(person));
  return el("div", { class: "line" }, state, el("div", { class: "buttons" }, cut, toggle, leave));
}

/** A choice of everything that the role can do, and the form of what was chosen. */
function actionsOf(person) {
  const id = freshId("do");
  const groups = actionsFor(person.role);
  const byId = new Map(groups.flatMap(({ actions }) => actions).map((action) => [action.id, action]));
  const choice = el("select", { id, on: { change: () => show(byId.get(choice.value)) } },
    el("option", { value: "" }, "Choose something"),
    ...groups.map(({ label, actions }) => el("optgroup", { label }, ...actions.map((action) => el("option", { value: action.id }, action.title)))));
  const place = el("div", { class: "form" });

  function show(action, values = null) {
    choice.value = action?.id ?? "";
    if (!action) {
      place.replaceChildren();
      return;
    }
    const form = actionForm(action, person, values ?? {});
    place.replaceChildren(form.node);
    if (values) form.focus();
  }

  // Who asks begins with asking; who is asked, with what they are told.
  show(ASKING.has(person.role) ? [...byId.values()][0] : null);
  return {
    node: el("div", { class: "doing" }, el("label", { for: id }, "What to do"), choice, place),
    show: (action, values) => show(byId.get(action.id) ?? action, values),
  };
}

/** How many are unread, asked again after every message. */
function keepBadge(person, badge) {
  let timer = null;
  const ask = async () => {
    const answer = await person.request("GET", "/notifications/unread-count/");
    if (!answer.ok) return;
    const unread = answer.body.unread_count ?? answer.body.count ?? 0;
    person.unread = unread;
    badge.textContent = `${unread} unread`;
    badge.hidden = unread === 0;
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 400);
  };
  person.addEventListener("message", soon);
  person.addEventListener("inbox", soon);
  person.link.addEventListener("state", () => { if (person.link.state === "ready") soon(); });
}

/** Keeps one panel for each person in `place`. */
export function showPanels(place, empty) {
  const panels = new Map();
  const add = (person) => {
    const panel = panelOf(person);
    panels.set(person, panel);
    place.append(panel);
    empty.hidden = true;
  };
  people.addEventListener("added", ({ detail }) => add(detail));
  people.addEventListener("removed", ({ detail }) => {
    panels.get(detail)?.remove();
    panels.delete(detail);
    empty.hidden = panels.size > 0;
  });
}
