/** The place where the user writes: grows with the text, counts near the limit, keeps the draft. */

import { length } from "./text.js";
import { TEXTS } from "./texts.js";

export const LIMIT = 4_000;
const NEAR = 3_600;

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
      write("");
      onSay(text);
    }
    field.focus();
  }

  function write(text) {
    field.value = text;
    refresh();
  }

  form.addEventListener("submit", submit);
  field.addEventListener("input", () => {
    refresh();
    if (field.value.trim() !== "") onWriting();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  write(storage.draft);

  return { write, focus: () => field.focus() };
}
