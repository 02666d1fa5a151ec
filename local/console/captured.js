// What left the stack and was caught by the local cloud: mail, pushes, and what could not be delivered.

import { button, clock, el } from "./dom.js";
import { factsOf } from "./facts.js";
import { people } from "./people.js";
import { local } from "./stack.js";

const SHOWN = 100;

/** Shows all of it in `place`; the answer asks again. */
export function showCaptured(place) {
  const lists = {
    mail: part("Mail", "Nobody was sent mail yet."),
    push: part("Pushes", "Nobody was pushed yet. Register a device: “Account”, “Register a device for push”."),
    letters: part("Dead letters", "Everything could be delivered."),
  };
  place.replaceChildren(...Object.values(lists).map((list) => list.node));

  return async () => {
    const [mail, push, letters] = await Promise.all([local("/_local/mail"), local("/_local/push"), local("/_local/dead-letters")]);
    if (mail) lists.mail.show(mail.mail, (one) => one.number, mailRow);
    if (push) lists.push.show(push.push, (one) => one.number, pushRow);
    if (letters) lists.letters.show(letters.dead_letters, (one) => one.received_at, letterRow);
  };
}

/** A list that only grows, newest first. */
function part(heading, nothing) {
  const empty = el("p", { class: "hint" }, nothing);
  const rows = el("ol", { class: "captured" });
  const count = el("span", { class: "tag" });
  const known = new Set();
  return {
    node: el("section", {}, el("h3", {}, heading, " ", count), empty, rows),
    show(items, keyOf, rowOf) {
      count.textContent = items.length > 0 ? String(items.length) : "";
      empty.hidden = items.length > 0;
      for (const item of items.slice(-SHOWN)) {
        if (known.has(keyOf(item))) continue;
        known.add(keyOf(item));
        rows.prepend(rowOf(item));
      }
      while (rows.children.length > SHOWN) rows.lastElementChild.remove();
    },
  };
}

function mailRow(mail) {
  const code = mail.text.match(/(?<!\d)\d{6}(?!\d)/)?.[0];
  return el("li", { class: "card" },
    el("div", { class: "head" }, el("h5", {}, mail.subject), el("time", { datetime: mail.sent_at }, clock(mail.sent_at))),
    el("p", {}, `to ${mail.to.join(", ")}`, code ? [" · code ", el("strong", { class: "code" }, code), " ", button("Copy", () => navigator.clipboard?.writeText(code))] : null),
    el("details", {}, el("summary", {}, "The mail"), el("pre", { tabindex: "0" }, mail.text)));
}

function pushRow(push) {
  const message = push.message?.fcmV1Message?.message ?? {};
  const notice = message.notification ?? {};
  const owner = people.list.find((person) => push.token?.includes(person.id))?.name;
  return el("li", { class: "card" },
    el("div", { class: "head" }, el("h5", {}, notice.title ?? "A message without a title"), el("time", { datetime: push.sent_at }, clock(push.sent_at))),
    el("p", {}, notice.body ?? ""),
    el("p", { class: "hint" }, `to ${owner ? `the device of ${owner}` : push.token ?? push.target_arn}`),
    el("details", {}, el("summary", {}, "All of it"), el("pre", { tabindex: "0" }, JSON.stringify(push.message, null, 2))));
}

function letterRow(letter) {
  return el("li", { class: "card bad" },
    el("div", { class: "head" }, el("h5", {}, letter.queue), el("time", { datetime: letter.received_at }, clock(letter.received_at))),
    factsOf(letter.message),
    el("details", {}, el("summary", {}, "Its records"), el("pre", { tabindex: "0" }, JSON.stringify(letter.records, null, 2))));
}
