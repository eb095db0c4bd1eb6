// What somebody has in hand when the stream brings new contents: the row that is chosen, the form that is being filled in.

const FIELDS = "input:not([type=hidden]), select, textarea";

/** What is in hand within `place`; a function that puts it back into the new contents. */
export function inHand(place) {
  const row = place.contains(document.activeElement) && document.activeElement.closest("[data-row]")?.href;
  const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
  const forms = [...place.querySelectorAll("details[open]")].map((details) => ({
    name: nameOf(details),
    values: [...details.querySelectorAll(FIELDS)].map((field) => [field.id, field.value]),
  }));
  return () => {
    for (const details of place.querySelectorAll("details")) {
      const form = forms.find((form) => form.name === nameOf(details));
      if (!form) continue;
      details.open = true;
      for (const [id, value] of form.values) if (document.getElementById(id)) document.getElementById(id).value = value;
    }
    if (row) [...place.querySelectorAll("[data-row]")].find((one) => one.href === row)?.focus();
    if (focused) document.getElementById(focused)?.focus();
  };
}

const nameOf = (details) => details.querySelector("summary").textContent.trim();
