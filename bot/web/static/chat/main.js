/** Puts the page together: what the user does goes to the conversation, what the conversation says is drawn. */

import { createParser } from "../vendor/eventsource-parser.js";
import { createApi } from "./api.js";
import { askAboutLink } from "./arrival.js";
import { createBell } from "./bell.js";
import { createComposer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { createGuard } from "./guard.js";
import { createIdentity } from "./identity.js";
import { createMenu } from "./menu.js";
import { createScroll } from "./scroll.js";
import { createStorage } from "./storage.js";
import { TEXTS } from "./texts.js";
import { drawLog } from "./view.js";

/** Words that ask for what the page does itself. */
const NEW = /^(nouvelle (conversation|discussion)|\/nouvelle)[ .!]*$/i;
const OUT = /^(me d[ée]connecter|d[ée]connecter|d[ée]connexion|se d[ée]connecter|d[ée]connecte[ -]moi|\/d[ée]connexion)[ .!]*$/i;

const get = (id) => document.getElementById(id);
const log = get("log");
const banner = get("banner");
const welcome = get("welcome");
const typing = get("typing");

const storage = createStorage();
const scroll = createScroll();
const guard = createGuard();
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
    composer.putBefore(conversation.withdraw(key));
    composer.focus();
  },
  resend(key) {
    conversation.resend(key);
    composer.focus();
  },
  watch: guard.watch,
};

function draw(state) {
  const before = drawn;
  drawn = state;
  if (before?.entries !== state.entries) {
    if (state.entries.length > (before?.entries.length ?? 0)) guard.moved();
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
  onSession: (session) => identity.show(session),
});
const identity = createIdentity({
  shared: storage.shared,
  onShare: (shared) => conversation.share(shared),
  onSignOut: signOut,
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
const composer = createComposer({ onSay: typed, onWriting: () => conversation.writes(), announce, storage });

const menu = createMenu({
  guard,
  onNew() {
    composer.write("");
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

function signOut() {
  composer.write("");
  conversation.restart(TEXTS.signedOut);
  composer.focus();
}

storage.onToken(() => conversation.follow());

/**
 * What a link brought: `#continue=` goes on with a conversation of another channel, `#start=` links this one to an account. Somebody else
 * may have sent it: nothing is done before the user has read for whom it is and said yes.
 */
async function arrive() {
  const brought = new URLSearchParams(location.hash.slice(1));
  const kind = ["continue", "start"].find((name) => brought.get(name));
  if (!kind) return conversation.resume();
  const said = await followLink(kind, brought.get(kind));
  if (said !== TEXTS.linkLater) history.replaceState(null, "", location.pathname + location.search); // else a reload tries again
  if (!said) return;
  conversation.resume();
  banner.hidden = false;
  banner.textContent = said;
}

/** @returns {Promise<string | null>} why the link was not followed; null where it was, and the conversation is shown */
async function followLink(kind, link) {
  let preview;
  try {
    preview = await api.previewLink(storage.token, { [kind]: link });
  } catch (error) {
    const gone = kind === "continue" ? TEXTS.linkGone : TEXTS.startGone;
    return error.status === 410 ? gone : TEXTS.linkLater;
  }
  if (kind === "start" && preview.same) return TEXTS.startSame;
  if (!preview.same && !(await askAboutLink(kind, preview, guard))) return TEXTS.linkRefused;
  if (kind === "start") {
    conversation.resume();
    if (preview.current !== null) conversation.restart(TEXTS.ended.signed_out); // what one account was told is not shown to another
    say(`/start ${link}`);
    return null;
  }
  try {
    storage.continued = await api.openSession(link);
  } catch (error) {
    return error.status === 401 ? TEXTS.linkGone : TEXTS.linkLater;
  }
  conversation.resume();
  return null;
}

/** What was typed: said, unless it asks for what the page does itself, and for nothing else. */
function typed(text) {
  if (NEW.test(text.trim())) menu.askNew();
  else if (OUT.test(text.trim()) && storage.token !== null && storage.continued === null) signOut();
  else say(text);
}

arrive();
