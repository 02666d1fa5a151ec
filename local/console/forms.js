// A form from the description of an action:
//
//   { id, title, submit, roles, method, path, sends, type, replies, fields, keyed, says, items, learns, after, first }
//
// `sends` is json (the default), form (multipart, for files), query, or socket: then `type` is the message's, and
// `replies` the types of what answers it. `{name}` in the path is the field of that name. `keyed` sends an
// Idempotency-Key. `says(body)` is a sentence for what was answered, `items(body)` the rows of a list,
// `learns(body, sent, person)` what is now known of requests, `after` does what else is to be done, and `first` has
// a list asked for as soon as somebody comes in.

import { button, el, freshId, span } from "./dom.js";
import { factsOf } from "./facts.js";
import { makeField } from "./fields.js";
import { requests } from "./requests.js";
import { words } from "./stack.js";

const REPLY_MS = 10_000;

/** Does an action with those values: `[[name, value], …]`. What came of it: `{ok, status, body, sentence, tookMs}`. */
export async function perform(action, person, entries, key = null) {
  const answer = action.sends === "socket"
    ? await sayAndHear(action, person, entries)
    : await ask(action, person, entries, key);
  const sent = Object.fromEntries(entries);
  if (answer.ok) {
    for (const news of action.learns?.(answer.body, sent, person) ?? []) requests.learn(news);
    action.after?.(answer.body, sent, person);
  }
  const said = answer.ok ? action.says?.(answer.body, sent) ?? answer.body?.message ?? "Done" : words(answer);
  return { ...answer, sentence: said };
}

function ask(action, person, entries, key) {
  const left = [];
  let path = action.path;
  for (const [name, value] of entries) {
    const hole = `{${name}}`;
    if (path.includes(hole)) path = path.replace(hole, encodeURIComponent(value));
    else left.push([name, value]);
  }
  const options = key ? { key } : {};
  if (action.sends === "query") {
    const query = new URLSearchParams(left.map(([name, value]) => [name, String(value)]));
    if (left.length > 0) path += `?${query}`;
  } else if (action.sends === "form") {
    options.form = new FormData();
    for (const [name, value] of left) options.form.append(name, value);
  } else if (action.method !== "GET") {
    options.json = action.body ? action.body(Object.fromEntries(left)) : Object.fromEntries(left);
  }
  return person.request(action.method, path, options);
}

/** The next message of one of the types that answer it, or of an error. */
function sayAndHear(action, person, entries) {
  const began = performance.now();
  const took = () => performance.now() - began;
  return new Promise((resolve) => {
    const listen = ({ detail: { message } }) => {
      const isReply = action.replies?.includes(message.type);
      if (isReply || message.type === "error") finish({ status: 0, ok: isReply, body: message, tookMs: took() });
    };
    const finish = (outcome) => {
      clearTimeout(timer);
      person.link.removeEventListener("heard", listen);
      resolve(outcome);
    };
    const silent = () => finish({ status: 0, ok: false, body: { error: "The server did not answer over the socket" }, tookMs: took() });
    const timer = setTimeout(silent, REPLY_MS);
    person.link.addEventListener("heard", listen);
    if (!person.link.say({ type: action.type, ...Object.fromEntries(entries) })) {
      finish({ status: 0, ok: false, body: { error: "The socket is not open" }, tookMs: took() });
    } else if (!action.replies?.length) {
      finish({ status: 0, ok: true, body: { message: "Said over the socket" }, tookMs: took() });
    }
  });
}

/** The form of an action, for a person. `values` fill it. */
export function actionForm(action, person, values = {}) {
  const fields = (action.fields ?? []).map((field) => makeField(field, person));
  for (const field of fields) field.set(values);
  const outcome = el("div", { class: "outcome" });
  const submit = el("button", { type: "submit", class: "primary" }, action.submit ?? action.title);
  const headingId = freshId("form");
  // A try whose fate is unknown is made again by the same key, so that nothing is done twice.
  let attempt = { key: null, text: "" };

  const form = el("form", {
    class: "action", novalidate: true, "aria-labelledby": headingId, data: { action: action.id },
    on: { submit: (event) => { event.preventDefault(); send(); } },
  },
  el("h4", { id: headingId }, action.title),
  action.hint ? el("p", { class: "hint" }, action.hint) : null,
  ...fields.map((field) => field.node),
  submit, outcome);

  async function send() {
    const entries = fields.flatMap((field) => field.read());
    const text = JSON.stringify(entries.map(([name, value]) => [name, value instanceof File ? [value.name, value.size] : value]));
    if (attempt.key === null || attempt.text !== text) attempt = { key: freshKey(), text };
    submit.disabled = true;
    form.setAttribute("aria-busy", "true");
    const result = await perform(action, person, entries, action.keyed ? attempt.key : null);
    submit.disabled = false;
    form.removeAttribute("aria-busy");
    if (result.status !== 0 && result.status < 500) attempt.key = null;
    show(result);
  }

  function show(result) {
    const problems = result.ok ? {} : result.body?.fields ?? {};
    for (const field of fields) field.explain(problems);
    outcome.replaceChildren(outcomeOf(action, result, fields));
    const wrong = fields.find((field) => field.names.some((name) => problems[name]));
    wrong?.focus();
    if (result.ok) for (const field of fields) field.clear?.();
  }

  return { node: form, focus: () => (fields[0] ?? { focus: () => submit.focus() }).focus() };
}

/** What came of an action, in words, with the fields that no input of the form is for. */
export function outcomeOf(action, result, fields = []) {
  const known = new Set(fields.flatMap((field) => field.names));
  const others = Object.entries((!result.ok && result.body?.fields) || {}).filter(([name]) => !known.has(name));
  const tag = result.status === 0 ? span(result.tookMs) : `${result.status} in ${span(result.tookMs)}`;
  const rows = result.ok && action.items ? action.items(result.body) : null;
  return el("div", { class: result.ok ? "good" : "bad" },
    el("p", { role: result.ok ? "status" : "alert" },
      el("strong", {}, result.ok ? "✓ " : "✗ "), result.sentence, " ", el("span", { class: "tag" }, tag)),
    others.length > 0 ? el("ul", {}, ...others.map(([name, sentence]) => el("li", {}, `${name} ${sentence}`))) : null,
    rows ? listOf(rows) : null,
    el("details", {}, el("summary", {}, "The answer"), el("pre", { tabindex: "0" }, JSON.stringify(result.body, null, 2))));
}

function listOf(rows) {
  if (rows.length === 0) return el("p", { class: "hint" }, "There are none.");
  return el("ol", { class: "rows" }, ...rows.map((row) => el("li", {}, factsOf(row))));
}

function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Buttons beside a message: an action with what the message fills in. */
export function offerButton(offer, action, person, message, showForm, outcome) {
  const values = offer.fill(message, person);
  if (!offer.now) return button(offer.label, () => showForm(action, values));
  const press = button(offer.label, async () => {
    press.disabled = true;
    const result = await perform(action, person, Object.entries(values), action.keyed ? freshKey() : null);
    press.disabled = false;
    outcome.replaceChildren(outcomeOf(action, result));
  }, { class: offer.class ?? "" });
  return press;
}
