// A message as it is shown: what it says, what it links to, what can be done about it, and all of it.

import { actionById, newsIn, offersFor, sentenceOf } from "./actions/index.js";
import { clock, el, title } from "./dom.js";
import { mediaOf } from "./facts.js";
import { offerButton } from "./forms.js";
import { requests } from "./requests.js";

/** The card of a heard message; `showForm(action, values)` opens a form of the panel. */
export function cardOf(person, { at, message }, showForm) {
  const request = newsIn(message, person)?.id ?? null;
  const heading = el("h5", {}, title(message.channel ?? message.type ?? "message"));
  if (message.replayed) heading.append(" ", el("span", { class: "tag", title: "It came while nobody listened" }, "missed"));
  if (request) heading.append(" ", stateTag(request));
  const media = Object.entries(message).map(([name, value]) => mediaOf(name, value)).filter(Boolean);
  const outcome = el("div", { class: "outcome" });
  const offers = offersFor(message, person.role)
    .map((offer) => offerButton(offer, actionById(offer.action, person.role), person, message, showForm, outcome));
  return el("article", { class: "card", data: { type: message.type ?? "", event: message.event_id ?? "" } },
    el("div", { class: "head" }, heading, el("time", { datetime: new Date(at).toISOString() }, clock(at))),
    el("p", { class: "says" }, sentenceOf(message)),
    ...media,
    offers.length > 0 ? el("div", { class: "offers", role: "group", "aria-label": "Answers" }, ...offers) : null,
    outcome,
    el("details", {}, el("summary", {}, "All of it"), el("pre", { tabindex: "0" }, JSON.stringify(message, null, 2))));
}

/** The state of a request, as it is now and becomes. */
function stateTag(id) {
  const tag = el("span", { class: "tag state" });
  const show = () => {
    const request = requests.get(id);
    tag.textContent = request?.status ?? "";
    tag.hidden = !request?.status;
  };
  const listen = ({ detail }) => {
    if (!tag.isConnected && tag.dataset.shown) requests.removeEventListener("change", listen);
    else if (detail.id === id) show();
  };
  requests.addEventListener("change", listen);
  show();
  requestAnimationFrame(() => { tag.dataset.shown = "yes"; });
  return tag;
}
