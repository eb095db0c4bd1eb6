/** Draws the transcript. Texts only ever become text nodes: markup in a message shows as it was typed. */

import htm from "../vendor/htm.js";
import { h, render } from "../vendor/preact.js";
import { blocks, safeUrl } from "./text.js";
import { TEXTS } from "./texts.js";
import { hour } from "./time.js";
import { rows } from "./transcript.js";

const html = htm.bind(h);

/**
 * @param {Element} root
 * @param {import("./transcript.js").Entry[]} entries
 * @param {{press: (button: {title: string, token: string}, byKeyboard: boolean) => void,
 *   modify: (key: string) => void, resend: (key: string) => void, watch: (group: Element | null) => void}} actions
 *   watch: told of each group of buttons that can be pressed, when it appears
 */
export function drawLog(root, entries, actions) {
  const drawn = rows(entries, new Date().toISOString()).map((row) =>
    row.kind === "day"
      ? html`<h2 class="day" key=${row.key}>${row.label}</h2>`
      : html`<${MessageRow} key=${row.key} ...${row} actions=${actions} />`,
  );
  render(drawn, root);
}

function MessageRow({ entry, named, timed, live, chosen, latest, actions }) {
  const { message, status, note, key } = entry;
  const { author } = message;
  return html`
    <article class=${`message from-${author} ${named ? "named" : ""}`} data-status=${status} data-id=${message.id}>
      <p class=${named && author !== "system" ? "who" : "sr"}>
        ${nameOf(message)}<span class="sr">${"\u00a0: "}</span>
        ${named && author !== "user" && author !== "system" && html`${" "}<${Hour} at=${message.at} />`}
      </p>
      <div class="bubble">
        ${author === "user" ? html`<p class="verbatim">${message.text}</p>` : blocks(message.text).map(block)}
        <${Link} link=${message.link} />
      </div>
      <${Choices} message=${message} live=${live} chosen=${chosen} actions=${actions} />
      ${author === "user" && html`
        <div class="meta" ref=${status === "refused" ? actions.watch : null}>
          ${(timed || status !== "received") && html`<${Hour} at=${message.at} />`}
          <${Delivery} status=${status} latest=${latest} note=${note} />
          ${status === "refused" && html`<${Repair} id=${key} button=${entry.button} actions=${actions} />`}
        </div>`}
    </article>`;
}

function Hour({ at }) {
  return html`<time datetime=${at}>${hour(at)}</time>`;
}

function nameOf({ author, agent }) {
  if (author === "user") return TEXTS.you;
  if (author === "agent") return agent ? TEXTS.agent(agent) : TEXTS.support;
  return author === "assistant" ? TEXTS.assistant : "SPHERE";
}

function block(found) {
  if (found.kind === "list") return html`<ul>${found.items.map((item) => html`<li>${item.map(piece)}</li>`)}</ul>`;
  return html`<p>${found.lines.map((line, index) => [index > 0 && html`<br />`, line.map(piece)])}</p>`;
}

function piece({ text, strong, href }) {
  const shown = href === null ? text : html`<a href=${href} ...${href.startsWith("https:") ? OUTSIDE : {}}>${text}</a>`;
  return strong ? html`<strong>${shown}</strong>` : shown;
}

const OUTSIDE = { target: "_blank", rel: "noopener noreferrer" };

function Link({ link }) {
  const href = link && safeUrl(link.url, document.location.href);
  if (!href) return null;
  return html`<p><a class="link" href=${href} ...${OUTSIDE}>${link.title}<span class="sr"> (${TEXTS.newTab})</span></a></p>`;
}

function Choices({ message, live, chosen, actions }) {
  if (!message.buttons?.length) return null;
  const button = (choice) => {
    const picked = !live && choice.title === chosen;
    return html`
      <button type="button" class=${picked ? "choice picked" : "choice"} key=${choice.token} disabled=${!live}
        onClick=${(event) => actions.press(choice, event.detail === 0)}>
        ${picked && html`<span class="icon icon-check" aria-hidden="true"></span>`}
        ${choice.title}${picked && html`<span class="sr"> (${TEXTS.chosen})</span>`}
      </button>`;
  };
  const watch = live ? actions.watch : null;
  return html`<div class="choices" role="group" aria-label=${TEXTS.choices} ref=${watch}>${message.buttons.map(button)}</div>`;
}

function Delivery({ status, latest, note }) {
  if (status === "refused") return html`<span class="failed"><span class="icon icon-alert" aria-hidden="true"></span> ${note}</span>`;
  if (status === "sending") return html`<span class="pending">${note || TEXTS.sending}</span>`;
  return latest ? html`<span class="arrived"><span class="icon icon-check" aria-hidden="true"></span> ${TEXTS.sent}</span>` : null;
}

function Repair({ id, button, actions }) {
  return html`
    ${!button && html`<button type="button" class="small" onClick=${() => actions.modify(id)}>${TEXTS.modify}</button>`}
    <button type="button" class="small" onClick=${() => actions.resend(id)}>${TEXTS.resend}</button>`;
}
