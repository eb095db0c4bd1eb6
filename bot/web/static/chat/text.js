/**
 * Message text → pieces to show. Pure: nothing here makes markup, so nothing in a message can become markup.
 *
 * @typedef {{text: string, strong: boolean, href: string | null}} Piece
 * @typedef {{kind: "paragraph", lines: Piece[][]} | {kind: "list", items: Piece[][]}} Block
 */

const BULLET = /^\s*[-•]\s+/u;
const LINK = new RegExp(
  [
    String.raw`(?<url>https://[^\s<>"«»]+)`,
    String.raw`(?<mail>[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)*\.[\p{L}]{2,})`,
    // A French number, in pairs or in one go; no digit, letter or sign may touch it (RPPS, references).
    String.raw`(?<![\p{L}\d+/-])(?<phone>(?:\+33[\s.]?|0)[1-9](?:[\s.]?\d{2}){4})(?![\p{L}\d/-])`,
  ].join("|"),
  "gu",
);

/** @returns {Block[]} paragraphs (blank lines part them, new lines stay) and lists (lines beginning with « - » or « • »). */
export function blocks(text) {
  const found = [];
  let current = null;
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const item = BULLET.test(line);
    if (line.trim() === "") {
      current = null;
      continue;
    }
    const kind = item ? "list" : "paragraph";
    if (current?.kind !== kind) {
      current = item ? { kind, items: [] } : { kind, lines: [] };
      found.push(current);
    }
    (item ? current.items : current.lines).push(pieces(item ? line.replace(BULLET, "") : line));
  }
  return found;
}

/** @returns {Piece[]} one line cut at **bold** passages and at addresses that can be followed. */
export function pieces(line) {
  return line
    .split(/(\*\*\S(?:[^*]*\S)?\*\*)/u)
    .filter((part) => part !== "")
    .flatMap((part) => {
      const strong = part.length > 4 && part.startsWith("**") && part.endsWith("**");
      return withLinks(strong ? part.slice(2, -2) : part, strong);
    });
}

function withLinks(text, strong) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const shown = match.groups.url ? trimUrl(match[0]) : match[0];
    const href = address({ ...match.groups, shown });
    if (href === null) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index), strong, href: null });
    found.push({ text: shown, strong, href });
    from = match.index + shown.length;
  }
  if (from < text.length) found.push({ text: text.slice(from), strong, href: null });
  return found;
}

/** Punctuation at the end of a sentence is not part of the address; a closing bracket is if it was opened inside. */
function trimUrl(url) {
  let kept = url.replace(/[.,;:!?…'’*]+$/u, "");
  while (kept.endsWith(")") && kept.split(")").length > kept.split("(").length) kept = kept.slice(0, -1);
  return kept;
}

function address({ url, mail, phone, shown }) {
  if (url) return URL.canParse(shown) ? shown : null;
  if (mail) return `mailto:${shown}`;
  return phone ? `tel:${shown.replace(/[^\d+]/g, "")}` : null;
}

/** Whether the page offers a link sent beside a message: https anywhere, http only on the page's own host. */
export function safeUrl(url, pageUrl) {
  if (!URL.canParse(url, pageUrl)) return null;
  const target = new URL(url, pageUrl);
  const own = target.protocol === "http:" && target.hostname === new URL(pageUrl).hostname;
  return target.protocol === "https:" || own ? target.href : null;
}

/** Length as the server counts it: in characters (code points), not UTF-16 units. */
export function length(text) {
  return [...text].length;
}
