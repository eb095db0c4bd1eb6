/** The question before a link is followed: who is identified here, whom the link is for, and what would happen. */

import { TEXTS } from "./texts.js";

/**
 * Asks, unless nothing would change for whoever is here.
 * @param {"start" | "continue"} kind @param {object} preview as api.js says it
 * @param {{watch: (group: Element) => void}} guard
 * @returns {Promise<boolean>} whether the link is to be followed
 */
export function askAboutLink(kind, preview, guard) {
  const dialog = document.getElementById("link-dialog");
  const asked = TEXTS.link[kind](preview);
  document.getElementById("link-title").textContent = asked.title;
  document.getElementById("link-yes").textContent = asked.yes;
  const lines = asked.lines.map((line) => Object.assign(document.createElement("p"), { textContent: line }));
  document.getElementById("link-text").replaceChildren(...lines);
  dialog.returnValue = "";
  dialog.showModal();
  guard.watch(dialog.querySelector(".dialog-buttons"));
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}
