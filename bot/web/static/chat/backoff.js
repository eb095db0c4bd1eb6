/** How long to wait before trying again, and a wait that can be cut short. */

const FIRST = 1_000;
const LONGEST = 30_000;

/** @param {number} attempt 0 for the first wait @returns {number} milliseconds, doubling up to 30 s, spread over half of it. */
export function backoff(attempt, random = Math.random) {
  const ceiling = Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 10));
  return ceiling / 2 + (random() * ceiling) / 2;
}

/** @param {string | null} header `Retry-After`: seconds or an HTTP date @returns {number | null} milliseconds */
export function retryAfter(header, now = Date.now()) {
  if (header === null || header.trim() === "") return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** A wait that `wake()` ends early, when the network is known to be back. */
export class Pause {
  #wake = () => {};

  wait(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  wake() {
    this.#wake();
  }
}
