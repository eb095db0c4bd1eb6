/** The words that the page itself says (U+00A0 before double punctuation). What the assistant says comes from the server. */

const CHANNELS = { telegram: "une discussion Telegram", teams: "une discussion Microsoft Teams", web: "une discussion web" };

const person = ({ name, email }) => (email ? `${name} (${email})` : name);

export const TEXTS = {
  you: "Vous",
  assistant: "Assistant SPHERE",
  support: "Équipe SPHERE",
  agent: (name) => (/sphere/i.test(name) ? name : `${name}, équipe SPHERE`),

  loading: "Chargement de la conversation…",
  typing: "L’assistant écrit…",
  choices: "Réponses proposées",
  chosen: "choisi",
  newTab: "nouvel onglet",

  sending: "Envoi…",
  waiting: "Envoi… en attente du réseau",
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
  signedOut: "Votre session est fermée : ce qui a été dit ici n’est plus lisible, et personne ne peut agir en votre nom.",
  /** Why a session is over, as the service says it. */
  ended: {
    signed_out: "Votre session est fermée. Une nouvelle conversation commence.",
    unlinked: "Votre session est fermée : ce qui a été dit ici n’est plus lisible. Une nouvelle conversation commence.",
    renewed: "Cette conversation continue dans un autre onglet.",
    idle: "Votre session s’est fermée, car rien n’a été fait ici depuis un moment. Identifiez-vous à nouveau pour continuer.",
    expired: "Votre session s’est fermée : une conversation ne reste pas ouverte indéfiniment. Identifiez-vous à nouveau pour continuer.",
  },

  who(session) {
    if (session === null || !session.linked) return "Personne n’est identifié";
    if (session.account === null) return "Votre compte est ouvert (votre nom n’est pas disponible pour l’instant)";
    const { name, email } = session.account;
    return email ? `${name} (${email})` : name;
  },
  signOut: "Se déconnecter",
  shared: "Poste partagé",
  sharedUntilSignOut: "Poste partagé, jusqu’à la déconnexion",
  leaveContinued: "Quitter cette discussion",

  link: {
    start: ({ account, current }) => ({
      title: "Vous identifier avec ce lien ?",
      yes: "Oui, c’est mon compte",
      lines: [
        `Ce lien est pour le compte de ${person(account)}.`,
        current
          ? `Ici, le compte de ${person(current)} est ouvert. Il sera fermé, et une nouvelle conversation commencera.`
          : "Ici, personne n’est identifié. Cette conversation sera reliée à ce compte.",
        "Si ce compte n’est pas le vôtre, ou si vous n’avez pas demandé ce lien, répondez non.",
      ],
    }),
    continue: ({ account, channel, current }) => ({
      title: "Continuer ici une autre discussion ?",
      yes: "Oui, c’est ma discussion",
      lines: [
        `Ce lien ouvre ${CHANNELS[channel] ?? "une discussion"}${account ? `, reliée au compte de ${person(account)}` : " qui n’est reliée à aucun compte"}.`,
        current
          ? `Ici, le compte de ${person(current)} est ouvert. Votre conversation reste ouverte dans les autres onglets.`
          : "Ici, personne n’est identifié.",
        "Si ce n’est pas votre discussion, ou si vous n’avez pas demandé ce lien, répondez non : ce que vous écririez irait à quelqu’un d’autre.",
      ],
    }),
  },
  startGone: "Ce lien n’est plus valable : il ne sert qu’une fois, et pendant peu de temps. Écrivez « m’identifier » pour continuer autrement.",
  startSame: "Ce compte est déjà ouvert ici : le lien n’a pas servi.",
  linkLater: "SPHERE ne répond pas : le lien n’a pas servi. Rechargez la page dans quelques minutes pour réessayer.",
  linkRefused: "Le lien n’a pas servi.",

  left: (used) => `${used.toLocaleString("fr-FR")} / 4 000 caractères`,
  over: (extra) => `${extra.toLocaleString("fr-FR")} caractère${extra > 1 ? "s" : ""} de trop`,
  empty: "Écrivez d’abord un message.",
  help: "aide",

  bell: (unread) => (unread === 0 ? "Notifications" : `Notifications, ${unread} non lue${unread > 1 ? "s" : ""}`),
  bellNone: "Vous n’avez pas de notification.",
  bellLoading: "Chargement des notifications…",
  bellFailed: "Vos notifications n’ont pas pu être lues.",
  bellAgain: "Réessayer",
  bellMore: "Plus anciennes",
  bellNew: (many) => `${many} nouvelle${many > 1 ? "s" : ""} notification${many > 1 ? "s" : ""}.`,
  unread: "Non lue",
  urgent: "Urgent",
  markRead: "Marquer comme lu",
  markAllRead: "Tout marquer comme lu",
  markedRead: (many) => (many > 1 ? `${many} notifications marquées comme lues.` : "Notification marquée comme lue."),
  see: "Voir dans SPHERE",
  mute: "Sourdine",
  muteOf: (dossier) => `Mets le dossier ${dossier} en sourdine`,
};
