/** Follows the event stream for as long as it is wanted, through every cut. */

import { ApiError } from "./api.js";
import { Pause, backoff } from "./backoff.js";

/** Silence after which a connection counts as dead (the server sends a comment every 15 s). */
const SILENCE = 60_000;
/** A connection that lived this long was a good one: the next wait is short again. */
const GOOD = 5_000;

export class Stream {
  #options;
  #pause = new Pause();
  #stopped = null;
  #connection = null;

  /**
   * @param {{
   *   connect: (signal: AbortSignal) => Promise<Response>,
   *   createParser: typeof import("eventsource-parser").createParser,
   *   onEvent: (event: {id?: string, event?: string, data: string}) => void,
   *   onStatus: (status: "open" | "lost") => void,
   *   onExpired: (reason: string | null) => void,
   * }} options
   */
  constructor(options) {
    this.#options = options;
  }

  start() {
    this.stop();
    this.#stopped = new AbortController();
    this.#loop(this.#stopped.signal);
  }

  stop() {
    this.#stopped?.abort();
    this.drop();
    this.#pause.wake();
  }

  /** Gives the present connection up, as when the network is known to have gone; the loop goes on. */
  drop() {
    this.#connection?.abort();
  }

  /** Tries at once instead of waiting. */
  wake() {
    this.#pause.wake();
  }

  async #loop(stopped) {
    let attempt = 0;
    while (!stopped.aborted) {
      const began = Date.now();
      let wait = null;
      try {
        await this.#follow();
      } catch (error) {
        if (stopped.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 401) return this.#options.onExpired(error.reason);
        wait = error.wait;
        this.#options.onStatus("lost");
      }
      if (Date.now() - began > GOOD) attempt = 0;
      if (!stopped.aborted) await this.#pause.wait(wait ?? backoff(attempt));
      attempt += 1;
    }
  }

  /** One connection, until its end. A server that closes it in good order is simply asked again. */
  async #follow() {
    const connection = new AbortController();
    this.#connection = connection;
    let watchdog;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => connection.abort(), SILENCE);
    };
    try {
      alive();
      const response = await this.#options.connect(connection.signal);
      if (connection.signal.aborted) throw new ApiError(0);
      this.#options.onStatus("open");
      const parser = this.#options.createParser({ onEvent: this.#options.onEvent });
      for await (const text of read(response.body)) {
        alive();
        parser.feed(text);
      }
    } finally {
      clearTimeout(watchdog);
      connection.abort();
    }
  }
}

async function* read(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    let chunk;
    try {
      chunk = await reader.read();
    } catch {
      throw new ApiError(0);
    }
    if (chunk.done) return;
    yield chunk.value;
  }
}
