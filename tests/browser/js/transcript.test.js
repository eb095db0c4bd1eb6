import assert from "node:assert/strict";
import { test } from "node:test";
import { lastId, mergeHistory, place, rows, withPeople } from "../../../bot/web/static/chat/transcript.js";

const AT = "2026-03-02T12:00:00Z";
const message = (id, author, text, more = {}) => ({ id, at: AT, author, agent: null, text, buttons: [], link: null, ...more });
const typed = (key, text, status = "sending") => ({ key, message: message(key, "user", text), status, note: "" });
const received = (...messages) => messages.reduce(place, []);

test("the server's copy takes the place of what was shown, under the same key", () => {
  const entries = place([typed("c1", "oui"), typed("c2", "oui")], message("m9", "user", "oui", { client_id: "c2" }));
  assert.deepEqual(entries.map(({ key, status }) => [key, status]), [["c1", "sending"], ["c2", "received"]]);
});

test("without client_id, text and order decide, but an older message is never taken for it", () => {
  assert.equal(place([typed("c1", "oui"), typed("c2", "oui")], message("m1", "user", "oui"))[0].status, "received");
  assert.equal(place([typed("c1", "oui")], message("m0", "user", "oui", { at: "2026-03-01T12:00:00Z" })).length, 2);
});

test("a message received twice is shown once", () => {
  assert.equal(received(message("m1", "assistant", "a"), message("m1", "assistant", "a")).length, 1);
});

test("history gives the order; what it lacks stays at the end", () => {
  const entries = [typed("c1", "un"), ...received(message("m2", "assistant", "deux")), typed("c3", "trois")];
  const merged = mergeHistory(entries, [message("m1", "user", "un", { client_id: "c1" }), message("m2", "assistant", "deux")]);
  assert.deepEqual(merged.map(({ key }) => key), ["c1", "m2", "c3"]);
  assert.equal(lastId(merged), "m2");
});

test("what the server does not know stays before what it stood before", () => {
  const notice = { ...typed("n1", "expirée"), status: "received", local: true };
  const history = [message("m1", "user", "un", { client_id: "c1" }), message("m2", "assistant", "deux")];
  const merged = mergeHistory([notice, typed("c0", "refusé", "refused"), typed("c1", "un")], history);
  assert.deepEqual(merged.map(({ key }) => key), ["n1", "c0", "c1", "m2"]);
});

test("two equal messages in history are both kept", () => {
  const history = [message("m1", "user", "oui"), message("m2", "user", "oui")];
  assert.equal(mergeHistory(mergeHistory([], history), history).length, 2);
});

test("buttons live until the user speaks, and the one chosen is known afterwards", () => {
  const buttons = [{ title: "Oui", token: "t1" }, { title: "Non", token: "t2" }];
  const asked = received(message("m1", "assistant", "Donner accès ?", { buttons }));
  const live = (entries) => rows(entries, AT).filter(({ kind }) => kind === "message").map((row) => [row.live, row.chosen]);
  assert.deepEqual(live(asked), [[true, null]]);
  assert.deepEqual(live([...asked, typed("c1", "Oui")])[0], [false, "Oui"]);
  assert.deepEqual(live([...asked, typed("c1", "Oui", "refused")])[0], [true, null]);
});

test("a day row where the day changes in Paris", () => {
  const entries = received(
    message("m1", "assistant", "a", { at: "2026-03-01T22:59:00Z" }),
    message("m2", "assistant", "b", { at: "2026-03-01T23:01:00Z" }),
  );
  const labels = rows(entries, AT).filter(({ kind }) => kind === "day").map(({ label }) => label);
  assert.deepEqual(labels, ["Hier", "Aujourd’hui"]);
});

test("persons read what is written after an agent or an announcement, until the assistant speaks again", () => {
  const said = (author) => received(message("m1", "user", "a"), message("m2", author, "b"), message("m3", "user", "c"));
  assert.deepEqual(["agent", "system", "assistant"].map((author) => withPeople(said(author))), [true, true, false]);
  assert.equal(withPeople([]), false);
  assert.equal(withPeople([{ ...typed("n", "ici"), message: message("n", "system", "x"), status: "received", local: true }]), false);
});

test("the buttons of the last announcement live on while the user speaks, until one was pressed or another is announced", () => {
  const closed = message("m1", "system", "Close.", { buttons: [{ title: "Utile", token: "a" }, { title: "Rouvrir", token: "b" }] });
  const live = (...more) => rows(received(closed, ...more), AT).filter(({ kind }) => kind === "message").map((row) => row.live);
  const said = message("m2", "user", "bonjour");
  assert.deepEqual(live(said, message("m3", "assistant", "Bonjour")), [true, false, true]);
  assert.equal(live(message("m2", "user", "Rouvrir"))[0], false);
  const again = message("m3", "system", "Rouverte.", { buttons: [{ title: "Fin", token: "c" }] });
  assert.deepEqual(live(said, again, message("m4", "user", "oui")).slice(0, 3), [false, false, true]);
});
