/**
 * The conversation as a list, and how it is cut up for showing. Pure.
 *
 * @typedef {{id: string, at: string, author: "user" | "assistant" | "agent" | "system", agent?: string | null,
 *   text: string, buttons?: {title: string, token: string}[], link?: {title: string, url: string} | null,
 *   client_id?: string | null}} Message
 * @typedef {"received" | "sending" | "sent" | "refused"} Status  "received": the server's own copy
 * @typedef {{key: string, message: Message, status: Status, note: string, button?: string | null}} Entry
 */

import { dayKey, dayLabel } from "./time.js";

/** Clocks of a browser and a server may differ by this much (ms) when a message is recognised by its text alone. */
const SKEW = 120_000;
const SAME_BREATH = 300_000;

/** Puts a message from the server in its place: over itself, over what the page showed in its stead, or at the end. */
export function place(entries, message) {
  const index = entries.findIndex((entry) => isCopy(entry, message));
  const entry = { key: entries[index]?.key ?? message.client_id ?? message.id, message, status: "received", note: "" };
  return index < 0 ? [...entries, entry] : entries.with(index, entry);
}

/** The whole history, in the server's order; what the server does not know stays before what it stood before. */
export function mergeHistory(entries, history) {
  let rest = entries;
  const merged = [];
  for (const message of history) {
    const [entry] = place(rest.filter((candidate) => isCopy(candidate, message)).slice(0, 1), message);
    rest = rest.filter((candidate) => candidate.key !== entry.key);
    merged.push(entry);
  }
  const at = (key) => merged.findIndex((entry) => entry.key === key);
  for (const entry of rest) {
    const next = entries.slice(entries.indexOf(entry) + 1).find(({ key }) => at(key) >= 0);
    merged.splice(next ? at(next.key) : merged.length, 0, entry);
  }
  return merged;
}

function isCopy(entry, message) {
  if (entry.status === "received") return entry.message.id === message.id;
  if (message.author !== "user") return false;
  if (entry.key === message.client_id || entry.key === message.id) return true;
  return !message.client_id && entry.status !== "refused" && entry.message.text === message.text
    && Date.parse(message.at) >= Date.parse(entry.message.at) - SKEW;
}

/** Whether it is persons who read what is written: the last word was an agent's, or an announcement around a conversation with them. */
export function withPeople(entries) {
  const last = entries.findLast((entry) => entry.status === "received" && !entry.local && entry.message.author !== "user");
  return ["agent", "system"].includes(last?.message.author);
}

/** @returns {string | null} the id of the last message that came from the server */
export function lastId(entries) {
  return entries.findLast((entry) => entry.status === "received" && !entry.local)?.message.id ?? null;
}

/**
 * Rows to show: a day where it changes, and each message with what depends on its neighbours.
 * @returns {({kind: "day", key: string, label: string} | {kind: "message", key: string, entry: Entry, named: boolean,
 *   timed: boolean, live: boolean, chosen: string | null, latest: boolean})[]}
 */
export function rows(entries, now) {
  const shown = [];
  let day = null;
  const announced = standing(entries);
  const lastOfUser = entries.findLastIndex((entry) => entry.message.author === "user" && entry.status !== "refused");
  entries.forEach((entry, index) => {
    const { message } = entry;
    const key = dayKey(message.at);
    if (key !== day) shown.push({ kind: "day", key: `day-${key}-${index}`, label: dayLabel(message.at, now) });
    const before = key === day ? entries[index - 1] : undefined;
    day = key;
    shown.push({
      kind: "message",
      key: entry.key,
      entry,
      named: !together(before, entry),
      timed: !together(entry, entries[index + 1]),
      live: index > lastOfUser || index === announced,
      chosen: answerTo(entries, index),
      latest: index === lastOfUser,
    });
  });
  return shown;
}

function together(first, second) {
  return first !== undefined && second !== undefined
    && first.message.author === second.message.author
    && (first.message.agent ?? null) === (second.message.agent ?? null)
    && dayKey(first.message.at) === dayKey(second.message.at)
    && Math.abs(Date.parse(second.message.at) - Date.parse(first.message.at)) < SAME_BREATH;
}

/**
 * What was announced last with buttons: they stand on their own, so they may still be pressed after the user has spoken (to reopen
 * a conversation with the team, say), until one of them was.
 */
function standing(entries) {
  const index = entries.findLastIndex(({ message }) => message.author === "system" && message.buttons?.length);
  const chosen = index < 0 ? null : answerTo(entries, index);
  return entries[index]?.message.buttons.some((button) => button.title === chosen) ? -1 : index;
}

/** The title said by the user next after this message: the button of that title, if any, is the one that was chosen. */
function answerTo(entries, index) {
  if (!entries[index].message.buttons?.length) return null;
  const next = entries.slice(index + 1).find((entry) => entry.message.author === "user" && entry.status !== "refused");
  return next?.message.text ?? null;
}
