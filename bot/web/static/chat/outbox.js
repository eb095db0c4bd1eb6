/** What the user said and the server has not acknowledged yet: sent in order, one at a time, until it is. */

import { ApiError } from "./api.js";
import { Pause, backoff } from "./backoff.js";
import { TEXTS } from "./texts.js";

/** @typedef {{id: string, text: string, button: string | null}} Item  what `id` names is done once, however often it is sent */

export class Outbox {
  #options;
  #items = [];
  #pause = new Pause();
  #running = false;

  /**
   * @param {{
   *   deliver: (item: Item) => Promise<void>,
   *   onState: (id: string, status: "sending" | "sent" | "refused", note: string) => void,
   *   onReach: (reached: boolean) => void,
   *   onExpired: (reason: string | null) => Promise<boolean>,  true where another token is at hand: the item goes on with it
   * }} options
   */
  constructor(options) {
    this.#options = options;
  }

  add(item) {
    this.#items.push(item);
    this.#run();
  }

  /** The item arrived although no acknowledgement did, or it is no longer wanted. */
  forget(id) {
    this.#items = this.#items.filter((item) => item.id !== id);
  }

  wake() {
    this.#pause.wake();
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    let attempt = 0;
    while (this.#items.length > 0) {
      const item = this.#items[0];
      const failure = await this.#attempt(item);
      attempt = failure ? attempt + 1 : 0;
      if (failure && this.#items.includes(item)) await this.#settle(item, failure, attempt - 1);
    }
    this.#running = false;
    this.#options.onReach(true); // nothing is waiting any more, whoever delivered it
  }

  async #attempt(item) {
    try {
      await this.#options.deliver(item);
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
    this.#options.onReach(true);
    if (this.#items.includes(item)) this.#options.onState(item.id, "sent", "");
    this.forget(item.id);
    return null;
  }

  async #settle(item, failure, attempt) {
    this.#options.onReach(failure.status !== 0);
    const next = judge(failure, attempt);
    if (next.expired) {
      const renewed = await this.#options.onExpired(failure.reason);
      if (renewed || !item.button) return;
    }
    if (next.refused || next.expired) {
      this.forget(item.id);
      this.#options.onState(item.id, "refused", next.refused ?? TEXTS.staleButton);
      return;
    }
    for (const { id } of this.#items) this.#options.onState(id, "sending", next.note); // those behind it wait as well
    await this.#pause.wait(next.wait);
  }
}

/**
 * What follows from a failure. Pure.
 * @returns {{expired: true} | {refused: string} | {wait: number, note: string}}
 */
export function judge(failure, attempt, random = Math.random) {
  const { status } = failure;
  if (status === 401) return { expired: true };
  if (status === 413) return { refused: TEXTS.tooLong };
  if (status === 422) return { refused: TEXTS.malformed };
  const wait = failure.wait ?? backoff(attempt, random);
  if (status === 429) return { wait, note: TEXTS.tooMany(Math.ceil(wait / 1_000)) };
  if (status >= 400 && status < 500 && status !== 408 && status !== 425) return { refused: TEXTS.refused };
  return { wait, note: status === 0 ? TEXTS.waiting : TEXTS.unavailable };
}
