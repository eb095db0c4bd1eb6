// What an agent writes is kept in this tab until it is sent: a session that ends meanwhile loses nothing. Another agent never sees it.

const PREFIX = "desk-draft:";

/** @param {Storage} store @param {string} agent id of who is signed in @param {string} page path of the page */
export function createDrafts(store, agent, page) {
  const mine = `${PREFIX}${agent}:`;
  const keyOf = (field) => `${mine}${page}#${field.id || field.name}`;
  const forget = (kept) => {
    for (const key of Object.keys(store)) if (key.startsWith(PREFIX) && kept(key)) store.removeItem(key);
  };
  return {
    /** Others' drafts go. */
    begin: () => forget((key) => !key.startsWith(mine)),
    /** The agent signs out: all drafts go. */
    end: () => forget(() => true),
    keep(field) {
      if (field.value === "") store.removeItem(keyOf(field));
      else store.setItem(keyOf(field), field.value);
    },
    /** Fills in what was written and not sent; what the page brought is not replaced. @returns {boolean} whether something was */
    restore(field) {
      const kept = store.getItem(keyOf(field));
      if (kept === null || field.value !== "") return false;
      field.value = kept;
      return true;
    },
    sent: (field) => store.removeItem(keyOf(field)),
  };
}
