// The functions of the stack, as they are now: invocations, cold starts, errors and memory.

import { el, span } from "./dom.js";
import { local, stack } from "./stack.js";

const MIB = 1024 * 1024;

const COLUMNS = [
  ["Function", (one) => one.function],
  ["Invocations", (one) => one.invocations],
  ["Cold starts", (one) => one.cold_starts],
  ["Errors", (one) => one.errors],
  ["Throttles", (one) => one.throttles],
  ["Last took", (one) => span(one.last_duration_ms ?? NaN)],
  ["Last start", (one) => span(one.last_init_ms ?? NaN)],
  ["Alive", (one) => one.instances],
  ["Memory", memoryOf],
];

/** The page reads what the system tells of a process, which here is an unoptimized one. */
function memoryOf(one) {
  const allowed = stack.memory[one.function];
  if (!one.resident_bytes) return allowed ? `of ${allowed} MiB` : "";
  return `${Math.round(one.resident_bytes / MIB)} of ${allowed ?? "?"} MiB`;
}

/** Shows them in `place`; the answer asks again. */
export function showFunctions(place) {
  const summary = el("p", { role: "status" });
  const onlyUsed = el("input", { type: "checkbox", id: "only-used", checked: true, on: { change: () => refresh() } });
  const body = el("tbody");
  place.replaceChildren(
    summary,
    el("div", { class: "check" }, onlyUsed, el("label", { for: "only-used" }, "Only those that were invoked")),
    el("div", { class: "wide", role: "region", "aria-label": "Functions", tabindex: "0" },
      el("table", {},
        el("caption", {}, "Since the local cloud started"),
        el("thead", {}, el("tr", {}, ...COLUMNS.map(([name]) => el("th", { scope: "col" }, name)))),
        body)));

  async function refresh() {
    const answer = await local("/_local/functions");
    if (!answer) return;
    const all = answer.functions;
    const sum = (name) => all.reduce((total, one) => total + one[name], 0);
    summary.textContent = `${all.length} functions, ${sum("invocations")} invocations, ${sum("cold_starts")} cold starts, ${sum("errors")} errors, ${sum("instances")} processes alive`;
    const shown = all.filter((one) => !onlyUsed.checked || one.invocations > 0)
      .sort((one, other) => other.invocations - one.invocations);
    body.replaceChildren(...shown.map((one) => el("tr", { class: one.errors > 0 ? "bad" : "" },
      ...COLUMNS.map(([name, read]) => el(name === "Function" ? "th" : "td", name === "Function" ? { scope: "row" } : {}, String(read(one)))))));
  }
  return refresh;
}
