// Everybody who is signed in on this page, and the ways to come in: by password, or by a code in the mail.

import { Person } from "./person.js";
import { call, local, stack, words } from "./stack.js";

/** Those of one stack: another stack's people are strangers. */
const LIST = `people/${stack.api || location.host}`;

export const people = new (class extends EventTarget {
  list = [];

  /** Whoever was here before a reload. */
  restore() {
    const ids = JSON.parse(sessionStorage.getItem(LIST) ?? "[]");
    for (const id of ids) {
      const person = Person.restore(id);
      if (person) this.#take(person);
    }
  }

  add(person) {
    const before = this.byId(person.id);
    if (before) this.remove(before);
    this.#take(person);
    this.#save();
  }

  #take(person) {
    this.list.push(person);
    person.addEventListener("change", () => this.dispatchEvent(new Event("change")));
    person.addEventListener("message", (event) => {
      this.dispatchEvent(new CustomEvent("message", { detail: { person, ...event.detail } }));
    });
    person.addEventListener("passing", (event) => {
      this.dispatchEvent(new CustomEvent("passing", { detail: { person, ...event.detail } }));
    });
    this.dispatchEvent(new CustomEvent("added", { detail: person }));
    this.dispatchEvent(new Event("change"));
    person.readProfile();
    person.link.open();
  }

  remove(person) {
    person.link.close();
    person.forget();
    this.list = this.list.filter((other) => other !== person);
    this.#save();
    this.dispatchEvent(new CustomEvent("removed", { detail: person }));
    this.dispatchEvent(new Event("change"));
  }

  byId(id) {
    return this.list.find((person) => person.id === id) ?? null;
  }

  /** The name of an account, if the page knows it. */
  nameOf(id) {
    return this.byId(id)?.name ?? null;
  }

  #save() {
    sessionStorage.setItem(LIST, JSON.stringify(this.list.map((person) => person.id)));
  }
})();

/** What went wrong on the way in: a sentence, and what is wrong with which field. */
export class Refused extends Error {
  constructor(answer) {
    super(words(answer));
    this.answer = answer;
  }
}

function must(answer) {
  if (!answer.ok) throw new Refused(answer);
  return answer.body;
}

/** Signs in, and adds the person to the page. */
export async function signIn(email, password, made = null) {
  const session = must(await call("POST", "/login", { json: { email, password } }));
  const person = new Person({ ...session, id: session.user_id, email, made });
  people.add(person);
  return person;
}

/** Sends a code to an address. On the local cloud it is read from the captured mail, and returned. */
export async function sendCode(email) {
  const newest = stack.isLocal ? await newestMail(email) : 0;
  must(await call("POST", "/send-otp", { json: { email } }));
  if (!stack.isLocal) return null;
  const address = encodeURIComponent(email);
  const captured = await local(`/_local/mail?to=${address}&after=${newest}&wait=20`);
  return captured?.mail.at(-1)?.text.match(/(?<!\d)\d{6}(?!\d)/)?.[0] ?? null;
}

async function newestMail(email) {
  const captured = await local(`/_local/mail?to=${encodeURIComponent(email)}`);
  return captured?.mail.at(-1)?.number ?? 0;
}

/** Opens an account with the code that was mailed, and signs in. `person` is the body of the registration. */
export async function register(role, person, code) {
  const { email, password } = person;
  must(await call("POST", "/verify-otp", { json: { email, otp: code } }));
  must(await call("POST", `/${role.toLowerCase()}/register/`, { json: person }));
  return signIn(email, password);
}

/** Sets another password with the code that was mailed. */
export async function resetPassword(email, otp, password) {
  must(await call("POST", "/password/reset/", { json: { email, otp, password } }));
}

/** Ends the session, here and on the server. */
export async function signOut(person) {
  await person.request("POST", "/logout", { json: { refresh: person.refresh } });
  people.remove(person);
}
