/** The Web chat API, as promises. Every failure is an ApiError; its status is 0 when nothing answered. */

import { retryAfter } from "./backoff.js";

const PATIENCE = 20_000;

export class ApiError extends Error {
  /** @param {number} status @param {number | null} wait milliseconds asked for by `Retry-After` */
  constructor(status, wait = null) {
    super(`chat API: ${status === 0 ? "no answer" : status}`);
    this.status = status;
    this.wait = wait;
  }
}

/** @param {string} root what stands before `/chat/…`, empty when the service is at the root of its host */
export function createApi(root, send = (...request) => fetch(...request)) {
  async function call(path, { token = null, signal = AbortSignal.timeout(PATIENCE), headers = {}, ...options }) {
    let response;
    try {
      response = await send(`${root}/chat${path}`, {
        cache: "no-store",
        credentials: "same-origin",
        referrerPolicy: "no-referrer",
        signal,
        headers: { ...headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) },
        ...options,
      });
    } catch {
      throw new ApiError(0);
    }
    if (!response.ok) throw new ApiError(response.status, retryAfter(response.headers.get("Retry-After")));
    return response;
  }

  async function json(response) {
    try {
      return await response.json();
    } catch {
      throw new ApiError(0); // cut off on the way
    }
  }

  return {
    /** @param {string | null} link token of a link that goes on with the conversation of another channel */
    async openSession(link = null) {
      const body = link === null ? {} : { body: JSON.stringify({ continue: link }), headers: { "Content-Type": "application/json" } };
      return (await json(await call("/sessions", { method: "POST", ...body }))).token;
    },

    /** @param {{id: string, text?: string, button?: string}} message */
    async post(token, message) {
      await call("/messages", {
        method: "POST", token, headers: { "Content-Type": "application/json" }, body: JSON.stringify(message),
      });
    },

    /** Says that the user is writing, not what. */
    async typing(token) {
      await call("/typing", { method: "POST", token });
    },

    /** @returns the whole conversation, oldest first */
    async history(token) {
      return (await json(await call("/messages", { token }))).messages;
    },

    /** @returns {Promise<{unread: number, notifications: object[], more: boolean}>} the newest, or those older than `before` */
    async notifications(token, before = null) {
      const query = before === null ? "" : `?${new URLSearchParams({ before })}`;
      return json(await call(`/notifications${query}`, { token }));
    },

    /** @param {{ids: string[]} | {all: true}} which @returns {Promise<{unread: number, read: number}>} */
    async markRead(token, which) {
      const body = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(which) };
      return json(await call("/notifications/read", { method: "POST", token, ...body }));
    },

    /** @returns {Promise<Response>} the event stream, after the message `lastId` when there is one */
    events(token, lastId, signal) {
      const headers = { Accept: "text/event-stream", ...(lastId ? { "Last-Event-ID": lastId } : {}) };
      return call("/events", { token, signal, headers });
    },
  };
}
