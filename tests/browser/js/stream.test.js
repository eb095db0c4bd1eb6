import assert from "node:assert/strict";
import { test } from "node:test";
import { createParser } from "../../../bot/web/node_modules/eventsource-parser/dist/index.js";
import { ApiError } from "../../../bot/web/static/chat/api.js";
import { Stream } from "../../../bot/web/static/chat/stream.js";

/** A stream over prepared connections, each a list of chunks or an error; resolves when the token is refused. */
function follow(connections) {
  const seen = [];
  return new Promise((resolve) => {
    const stream = new Stream({
      createParser,
      connect: async () => {
        const next = connections.shift();
        if (next instanceof Error) throw next;
        return new Response(new Blob(next).stream());
      },
      onEvent: ({ event, id, data }) => seen.push([event, id, data]),
      onStatus: (status) => {
        seen.push(status);
        setImmediate(() => setImmediate(() => stream.wake()));
      },
      onExpired: () => resolve(seen),
    });
    stream.start();
  });
}

test("events cut anywhere, a lost connection and a refused token", { timeout: 10_000 }, async () => {
  const seen = await follow([
    ['id: m1\nevent: mess', 'age\ndata: {"te', 'xt":"é"}\n\n: ping\n\nevent: typing\ndata: {"on":true}\n\n'],
    new ApiError(0),
    new ApiError(401),
  ]);
  assert.deepEqual(seen, ["open", ["message", "m1", '{"text":"é"}'], ["typing", undefined, '{"on":true}'], "lost"]);
});
