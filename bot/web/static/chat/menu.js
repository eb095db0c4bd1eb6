/** The menu of the header (a disclosure: button and list) and the question before a new conversation. */

/** @param {{onNew: () => void, onHelp: () => void, guard: {watch: (group: Element) => void}}} actions */
export function createMenu({ onNew, onHelp, guard }) {
  const button = document.getElementById("menu-button");
  const menu = document.getElementById("menu");
  const dialog = document.getElementById("new-dialog");

  function show(open) {
    menu.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) menu.querySelector("button").focus();
  }

  function close() {
    show(false);
    button.focus();
  }

  button.addEventListener("click", () => show(menu.hidden));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !menu.hidden) close();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!menu.hidden && !menu.contains(target) && !button.contains(target)) show(false);
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !menu.contains(relatedTarget) && relatedTarget !== button) show(false);
  });

  document.getElementById("menu-help").addEventListener("click", () => {
    close();
    onHelp();
  });
  function askNew() {
    dialog.returnValue = "";
    dialog.showModal();
    guard.watch(dialog.querySelector(".dialog-buttons"));
  }

  document.getElementById("menu-new").addEventListener("click", () => {
    close();
    askNew();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "start") onNew();
  });

  return { askNew };
}
