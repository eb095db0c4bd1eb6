/** The Web chat API, as promises. Every failure is an ApiError; its status is 0 when nothing answered. */

import { retryAfter } from "./backoff.js";

const PATIENCE = 20_000;
const PASSIVE = { "X-Chat-Passive": "1" };

export class ApiError extends Error {
  /**
   * @param {number} status @param {number | null} wait milliseconds asked for by `Retry-After`
   * @param {string | null} reason why the session is over (of a 401)
   */
  constructor(status, wait = null, reason = null) {
    super(`chat API: ${status === 0 ? "no answer" : status}`);
    this.status = status;
    this.wait = wait;
    this.reason = reason;
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
    if (!response.ok) {
      const reason = response.status === 401 ? await reasonOf(response) : null;
      throw new ApiError(response.status, retryAfter(response.headers.get("Retry-After")), reason);
    }
    return response;
  }

  async function reasonOf(response) {
    try {
      return (await response.json()).reason ?? null;
    } catch {
      return null;
    }
  }

  const sent = (content) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });

  async function json(response) {
    try {
      return await response.json();
    } catch {
      throw new ApiError(0); // cut off on the way
    }
  }

  return {
    /** @param {string | null} link token of a link that goes on with the conversation of another channel */
    async openSession(link = null, shared = false) {
      const asked = { ...(link === null ? {} : { continue: link }), ...(shared ? { shared: true } : {}) };
      const body = Object.keys(asked).length === 0 ? { method: "POST" } : sent(asked);
      return (await json(await call("/sessions", body))).token;
    },

    /**
     * @returns {Promise<{account: {name: string, email: string} | null, linked: boolean, shared: boolean, always_shared: boolean,
     *   continued: boolean, idle_minutes: number}>} who is identified in a session
     */
    async session(token) {
      return json(await call("/session", { token, headers: PASSIVE }));
    },

    /** Has the session end sooner, or not. @returns as `session` */
    async setShared(token, shared) {
      return json(await call("/session", { token, ...sent({ shared }) }));
    },

    /** @returns {Promise<string>} the token that takes the place of this one */
    async renew(token) {
      return (await json(await call("/session/renew", { method: "POST", token }))).token;
    },

    /** Signs out: the token is worth nothing from then on. */
    async signOut(token) {
      await call("/session", { method: "DELETE", token });
    },

    /**
     * What a link would do, and for whom; nothing is done.
     * @param {{start: string} | {continue: string}} link
     * @returns {Promise<{account: {name: string, email: string} | null, channel: string | null,
     *   current: {name: string, email: string} | null, same: boolean}>}
     */
    async previewLink(token, link) {
      return json(await call("/links", { token, ...sent(link) }));
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

    /** @returns the whole conversation, oldest first; `passive` where the page asks by itself, which keeps no session alive */
    async history(token, passive = false) {
      return (await json(await call("/messages", { token, headers: passive ? PASSIVE : {} }))).messages;
    },

    /** @returns {Promise<{unread: number, notifications: object[], more: boolean}>} the newest, or those older than `before` */
    async notifications(token, before = null) {
      const query = before === null ? "" : `?${new URLSearchParams({ before })}`;
      return json(await call(`/notifications${query}`, { token, headers: PASSIVE }));
    },

    /** @param {{ids: string[]} | {all: true}} which @returns {Promise<{unread: number, read: number}>} */
    async markRead(token, which) {
      const body = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(which) };
      return json(await call("/notifications/read", { method: "POST", token, ...body }));
    },

    /** @returns {Promise<Response>} the event stream, after the message `lastId` when there is one */
    events(token, lastId, signal) {
      const headers = { ...PASSIVE, Accept: "text/event-stream", ...(lastId ? { "Last-Event-ID": lastId } : {}) };
      return call("/events", { token, signal, headers });
    },
  };
}
