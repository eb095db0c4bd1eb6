/** The place where the user writes: grows with the text, counts near the limit, keeps the draft. */

import { length } from "./text.js";
import { TEXTS } from "./texts.js";

export const LIMIT = 4_000;
const NEAR = 3_600;
/** `keyCode` of the Enter that ends a composition, where the browser says no longer that it composes (Safari). */
const COMPOSING = 229;

/** Two texts of which nothing is lost. Pure. */
export function together(kept, typed) {
  if (typed === kept || typed === "") return kept;
  return kept === "" ? typed : `${kept}\n${typed}`;
}

/** @param {{onSay: (text: string) => void, onWriting: () => void, announce: (text: string) => void, storage: {draft: string}}} parts */
export function createComposer({ onSay, onWriting, announce, storage }) {
  const form = document.getElementById("composer");
  const field = document.getElementById("composer-text");
  const count = document.getElementById("composer-count");
  let zone = "";

  function refresh() {
    const used = length(field.value.trim());
    const now = used > LIMIT ? "over" : used > NEAR ? "near" : "";
    count.hidden = now === "";
    count.textContent = now === "over" ? TEXTS.over(used - LIMIT) : TEXTS.left(used);
    form.classList.toggle("over", now === "over");
    field.setAttribute("aria-invalid", String(now === "over"));
    if (now !== zone && now !== "") announce(count.textContent);
    zone = now;
    storage.draft = field.value;
    if (!CSS.supports("field-sizing", "content")) {
      field.style.height = "auto";
      field.style.height = `${field.scrollHeight + 2}px`;
    }
  }

  function submit(event) {
    event.preventDefault();
    const text = field.value.trim();
    if (text === "") announce(TEXTS.empty);
    else if (length(text) > LIMIT) announce(`${TEXTS.tooLong} ${count.textContent}`);
    else {
      onSay(text); // first: what could not be taken stays where it was written
      write("");
    }
    field.focus();
  }

  function write(text) {
    if (field.value !== text) field.value = text; // setting it moves the caret
    refresh();
  }

  form.addEventListener("submit", submit);
  field.addEventListener("input", () => {
    refresh();
    if (field.value.trim() !== "") onWriting();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === COMPOSING) return;
    event.preventDefault();
    if (!event.repeat) form.requestSubmit();
  });

  function putBefore(text) {
    write(together(text, field.value));
  }

  putBefore(storage.draft); // what was typed before this script was there stands in the field already

  return { write, putBefore, focus: () => field.focus() };
}
