// Somebody who is signed in on this page: tokens, place, messages, and a socket.

import { Link } from "./link.js";
import { call } from "./stack.js";

/** Messages that are kept over a reload. */
const KEPT = 100;
/** Messages that the page holds. */
const MOST = 1_000;
/** Events that are remembered to have been heard. */
const REMEMBERED = 2_000;

/** True for a moment, and of no use later: shown, and not kept. */
const PASSING = new Set(["typing_indicator", "message_delivered", "message_read", "distance_update", "presence"]);

const memory = sessionStorage;

export class Person extends EventTarget {
  /** Heard messages, oldest first: `{at, message}`. */
  messages = [];
  /** Where they are, as far as the page knows: their profile's place, or for who has none what was set here. */
  place = null;
  profile = {};
  unread = null;
  /** Messages that came more than once. */
  repeated = 0;
  #seen = new Set();
  #refreshing = null;
  #forced = false;

  constructor({ id, name, role, email, access, refresh, made }) {
    super();
    Object.assign(this, { id, name, role, email, access, refresh });
    /** The name in the cast, for whom the page made itself. */
    this.made = made ?? null;
    this.link = new Link(this);
  }

  /** One HTTP call as this person; a token that has grown old is exchanged first. */
  async request(method, path, options = {}) {
    const answer = this.#forced ? null : await call(method, path, { ...options, token: this.access });
    if (answer && answer.status !== 401) return answer;
    const renewed = await this.#renew();
    if (renewed.ok) return call(method, path, { ...options, token: this.access });
    // Signed out is who was told so, not who could not ask.
    return renewed.status === 401 && answer ? answer : renewed;
  }

  /** The server said that the token no longer holds. */
  tokenIsOld() {
    this.#forced = true;
  }

  /** One exchange at a time: a refresh token that is shown twice ends the session. */
  #renew() {
    this.#refreshing ??= this.#exchange().finally(() => { this.#refreshing = null; });
    return this.#refreshing;
  }

  async #exchange() {
    const answer = await call("POST", "/token/refresh/", { json: { refresh: this.refresh } });
    if (answer.ok) {
      this.#forced = false;
      this.access = answer.body.access;
      this.refresh = answer.body.refresh;
      this.save();
    }
    return answer;
  }

  /** Takes a message; false if it was heard before. */
  hear(message) {
    if (message.event_id) {
      if (this.#seen.has(message.event_id)) {
        this.repeated += 1;
        return false;
      }
      this.#seen.add(message.event_id);
    }
    const heard = { at: Date.now(), message };
    if (PASSING.has(message.type)) {
      this.dispatchEvent(new CustomEvent("passing", { detail: heard }));
      return true;
    }
    this.messages.push(heard);
    if (this.messages.length > MOST) this.messages.shift();
    // Before it is acknowledged: a reload must not lose it.
    this.save();
    this.dispatchEvent(new CustomEvent("message", { detail: heard }));
    return true;
  }

  /** Reads their own profile, and with it where they are. */
  async readProfile() {
    const answer = await this.request("GET", `/${this.role.toLowerCase()}/profile/`);
    if (answer.ok) this.takeProfile(answer.body);
  }

  takeProfile(profile) {
    this.profile = profile;
    if (typeof profile.lat === "number" && typeof profile.lng === "number") {
      this.place = { lat: profile.lat, lng: profile.lng };
    }
    this.changed();
  }

  moveTo(place) {
    this.place = place;
    this.changed();
  }

  changed() {
    this.save();
    this.dispatchEvent(new Event("change"));
  }

  save() {
    const { id, name, role, email, access, refresh, made, place } = this;
    const seen = [...this.#seen].slice(-REMEMBERED);
    const write = (messages) => memory.setItem(
      `person/${id}`,
      JSON.stringify({ id, name, role, email, access, refresh, made, place, seen, messages }),
    );
    try {
      write(this.messages.slice(-KEPT));
    } catch {
      // The browser keeps no more: what is on the page is still there until it is reloaded.
      write([]);
    }
  }

  /** Somebody of before a reload; null if they are not kept. */
  static restore(id) {
    const kept = JSON.parse(memory.getItem(`person/${id}`) ?? "null");
    if (kept === null) return null;
    const person = new Person(kept);
    person.place = kept.place;
    person.messages = kept.messages;
    person.#seen = new Set(kept.seen);
    return person;
  }

  forget() {
    memory.removeItem(`person/${this.id}`);
  }
}
