// What is pressed is what was under the pointer. New contents wait while a press lasts, and while the pointer is on its way over what
// they replace; a press that comes sooner after them than anybody can have read them means the row that stood there before.

export const REACTION_MS = 350;
export const STILL_MS = 250;
/** For so long at most they wait for a pointer that never rests. */
export const PATIENCE_MS = 2_000;
/** A touch is told as a click some moments after the finger is lifted. */
export const CLICK_MS = 300;

/** The rows of a place, with where they stand in the window. */
export function rowsOf(place) {
  return [...place.querySelectorAll("[data-row]")].map((row) => {
    const { left, top, right, bottom } = row.getBoundingClientRect();
    return { href: row.href, left, top, right, bottom };
  });
}

/** @param {{now?: () => number, later?: (act: () => void, ms: number) => unknown}} clock */
export function createPresses({ now = () => performance.now(), later = (act, ms) => setTimeout(act, ms) } = {}) {
  const waiting = new Map();
  let waitingSince = -Infinity;
  let pressed = false;
  let presses = 0;
  let movedAt = -Infinity;
  let before = [];
  let renewedAt = -Infinity;
  let meant;

  const moving = () => now() - movedAt < STILL_MS && (waiting.size === 0 || now() - waitingSince < PATIENCE_MS);

  function showWaiting() {
    if (waiting.size === 0 || pressed) return;
    if (moving()) {
      later(showWaiting, STILL_MS);
      return;
    }
    const shows = [...waiting.values()];
    waiting.clear();
    for (const show of shows) show();
  }

  return {
    /** The pointer moves over contents that may be replaced. */
    moved() {
      movedAt = now();
    },
    /** A press begins at this point of the window. */
    began(x, y) {
      pressed = true;
      presses += 1;
      const stood = before.find(({ left, top, right, bottom }) => left <= x && x < right && top <= y && y < bottom);
      const read = now() - renewedAt >= REACTION_MS || movedAt > renewedAt;
      meant = read ? undefined : stood?.href;
    },
    /** It ends: what waited is shown once its click is over. */
    ended() {
      const press = presses;
      later(() => {
        if (press !== presses) return;
        pressed = false;
        showWaiting();
      }, CLICK_MS);
    },
    /** Whether the contents of a place have to wait; the newest of them are shown later. */
    hold(place, show) {
      if (!pressed && !moving()) {
        waiting.delete(place);
        return false;
      }
      if (waiting.size === 0) {
        waitingSince = now();
        later(showWaiting, STILL_MS);
      }
      waiting.set(place, show);
      return true;
    },
    /** The rows that stood there are about to be replaced. */
    renewed(rows) {
      before = rows;
      renewedAt = now();
    },
    /** The address of the row that the last press was meant for, where it may be another one than stands there now. */
    get meant() {
      return meant;
    },
  };
}
