/** One conversation with the server: its token, its messages, its stream and its outbox, and what the page must show. */

import { Outbox } from "./outbox.js";
import { Stream } from "./stream.js";
import { TEXTS } from "./texts.js";
import { lastId, mergeHistory, place, withPeople } from "./transcript.js";

/** The server ends « writes… » itself; this is for when it could not (ms). */
const LONGEST_TYPING = 60_000;
/** How often the team is told that the user writes (ms). */
const WRITES_EVERY = 3_000;

export class Conversation {
  #api;
  #storage;
  #onChange;
  #onUnread;
  #stream;
  #outbox;
  #opening = null;
  #typingTimer = null;
  #wroteAt = -Infinity;

  /** @type {{entries: import("./transcript.js").Entry[], loading: boolean, typing: boolean, lost: boolean}} */
  state = { entries: [], loading: false, typing: false, lost: false };
  #cut = { stream: false, outbox: false };

  /**
   * @param {{api: object, storage: object, createParser: Function, onChange: (state: object) => void,
   *   onUnread?: (unread: number | null) => void}} parts  onUnread: unread notifications; null where the chat is nobody's
   */
  constructor({ api, storage, createParser, onChange, onUnread = () => {} }) {
    this.#api = api;
    this.#storage = storage;
    this.#onChange = onChange;
    this.#onUnread = onUnread;
    this.#stream = new Stream({
      connect: (signal) => this.#connect(signal),
      createParser,
      onEvent: (event) => this.#take(event),
      onStatus: (status) => this.#reach("stream", status === "open"),
      onExpired: () => this.#expire(),
    });
    this.#outbox = new Outbox({
      deliver: (item) => this.#deliver(item),
      onState: (id, status, note) => this.#mark(id, status, note),
      onReach: (reached) => this.#reach("outbox", reached),
      onExpired: () => this.#expire(),
    });
  }

  /** Takes up the conversation of the last visit, if there was one, and what was left unsent in this tab. */
  resume() {
    const unsent = this.#storage.unsent;
    this.#change({ entries: unsent, loading: this.#storage.token !== null });
    if (this.#storage.token !== null) this.#stream.start();
    unsent.filter((entry) => entry.status !== "refused").forEach((entry) => this.#send(entry));
  }

  /** @param {string} text @param {string | null} button token of the button whose title `text` is */
  say(text, button = null) {
    this.#wroteAt = -Infinity; // what is written next is told at once
    const id = crypto.randomUUID();
    const message = { id, at: new Date().toISOString(), author: "user", agent: null, text, buttons: [], link: null };
    const entry = { key: id, message, status: "sending", note: "", button };
    this.#change({ entries: [...this.state.entries, entry] });
    this.#send(entry);
  }

  /** The user is writing: persons who wait for it are told so, and nothing of what it is. */
  writes(now = Date.now()) {
    if (this.#storage.token === null || !withPeople(this.state.entries) || now - this.#wroteAt < WRITES_EVERY) return;
    this.#wroteAt = now;
    this.#api.typing(this.#storage.token).catch(() => {}); // no more than a courtesy
  }

  /** Takes a refused message back out of the conversation. @returns {string} its text */
  withdraw(key) {
    const entry = this.state.entries.find((candidate) => candidate.key === key);
    this.#outbox.forget(key);
    this.#change({ entries: this.state.entries.filter((candidate) => candidate !== entry) });
    return entry?.message.text ?? "";
  }

  resend(key) {
    const entry = this.state.entries.find((candidate) => candidate.key === key);
    if (!entry) return;
    this.withdraw(key);
    this.say(entry.message.text, entry.button);
  }

  /** Leaves this conversation for a new one. */
  restart() {
    this.state.entries.forEach((entry) => this.#outbox.forget(entry.key));
    this.#leave([notice(TEXTS.restarted)]);
  }

  networkLost() {
    this.#stream.drop();
    if (this.#storage.token !== null) this.#reach("stream", false);
  }

  networkBack() {
    this.#stream.wake();
    this.#outbox.wake();
  }

  #send({ key, message, button }) {
    this.#outbox.add({ id: key, text: message.text, button: button ?? null });
  }

  async #deliver({ id, text, button }) {
    const token = this.#storage.token ?? (await this.#open());
    await this.#api.post(token, button ? { id, button } : { id, text });
  }

  /** A session is made when there is something to say: looking at the page leaves no trace on the server. */
  async #open() {
    this.#opening ??= this.#api.openSession();
    try {
      this.#storage.token = await this.#opening;
    } finally {
      this.#opening = null;
    }
    this.#stream.start();
    return this.#storage.token;
  }

  async #connect(signal) {
    const token = this.#storage.token;
    if (this.state.loading || lastId(this.state.entries) === null) await this.#load(token);
    const after = lastId(this.state.entries);
    const response = await this.#api.events(token, after, signal);
    // With no message to resume after, one may have come between the two calls.
    if (after === null) await this.#load(token);
    return response;
  }

  async #load(token) {
    const history = await this.#api.history(token);
    if (token !== this.#storage.token) return;
    const ids = history.map((message) => message.client_id).filter(Boolean);
    ids.forEach((id) => this.#outbox.forget(id));
    this.#change({ entries: mergeHistory(this.state.entries, history), loading: false });
  }

  #take({ event, data }) {
    const content = JSON.parse(data);
    if (event === "typing") this.#type(Boolean(content.on));
    if (event === "notifications") this.#onUnread(content.unread);
    if (event !== "message") return;
    if (content.client_id) this.#outbox.forget(content.client_id);
    this.#change({ entries: place(this.state.entries, content) });
  }

  #type(typing) {
    clearTimeout(this.#typingTimer);
    if (typing) this.#typingTimer = setTimeout(() => this.#change({ typing: false }), LONGEST_TYPING);
    this.#change({ typing });
  }

  #mark(id, status, note) {
    const mark = (entry) => (entry.key === id && entry.status !== "received" ? { ...entry, status, note } : entry);
    this.#change({ entries: this.state.entries.map(mark) });
  }

  #reach(part, reached) {
    this.#cut[part] = !reached;
    const lost = this.#cut.stream || this.#cut.outbox;
    if (lost) clearTimeout(this.#typingTimer);
    this.#change({ lost, ...(lost ? { typing: false } : {}) });
  }

  /** The server no longer knows the token: what it had is gone from here, what it had not taken yet goes on. */
  async #expire() {
    if (this.#storage.token === null) return;
    const unsent = this.state.entries.filter((entry) => entry.status === "sending" || entry.status === "refused");
    this.#leave([notice(TEXTS.expired), ...unsent]);
  }

  #leave(entries) {
    this.#stream.stop();
    this.#storage.token = null;
    this.#cut = { stream: false, outbox: false };
    this.#onUnread(null);
    this.#change({ entries, loading: false, typing: false, lost: false });
  }

  #change(patch) {
    this.state = { ...this.state, ...patch };
    this.#storage.unsent = this.state.entries.filter((entry) => entry.status === "sending" || entry.status === "refused");
    this.#onChange(this.state);
  }
}

/** Something that the page says itself, in the conversation. */
function notice(text) {
  const id = crypto.randomUUID();
  const message = { id, at: new Date().toISOString(), author: "system", agent: null, text, buttons: [], link: null };
  return { key: id, message, status: "received", note: "", local: true };
}
