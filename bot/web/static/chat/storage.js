/** What the browser keeps: the token across visits, what was not sent yet for this tab only. Works without storage too. */

const TOKEN = "sphere-chat-token";
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
      return tab.read(CONTINUED) ?? visits.read(TOKEN);
    },
    set token(value) {
      if (tab.read(CONTINUED) === null) visits.write(TOKEN, value);
      else tab.write(CONTINUED, value);
    },
    /** The token of a conversation of another channel that this tab goes on with; the visitor's own one stays as it is. */
    set continued(value) {
      tab.write(CONTINUED, value);
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
