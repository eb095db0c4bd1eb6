import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../bot/web/static/chat/api.js";
import { backoff, retryAfter } from "../../../bot/web/static/chat/backoff.js";
import { judge } from "../../../bot/web/static/chat/outbox.js";
import { dayLabel, hour } from "../../../bot/web/static/chat/time.js";

test("waits double up to 30 s", () => {
  assert.deepEqual([0, 1, 2, 9, 99].map((attempt) => backoff(attempt, () => 1)), [1_000, 2_000, 4_000, 30_000, 30_000]);
  assert.equal(backoff(0, () => 0), 500);
});

test("Retry-After in seconds or as a date", () => {
  assert.equal(retryAfter("7"), 7_000);
  assert.equal(retryAfter("Mon, 02 Mar 2026 12:00:05 GMT", Date.parse("2026-03-02T12:00:00Z")), 5_000);
  assert.equal(retryAfter(null), null);
  assert.equal(retryAfter("bientôt"), null);
});

test("what follows from each failure", () => {
  assert.equal(judge(new ApiError(401), 0).expired, true);
  for (const status of [400, 403, 413, 422]) assert.ok(judge(new ApiError(status), 0).refused);
  for (const status of [0, 408, 500, 503]) assert.ok(judge(new ApiError(status), 0).wait > 0);
  assert.deepEqual(judge(new ApiError(429, 3_000), 0).wait, 3_000);
  assert.match(judge(new ApiError(429, 3_000), 0).note, /dans 3\u00a0s/);
});

test("hours and days in Paris, whatever the browser's zone", () => {
  assert.equal(hour("2026-07-14T22:05:00Z"), "00:05");
  const now = "2026-03-02T12:00:00Z";
  assert.equal(dayLabel("2026-03-01T08:00:00Z", now), "Hier");
  assert.equal(dayLabel("2026-02-01T08:00:00Z", now), "Dimanche 1er février");
  assert.equal(dayLabel("2025-12-31T08:00:00Z", now), "Mercredi 31 décembre 2025");
});
