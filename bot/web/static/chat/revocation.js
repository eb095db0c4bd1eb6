/** Tokens that are to be worth nothing any more: the server is told until it knows. */

import { Pause, backoff } from "./backoff.js";

export class Revocation {
  #revoke;
  #pause = new Pause();

  /** @param {(token: string) => Promise<void>} revoke fails with an ApiError */
  constructor(revoke) {
    this.#revoke = revoke;
  }

  async add(token) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#revoke(token);
      } catch (error) {
        if (error.status === 401) return; // it is over already
        await this.#pause.wait(error.wait ?? backoff(attempt));
      }
    }
  }

  /** Tries at once instead of waiting. */
  wake() {
    this.#pause.wake();
  }
}
