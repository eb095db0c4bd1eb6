/** The bell of the header: how many notifications are unread, and a panel with their list. */

import htm from "../vendor/htm.js";
import { h, render } from "../vendor/preact.js";
import { safeUrl } from "./text.js";
import { TEXTS } from "./texts.js";
import { dayLabel, hour } from "./time.js";

const html = htm.bind(h);
const MOST = 99;
/** References of dossiers, which are not cut at the end of a line. */
const REFERENCE = /(SPH-\d{4}-\d{6})/;

/**
 * @typedef {{id: string, at: string, kind: string, text: string, dossier: string | null, author: string | null, title: string | null,
 *   url: string | null, urgent: boolean, read: boolean}} Notice
 * @param {{load: (before: string | null) => Promise<{unread: number, notifications: Notice[], more: boolean}>,
 *   markRead: (which: object) => Promise<{unread: number, read: number}>, announce: (text: string) => void,
 *   onSay: (text: string) => void}} parts
 */
export function createBell({ load, markRead, announce, onSay }) {
  const button = document.getElementById("bell-button");
  const panel = document.getElementById("bell");
  const title = document.getElementById("bell-title");
  const list = document.getElementById("bell-list");
  let unread = null;
  let state = { lines: [], more: false, loading: false, failed: false };
  let asked = 0;

  /** @param {number | null} many null: the chat is nobody's, there is no bell */
  function ring(many) {
    const before = unread;
    if (many === before) return;
    unread = many;
    button.hidden = many === null;
    const count = document.getElementById("bell-count");
    count.hidden = !many;
    count.textContent = many > MOST ? `${MOST}+` : String(many ?? "");
    document.getElementById("bell-name").textContent = TEXTS.bell(many ?? 0);
    if (many === null) {
      show(false);
      change({ lines: [], more: false, failed: false });
      return;
    }
    if (before !== null && many > before) announce(TEXTS.bellNew(many - before));
    if (!panel.hidden) refresh();
  }

  function show(open) {
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    refresh();
    title.focus();
  }

  function close() {
    show(false);
    button.focus();
  }

  /** The newest again; what was read further down stays where it is. */
  async function refresh() {
    await take(null, (page) => {
      const newest = new Set(page.notifications.map(({ id }) => id));
      const last = page.notifications.at(-1)?.id;
      const at = state.lines.findIndex(({ id }) => id === last);
      const older = at < 0 ? [] : state.lines.slice(at + 1).filter(({ id }) => !newest.has(id));
      return { lines: [...page.notifications, ...older], more: older.length ? state.more : page.more };
    });
  }

  async function more() {
    const focused = state.lines.length;
    await take(state.lines.at(-1).id, (page) => ({ lines: [...state.lines, ...page.notifications], more: page.more }));
    list.querySelectorAll("li")[focused]?.focus();
  }

  async function take(before, place) {
    const mine = (asked += 1);
    change({ loading: true, failed: false });
    try {
      const page = await load(before);
      if (mine !== asked) return;
      change({ ...place(page), loading: false });
      ring(page.unread);
    } catch (error) {
      if (mine !== asked) return;
      change({ loading: false, failed: true });
      if (error.status === 403) ring(null);
    }
  }

  async function read(which) {
    const named = which.ids && new Set(which.ids);
    try {
      const done = await markRead(which);
      change({ lines: state.lines.map((line) => (!named || named.has(line.id) ? { ...line, read: true } : line)), failed: false });
      announce(done.read ? TEXTS.markedRead(done.read) : "");
      ring(done.unread);
    } catch {
      change({ failed: true });
    }
  }

  const actions = {
    more,
    again: refresh,
    readAll() {
      title.focus(); // the button goes
      read({ all: true });
    },
    read(line, element) {
      element?.closest("li").focus();
      read({ ids: [line.id] });
    },
    mute(line) {
      show(false);
      onSay(TEXTS.muteOf(line.dossier));
    },
  };

  function change(patch) {
    state = { ...state, ...patch };
    render(html`<${Panel} ...${state} actions=${actions} />`, list);
  }

  button.addEventListener("click", () => (panel.hidden ? show(true) : close()));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!panel.hidden && !panel.contains(target) && !button.contains(target)) show(false);
  });
  panel.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !panel.contains(relatedTarget) && relatedTarget !== button) show(false);
  });

  return { ring };
}

function Panel({ lines, more, loading, failed, actions }) {
  if (failed) return html`<p class="bell-note">${TEXTS.bellFailed} <button type="button" class="small" onClick=${actions.again}>${TEXTS.bellAgain}</button></p>`;
  if (!lines.length) return html`<p class="bell-note">${loading ? TEXTS.bellLoading : TEXTS.bellNone}</p>`;
  const now = new Date().toISOString();
  return html`
    ${lines.some((line) => !line.read) && html`<p class="bell-note"><button type="button" class="small" onClick=${actions.readAll}>${TEXTS.markAllRead}</button></p>`}
    <ul class="notices">${lines.map((line) => html`<${Notice} key=${line.id} line=${line} now=${now} actions=${actions} />`)}</ul>
    ${more && html`<p class="bell-note"><button type="button" class="small" disabled=${loading} onClick=${actions.more}>${TEXTS.bellMore}</button></p>`}`;
}

function Notice({ line, now, actions }) {
  const href = line.url && safeUrl(line.url, document.location.href);
  return html`
    <li class=${line.read ? "notice" : "notice unread"} tabindex="-1">
      <p class="notice-when">
        ${!line.read && html`<span class="dot" aria-hidden="true"></span><span class="sr">${TEXTS.unread}, </span>`}
        ${line.urgent && html`<strong class="urgent">${TEXTS.urgent}</strong> `}
        <time datetime=${line.at}>${dayLabel(line.at, now)}, ${hour(line.at)}</time>
      </p>
      <p>${line.text.split(REFERENCE).map((part, index) => (index % 2 ? html`<span class="together">${part}</span>` : part))}</p>
      ${line.title && html`<p class="notice-title">${line.title}</p>`}
      <p class="notice-actions">
        ${!line.read && html`<button type="button" class="small" onClick=${(event) => actions.read(line, event.currentTarget)}>${TEXTS.markRead}</button>`}
        ${href && html`<a class="small" href=${href} target="_blank" rel="noopener noreferrer" onClick=${() => line.read || actions.read(line)}>${TEXTS.see}<span class="sr"> (${TEXTS.newTab})</span></a>`}
        ${line.dossier && html`<button type="button" class="small" onClick=${() => actions.mute(line)}>${TEXTS.mute}<span class="sr"> du dossier ${line.dossier}</span></button>`}
      </p>
    </li>`;
}
