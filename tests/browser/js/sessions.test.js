// The session of the chat page: who is identified, links that somebody else may have sent, and how it ends.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, createApi } from "../../../bot/web/static/chat/api.js";
import { Conversation } from "../../../bot/web/static/chat/conversation.js";
import { TEXTS } from "../../../bot/web/static/chat/texts.js";

const soon = () => new Promise((resolve) => setTimeout(resolve, 5));
const nobody = { account: null, linked: false, shared: false, always_shared: false, continued: false };
const claire = { ...nobody, linked: true, account: { name: "Claire Moreau", email: "c•••@sphere.example" } };

/** A conversation over an API that never gets to the network; what was asked is in `asked`. */
function page({ token = "old", sessions = [nobody] } = {}) {
  const asked = [];
  const storage = { token, unsent: [], draft: "", shared: false, continued: null };
  const api = {
    session: async () => (sessions.length > 1 ? sessions.shift() : sessions[0]),
    renew: async (shown) => (asked.push(`renew ${shown}`), "new"),
    signOut: async (shown) => void asked.push(`sign out ${shown}`),
    history: async () => [],
    events: () => new Promise(() => {}),
  };
  const shown = { states: [], session: undefined };
  const conversation = new Conversation({
    api, storage, createParser: () => ({ feed() {} }), onChange: (state) => (shown.state = state), onSession: (session) => (shown.session = session),
  });
  return { api, asked, storage, shown, conversation };
}

test("a new conversation makes the token of the one before worth nothing, and shows nothing of it", async () => {
  const { asked, storage, shown, conversation } = page();
  conversation.resume();
  conversation.restart(TEXTS.signedOut);
  await soon();
  assert.deepEqual(asked, ["sign out old"]);
  assert.equal(storage.token, null);
  assert.deepEqual(shown.state.entries.map(({ message }) => message.text), [TEXTS.signedOut]);
  assert.equal(shown.session, null);
});

test("signing out is told to the service until it knows", async () => {
  const { api, asked, conversation } = page();
  let failures = 1;
  api.signOut = async (token) => {
    asked.push(token);
    if (failures-- > 0) throw new ApiError(0);
  };
  conversation.resume();
  conversation.restart();
  await soon();
  conversation.networkBack();
  await soon();
  assert.deepEqual(asked, ["old", "old"]);
});

test("once somebody has identified the token is another one", async () => {
  const { asked, storage, shown, conversation } = page({ sessions: [nobody, claire] });
  conversation.resume();
  await soon();
  await conversation.identify();
  assert.deepEqual(asked, ["renew old"]);
  assert.equal(storage.token, "new");
  assert.equal(TEXTS.who(shown.session), "Claire Moreau (c•••@sphere.example)");
});

test("another tab that signs out takes this one along", async () => {
  const { storage, shown, conversation } = page();
  conversation.resume();
  storage.token = null;
  conversation.follow();
  assert.deepEqual(shown.state.entries.map(({ message }) => message.text), [TEXTS.ended.signed_out]);
});

test("why a session is over comes with the refusal", async () => {
  const refusal = () => Response.json({ reason: "idle" }, { status: 401 });
  const api = createApi("", async () => refusal());
  await assert.rejects(api.history("t"), (error) => error.status === 401 && error.reason === "idle");
  for (const reason of ["signed_out", "unlinked", "renewed", "idle", "expired"]) assert.ok(TEXTS.ended[reason]);
});

test("a page that refreshes itself says so", async () => {
  const asked = [];
  const api = createApi("", async (url, { headers }) => (asked.push([url, headers["X-Chat-Passive"]]), Response.json({ messages: [] })));
  await api.history("t");
  await api.history("t", true);
  await api.session("t");
  await api.events("t", null);
  assert.deepEqual(asked.map(([, passive]) => passive), [undefined, "1", "1", "1"]);
});

test("the question before a link says whom it is for and who is here", () => {
  const account = { name: "Karim B.", email: "k•••@sphere.example" };
  const [who, here, warning] = TEXTS.link.start({ account, current: { name: "Claire M.", email: "c•••@sphere.example" } }).lines;
  assert.match(who, /Karim B\. \(k•••@sphere\.example\)/);
  assert.match(here, /Claire M\..*est ouvert\. Il sera fermé/);
  assert.match(warning, /répondez non/);
  assert.match(TEXTS.link.start({ account, current: null }).lines[1], /personne n’est identifié/);
  assert.match(TEXTS.link.continue({ account: null, channel: "telegram", current: null }).lines[0], /Telegram qui n’est reliée à aucun compte/);
});

test("an answer that was overtaken does not say that nobody is identified", async () => {
  const { api, shown, conversation } = page();
  let late;
  api.session = () => new Promise((resolve) => (late = resolve));
  conversation.resume();
  api.session = async () => claire;
  await conversation.identify();
  late(nobody);
  await soon();
  assert.equal(shown.session, claire);
});

test("a tab that is told of the end takes no new token from the tabs that have one", async () => {
  const { storage, conversation } = page();
  const written = [];
  conversation.resume();
  let token = null;
  Object.defineProperty(storage, "token", { get: () => token, set: (value) => written.push((token = value)) });
  conversation.follow();
  assert.deepEqual(written, []);
});
