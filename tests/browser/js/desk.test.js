// Keys and arrivals of the support desk.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrived, badge } from "../../../bot/web/static/desk/arrivals.js";
import { createDrafts } from "../../../bot/web/static/desk/drafts.js";
import { press } from "../../../bot/web/static/desk/keys.js";

const key = (name, more = {}) => ({ key: name, ctrl: false, alt: false, writing: false, at: 0, ...more });

test("a key alone does something only where nobody writes", () => {
  const pressed = press();
  assert.equal(pressed(key("p")), "take");
  assert.equal(pressed(key("p", { writing: true })), undefined);
  assert.equal(pressed(key("p", { ctrl: true })), undefined);
  assert.equal(pressed(key("p", { alt: true })), undefined);
  assert.equal(pressed(key("constructor")), undefined);
  assert.equal(pressed(key("?")), "help");
});

test("g begins a sequence that is soon forgotten", () => {
  const pressed = press();
  assert.equal(pressed(key("g")), undefined);
  assert.equal(pressed(key("d", { at: 1_000 })), "requests");
  assert.equal(pressed(key("c", { at: 1_100 })), undefined);
  pressed(key("g", { at: 2_000 }));
  assert.equal(pressed(key("c", { at: 9_000 })), undefined);
  pressed(key("g", { at: 10_000 }));
  assert.equal(pressed(key("r", { at: 10_100 })), "reply");
});

test("Ctrl and Enter send what is being written", () => {
  const pressed = press();
  assert.equal(pressed(key("Enter", { ctrl: true, writing: true })), "send");
  assert.equal(pressed(key("Enter", { ctrl: true })), undefined);
  assert.equal(pressed(key("Enter", { writing: true })), undefined);
});

test("the title says how many wait", () => {
  assert.equal(badge("Conversations", 3), "(3) Conversations – Poste d’accompagnement SPHERE");
  assert.equal(badge("Conversations", 0), "Conversations – Poste d’accompagnement SPHERE");
});

test("somebody has arrived when a newer ticket waits, or one came back", () => {
  assert.equal(arrived({ waiting: 1, newest: 4 }, { waiting: 1, newest: 5 }), true);
  assert.equal(arrived({ waiting: 1, newest: 4 }, { waiting: 2, newest: 4 }), true);
  assert.equal(arrived({ waiting: 2, newest: 5 }, { waiting: 1, newest: 4 }), false);
  assert.equal(arrived({ waiting: 1, newest: 4 }, { waiting: 1, newest: 4 }), false);
});

function fakeStore() {
  const kept = new Map();
  const methods = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  return new Proxy(methods, { ownKeys: () => [...kept.keys()], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) });
}

test("what was being written outlives a session that ends, for its agent alone", () => {
  const store = fakeStore();
  const before = createDrafts(store, "ines", "/desk/conversations/1");
  before.keep({ id: "reply", value: "Bonjour, je regarde" });
  const after = createDrafts(store, "ines", "/desk/conversations/1");
  after.begin();
  const field = { id: "reply", value: "" };
  assert.equal(after.restore(field), true);
  assert.equal(field.value, "Bonjour, je regarde");
  assert.equal(createDrafts(store, "ines", "/desk/conversations/2").restore({ id: "reply", value: "" }), false);
  const other = createDrafts(store, "paul", "/desk/conversations/1");
  other.begin();
  assert.equal(other.restore({ id: "reply", value: "" }), false);
  assert.equal(after.restore({ id: "reply", value: "" }), false);
});

test("what was sent, or left by signing out, is not written again", () => {
  const store = fakeStore();
  const drafts = createDrafts(store, "ines", "/desk/conversations/1");
  drafts.keep({ id: "reply", value: "a" });
  drafts.keep({ id: "note", value: "b" });
  drafts.sent({ id: "reply" });
  assert.equal(drafts.restore({ id: "reply", value: "" }), false);
  drafts.end();
  assert.equal(drafts.restore({ id: "note", value: "" }), false);
});
