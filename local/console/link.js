// A socket that stays: by a ticket, again after every break, and with each message heard once.
//
// What the server has not been told to be heard it says again after a break, so nothing is lost; what has
// been heard is known by its `event_id`, so nothing is shown twice.

import { stack, words } from "./stack.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** A connection that lasted so long was a good one: the next break begins to count anew. */
const GOOD_MS = 5_000;
const HEARTBEAT_MS = 25_000;
const PONG_MS = 10_000;
/** The server takes 20 messages in 10 seconds; some are left for what the person says. */
const WINDOW_MS = 10_000;
const ACKS_IN_WINDOW = 12;

/** What no inbox holds: answers to what was said here, and what is true for a moment only. */
const NOT_KEPT = /^(connection|pong|error|.*_recorded|message_sent|chat_history|typing_indicator|message_(delivered|read)|distance_update|presence)$/;

export class Link extends EventTarget {
  state = "off";
  /** Why it is not connected, or when it tries again. */
  note = "";
  tries = 0;
  #wanted = false;
  #socket = null;
  #since = 0;
  #timers = {};
  #acks = [];
  #acked = [];
  #round = 0;

  constructor(person) {
    super();
    this.person = person;
    addEventListener("online", () => { if (this.state === "waiting") this.#attempt(); });
    // A machine that is offline notices at once, not at the next heartbeat.
    addEventListener("offline", () => { if (this.#socket) this.drop("The network is gone"); });
  }

  /** Opens it, and keeps it open. */
  open() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.tries = 0;
    this.#attempt();
  }

  /** Closes it for good. */
  close() {
    this.#wanted = false;
    this.#end();
    this.#become("off", "");
  }

  /** Loses it, as a network would, and comes back. */
  drop(note) {
    this.#end();
    if (this.#wanted) this.#wait(note);
  }

  /** Says something; false if nobody is there to hear it. */
  say(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify({ action: "message", ...frame }));
    return true;
  }

  async #attempt() {
    this.#end();
    const round = ++this.#round;
    this.#become("connecting", "");
    const answer = await this.person.request("POST", "/ws/ticket/");
    if (round !== this.#round || !this.#wanted) return;
    if (answer.status === 401) {
      this.#wanted = false;
      this.#become("off", words(answer));
      return;
    }
    if (!answer.ok) {
      this.#wait(words(answer));
      return;
    }
    this.#connect(answer.body.ticket);
  }

  #connect(ticket) {
    let socket;
    try {
      socket = new WebSocket(`${stack.socket}?ticket=${encodeURIComponent(ticket)}`);
    } catch {
      this.#wanted = false;
      this.#become("off", "The socket URL is no address of a socket");
      return;
    }
    this.#socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.#since = Date.now();
      this.#become("open", "");
      this.#beat();
    };
    socket.onmessage = (event) => this.#hear(event.data);
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      if (!this.#wanted) return;
      // A page is not told why a handshake was refused.
      const refused = this.person.role === "PHARMACY" || this.person.role === "PROVIDER"
        ? "The server refused the socket: has this account a position?"
        : "The server refused the socket";
      this.#wait(opened ? event.reason || "The connection was lost" : refused);
    };
  }

  #hear(text) {
    let message = null;
    try {
      message = JSON.parse(text);
    } catch {
      // Nothing that the server says is no JSON; whoever says it is not the server.
    }
    if (message === null || typeof message !== "object") return;
    clearTimeout(this.#timers.pong);
    if (message.type === "pong") {
      this.dispatchEvent(new CustomEvent("heard", { detail: { message, isNew: true } }));
      return;
    }
    if (message.type === "connection") this.#become("ready", "");
    if (message.type === "error" && message.code === 4001) this.person.tokenIsOld();
    const isNew = this.person.hear(message);
    this.dispatchEvent(new CustomEvent("heard", { detail: { message, isNew } }));
    if (message.event_id && !NOT_KEPT.test(message.type)) {
      this.#acks.push(message.event_id);
      this.#acknowledge();
    }
  }

  /** Tells the server what was heard, no faster than it listens. */
  #acknowledge() {
    clearTimeout(this.#timers.acks);
    const now = Date.now();
    this.#acked = this.#acked.filter((at) => now - at < WINDOW_MS);
    while (this.#acks.length > 0 && this.#acked.length < ACKS_IN_WINDOW) {
      if (!this.say({ type: "ack", event_id: this.#acks[0] })) return;
      this.#acks.shift();
      this.#acked.push(now);
    }
    if (this.#acks.length > 0) {
      this.#timers.acks = setTimeout(() => this.#acknowledge(), WINDOW_MS - (now - this.#acked[0]) + 50);
    }
  }

  /** A connection can be gone without a word: the server must answer from time to time. */
  #beat() {
    clearTimeout(this.#timers.beat);
    this.#timers.beat = setTimeout(() => {
      this.say({ type: "ping" });
      this.#timers.pong = setTimeout(() => this.drop("The server no longer answers"), PONG_MS);
      this.#beat();
    }, HEARTBEAT_MS);
  }

  #end() {
    this.#round += 1;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    const socket = this.#socket;
    this.#socket = null;
    // What was not acknowledged comes again.
    this.#acks = [];
    socket?.close();
  }

  #wait(note) {
    clearTimeout(this.#timers.beat);
    clearTimeout(this.#timers.pong);
    clearTimeout(this.#timers.acks);
    this.#acks = [];
    if (this.#since > 0 && Date.now() - this.#since > GOOD_MS) this.tries = 0;
    this.#since = 0;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries);
    // Many that were cut off at once do not come back at once.
    const delay = longest * (0.5 + Math.random() / 2);
    this.tries += 1;
    this.#become("waiting", `${note}. Try ${this.tries} in ${(delay / 1000).toFixed(1)} s`);
    this.#timers.retry = setTimeout(() => this.#attempt(), delay);
  }

  #become(state, note) {
    this.state = state;
    this.note = note;
    this.dispatchEvent(new Event("state"));
  }
}
