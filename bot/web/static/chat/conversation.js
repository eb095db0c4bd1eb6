/** One conversation with the server: its token, its messages, its stream and its outbox, and what the page must show. */

import { Outbox } from "./outbox.js";
import { Revocation } from "./revocation.js";
import { Stream } from "./stream.js";
import { TEXTS } from "./texts.js";
import { lastId, mergeHistory, place, withPeople } from "./transcript.js";

/** The server ends « writes… » itself; this is for when it could not (ms). */
const LONGEST_TYPING = 60_000;
/** How often the team is told that the user writes (ms). */
const WRITES_EVERY = 3_000;

/** What another tab kept is seen here a moment later (ms). */
const ELSEWHERE = 1_000;

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
  #onSession;
  #revocation;
  /** The token that was shown last: the storage has another one where another tab, or identifying, changed it. */
  #shown = null;
  #visited = false;
  #linked = null;
  #unknown = false;
  #asked = 0;

  /**
   * @param {{api: object, storage: object, createParser: Function, onChange: (state: object) => void,
   *   onUnread?: (unread: number | null) => void, onSession?: (session: object | null) => void}} parts
   *   onUnread: unread notifications; null where the chat is nobody's. onSession: who is identified; null where there is no session
   */
  constructor({ api, storage, createParser, onChange, onUnread = () => {}, onSession = () => {} }) {
    this.#api = api;
    this.#storage = storage;
    this.#onChange = onChange;
    this.#onUnread = onUnread;
    this.#onSession = onSession;
    this.#revocation = new Revocation((token) => api.signOut(token));
    this.#stream = new Stream({
      connect: (signal) => this.#connect(signal),
      createParser,
      onEvent: (event) => this.#take(event),
      onStatus: (status) => {
        this.#reach("stream", status === "open");
        if (status === "open" && this.#unknown) this.identify();
      },
      onExpired: (reason) => this.#expire(reason),
    });
    this.#outbox = new Outbox({
      deliver: (item) => this.#deliver(item),
      onState: (id, status, note) => this.#mark(id, status, note),
      onReach: (reached) => this.#reach("outbox", reached),
      onExpired: (reason) => this.#expire(reason),
    });
  }

  /** Takes up the conversation of the last visit, if there was one, and what was left unsent in this tab. */
  resume() {
    const unsent = this.#storage.unsent;
    this.#change({ entries: unsent, loading: this.#storage.token !== null });
    this.#shown = this.#storage.token;
    if (this.#shown !== null) this.#stream.start();
    this.identify();
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

  /** Leaves this conversation for a new one: what was said here is not shown again, to anybody. */
  restart(said = TEXTS.restarted) {
    this.state.entries.forEach((entry) => this.#outbox.forget(entry.key));
    const { token } = this.#storage;
    this.#leave([notice(said)]);
    if (token !== null) this.#revocation.add(token);
  }

  /** Tells who is identified here. Once somebody identified, another token is asked for: whoever saw the one before has it no more. */
  async identify() {
    const { token } = this.#storage;
    const mine = (this.#asked += 1); // answers may overtake each other: the last question's counts
    if (token === null) return this.#onSession(null);
    let session;
    try {
      session = await this.#api.session(token);
    } catch {
      if (mine !== this.#asked) return;
      this.#unknown = true; // asked again when the stream, which finds out what is the matter, is open
      return;
    }
    this.#unknown = false;
    if (mine !== this.#asked || token !== this.#storage.token) return;
    const begun = this.#linked === false && session.linked;
    this.#linked = session.linked;
    this.#onSession(session);
    if (begun) await this.#renew(token);
  }

  /** Keeps the session short, as on a machine that several people use; the service alone says whether a session may be long again. */
  async share(shared) {
    const { token } = this.#storage;
    if ((shared || token === null) && this.#storage.continued === null) this.#storage.shared = shared;
    if (token === null) return;
    try {
      const session = await this.#api.setShared(token, shared);
      if (this.#storage.continued === null) this.#storage.shared = session.shared;
      this.#onSession(session);
    } catch (error) {
      if (error.status === 401) this.#expire(error.reason);
    }
  }

  /** Another tab signed in or out, or began a new conversation: this one goes where it is. */
  follow() {
    const { token } = this.#storage;
    if (token === this.#shown) return;
    const unsent = this.#unsent();
    if (token === null) {
      this.#shown = null;
      return this.#leave([notice(TEXTS.ended.signed_out), ...unsent]);
    }
    this.#shown = token;
    this.#linked = null;
    this.#onUnread(null);
    this.#change({ entries: unsent, loading: true, typing: false });
    this.#stream.start();
    this.identify();
  }

  async #renew(token) {
    try {
      const renewed = await this.#api.renew(token);
      if (token !== this.#storage.token) return this.#revocation.add(renewed);
      this.#storage.token = this.#shown = renewed;
      this.#stream.start();
    } catch {
      // the session goes on with the token that it has
    }
  }

  networkLost() {
    this.#stream.drop();
    if (this.#storage.token !== null) this.#reach("stream", false);
  }

  networkBack() {
    this.#revocation.wake();
    this.#stream.wake();
    this.#outbox.wake();
  }

  #send({ key, message, button }) {
    this.#outbox.add({ id: key, text: message.text, button: button ?? null });
  }

  async #deliver({ id, text, button }) {
    const token = this.#storage.token ?? (await this.#open());
    this.#shown = token;
    await this.#api.post(token, button ? { id, button } : { id, text });
  }

  /** A session is made when there is something to say: looking at the page leaves no trace on the server. */
  async #open() {
    this.#opening ??= this.#api.openSession(null, this.#storage.shared);
    try {
      this.#storage.token = await this.#opening;
    } finally {
      this.#opening = null;
    }
    this.#shown = this.#storage.token;
    this.#linked = false;
    this.#stream.start();
    this.identify();
    return this.#storage.token;
  }

  async #connect(signal) {
    const token = (this.#shown = this.#storage.token);
    if (this.state.loading || lastId(this.state.entries) === null) await this.#load(token);
    const after = lastId(this.state.entries);
    const response = await this.#api.events(token, after, signal);
    // With no message to resume after, one may have come between the two calls.
    if (after === null) await this.#load(token);
    return response;
  }

  async #load(token) {
    const history = await this.#api.history(token, this.#visited);
    this.#visited = true;
    if (token !== this.#storage.token) return;
    const ids = history.map((message) => message.client_id).filter(Boolean);
    ids.forEach((id) => this.#outbox.forget(id));
    this.#change({ entries: mergeHistory(this.state.entries, history), loading: false });
  }

  #take({ event, data }) {
    const content = JSON.parse(data);
    if (event === "typing") this.#type(Boolean(content.on));
    if (event === "notifications") this.#ring(content.unread);
    if (event === "session") this.#expire(content.ended);
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

  #ring(unread) {
    this.#onUnread(unread);
    if ((unread !== null) !== this.#linked) this.identify();
  }

  /**
   * The token is not good any more: what was said is gone from here, what the server had not taken yet goes on.
   * @returns {Promise<boolean>} whether the conversation goes on with another token
   */
  async #expire(reason = null) {
    if (this.#storage.token === null) return false;
    if (reason === "renewed" && this.#storage.token === this.#shown) await new Promise((resolve) => setTimeout(resolve, ELSEWHERE));
    if (this.#storage.token === null) return false;
    if (this.#storage.token !== this.#shown) {
      this.#shown = this.#storage.token;
      this.#stream.start();
      this.identify();
      return true;
    }
    this.#leave([notice(TEXTS.ended[reason] ?? TEXTS.expired), ...this.#unsent()]);
    return false;
  }

  #unsent() {
    return this.state.entries.filter((entry) => entry.status === "sending" || entry.status === "refused");
  }

  #leave(entries) {
    this.#stream.stop();
    if (this.#shown !== null && this.#storage.token === this.#shown) this.#storage.token = null; // else another tab has a new one already
    this.#shown = this.#storage.token; // after a conversation of another channel, the visitor's own one
    this.#linked = null;
    this.#cut = { stream: false, outbox: false };
    this.#onUnread(null);
    this.#change({ entries, loading: false, typing: false, lost: false });
    if (this.#shown !== null) this.#stream.start();
    this.identify();
  }

  #change(patch) {
    this.state = { ...this.state, ...patch };
    this.#storage.unsent = this.#unsent();
    this.#onChange(this.state);
  }
}

/** Something that the page says itself, in the conversation. */
function notice(text) {
  const id = crypto.randomUUID();
  const message = { id, at: new Date().toISOString(), author: "system", agent: null, text, buttons: [], link: null };
  return { key: id, message, status: "received", note: "", local: true };
}
