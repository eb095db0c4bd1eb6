import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, createApi } from "../../../bot/web/static/chat/api.js";

/** An API over prepared answers, and what was asked of it. */
function api(...answers) {
  const asked = [];
  const send = async (url, { method = "GET", body = null, headers }) => {
    asked.push({ url, method, body, token: headers.Authorization });
    return answers.shift();
  };
  return { asked, ...createApi("/assistant", send) };
}

test("notifications are asked for from the newest on, then before one", async () => {
  const page = { unread: 1, notifications: [], more: true };
  const { asked, notifications } = api(Response.json(page), Response.json(page));
  assert.deepEqual(await notifications("t"), page);
  await notifications("t", "12");
  assert.deepEqual(asked.map(({ url }) => url), ["/assistant/chat/notifications", "/assistant/chat/notifications?before=12"]);
  assert.equal(asked[0].token, "Bearer t");
});

test("notifications are marked read by their ids, or all", async () => {
  const { asked, markRead } = api(Response.json({ unread: 0, read: 2 }));
  assert.deepEqual(await markRead("t", { ids: ["1", "2"] }), { unread: 0, read: 2 });
  assert.deepEqual(asked, [{ url: "/assistant/chat/notifications/read", method: "POST", body: '{"ids":["1","2"]}', token: "Bearer t" }]);
});

test("a chat that is nobody has none", async () => {
  const { notifications } = api(new Response("{}", { status: 403 }));
  await assert.rejects(notifications("t"), (error) => error instanceof ApiError && error.status === 403);
});
