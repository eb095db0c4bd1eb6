// What waits: how the title says it, and when somebody new came.

/** The page's title with how many wait before it. */
export function badge(title, waiting) {
  const plain = `${title} – Poste d’accompagnement SPHERE`;
  return waiting > 0 ? `(${waiting}) ${plain}` : plain;
}

/** Whether a ticket waits that did not before: a newer one, or one that came back to the queue. */
export function arrived(before, now) {
  return now.newest > before.newest || now.waiting > before.waiting;
}
