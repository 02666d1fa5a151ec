// The fields of a form, each from its description:
//
//   { name, label, kind, value, hint, optional, options, of, names, wide }
//
// `wide` gives it a line of its own.
// `kind` is text (the default), secret, long, number, choice, yesno, date, moment, place, image, audio, request
// (an id of a known request; `of` names its kind) or account (an id of somebody; `of` names their role).
// `value` is what stands there at first, or makes it from the person. A place has `names`: {lat, lng}.

import { button, el, freshId } from "./dom.js";
import { place, round } from "./geo.js";
import { people } from "./people.js";
import { filePart } from "./recorder.js";
import { requests } from "./requests.js";

/** Who fills a field from the map; the map asks. */
export const picking = new (class extends EventTarget {
  field = null;
  begin(field) {
    this.field = field;
    this.dispatchEvent(new Event("change"));
  }
  pick(point) {
    const { field } = this;
    this.begin(null);
    field?.set(point);
  }
})();

/** A field of a person's form. */
export function makeField(field, person) {
  const first = typeof field.value === "function" ? field.value(person) : field.value;
  switch (field.kind) {
    case "place": return placeField(field, first, person);
    case "image":
    case "audio": return fileField(field);
    case "choice": return choiceField(field, first);
    case "yesno": return yesNoField(field, first);
    default: return lineField(field, first, person);
  }
}

/** Label, control, hint and a place for what is wrong with it. */
function frame(field, controlId, control) {
  const hintId = `${controlId}-hint`;
  const problemId = `${controlId}-problem`;
  const problem = el("p", { class: "problem", id: problemId, hidden: true });
  const label = el("label", { for: controlId }, field.label, field.optional ? el("span", { class: "optional" }, " (optional)") : null);
  const hint = field.hint ? el("p", { class: "hint", id: hintId }, field.hint) : null;
  const wide = ["long", "image", "audio", "request", "account"].includes(field.kind) || field.wide ? "field all" : "field";
  return { node: el("div", { class: wide }, label, control, hint, problem), problem, hintId, problemId };
}

function explain(control, shown, sentence) {
  shown.problem.textContent = sentence ?? "";
  shown.problem.hidden = !sentence;
  if (sentence) {
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", shown.problemId);
  } else {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-describedby");
  }
}

const TYPES = { number: "text", date: "date", moment: "datetime-local", secret: "password" };

function lineField(field, first, person) {
  const id = freshId(field.name);
  const control = field.kind === "long"
    ? el("textarea", { id, name: field.name, rows: 2 })
    : el("input", {
      id, name: field.name, type: TYPES[field.kind] ?? "text", autocomplete: "off",
      inputmode: field.kind === "number" ? "decimal" : null,
      list: field.kind === "request" || field.kind === "account" ? `${id}-list` : null,
    });
  control.value = first ?? "";
  const shown = frame(field, id, control);
  if (field.kind === "request" || field.kind === "account") shown.node.append(choices(field, id, control, person));
  return {
    names: [field.name],
    node: shown.node,
    read: () => (control.value.trim() === "" ? [] : [[field.name, typed(field, control.value)]]),
    set: (values) => { if (values[field.name] !== undefined) control.value = values[field.name]; },
    explain: (problems) => explain(control, shown, problems[field.name]),
    focus: () => control.focus(),
  };
}

/** What is no number goes as it is, so that the server says what is wrong with it. */
function typed(field, text) {
  if (field.kind === "number") {
    const number = Number(text);
    return Number.isFinite(number) ? number : text;
  }
  if (field.kind === "moment") {
    const when = new Date(text);
    return Number.isNaN(when.getTime()) ? text : when.toISOString();
  }
  return text;
}

/** The ids that the page knows, offered by what they stand for; filled in whenever the field is entered. */
function choices(field, id, control, self) {
  const list = el("datalist", { id: `${id}-list` });
  const fill = () => {
    const known = field.kind === "request"
      ? requests.ofKind(field.of).map((request) => [request.id, request.title])
      : people.list.filter((person) => person !== self && (!field.of || person.role === field.of)).map((person) => [person.id, person.name]);
    list.replaceChildren(...known.map(([value, label]) => el("option", { value, label }, label)));
    return known;
  };
  control.addEventListener("focus", fill);
  // The newest request, or the first to answer to the role, is meant more often than another.
  const [first] = fill();
  if (first && control.value === "" && !field.optional) [control.value] = first;
  return list;
}

function choiceField(field, first) {
  const id = freshId(field.name);
  const options = field.options.map((option) => {
    const [value, label] = Array.isArray(option) ? option : [option, option];
    return el("option", { value, selected: value === first }, label);
  });
  const control = el("select", { id, name: field.name }, ...options);
  const shown = frame(field, id, control);
  return {
    names: [field.name],
    node: shown.node,
    read: () => (control.value === "" ? [] : [[field.name, control.value]]),
    set: (values) => { if (values[field.name] !== undefined) control.value = values[field.name]; },
    explain: (problems) => explain(control, shown, problems[field.name]),
    focus: () => control.focus(),
  };
}

function yesNoField(field, first) {
  const id = freshId(field.name);
  const control = el("input", { id, name: field.name, type: "checkbox" });
  control.checked = Boolean(first);
  const problem = el("p", { class: "problem", id: `${id}-problem`, hidden: true });
  const shown = { problem, problemId: problem.id };
  return {
    names: [field.name],
    node: el("div", { class: "field check" }, control, el("label", { for: id }, field.label), problem),
    read: () => [[field.name, control.checked]],
    set: (values) => { if (values[field.name] !== undefined) control.checked = Boolean(values[field.name]); },
    explain: (problems) => explain(control, shown, problems[field.name]),
    focus: () => control.focus(),
  };
}

function fileField(field) {
  const part = filePart(field.kind);
  const shown = frame(field, part.id, part.node);
  const control = part.node.querySelector("input");
  return {
    names: [field.name],
    node: shown.node,
    read: () => (part.file() ? [[field.name, part.file()]] : []),
    set: () => {},
    clear: part.clear,
    explain: (problems) => explain(control, shown, problems[field.name]),
    focus: part.focus,
  };
}

function placeField(field, first, person) {
  const { lat: latName, lng: lngName } = field.names;
  const inputs = [latName, lngName].map((name, number) => {
    const id = freshId(name);
    const control = el("input", { id, name, type: "text", inputmode: "decimal", autocomplete: "off" });
    return { id, name, control, label: number === 0 ? "Latitude" : "Longitude" };
  });
  const [lat, lng] = inputs.map((input) => input.control);
  const problem = el("p", { class: "problem", id: freshId("problem"), hidden: true });
  const api = {
    names: [latName, lngName],
    /** Whose place it is, for the map. */
    title: `${person?.name ?? "New person"}: ${field.label}`,
    set(values) {
      const point = place(values.lat ?? values[latName], values.lng ?? values[lngName]);
      if (!point) return;
      lat.value = round(point.lat);
      lng.value = round(point.lng);
    },
    read: () => inputs
      .filter((input) => input.control.value.trim() !== "")
      .map((input) => [input.name, typed({ kind: "number" }, input.control.value)]),
    explain(problems) {
      const said = inputs.filter((input) => problems[input.name]).map((input) => `${input.label} ${problems[input.name]}`);
      for (const { control, name } of inputs) {
        explain(control, { problem, problemId: problem.id }, problems[name]);
      }
      problem.textContent = said.join("; ");
      problem.hidden = said.length === 0;
    },
    focus: () => lat.focus(),
  };
  const start = first ?? (field.optional ? null : person?.place);
  if (start) api.set(start);
  api.node = el("fieldset", { class: "field place" },
    el("legend", {}, field.label, field.optional ? el("span", { class: "optional" }, " (optional)") : null),
    ...inputs.map((input) => el("div", {}, el("label", { for: input.id }, input.label), input.control)),
    button("Pick on the map", () => picking.begin(api)),
    problem);
  return api;
}
