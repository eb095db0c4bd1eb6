/** The line under the header: who is identified here, whether several people use this machine, and the way out. */

import { TEXTS } from "./texts.js";

/** @param {{onSignOut: () => void, onShare: (shared: boolean) => void, shared: boolean}} parts */
export function createIdentity({ onSignOut, onShare, shared }) {
  const text = document.getElementById("who-text");
  const out = document.getElementById("sign-out");
  const box = document.getElementById("who-shared");
  const boxText = document.getElementById("who-shared-text");

  out.addEventListener("click", onSignOut);
  box.addEventListener("change", () => onShare(box.checked));
  box.checked = shared;

  return {
    /** @param {object | null} session as api.js says it; null where there is none */
    show(session) {
      text.textContent = TEXTS.who(session);
      out.hidden = session === null;
      out.textContent = session?.continued ? TEXTS.leaveContinued : TEXTS.signOut;
      // Whoever sits down next could take it off: it stays until the session ends.
      box.disabled = session !== null && session.shared;
      boxText.textContent = box.disabled && !session.always_shared ? TEXTS.sharedUntilSignOut : TEXTS.shared;
      if (session === null) return;
      box.checked = session.shared;
      box.parentElement.hidden = session.continued;
    },
  };
}
