// How people come onto the page: the cast of the demo by name, a new account, or an account that there is.

import { CAST, bring } from "./cast.js";
import { announce, button, el, freshId } from "./dom.js";
import { outcomeOf } from "./forms.js";
import { makeField } from "./fields.js";
import { people, register, sendCode, signIn } from "./people.js";
import { stack } from "./stack.js";

const PLACE = { name: "place", label: "Where they are", kind: "place", names: { lat: "lat", lng: "lng" } };
const ROLES = {
  CUSTOMER: [],
  PHARMACY: [PLACE, { name: "address", label: "Address", optional: true }],
  DONOR: [
    { name: "blood_group", label: "Blood group", kind: "choice", options: ["O+", "O-", "A+", "A-", "B+", "B-", "AB+", "AB-"] },
    { name: "city", label: "City", value: "Kathmandu" },
    { ...PLACE, optional: true },
    { name: "last_donation_date", label: "Last donation", kind: "date", optional: true },
  ],
  SEEKER: [],
  PROVIDER: [{ name: "service_type", label: "Service", value: "worker" }, PLACE, { name: "service_coverage_area", label: "Covers (km)", kind: "number", optional: true }],
  PATIENT: [],
  HOSPITAL: [{ name: "hospital_name", label: "Name of the hospital" }, { name: "city", label: "City", value: "Kathmandu" }, PLACE],
  DOCTOR: [{ name: "specialty", label: "Specialty", value: "Cardiology" }, { name: "hospital_id", label: "Hospital", kind: "account", of: "HOSPITAL" }],
};

/** Fills the part of the page where people come in. */
export function showEntrance(place) {
  const parts = [signInForm(), newAccountForm()];
  if (stack.isLocal) parts.unshift(castButtons());
  place.replaceChildren(...parts);
}

function castButtons() {
  const outcome = el("div", { class: "outcome" });
  const buttons = new Map();
  const kinds = [...new Set(CAST.map((member) => member.kind))];

  // One after the other, so that they stand in the order in which they were asked in.
  let before = Promise.resolve();
  const enter = (members) => { before = before.then(() => enterNow(members)); };

  async function enterNow(members) {
    outcome.replaceChildren();
    for (const member of members) {
      const press = buttons.get(member);
      press.disabled = true;
      press.setAttribute("aria-busy", "true");
      try {
        await bring(member);
        announce(`${member.name} is here`);
      } catch (error) {
        outcome.replaceChildren(trouble(error));
      }
      press.removeAttribute("aria-busy");
      mark();
    }
  }

  function mark() {
    for (const [member, press] of buttons) press.disabled = people.list.some((person) => person.made === member.name);
  }

  const groups = kinds.map((kind) => {
    const members = CAST.filter((member) => member.kind === kind);
    for (const member of members) {
      buttons.set(member, button(member.name, () => enter([member]), { title: `Sign in as ${member.name}, ${member.role.toLowerCase()}` }));
    }
    return el("div", { class: "cast", role: "group", "aria-label": kind },
      el("span", { class: "kind" }, kind),
      ...members.map((member) => buttons.get(member)),
      button("All of them", () => enter(members), { class: "primary", "aria-label": `All of them: ${kind}` }));
  });
  people.addEventListener("change", mark);
  mark();
  return el("div", {}, el("h3", {}, "People of the demo"),
    el("p", { class: "hint" }, "Each registers by the code in their mail the first time."), ...groups, outcome);
}

function trouble(error) {
  const answer = error.answer ?? { status: 0, body: {}, tookMs: 0 };
  return outcomeOf({}, { ...answer, ok: false, sentence: error.message });
}

/** A form that makes somebody appear; `enter` gets the values and may throw. */
function entryForm(heading, submit, fieldsNow, enter) {
  const id = freshId("entry");
  const outcome = el("div", { class: "outcome" });
  const place = el("div");
  let fields = [];
  const show = () => {
    fields = fieldsNow().map((field) => makeField(field, null));
    place.replaceChildren(...fields.map((field) => field.node));
  };
  const press = el("button", { type: "submit", class: "primary" }, submit);
  const form = el("form", {
    novalidate: true, "aria-labelledby": id,
    on: {
      async submit(event) {
        event.preventDefault();
        press.disabled = true;
        for (const field of fields) field.explain({});
        try {
          const note = await enter(Object.fromEntries(fields.flatMap((field) => field.read())));
          outcome.replaceChildren(el("p", { class: "good", role: "status" }, note));
        } catch (error) {
          for (const field of fields) field.explain(error.answer?.body?.fields ?? {});
          outcome.replaceChildren(trouble(error));
        }
        press.disabled = false;
      },
    },
  }, place, press, outcome);
  show();
  return { node: el("details", { class: "entry" }, el("summary", { id }, heading), form), form, show };
}

function signInForm() {
  const fields = [{ name: "email", label: "E-mail" }, { name: "password", label: "Password", kind: "secret" }];
  return entryForm("Sign in with an account", "Sign in", () => fields, async ({ email, password }) => {
    const person = await signIn(email, password);
    return `${person.name} is here`;
  }).node;
}

/** On the local cloud the code is read from the mail; elsewhere whoever has the mail types it. */
function newAccountForm() {
  const roleId = freshId("role");
  const role = el("select", { id: roleId }, ...Object.keys(ROLES).map((name) => el("option", { value: name }, name.toLowerCase())));
  let waitsForCode = false;
  const fields = () => [
    { name: "email", label: "E-mail" },
    { name: "password", label: "Password", kind: "secret" },
    { name: "name", label: "Name" },
    { name: "phone_number", label: "Phone number", value: "9841234567" },
    ...ROLES[role.value],
    ...(stack.isLocal ? [] : [{ name: "otp", label: "Code from the mail", optional: true, hint: "Leave it empty to have one sent" }]),
  ];
  const entry = entryForm("Open a new account", "Register", fields, async ({ otp, ...values }) => {
    let code = otp;
    if (!code) {
      code = await sendCode(values.email);
      waitsForCode = code === null;
      if (waitsForCode) return "A code was sent. Type it, and register.";
    }
    const person = await register(role.value, values, code);
    return `${person.name} is here`;
  });
  role.addEventListener("change", entry.show);
  entry.form.prepend(el("div", { class: "field" }, el("label", { for: roleId }, "Role"), role));
  return entry.node;
}
