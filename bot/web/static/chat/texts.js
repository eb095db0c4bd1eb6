/** The words that the page itself says (U+00A0 before double punctuation). What the assistant says comes from the server. */

export const TEXTS = {
  you: "Vous",
  assistant: "Assistant SPHERE",
  support: "Support SPHERE",
  agent: (name) => (/sphere/i.test(name) ? name : `${name}, support SPHERE`),

  loading: "Chargement de la conversation…",
  typing: "L’assistant écrit…",
  choices: "Réponses proposées",
  chosen: "choisi",
  newTab: "nouvel onglet",

  sending: "Envoi…",
  sent: "Envoyé",
  modify: "Modifier",
  resend: "Renvoyer",
  tooLong: "Message trop long : 4 000 caractères au plus.",
  malformed: "Le service n’a pas pu lire ce message.",
  refused: "Le service a refusé ce message.",
  staleButton: "Ce choix n’est plus valable dans la nouvelle conversation.",
  tooMany: (seconds) => `Beaucoup de messages à la fois : nouvel envoi automatique dans ${seconds} s.`,
  unavailable: "Le service ne répond pas, nouvel essai…",

  linkGone: "Ce lien n’est plus valable : il ne sert qu’une fois, pendant dix minutes. Demandez-en un autre dans votre discussion.",
  lost: "Connexion perdue, nouvel essai…",
  restored: "Connexion rétablie.",
  expired: "La conversation précédente a expiré : une nouvelle conversation commence. Il faudra vous identifier à nouveau.",
  restarted: "Nouvelle conversation.",

  left: (used) => `${used.toLocaleString("fr-FR")} / 4 000 caractères`,
  over: (extra) => `${extra.toLocaleString("fr-FR")} caractère${extra > 1 ? "s" : ""} de trop`,
  empty: "Écrivez d’abord un message.",
  help: "aide",
};
