"""The legal basis for sharing a dossier with a partner: same care team, the usager being informed, or consent.

Source: Code de la santé publique, L1110-4 and L1110-12, D1110-3-1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from actions.framework.context import Context
from actions.framework.flow import MAX_ANSWER_WORDS, Slots
from actions.framework.remarks import MAX_READ, without_remarks
from actions.framework.reservation import asks_back, names_condition, utter_reservation
from actions.framework.turn import Turn
from bot.core.text_folding import MAX_CHARACTERS, fold, fold_in_place
from bot.dossiers.errors import LimitReached, NotAMember

CARE_TEAM, CONSENT, NEITHER = "care_team_informed", "consent_given", "neither"
READ = "commands"
"""Extractor of a basis that the model read in a message; one that a button or an earlier message told has another."""
DECLINED = "declined"
"""Not a basis: the addition itself was declined."""

_NEITHER = re.compile(r"\bni l'une? ni l'autre\b|\baucune? des deux\b", re.IGNORECASE)
_DOUBTFUL = re.compile(
    r"\b(pas|sans|jamais|aucune?|refus\w*|oppos\w*|ni|non|si|s'il|s'ils|s'elle|je crois|je pense|peut-être|normalement|probablement"
    r"|faut|demander\w*|demandez|verra\w*|bientôt|sera|serait|dois|doit|devons|recueillir|obtenir|aurai|aura|attends?|attend(?:ons|ez|re)"
    r"|perdue?|(?:a|ont) retiré|rien|manqu\w+|arriv(?:e|era|ent)"
    r"|(?:accepter|signer|consentir|informer|avertir|recueiller|recueillir|obtiendr|préviendr|dir|parler)(?:ai?|ons|ont|ait|aient))\b|\?",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:si|s'ils?|s'elles?|je crois|je pense|peut-être|normalement|probablement|sous réserve|à condition|hésit\w+"
    r"|(?:donner|attendr)(?:ai?|ons|ont|ait|aient)|une fois(?! par\b)|d[èe]s qu(?:e|')(?! possible| vous)|lorsqu(?:e|')|avant d(?:e|'))"
    r"(?!\w)|\b(?:vais|va|allons) (?:\w+ ){0,2}(?:en |l')?(?:pr[ée]venir|informer|avertir|demander|recueillir|obtenir|parler)\b",
    re.IGNORECASE,
)
"""What makes a basis unsure wherever it stands; other doubtful words do so in the sentence that speaks of it."""
_SENTENCE_END = re.compile(r"(?<!\bm)(?<!\bmr)(?<!\bdr)(?<!\bpr)(?<!\bmme)(?<!\bmlle)[.;!…\n]+(?=\s|$)|(?<=\?)", re.IGNORECASE)
_NO_WRITTEN_CONSENT = re.compile(
    r"\b(?:je n'ai|j'ai|on n'a|on a|nous n'avons|y a|il n'y a) pas (?:encore )?(?:d'|l'|son |leur |un )(?:accord|consentement)"
    r" (?:écrit|formel|signé|par écrit|oral|explicite)\b",
    re.IGNORECASE,
)
"""« je n'ai pas d'accord écrit, elle est informée »: of the other basis, nothing is denied."""
_OF_CONSENT = re.compile(r"\b(?:accords?|consent\w*|accept\w*|autoris\w*)\b")
_OF_TEAM = re.compile(
    r"\b(?:equipes?|ensemble|inform\w*|preven\w*|averti\w*|au courant|collabor\w*|en parle|parle (?:a|avec)|vu avec|dit (?:a|au))\b"
)
_OF_BASIS = re.compile(rf"{_OF_CONSENT.pattern}|{_OF_TEAM.pattern}|\b(?:refus\w*|oppos\w*|veut|bases?)\b")
"""Words of a sentence that is about the basis; of texts folded in place."""
_OF_USAGERS_MIND = re.compile(
    r"\b(?:lui|leur|elles?|ils?|patiente?s?|usage(?:r|re)s?|dames?|monsieur|madame|mme|interessee?s?|famille)\b.*"
    r"\b(?:dit|dis|dire|dira\w*|sait|savent|savait|saura|demand\w*|parl\w*|sign\w*|joign\w*|joindre|touch\w*|vue?s?|vois|voir|repon\w*"
    r"|decid\w*|reflech\w*|contact\w*|appel\w*|compr\w*|annonc\w*|expliqu\w*|previen\w*)\b|\bl'(?:appel\w*|interrog\w*)\b"
)
"""Words of a sentence about what the usager knows, was told or said; of texts folded in place."""
_TELLS_NOW = re.compile(r"\b(?:je|on|nous) (?:l'|la |le |les )?(?:previen\w*|prevenons|avertis(?:sons)?|avertit|inform(?:e|ons))\b")
"""« je préviens son équipe »: what is only being done, or is told to others; of texts folded in place."""
_OWN_YES = re.compile(r"(?:^|(?<=[,;.:!?] )|(?<=\bok )|(?<=\boui )|(?<=\bbon )|(?<=\bsuis ))d'accord\b(?! ?,? (?:et )?(?:il|elle)s? aussi)")
"""« d'accord, ajoutez-le »: the user's own; of texts folded in place."""
_TOGETHER = re.compile(
    r"\b(?:on|nous) (?:(?:travaill|boss|interven|interv|soign|collabor|suiv|suit)\w*|la suit|le suit|la suivons|le suivons)"
    r" (?:(?:tous|toutes|les deux|bien|deja|toujours) )*ensemble\b"
    r"|\b(?:elle|il) (?:travaille|bosse|intervient|collabore) avec (?:moi|nous)\b"
)
"""That both look after the usager; whether the usager was told is then asked by the card."""
_GRANTOR = r"(?:l'usager|l'usagère|le patient|la patiente|l'intéressée?|la famille|il|elle|monsieur|madame|m\.|mme)"
_CONSENT = re.compile(
    rf"(?<!d')\b(?:accord|consentement)\s+(?:de\s+l'|du\s|de\s+la\s|recueilli|obtenu|donné|oral|écrit)"
    rf"|\b(?:son|leur|l'|un)\s*(?:accord|consentement)\b"
    rf"|\b{_GRANTOR}\s+(?:\w+\s+)?(?:est|a été|étai[ts])\s+d'accord\b"
    rf"|\bd'accord\b[ ,]+(?:et )?{_GRANTOR} aussi\b"
    rf"|\b{_GRANTOR}\s+(?:\w+\s+)?(?:consent|a consenti|accepte|a accepté)\b",
    re.IGNORECASE,
)
_CONSENT_OF_ALL = re.compile(
    r"\b(?:accords?|consentements?)\s+(?:ok\s+)?(?:(?:recueillis?|obtenus?|donnés?|oral|oraux|écrits?)\b(?!\s+(?:pour|de|du|par|chez|auprès)\b"
    r"(?!\s+(?:tous|toutes|chacun|chacune|les|des|l'ensemble|ces|mes|nos|leurs?)\b))|des\b|de tous|de toutes"
    r"|de chacun|pour tous|pour toutes|pour les|dans les)\b|\bleurs?\s+(?:accords?|consentements?)\b"
    r"|\b(?:ils|elles|tous|toutes|les deux|les trois|usag[eè]re?s|patiente?s|intéressée?s|chacun|chacune|tout le monde)\s+(?:\w+\s+){0,2}"
    r"(?:d'accord|consentent|acceptent|consenti|accepté)\b",
    re.IGNORECASE,
)
"""That all of several usagers agree: « Mme Durand est d'accord » is hers alone."""
_ANOTHER_AGREES = re.compile(
    r"\b(?:le|la|sa|son|ma|mon|l'|leur)\s*(?:médecin|docteur|dr|kiné|infirmi[eè]re?|collègue|confrère|fille|fils|mari|femme|épou(?:x|se)"
    r"|m[èe]re|p[èe]re|s(?:œ|oe)ur|fr[èe]re|neveu|ni[èe]ce|voisine?|pharmacien(?:ne)?)\b[\w ]{0,20},?\s*(?:(?:elle|il)\s+)?"
    r"(?:a donné|est d'accord|était d'accord|a dit oui|accepte|consent|a accepté|a consenti)\b"
    r"|\baccord\s+(?:de\s+(?:la|sa|son|ma|mon)|du|de\s+l')\s*(?:médecin|docteur|dr|m[èe]re|p[èe]re|fille|fils|mari|femme|infirmi[eè]re?)\b"
    r"|\bd'accord\s+(?:avec|pour\s+(?:cr[ée]er|la création|ouvrir|l'ouverture))\b",
    re.IGNORECASE,
)
"""The agreement of somebody else, or to something else than the sharing."""
_CARE_TEAM = re.compile(
    r"\b(?:elle|il) fait (?:bien )?partie de (?:l'|la m[êe]me |mon |ma |notre )[ée]quipe\b(?! sphere| du\b| des\b| d'| de (?!soins\b))|"
    r"\b(?:m[êe]me|mm) [ée]quipe\b(?! de (?!soins\b))|\b[ée]quipe de soins?\b(?! palliatifs)|"
    r"\b(?:usag[eè]re?|patiente?) (?:est |a été )?(?:bien |déjà )?inform[ée]e?\b",
    re.IGNORECASE,
)
_ONE_INFORMED = re.compile(
    r"(?:\b(?:la|le|ma|mon|cette?) |\bl')(?:usag[eè]re?|patiente?) (?:est |a été )?(?:bien |déjà )?inform[ée]e?\b", re.IGNORECASE
)
_USAGER = r"(?:(?:l'|cette? |l[ae] |mon |ma )(?:usagere?|patiente?|dame|monsieur|personne|interessee?))"
_USAGERS = r"(?:(?:les|mes|nos|tous les|toutes les|leurs) (?:\w+ )?(?:usage(?:r|re)s|patiente?s|personnes|interesse(?:e)?s))"
_IS = r"(?: (?:est|sont|a ete|ont ete|etaient|etait))?(?: bien| deja| juste| tous| toutes| les deux| tout a fait)? "
_AWARE = r"(?:au courant|(?:informe|prevenu|averti)e?s?)\b"
_TALKED = (
    r"(?:\b(?:c'est|c|c est|tout est|on a|je l'ai|j'ai)(?: bien| deja| tout)? (?:vu|convenu|cale) (?:ca |cela )?avec "
    r"|\b(?:j'en ai|on en a|nous en avons)(?: bien| deja)? (?:parle|discute) (?:a |avec )"
    r"|\b(?:j'ai|on a|nous avons)(?: bien| deja)? (?:informe|prevenu|averti) )"
)
_TOLD_ONE, _TOLD_ALL = (re.compile(rf"\b{who}{_IS}{_AWARE}|{_TALKED}{who}\b") for who in (_USAGER, _USAGERS))
"""That the usager, or each of several, was told; of texts folded in place."""
USAGER_NAMES = "usager_names"
"""Where a message holds the words that name the usager of the dossier in hand."""
OWN_USAGER = "own_usager"
"""Where a message holds the words of that usager's name, whether it names them or not."""
_CIVILITIES = frozenset(["m", "mr", "mme", "mlle", "monsieur", "madame"])
_CIVILITY = r"(?:(?:m|mr|mme|mlle|monsieur|madame)\b\.? ?)?"


def read_basis(turn: Turn, *, several: bool = False) -> str | None:
    """Return the basis that a button carries or that the words name beyond doubt; None otherwise: it is then asked for.

    « d'accord » is the user's own yes, not the usager's consent. A negated or doubtful basis is none. `several`: as for `parse_basis`.
    """
    value = turn.entity("basis")
    if not several and names_other_usager(turn):
        return None
    if turn.is_button:
        return value if value in {CARE_TEAM, CONSENT, NEITHER} else None
    said = parse_basis(without_remarks(turn.text), names=turn.message.get(USAGER_NAMES) or [], several=several)
    if said is not None or value not in {CARE_TEAM, CONSENT, NEITHER}:
        return said
    if several and not _is_of_all(value, turn.text.replace("’", "'")):
        return None
    read = any(entity.get("extractor") == READ for entity in turn.entities("basis"))
    return value if not read or bears_out(value, turn.text) else None


def names_other_usager(turn: Turn) -> bool:
    """Return whether a typed message names an usager who is not that of the dossier in hand, as far as `know_usager` knows them."""
    known = turn.message.get(OWN_USAGER)
    if turn.is_button or not known:
        return False
    named = [set(fold(str(entity["value"])).split()) - _CIVILITIES for entity in turn.affirmed_entities("usager_name")]
    return any(words and not words & set(known) for words in named)


def reads_basis(turn: Turn) -> bool:
    """Return whether a short typed message is no more than what answers the question for the basis, whatever its intent."""
    short = not turn.is_button and "?" not in turn.text and len(turn.text.split()) <= MAX_ANSWER_WORDS
    return (
        short
        and not turn.entities("dossier_ref")
        and (read_basis(turn) in {CARE_TEAM, CONSENT} or bool(_TELLS_NAMED.fullmatch(fold(turn.text))))
    )


def proposes_basis(turn: Turn) -> bool:
    """Return whether the words say no more than that the usager was told: the card shows that basis, and a yes to it confirms."""
    told = any(entity["value"] == CARE_TEAM and entity.get("extractor") != READ for entity in turn.entities("basis"))
    if turn.is_button or told or read_basis(turn) != CARE_TEAM:
        return False
    if turn.intent == "affirm" and turn.slot("basis_said") == CARE_TEAM:  # the card showed it
        return False
    return not _CARE_TEAM.search(turn.text.replace("’", "'"))


def parse_basis(text: str, *, names: Iterable[str] = (), several: bool = False) -> str | None:
    """Return the basis that a typed text names beyond doubt.

    Args:
        text: what was typed.
        names: words that name the usager, folded.
        several: whether several usagers are concerned: what is said of one of them is then no basis.
    """
    text = text.replace("’", "'")
    if _NEITHER.search(text):
        return NEITHER
    sure = undoubted(text)
    if sure is None:
        return None
    if several:
        sure = _ONE_INFORMED.sub(" ", sure)
    consent = (_CONSENT_OF_ALL if several else _CONSENT).search(sure) if not _ANOTHER_AGREES.search(sure) else None
    care_team = _CARE_TEAM.search(sure) or _TOGETHER.search(fold_in_place(sure[:MAX_READ])) or _tells_usager(sure, names, several=several)
    if bool(consent) == bool(care_team) or (several and not consent and _OF_CONSENT.search(fold_in_place(sure))):
        return None
    return CONSENT if consent else CARE_TEAM


def undoubted(text: str) -> str | None:
    """Return the sentences of a text that say something for sure; None where a doubt is about the basis, or about the usager's mind."""
    text = _NO_WRITTEN_CONSENT.sub(" ", text.replace("’", "'"))
    if _UNSURE.search(text):
        return None
    sentences = [sentence for sentence in _SENTENCE_END.split(text) if sentence.strip()]
    doubtful = [sentence for sentence in sentences if _DOUBTFUL.search(sentence)]
    plain = [fold_in_place(sentence[:MAX_CHARACTERS]) for sentence in doubtful]
    if any(_OF_BASIS.search(sentence) or _OF_USAGERS_MIND.search(sentence) for sentence in plain):
        return None
    return ". ".join(sentence for sentence in sentences if sentence not in doubtful)


def utter_reserved_basis(context: Context, basis: str | None) -> None:
    """Say that a yes with a reservation did nothing; « c'est plutôt même équipe, sinon oui » is no more than another basis."""
    turn = context.turn
    told = basis in {CARE_TEAM, CONSENT} and turn.slot("basis_said") not in {None, basis}
    if told and not asks_back(turn.text) and not names_condition(turn.text):
        context.utterances.utter("utter_noted")
    else:
        utter_reservation(context)


def bears_out(basis: str, text: str) -> bool:
    """Return whether typed words speak of a basis that the model read, and of no other: no consent is written that nobody told."""
    sure = undoubted(text[:MAX_READ])
    if sure is None:
        return False
    if _ANOTHER_AGREES.search(sure) or _TELLS_NOW.search(fold_in_place(sure)):
        return False
    words = _OWN_YES.sub(" ", fold_in_place(sure).strip())
    told = (bool(_OF_CONSENT.search(words)), bool(_OF_TEAM.search(words)))
    return basis == NEITHER or told == (basis == CONSENT, basis == CARE_TEAM)


def _is_of_all(basis: str, text: str) -> bool:
    """Return whether a basis that was read is of each of several usagers, as far as the words go."""
    if basis == CARE_TEAM:
        plain = fold_in_place(text[:MAX_READ])
        return bool(_CARE_TEAM.search(_ONE_INFORMED.sub(" ", text)) or _TOGETHER.search(plain) or _TOLD_ALL.search(plain))
    return basis != CONSENT or bool(_CONSENT_OF_ALL.search(text))


def basis_line(context: Context) -> str:
    """Return a line of a card with the basis that was said, a line break before it; "" where none was."""
    said = context.turn.slot("basis_said")
    return "\n" + context.utterances.text(f"utter_card_basis_{said}") if said in {CARE_TEAM, CONSENT} else ""


async def keep_basis_beside(context: Context, reference: str) -> Slots:
    """Return the basis that a digression from a card said beside what it asked: « oui il est d'accord. Au fait, qui … ? »."""
    await know_usager(context, reference)
    basis = basis_beside(context.turn)
    if basis is None or basis == context.turn.slot("basis_said"):
        return {}
    context.turn.tracker.slots["basis_said"] = basis
    return {"basis_said": basis}


async def told_basis(context: Context, reference: str) -> str | None:
    """Return the basis for sharing a dossier that the message says beyond doubt."""
    await know_usager(context, reference)
    basis = read_basis(context.turn)
    return basis if basis in {CARE_TEAM, CONSENT} and not context.turn.says.get("doubt") else None


async def basis_with_field(context: Context) -> Slots:
    """Return the basis that is said beside a field of a directory record, if access to a dossier waits for it and it is not known yet."""
    turn = context.turn
    open_ = turn.slot("dossier") and turn.slot("basis") is None and not turn.is_button
    if not open_ or turn.requested_slot in {"basis", "fiche_organization", "fiche_profession"}:  # « équipe de soins à domicile »
        return {}
    basis = await told_basis(context, turn.slot("dossier"))
    return {"basis": basis} if basis else {}


def basis_beside(turn: Turn) -> str | None:
    """Return the basis that a message says beside something else that it asks."""
    if turn.is_button or turn.entities("dossier_ref") or names_other_usager(turn) or turn.says.get("doubt") or turn.says.get("condition"):
        return None
    sentences = (s for s in re.findall(r"[^.!?]+[.!?]*", without_remarks(turn.text)) if "?" not in s)
    basis = parse_basis(" ".join(sentences), names=turn.message.get(USAGER_NAMES) or [])
    return basis if basis in {CARE_TEAM, CONSENT} else None


async def know_usager(context: Context, reference: str | None) -> None:
    """Let the turn know by which words its text names the usager of a dossier: « Mme Blondeau est prévenue »."""
    turn = context.turn
    if not reference or not turn.trusted or turn.is_button or len(turn.text) > MAX_CHARACTERS:
        return
    tells = bool(_MAY_TELL.search(fold(turn.text)))
    if not tells and not turn.entities("usager_name"):
        return
    try:
        dossier = await context.dossiers.get(reference, await context.linked_account())
    except (NotAMember, LimitReached):
        return
    others = {word for e in turn.entities("partner_name") for word in fold(str(e["value"])).split()}
    usager = set(fold(f"{dossier.given} {dossier.family}").split())
    names = sorted(usager if not others - usager else usager - others)
    turn.tracker.latest_message = {**turn.message, OWN_USAGER: sorted(usager)}
    if tells and set(fold(dossier.family).split()) & set(names):
        turn.tracker.latest_message = {**turn.message, USAGER_NAMES: names}


def _tells_usager(text: str, names: Iterable[str], *, several: bool) -> bool:
    """Return whether a text says that the usager was told, by the name too."""
    if len(text) > MAX_CHARACTERS:
        return False
    plain = fold_in_place(text)
    if words := "|".join(re.escape(name) for name in names):
        plain = re.sub(rf"\b{_CIVILITY}(?:{words})\b(?:[ -](?:{words})\b)*", "le patient", plain)
    return bool(_TOLD_ALL.search(plain) or (not several and _TOLD_ONE.search(plain)))


_TELLS_NAMED = re.compile(
    r"(?:(?:oui|ok) )?(?:(?:m|mr|mme|mlle|monsieur|madame) [a-z ]{2,40}? (?:est|a ete)(?: bien| deja)?"
    r" (?:informee?|prevenue?|avertie?|au courant)"
    r"|(?:c est|c|cest)(?: bien| deja)? (?:vu|convenu|cale) avec (?:m|mr|mme|mlle|monsieur|madame) [a-z ]{2,40})"
)
"""Of a whole folded text: somebody with a name was told; whether it is the usager is known only from the dossier."""
_MAY_TELL = re.compile(r"\b(?:informe|prevenu|averti|au courant|vu|convenu|cale|parle|discute)(?:e?s?)\b")
