// Which key means what. Keys alone do nothing while somebody writes (WCAG 2.1.4 asks for no less).

const ALONE = { j: "next", k: "previous", p: "take", r: "reply", n: "note", "?": "help" };
const AFTER_G = { c: "conversations", d: "requests" };
const SEQUENCE_MS = 1_500;

/** A function that is told each key and gives the name of what it asks for, or nothing. */
export function press() {
  let since = -Infinity;
  return ({ key, ctrl, alt, writing, at }) => {
    if (ctrl && key === "Enter" && writing) return "send";
    if (ctrl || alt || writing) return undefined;
    const sequence = at - since < SEQUENCE_MS;
    since = key === "g" ? at : -Infinity;
    if (sequence && AFTER_G[key]) return AFTER_G[key];
    return Object.hasOwn(ALONE, key) ? ALONE[key] : undefined;
  };
}
