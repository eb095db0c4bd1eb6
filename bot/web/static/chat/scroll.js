/** Keeps the newest message in sight, unless the user has gone back to read. */

const NEAR_END = 80;

export function createScroll() {
  const area = document.getElementById("scroll");
  const button = document.getElementById("to-end");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let following = true;

  const end = (smooth) => area.scrollTo({ top: area.scrollHeight, behavior: smooth && !calm.matches ? "smooth" : "instant" });

  let top = 0;

  area.addEventListener("scroll", () => {
    // Our own scrolling only ever goes down: going up is the user's doing.
    if (area.scrollHeight - area.scrollTop - area.clientHeight < NEAR_END) following = true;
    else if (area.scrollTop < top) following = false;
    if (following) button.hidden = true;
    top = area.scrollTop;
  }, { passive: true });
  new ResizeObserver(() => following && end(false)).observe(area);
  button.addEventListener("click", () => {
    follow();
    area.focus({ preventScroll: true });
  });

  function follow() {
    following = true;
    button.hidden = true;
    end(true);
  }

  return {
    /** The user did something: go to the end whatever was being read. */
    follow,
    /** The transcript was drawn again. @param {{smooth: boolean, grown: boolean}} how  grown: with new messages */
    drawn({ smooth, grown }) {
      if (following) end(smooth);
      else if (grown) button.hidden = false;
    },
    focus: () => area.focus({ preventScroll: true }),
  };
}
