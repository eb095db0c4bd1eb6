/**
 * What the browser keeps: the token across visits, what was not sent yet for this tab only. Works without storage too.
 *
 * On a machine that several people use the token is kept for this tab only: it goes when the tab is closed.
 */

const TOKEN = "sphere-chat-token";
const SHARED = "sphere-chat-shared";
const CONTINUED = "sphere-chat-continued";
const UNSENT = "sphere-chat-unsent";
const DRAFT = "sphere-chat-draft";

function shelf(pick) {
  const memory = new Map();
  let store = null;
  try {
    store = pick(); // refused in some private windows and frames
    store.getItem(TOKEN);
  } catch {
    store = null;
  }
  return {
    read: (key) => (store ? store.getItem(key) : (memory.get(key) ?? null)),
    write(key, value) {
      try {
        if (value === null) store?.removeItem(key);
        else store?.setItem(key, value);
      } catch {
        store = null; // full: the rest of the visit is kept in memory
      }
      memory.set(key, value);
    },
  };
}

export function createStorage() {
  const visits = shelf(() => window.localStorage);
  const tab = shelf(() => window.sessionStorage);
  return {
    get token() {
      return tab.read(CONTINUED) ?? tab.read(TOKEN) ?? visits.read(TOKEN);
    },
    set token(value) {
      if (tab.read(CONTINUED) !== null) return tab.write(CONTINUED, value);
      const [kept, other] = this.shared ? [tab, visits] : [visits, tab];
      kept.write(TOKEN, value);
      if (other.read(TOKEN) !== null) other.write(TOKEN, null);
    },
    /** The token of a conversation of another channel that this tab goes on with; the visitor's own one stays as it is. */
    set continued(value) {
      tab.write(CONTINUED, value);
    },
    get continued() {
      return tab.read(CONTINUED);
    },
    /** Whether several people use this machine, as its user said. */
    get shared() {
      return visits.read(SHARED) !== null;
    },
    set shared(on) {
      const own = tab.read(TOKEN) ?? visits.read(TOKEN);
      visits.write(SHARED, on ? "1" : null);
      tab.write(TOKEN, on ? own : null);
      visits.write(TOKEN, on ? null : own);
    },
    /** Calls `listener` when another tab has signed in, signed out, or begun a new conversation. */
    onToken(listener) {
      window.addEventListener("storage", ({ key }) => {
        if (key === TOKEN || key === null) listener();
      });
    },
    get draft() {
      return tab.read(DRAFT) ?? "";
    },
    set draft(value) {
      tab.write(DRAFT, value || null);
    },
    /** Entries not received by the server yet (see transcript.js). */
    get unsent() {
      try {
        return JSON.parse(tab.read(UNSENT) ?? "[]");
      } catch {
        return [];
      }
    },
    set unsent(entries) {
      tab.write(UNSENT, entries.length ? JSON.stringify(entries) : null);
    },
  };
}
