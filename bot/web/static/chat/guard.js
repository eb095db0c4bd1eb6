/**
 * Keeps presses that were not meant from buttons that have just appeared, or moved: they take none until nothing was pressed for a moment.
 *
 * A group of buttons says so itself: `data-armed` is "no" while it is new, "moved" while the page grew around it, "yes" once it takes
 * presses. Meanwhile its buttons are `aria-disabled`, so that they keep the focus and say why nothing happens.
 */

/** How long a button must have been in sight, and nothing pressed, before it takes a press (ms). */
export const SETTLED = 700;
/** The same where it came to lie under the pointer that pressed last, and has not moved since (ms). */
export const UNDER_POINTER = 1_500;
/** A hand that clicks trembles by less (CSS px). */
const STILL = 10;
const PRESSING = new Set(["Enter", " "]);

/** When a button takes presses. Pure. @param {{appeared: number, pressed: number, under: boolean}} seen instants in ms */
export function armedAt({ appeared, pressed, under }) {
  return Math.max(appeared, pressed) + (under ? UNDER_POINTER : SETTLED);
}

export function createGuard(page = document) {
  /** Since when each group that takes no press yet is where it is. */
  const waiting = new Map();
  const armed = new Set();
  const last = { at: -Infinity, x: 0, y: 0, still: false };
  let timer = null;
  /** Whether the press that is going on began on a button that took none: letting go later does not press it. */
  let refused = false;

  function hold(group, how) {
    armed.delete(group);
    waiting.set(group, performance.now());
    group.dataset.armed = how;
    for (const button of group.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
    review();
  }

  function arm(group) {
    waiting.delete(group);
    armed.add(group);
    group.dataset.armed = "yes";
    for (const button of group.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }

  function isUnderPointer(group) {
    if (!last.still) return false;
    const { left, right, top, bottom } = group.getBoundingClientRect();
    return last.x >= left - STILL && last.x <= right + STILL && last.y >= top - STILL && last.y <= bottom + STILL;
  }

  function review() {
    clearTimeout(timer);
    const now = performance.now();
    let next = Infinity;
    for (const [group, appeared] of waiting) {
      if (!group.isConnected) {
        waiting.delete(group);
        continue;
      }
      const at = armedAt({ appeared, pressed: last.at, under: isUnderPointer(group) });
      if (at <= now) arm(group);
      else next = Math.min(next, at);
    }
    if (next < Infinity) timer = setTimeout(review, Math.ceil(next - now));
  }

  const groupOf = (target) => target.closest?.("[data-armed]") ?? null;

  function begin(target) {
    const group = groupOf(target);
    refused = group !== null && waiting.has(group);
    last.at = performance.now();
    review();
    return refused;
  }

  page.addEventListener("pointerdown", ({ target, clientX, clientY }) => {
    Object.assign(last, { x: clientX, y: clientY, still: true });
    begin(target);
  }, { capture: true, passive: true });
  page.addEventListener("pointermove", ({ clientX, clientY }) => {
    if (!last.still || Math.hypot(clientX - last.x, clientY - last.y) < STILL) return;
    last.still = false;
    if (waiting.size > 0) review();
  }, { capture: true, passive: true });
  page.addEventListener("keydown", (event) => {
    if (!PRESSING.has(event.key) || !event.target.closest?.("button")) return;
    if (groupOf(event.target) !== null && (event.repeat || begin(event.target))) event.preventDefault();
  }, { capture: true });
  page.addEventListener("click", (event) => {
    const group = groupOf(event.target);
    const stopped = group !== null && (refused || waiting.has(group));
    refused = false;
    if (!stopped) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });

  return {
    /** Guards a group of buttons that has just appeared. */
    watch(group) {
      if (group !== null) hold(group, "no");
    },
    /** The page grew: what is in sight already may have moved. */
    moved() {
      for (const group of [...armed]) {
        if (group.isConnected && group.querySelector("button:enabled")) hold(group, "moved");
        else armed.delete(group);
      }
    },
  };
}
