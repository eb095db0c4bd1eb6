"""Questions about who added or removed whom: « qui l'a ajouté ? », « depuis quand il est là », « j'ai ajouté un kiné, t'as une trace ? ».

They are read by grammar, not by intent: a question word with a past act on the team, and no order beside it. What is unsure is no such
question, so that an order (« ajoute celui qui a été retiré hier ») is never answered by a history.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.core.text_folding import MAX_CHARACTERS, fold

Act = Literal["added", "removed", "any"]

_STOP = "|"
_BREAK = re.compile(r"[,;:.!?…()\n]+")
_ABBREVIATION = re.compile(r"\b(dr|pr|m|mr|mme|mlle|st|ste|svp|stp)\.", re.IGNORECASE)
_ADDED = (
    r"(?:r?e?ajout\w*|(?:re)?associ(?:e|es|ee|ees|er|ez)|rattach\w+|inscri(?:t|te|ts|tes|re)|integr(?:e|es|ee|ees"
    r"|er)|invit(?:e|es|ee|ees|er)"
    r"|(?:re)?mis(?:e|es)?(?! (?:au courant|a jour|en|de|du|d|fin|un rdv)\b)|fait (?:entrer|rentrer|venir)"
    r"|(?:re)?donn(?:e|er) (?:(?:l|son|leur|un|les?|des) )?(?:acces|droits?)|autoris(?:e|es|ee|ees|er)|rentre(?:e|es|r)?)"
)
_REMOVED = (
    r"(?:fait (?:sortir|partir)|(?:eject|radi)(?:e|es|ee|ees|er)"
    r"|retir(?:e|es|ee|ees|er)|enlev(?:e|es|ee|ees|er)|supprim(?:e|es|ee|ees|er)|ote(?:e|es|r)?|desassoci\w+"
    r"|dissoci\w+|vir(?:e|es|ee|ees|er)"
    r"|exclu(?:e|s|es)?|detach\w+|efface(?:e|es|r)?|sorti(?:e|s|es)?|parti(?:e|s|es)?|quitte(?:r)?|coupe (?:l |son )?acces"
    r"|retire (?:l |son )?acces|degage(?:e|es|r)?)"
)
_CREATED = r"(?:cree(?:e|s|es|r)?|ouvert(?:e|s|es)?)(?= (?:ce|le|son|cet|mon|notre) (?:dossier|cercle))"
_PAST = rf"(?:{_ADDED}|{_REMOVED}|{_CREATED})"
PAST_ACT = re.compile(rf"\b{_PAST}\b")
"""What was done to a team; of a folded or flat text."""
_PRONOUNS = r"(?: (?:me|m|te|t|se|s|le|la|l|les|lui|leur|y|en|nous|vous|ne|n))*"
_ADVERBS = r"(?: (?:bien|encore|deja|donc|pu|tous|toutes|tout|finalement|toujours))*"
_AUXILIARY = r"(?:a|ont|avait|avaient|aurait|ait|ai|as|avez|avons|aviez|aura)"
_HAS_DONE = rf"{_AUXILIARY}(?: (?:t )?(?:il|elle|on|ils|elles|tu|vous|je|t on|t il|t elle))?{_ADVERBS}(?: ete)?{_ADVERBS} {_PAST}"
_WHO_ASKED = (
    r"(?:^|\| |\b(?:et|mais|alors|donc|ok|bonjour|bjr|slt|salut|stp|svp|savoir|sais|sait|saurai[st]?|dire|dis|dites"
    r"|moi|demande|retrouver?|voir"
    r"|rappelle\w*|est ce|c est|ct|cest|par|pas|euh|bah|ben|fait|la|juste|regarder?|vu|question) )"
)
_WHO_DID = re.compile(rf"{_WHO_ASKED}(?:ki|qui)(?: (?:est ce )?(?:qui|ki))?{_PRONOUNS} (?:{_HAS_DONE}|(?:la|les) {_PAST})\b")
_BY_WHOM = re.compile(rf"(?:\bpar (?:qui|ki)\b.*\b{_PAST}\b|\b{_PAST}\b.*\bpar (?:qui|ki)\b)")
_AUTHOR = re.compile(
    r"\b(?:(?:l )?aut(?:eur|rice)|(?:le |la )?responsable|(?:a )?l origine|(?:la )?date|(?:le )?nom de (?:la personne|celui|celle)) "
    rf"(?:(?:de|du|d|des|l|la|le|les|cet|cette|ce|son|sa|qui) )*(?:ajouts?|retraits?|sorties?|entrees?|rattachements?|suppressions?"
    rf"|arrivees?|departs?|associations?|invitations?|{_AUXILIARY} {_PAST})\b"
)
"""« l'auteur de l'ajout de l'ostéo », « la date du retrait »."""
_UNTIL_WHEN = re.compile(r"\b(?:jusqu(?:a| a|e) (?:quand|qd|quelle date|quel jour))\b")
_WHEN = re.compile(
    r"\b(?:depuis quand|depuis combien de temps|(?:ca )?fait combien de temps|quand|a quelle date|a quel moment|quel jour|qd)\b"
)
_SINCE_WHEN = re.compile(r"\b(?:depuis (?:quand|qd)|depuis combien de temps|fait combien de temps)\b")
_TAKES_PART = re.compile(
    r"\b(?:acces|(?:est|sont|es|etait) (?:la|dedans|dessus|dans|sur|avec nous|membre|partenaire|present\w*"
    r"|au dossier|arrive\w*)|y (?:est|sont)"
    r"|f(?:ai[ts]|ont)(?: (?:il|elle|ils|elles))? partie|participe\w*"
    r"|(?:voi(?:t|ent)|lit|consulte(?:nt)?|suit) (?:ce|cela|ca|tout|le|les|la|l|mon|son|nos|y|dans|ses|mes)\b"
    r"|arrive(?:e|s|es)?|parti(?:e|s|es)?|n est plus|n a plus|plus acces)\b"
)
_DONE = re.compile(rf"\b(?:{_HAS_DONE}|ete {_PAST})\b")
_I_DID = re.compile(rf"\b(?:j ai|g|j avais|j aurais|ai je|je l ai|je les ai|je lui ai|jai)\b{_PRONOUNS}{_ADVERBS} {_PAST}\b")
_ON_WHAT_BASIS = re.compile(
    r"\b(?:sur quelles? bases?|a quel titre|(?:pour|sur) quel motif|de quel droit|avec (?:quel|l) accord(?: de qui)?)\b"
)
_STATE_OF_ACCESS = re.compile(
    rf"\b(?:{_HAS_DONE}|ete {_PAST}|(?:il|elle|on|ils|elles|a)(?: \w+)? (?:a|ont|est|sont) .*(?:acces|dossier|la\b))"
)
_TRACE = re.compile(r"\b(?:une? trace|des traces|la trace|trace|traces|historique|l histoire|journal|tracabilite|qui a fait quoi)\b")
_OF_THE_TEAM = re.compile(
    rf"\b(?:dossiers?|equipe|cercle|partenaires?|acces|ajouts?|retraits?|suppressions?|associations?|{_PAST}"
    rf"|membres?|kine\w*|infirmier\w*)\b"
)
_CHECKS = re.compile(
    r"\b(?:une? trace|trace|quel dossier|quels dossiers|quand|verif\w*|retrouv\w*|rappel\w*|souvien\w*|est ce que"
    r"|c est (?:bien )?(?:fait|passe|pris)"
    r"|ca a (?:bien )?(?:marche|ete pris)|bien ete|ai je|date)\b"
)
_WHY_GONE = re.compile(rf"\bpourquoi\b.*(?:\bn (?:est|a|y est) plus\b|\b(?:a|ont) ete {_REMOVED}\b|\bplus acces\b|\ba disparu\b)")
_ORDER = re.compile(
    r"\b(?:(?:r?e?ajout|retir|enlev|supprim|associ|invit|remplac|annul|vir|cre|remett|mett|ot|desassoci|detach|donn|redonn|laiss|chang)"
    r"(?:e|es|ez|er)|met|mets|mettre|remet|remets|remettre|remise|sors|sortez|sortir|fais|faites|faut|faudrait"
    r"|veux(?! (?:\w+ )?(?:savoir|connaitre|comprendre|voir|retrouver|verifier)\b)"
    r"|voudrais (?:que|qu|ajouter|retirer)"
    r"|aimerais (?:que|qu|ajouter|retirer)|souhaite|dois je|peux tu (?!me dire|voir|regarder|retrouver|verifier)"
    r"|pouvez vous (?!me dire|voir|regarder"
    r"|retrouver|verifier)|pourriez vous (?!me dire|voir|regarder|retrouver|verifier)|previens|prevenez|appelle|appelez|n ajoute\w*)\b"
)
ORDERS = re.compile(
    r"\b(?:(?:r?e?ajout|retir|enlev|supprim|prolong|coup|exclu|bloqu|inscri|desinscri|(?:des)?associ|invit|integr|rend|defai|defait|valid"
    r"|confirm|revenir en arriere|mettre|mettez|demande[rz])\w*|mets|donn(?:e|er|ez)\b|(?:me|lui|leur|nous) faut|il faudrait|voudrais"
    r"(?! (?:savoir|connaitre|comprendre|voir|verifier)\b))"
)
"""Words that order something beside a question, or say yes; of folded texts without what is told as done."""
_ALSO_ORDERS = re.compile(
    r"\b(?:(?:coup|exclu|bloqu|(?:des)?inscri[vs]|prolong|integr|defai|defait|valid|confirm)(?:e|es|ez|s)?|rend(?:s|ez)"
    r"|(?:me|lui|leur|nous) faut|excluez|il faudrait|voudrais(?! (?:savoir|connaitre|comprendre|voir|retrouver|verifier|avoir)\b))\b"
)
_BACK = re.compile(r"\b(?:revenir en arriere|par erreur|mauvaise personne)\b")
"""What was done is to be undone; of folded texts."""
_REFUSES = re.compile(
    r"\| (?:(?:mais|non|nan|et|bah|ben|ah|donc|alors|bon|attends|attendez|stop) )*(?:je|j|on|nous|c est|ce n est|c) "
    r"(?:(?:ne|n|en|l|le|la|les|y|vous|te) )*\w+ (?:pas|plus|personne|rien|aucune?)\b[^|]*"
)
"""A clause that says what is not wanted: « mais je ne retire personne ! », « je veux pas ajouter d'ostéo »; of words with bars."""
_GIVES_UP = re.compile(
    r"\| (?:(?:bon|non|ok|merci|stop) )*(?:annul(?:e|er|ez)|laisse[rz]? tomber|on (?:annule|oublie))(?: (?:ca|tout))? (?=\|)"
)
"""« annuler. qui a ajouté … ? »: what was under way is given up before the question."""
_WHICH_PERSON = re.compile(r"\bquel(?:le)?s? (?:personne|collegue|confrere|consoeur|professionnel\w*|partenaire|membre)s?\b")
_THEY_PUT = re.compile(r"\bqu (?:on|il|elle|ils|elles) (?:y |lui |leur )*(?:met|mets|mettent|donne|fait|fais)\b")
"""« depuis quand elle voit ce qu'on y met »: told of, not ordered."""
_TOLD = re.compile(
    rf"\b(?:{_HAS_DONE}(?: (?:ou|et) {_PAST})?|{_AUXILIARY}{_PRONOUNS}{_ADVERBS} {_PAST}|ete {_PAST}|(?:qui|ki) (?:la|les) {_PAST})\b"
)
"""Acts that are told as done: what looks like an order in them is none."""
_OTHER_THINGS = re.compile(
    r"\b(?:documents?|doc|notes?|comptes? rendus?|ordonnances?|photos?|fichiers?|messages?|rdv|rendez vous|pieces?"
    r"|bilans?|courriers?|mails?"
    r"|commentaires?|transmissions?|medicaments?|pansements?|traitements?|fils|points|sonde|perfusion|mot de passe"
    r"|codes?|notifs?|notifications?"
    r"|comptes?|sphere|adresse|telephone|numero de tel)\b"
)
_MEMBERSHIP = re.compile(r"\bf(?:ai[ts]|ont)(?: (?:il|elle|ils|elles))? partie\b")
_MAX_WORDS = 40
"""Words of a longer message are more than such a question."""


@dataclass(frozen=True)
class HistoryQuestion:
    """What is asked of the past of a team.

    Attributes:
        act: whether it is about additions, removals, or any.
        mine: whether the speaker asks about their own acts.
    """

    act: Act
    mine: bool = False


def read_history_question(text: str) -> HistoryQuestion | None:
    """Return what a message asks of who did what in a team, None where it asks nothing of that kind, or orders something."""
    words = _words(text)
    if not words or len(text) > MAX_CHARACTERS or len(words.split()) > _MAX_WORDS:
        return None
    if _orders(words) or _OTHER_THINGS.search(words):
        return None
    mine = bool(_I_DID.search(words))
    if not (
        _WHO_DID.search(words)
        or _BY_WHOM.search(words)
        or _WHY_GONE.search(words)
        or _AUTHOR.search(words)
        or (_UNTIL_WHEN.search(words) and _TAKES_PART.search(words))
        or (_SINCE_WHEN.search(words) and (_TAKES_PART.search(words) or _DONE.search(words) or len(words.replace(_STOP, "").split()) <= 3))
        or (_WHEN.search(words) and (_DONE.search(words) or _I_DID.search(words) or _arrives(words)))
        or (_ON_WHAT_BASIS.search(words) and _STATE_OF_ACCESS.search(words))
        or (_TRACE.search(words) and _OF_THE_TEAM.search(words))
        or (mine and (_CHECKS.search(words) or "?" in text))
    ):
        return None
    return HistoryQuestion(_act(words), mine)


def _words(text: str) -> str:
    """Return a message folded, with a bar where a clause ends."""
    parts = [fold(part) for part in _BREAK.split(_ABBREVIATION.sub(r"\1", text.replace("’", "'")))]
    return _WHICH_PERSON.sub("qui", f" {_STOP} ".join(part for part in parts if part))


def _orders(words: str) -> bool:
    """Return whether anything is ordered beside what is told as done: « l'a ajoutée » is no order, « ajoute-la » is one."""
    rest = _TOLD.sub(" ", _without_refusals(words))
    return bool(_ORDER.search(rest) or _ALSO_ORDERS.search(rest) or _BACK.search(words))


def _without_refusals(words: str) -> str:
    """Return the words without what is not wanted, is given up, or is told of somebody's seeing."""
    return _THEY_PUT.sub(" ", _GIVES_UP.sub(_STOP, _REFUSES.sub(_STOP, f"{_STOP} {words}")))


def _arrives(words: str) -> bool:
    return bool(
        re.search(
            r"\b(?:est|sont)(?: (?:il|elle))? (?:arrive|parti|entre|rentre)(?:e|s|es)?\b|\ba (?:eu|perdu|recu) (?:l |son )?acces\b", words
        )
    )


def _act(words: str) -> Act:
    """Return which acts are meant; both or neither: any."""
    words = _MEMBERSHIP.sub(" ", words)
    words = _without_refusals(words)
    added = bool(re.search(rf"\b{_ADDED}\b", words)) or bool(re.search(r"\b(?:arrive\w*|cree\w*|ouvert)\b", words))
    removed = bool(re.search(rf"\b(?:{_REMOVED}|retraits?|sorties?|departs?|n est plus|n a plus|plus acces|perdu)\b", words))
    if added == removed:
        return "any"
    return "added" if added else "removed"
