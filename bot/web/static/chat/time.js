/** Dates and hours as people in France write them, in their time zone wherever the browser is. Pure. */

const ZONE = "Europe/Paris";
const HOUR = new Intl.DateTimeFormat("fr-FR", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });
const KEY = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit" });
const DAY = new Intl.DateTimeFormat("fr-FR", { timeZone: ZONE, weekday: "long", day: "numeric", month: "long" });
const DAY_OF_YEAR = new Intl.DateTimeFormat("fr-FR", {
  timeZone: ZONE, weekday: "long", day: "numeric", month: "long", year: "numeric",
});

/** @param {string} at ISO 8601 @returns {string} « 14:05 » */
export function hour(at) {
  return HOUR.format(new Date(at));
}

/** @returns {string} the day in Paris, « 2026-03-02 »: equal for two instants of one day. */
export function dayKey(at) {
  return KEY.format(new Date(at));
}

/** @returns {string} « Aujourd’hui », « Hier », « Lundi 2 mars », with the year when it is another one. */
export function dayLabel(at, now) {
  const key = dayKey(at);
  const today = dayKey(now);
  if (key === today) return "Aujourd’hui";
  if (key === dayBefore(today)) return "Hier";
  const format = key.slice(0, 4) === today.slice(0, 4) ? DAY : DAY_OF_YEAR;
  const label = format.format(new Date(at)).replace(/(^|\s)1(?=\s)/u, "$11er");
  return label.charAt(0).toUpperCase() + label.slice(1);
}

function dayBefore(key) {
  const noon = new Date(`${key}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() - 1);
  return noon.toISOString().slice(0, 10);
}
