// The life of a request: committed, delivered to whom on which channel and after how long, answered, over.
//
// The local cloud shows its tables, and what stands in them is the truth. Of a deployed stack the page knows
// what its own people did and heard.

import { clock, el, eachFrame, freshId, span, title } from "./dom.js";
import { people } from "./people.js";
import { requests } from "./requests.js";
import { local, stack } from "./stack.js";

/** What is first of what was committed at one moment; everything else comes after. */
const FIRST = ["asked", "answer"];
const rank = (step) => (FIRST.includes(step.kind) ? FIRST.indexOf(step.kind) : FIRST.length);

/** Names of accounts that are not on the page. */
const names = new Map();

/** Shows it in `place`; the answer asks again. */
export function showTimeline(place) {
  const choice = el("select", { id: freshId("life"), on: { change: () => requests.select(choice.value) } });
  const body = el("div");
  let shown = "";
  place.replaceChildren(el("div", { class: "tools" }, el("label", { for: choice.id }, "Request"), choice), body);

  const offer = eachFrame(() => {
    const list = requests.list;
    choice.replaceChildren(...list.map((request) => el("option", { value: request.id }, `${request.title}${request.status ? ` (${request.status})` : ""}`)));
    // Whoever has not chosen looks at the newest.
    if (!requests.get(requests.selected) && list.length > 0) requests.select(list[0].id);
    choice.value = requests.selected ?? "";
    refresh();
  });

  // Looking through a large table takes its time, and is not done all the time.
  let free = 0;
  async function refresh() {
    const began = Date.now();
    if (began < free) return;
    free = Infinity;
    await read();
    free = Date.now() + 5 * (Date.now() - began);
  }

  async function read() {
    const request = requests.get(requests.selected);
    if (!request) {
      body.replaceChildren(el("p", { class: "hint" }, "There is no request yet. Ask for something."));
      return;
    }
    const steps = stack.isLocal ? await stepsOfTables(request) : [];
    steps.push(...stepsOfPage(request));
    steps.sort((one, other) => one.at - other.at || rank(one) - rank(other));
    const text = JSON.stringify(steps);
    if (text === shown) return;
    shown = text;
    body.replaceChildren(lifeOf(request, steps));
  }

  requests.addEventListener("change", offer);
  requests.addEventListener("select", () => { shown = ""; free = 0; offer(); });
  offer();
  return refresh;
}

/** What the tables say: events with their deliveries, and answers. */
async function stepsOfTables(request) {
  const id = encodeURIComponent(request.id);
  const [kept, posted, told] = await Promise.all([
    local(`/_local/tables/Requests?pk=REQUEST%23${id}`),
    local(`/_local/tables/Outbox?pk=REQUEST%23${id}`),
    local(`/_local/tables/Notifications?attribute=request_id&value=${id}`),
  ]);
  const events = new Map();
  const eventOf = (eventId, at, kind) => {
    if (!events.has(eventId)) events.set(eventId, { at: Date.parse(at), kinds: [], event: eventId, deliveries: [] });
    const event = events.get(eventId);
    // One event can tell different people different things.
    if (!event.kinds.includes(kind)) event.kinds.push(kind);
    return event;
  };
  for (const item of posted?.items ?? []) {
    const event = JSON.parse(item.event);
    const message = event.errand.tell?.message;
    if (message) eventOf(event.id, event.at, kindOf(message));
  }
  for (const item of told?.items ?? []) {
    const event = eventOf(item.sk, item.created_at, kindOf(JSON.parse(item.payload)));
    event.deliveries.push(...await deliveriesOf(item, event.at));
  }
  const steps = [...events.values()].map((event) => ({ ...event, says: `Committed: ${event.kinds.map(title).join(", ")}` }));
  for (const item of kept?.items ?? []) {
    if (item.sk === "REQUEST") steps.push({ at: Date.parse(item.created_at), says: `Asked by ${await nameOf(item.requester)}`, kind: "asked" });
    if (item.sk.startsWith("RESPONSE#")) {
      const at = Date.parse(item.responded_at ?? item.at ?? item.created_at);
      const did = item.choice ?? item.standing ?? item.response_type ?? item.status ?? "answered";
      steps.push({ at, says: `${await nameOf(item.sk.slice("RESPONSE#".length))}: ${title(String(did).toLowerCase())}`, kind: "answer" });
    }
  }
  return steps.filter((step) => Number.isFinite(step.at));
}

/** Where all messages have one type, their channel says what they tell. */
function kindOf({ type, fields }) {
  return fields?.channel ?? type;
}

/** Each attempt to tell somebody: how it went, and how long after the commit. */
async function deliveriesOf(item, committed) {
  const account = item.pk.slice("ACCOUNT#".length);
  const who = await nameOf(account);
  const heard = people.byId(account)?.messages.find(({ message }) => message.event_id === item.sk);
  return Object.entries(item.deliveries ?? {}).map(([route, attempt]) => {
    const channel = route.split("#")[0];
    const wasHeard = channel === "socket" && heard && !heard.message.replayed;
    return {
      who, channel, status: item.acked_at && channel === "socket" && attempt.status === "sent" ? "delivered" : attempt.status,
      reason: attempt.reason, tookMs: attempt.ended_at ? Date.parse(attempt.ended_at) - committed : null,
      heardMs: wasHeard ? heard.at - committed : null,
    };
  }).concat(item.acked_at ? [{ who, channel: "acknowledged", status: "delivered", tookMs: Date.parse(item.acked_at) - committed }] : []);
}

/** What the page's own people did and heard. Where the tables tell it better, they do. */
function stepsOfPage(request) {
  return stack.isLocal ? [] : request.log.map(({ at, who, text }) => ({ at, says: `${who} heard: ${text}`, kind: "heard" }));
}

async function nameOf(account) {
  if (!account) return "somebody";
  const known = people.nameOf(account) ?? names.get(account);
  if (known) return known;
  const found = await local(`/_local/tables/Accounts?pk=ACCOUNT%23${encodeURIComponent(account)}`);
  const name = found?.items.find((item) => item.sk === "PROFILE")?.name ?? `account …${account.slice(-6)}`;
  names.set(account, name);
  return name;
}

function lifeOf(request, steps) {
  const start = steps[0]?.at ?? request.since;
  const slowest = Math.max(1, ...steps.flatMap((step) => (step.deliveries ?? []).map((one) => one.tookMs ?? 0)));
  return el("div", {},
    el("p", {}, el("strong", {}, request.title), request.status ? [" ", el("span", { class: "tag" }, request.status)] : null,
      request.taker ? ` taken by ${request.taker}` : null),
    el("ol", { class: "life" }, ...steps.map((step) => el("li", { data: { kind: step.kind } },
      el("p", {}, el("span", { class: "after" }, `+${span(step.at - start)}`), " ", el("strong", {}, step.says), " ",
        el("time", { datetime: new Date(step.at).toISOString() }, clock(step.at))),
      step.deliveries?.length ? el("ul", { class: "deliveries" }, ...step.deliveries.map((one) => deliveryOf(one, slowest))) : null))));
}

function deliveryOf(one, slowest) {
  const took = one.tookMs === null ? "" : ` after ${span(one.tookMs)}`;
  const heard = one.heardMs === null || one.heardMs === undefined ? "" : `, heard here after ${span(one.heardMs)}`;
  const what = one.channel === "acknowledged" ? "has it" : `${one.channel} ${one.status}`;
  const bar = el("span", { class: "bar", "aria-hidden": "true" });
  bar.style.inlineSize = `${Math.max(2, (100 * (one.tookMs ?? 0)) / slowest)}%`;
  return el("li", { class: one.status === "failed" ? "bad" : "" },
    el("span", {}, `${one.who}: ${what}${took}${heard}${one.reason ? ` (${one.reason})` : ""}`), bar);
}
