// What the desk's pages do beside htmx: title badge and sound, keyboard, the thread kept at its end, canned replies, « is writing ».

import { arrived, badge } from "./arrivals.js";
import { createDrafts } from "./drafts.js";
import { inHand } from "./inhand.js";
import { press } from "./keys.js";
import { createPresses, rowsOf } from "./presses.js";
import { beep } from "./sound.js";

const by = (id) => document.getElementById(id);
const PASSIVE = { "X-Desk-Passive": "1" };
const SOUND = "desk-sound";
const TYPING_MS = 3_000;

// --- what waits -----------------------------------------------------------------------------------

let waiting = readCounts();
document.title = badge(document.body.dataset.title, waiting.waiting);

function readCounts() {
  const counts = by("counts");
  return { waiting: Number(counts?.dataset.waiting ?? 0), newest: Number(counts?.dataset.newest ?? 0) };
}

function countsChanged() {
  const now = readCounts();
  document.title = badge(document.body.dataset.title, now.waiting);
  if (arrived(waiting, now)) {
    if (localStorage.getItem(SOUND) === "on") beep();
    by("announcer").textContent = "Une nouvelle demande attend.";
  }
  waiting = now;
}

const sound = by("sound");
if (sound) {
  const show = () => sound.setAttribute("aria-pressed", String(localStorage.getItem(SOUND) === "on"));
  sound.addEventListener("click", () => {
    localStorage.setItem(SOUND, localStorage.getItem(SOUND) === "on" ? "off" : "on");
    if (localStorage.getItem(SOUND) === "on") beep();
    show();
  });
  show();
}

// --- the thread -----------------------------------------------------------------------------------

const items = by("items");
const toEnd = () => items?.scrollTo(0, items.scrollHeight);
toEnd();

function itemsChanged() {
  const known = new Set();
  for (const item of [...items.querySelectorAll(":scope > [id]")]) {
    if (known.has(item.id)) item.remove(); // a stream that was opened again may repeat what is there
    known.add(item.id);
  }
  const last = items.querySelector(":scope > article:last-of-type");
  if (last?.classList.contains("from-user")) by("announcer").textContent = "L’utilisateur a répondu.";
  toEnd();
}

let putBack;
const RENEWED = ["queue", "state", "facts"];
const presses = createPresses();

function aboutToRenew(place) {
  if (place.querySelector("[data-row]")) presses.renewed(rowsOf(place));
  return inHand(place);
}

document.body.addEventListener("htmx:sseBeforeMessage", (event) => {
  const { target: place, detail: { type, data } } = event;
  putBack = undefined;
  if (!RENEWED.includes(type)) return;
  const show = () => {
    const back = aboutToRenew(place);
    window.htmx.swap(place, data, { swapStyle: "innerHTML" });
    back();
  };
  if (presses.hold(place, show)) event.preventDefault();
  else putBack = aboutToRenew(place);
});

document.addEventListener("pointermove", ({ target }) => target.closest?.("[sse-swap]") && presses.moved(), { passive: true });
document.addEventListener("pointerdown", ({ clientX, clientY }) => presses.began(clientX, clientY), true);
for (const end of ["pointerup", "pointercancel", "dragend"]) document.addEventListener(end, () => presses.ended(), true);
document.addEventListener(
  "click",
  (event) => {
    const row = event.target.closest("[data-row]");
    const { meant } = presses;
    if (!row || event.detail === 0 || meant === undefined || meant === row.href) return; // 0: by keyboard
    event.preventDefault();
    event.stopPropagation();
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) location.assign(meant); // else a tab would open beside: pressed once more
  },
  true,
);

document.body.addEventListener("htmx:sseMessage", (event) => {
  putBack?.();
  if (event.detail.type === "counts") countsChanged();
  if (event.detail.type === "items") itemsChanged();
});

// --- the connection -------------------------------------------------------------------------------

document.body.addEventListener("htmx:sseOpen", () => (by("lost").hidden = true));
document.body.addEventListener("htmx:sseError", async () => {
  by("lost").hidden = false;
  try {
    const answer = await fetch(document.body.getAttribute("sse-connect").replace(/\/events.*$/, "/alive"), { headers: PASSIVE });
    if (answer.status === 401) location.reload();
  } catch {
    // no network: the stream is opened again by itself
  }
});
document.body.addEventListener("htmx:sendError", () => (by("lost").hidden = false));

// --- writing --------------------------------------------------------------------------------------

const drafts = createDrafts(sessionStorage, document.body.dataset.agent, location.pathname);
const restoreDrafts = (root) => root.querySelectorAll("form[hx-post] textarea").forEach((field) => drafts.restore(field));
drafts.begin();
restoreDrafts(document);
document.addEventListener("input", ({ target }) => target.matches("form[hx-post] textarea") && drafts.keep(target));
document.addEventListener("submit", ({ target }) => {
  if (target.action.endsWith("/desk/sign-out")) drafts.end();
});
// A form that the service took (whatever it says to it) is drawn anew with what is left to send; a session that is over draws nothing.
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) return;
  event.detail.elt.closest("form")?.querySelectorAll("textarea").forEach((field) => drafts.sent(field));
});

let told = 0;
document.addEventListener("input", (event) => {
  if (event.target.id !== "reply" || Date.now() - told < TYPING_MS) return;
  told = Date.now();
  const composer = by("composer");
  const body = new URLSearchParams({ seal: composer.dataset.seal });
  fetch(composer.dataset.typing, { method: "POST", body, headers: PASSIVE }).catch(() => {});
});

document.addEventListener("click", (event) => {
  const canned = event.target.closest("[data-fill]");
  if (!canned) return;
  const field = by("reply");
  field.setRangeText(canned.dataset.fill, field.selectionStart, field.selectionEnd, "end");
  canned.closest("details").open = false;
  field.focus();
});

// The field of what was sent is in hand again, unless its writer has turned to something else meanwhile.
let sentFrom, stayed;
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (by("composer")?.contains(event.target)) sentFrom = document.activeElement;
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id === "composer") stayed = document.activeElement === sentFrom || event.target.contains(document.activeElement);
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "composer" || !stayed) return;
  const composer = by("composer");
  by(composer.dataset.mode === "note" ? "note" : "reply")?.focus();
});

addEventListener("pagehide", () => {
  const talk = document.querySelector("[data-ticket]");
  if (!talk) return;
  const composer = by("composer");
  navigator.sendBeacon(composer.dataset.typing.replace(/typing$/, "looking"), new URLSearchParams({ seal: composer.dataset.seal, gone: "1" }));
});

// --- keyboard -------------------------------------------------------------------------------------

const dialog = by("keys-dialog");
by("keys")?.addEventListener("click", () => dialog.showModal());

const acts = {
  help: () => dialog.showModal(),
  next: () => moveRow(1),
  previous: () => moveRow(-1),
  take: () => document.querySelector("[data-key=p]")?.click(),
  reply: () => by("reply")?.focus(),
  note: () => {
    const form = document.querySelector(".note-form");
    if (!form) return;
    form.open = true;
    by("note").focus();
  },
  conversations: () => document.querySelector("[data-go=c]").click(),
  requests: () => document.querySelector("[data-go=d]").click(),
  send: (event) => event.target.form?.requestSubmit(),
};

function moveRow(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const place = rows.indexOf(document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, place + by))]?.focus();
}

const pressed = press();
document.addEventListener("keydown", (event) => {
  if (dialog?.open) return;
  const writing = event.target.matches("input, textarea, select");
  const act = pressed({ key: event.key, ctrl: event.ctrlKey || event.metaKey, alt: event.altKey, writing, at: Date.now() });
  if (!act) return;
  event.preventDefault();
  acts[act](event);
});
