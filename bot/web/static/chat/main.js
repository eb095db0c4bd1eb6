/** Puts the page together: what the user does goes to the conversation, what the conversation says is drawn. */

import { createParser } from "../vendor/eventsource-parser.js";
import { createApi } from "./api.js";
import { createBell } from "./bell.js";
import { createComposer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { createMenu } from "./menu.js";
import { createScroll } from "./scroll.js";
import { createStorage } from "./storage.js";
import { TEXTS } from "./texts.js";
import { drawLog } from "./view.js";

const get = (id) => document.getElementById(id);
const log = get("log");
const banner = get("banner");
const welcome = get("welcome");
const typing = get("typing");

const storage = createStorage();
const scroll = createScroll();
let drawn = null;

function announce(text) {
  get("announcer").textContent = text;
}

function say(text, button = null) {
  conversation.say(text, button);
  scroll.follow();
}

const actions = {
  press(choice, byKeyboard) {
    say(choice.title, choice.token);
    // The button is now disabled and would lose the focus; a finger must not open the keyboard of a phone.
    if (byKeyboard) composer.focus();
    else scroll.focus();
  },
  modify(key) {
    composer.write(conversation.withdraw(key));
    composer.focus();
  },
  resend(key) {
    conversation.resend(key);
    composer.focus();
  },
};

function draw(state) {
  const before = drawn;
  drawn = state;
  if (before?.entries !== state.entries) {
    drawLog(log, state.entries, actions);
    welcome.hidden = state.loading || state.entries.some((entry) => !entry.local);
    if (before) scroll.drawn({ smooth: !before.loading, grown: state.entries.length > before.entries.length });
    const note = (entries = []) => entries.findLast((entry) => entry.note)?.note ?? "";
    if (note(state.entries) !== note(before?.entries)) announce(note(state.entries));
  }
  if (before?.loading !== state.loading) drawLoading(state.loading);
  if (before?.typing !== state.typing) drawTyping(state.typing);
  if (before?.lost !== state.lost) drawLost(state.lost, before !== null);
}

/** History that is put back is not read out: only what comes afterwards. */
function drawLoading(loading) {
  welcome.hidden = loading || drawn.entries.some((entry) => !entry.local);
  announce(loading ? TEXTS.loading : "");
  log.setAttribute("aria-live", "off");
  if (loading) return;
  log.setAttribute("aria-busy", "false");
  requestAnimationFrame(() => requestAnimationFrame(() => log.setAttribute("aria-live", "polite")));
}

function drawTyping(on) {
  typing.hidden = !on;
  get("typing-text").textContent = on ? TEXTS.typing : "";
  announce(on ? TEXTS.typing : "");
  if (on) scroll.drawn({ smooth: true, grown: false });
}

function drawLost(lost, known) {
  banner.hidden = !lost;
  banner.textContent = lost ? TEXTS.lost : "";
  if (!lost && known) announce(TEXTS.restored);
}

const api = createApi(document.documentElement.dataset.root);
const conversation = new Conversation({
  api,
  storage,
  createParser,
  onChange: draw,
  onUnread: (unread) => bell.ring(unread),
});
const bell = createBell({
  load: (before) => api.notifications(storage.token, before),
  markRead: (which) => api.markRead(storage.token, which),
  announce,
  onSay(text) {
    say(text);
    scroll.focus();
  },
});
const composer = createComposer({ onSay: say, onWriting: () => conversation.writes(), announce, storage });

createMenu({
  onNew() {
    conversation.restart();
    composer.focus();
  },
  onHelp: () => say(TEXTS.help),
});
welcome.addEventListener("click", ({ target }) => {
  const text = target.closest("[data-say]")?.dataset.say;
  if (!text) return;
  say(text);
  scroll.focus();
});
window.addEventListener("offline", () => conversation.networkLost());
window.addEventListener("online", () => conversation.networkBack());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") conversation.networkBack();
});

/** What a link brought: `#continue=` goes on with a conversation of another channel, `#start=` links this one to an account. */
async function arrive() {
  const brought = new URLSearchParams(location.hash.slice(1));
  const link = brought.get("continue");
  let gone = false;
  if (link) {
    try {
      storage.continued = await api.openSession(link);
    } catch (error) {
      gone = error.status === 401;
      banner.hidden = false;
      banner.textContent = gone ? TEXTS.linkGone : TEXTS.lost;
    }
  }
  if (location.hash && banner.hidden) history.replaceState(null, "", location.pathname + location.search); // else a reload tries again
  if (!gone) conversation.resume();
  if (brought.get("start")) say(`/start ${brought.get("start")}`);
}

arrive();
