// Presses at the desk, while the queue is renewed under them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CLICK_MS, PATIENCE_MS, REACTION_MS, STILL_MS, createPresses } from "../../../bot/web/static/desk/presses.js";

const ROWS = [
  { href: "/one", left: 0, top: 0, right: 100, bottom: 50 },
  { href: "/two", left: 0, top: 50, right: 100, bottom: 100 },
];

function desk() {
  let at = 0;
  let due = [];
  const shown = [];
  const presses = createPresses({ now: () => at, later: (act, ms) => due.push([at + ms, act]) });
  return {
    presses,
    shown,
    bring: (name) => presses.hold("queue", () => shown.push(name)),
    pass(ms) {
      for (const end = at + ms; at < end; at += 10) {
        const ready = due.filter(([when]) => when <= at + 10);
        due = due.filter(([when]) => when > at + 10);
        for (const [, act] of ready) act();
      }
    },
  };
}

test("new contents wait for the end of a press, and the newest are shown", () => {
  const { presses, shown, bring, pass } = desk();
  presses.began(10, 10);
  assert.equal(bring("first"), true);
  pass(5_000);
  assert.equal(bring("second"), true);
  presses.ended();
  assert.deepEqual(shown, []);
  pass(CLICK_MS);
  assert.deepEqual(shown, ["second"]);
  assert.equal(bring("third"), false);
});

test("a press that follows at once on another is waited for as well", () => {
  const { presses, shown, bring, pass } = desk();
  presses.began(10, 10);
  bring("first");
  presses.ended();
  presses.began(10, 10);
  pass(CLICK_MS * 2);
  assert.deepEqual(shown, []);
  presses.ended();
  pass(CLICK_MS);
  assert.deepEqual(shown, ["first"]);
});

test("they wait for a pointer on its way, but not for ever", () => {
  const { presses, shown, bring, pass } = desk();
  presses.moved();
  assert.equal(bring("first"), true);
  pass(STILL_MS * 2);
  assert.deepEqual(shown, ["first"]);
  for (let passed = 0; passed <= PATIENCE_MS + STILL_MS; passed += 100) {
    presses.moved();
    if (passed === 0) bring("second");
    if (passed === PATIENCE_MS / 2) assert.equal(shown.length, 1);
    pass(100);
  }
  assert.deepEqual(shown, ["first", "second"]);
});

test("what is there at once is shown at once", () => {
  const { bring } = desk();
  assert.equal(bring("first"), false);
});

test("a press that comes too soon means the row that stood there", () => {
  const { presses, pass } = desk();
  presses.renewed(ROWS);
  pass(REACTION_MS - 50);
  presses.began(10, 60);
  assert.equal(presses.meant, "/two");
  presses.began(10, 160); // nothing stood there
  assert.equal(presses.meant, undefined);
  pass(60);
  presses.began(10, 60); // it was read
  assert.equal(presses.meant, undefined);
});

test("a pointer that moved there since has seen what is there", () => {
  const { presses, pass } = desk();
  presses.renewed(ROWS);
  pass(50);
  presses.moved();
  presses.began(10, 60);
  assert.equal(presses.meant, undefined);
});
