"""« sauf ce qui est urgent », « uniquement les documents en résumé »: what limits a wish is held, or asked about; it is never dropped."""

from __future__ import annotations

import pytest

from bot.notifications.preference_parser import About, PreferenceRequest, Question, answer, read
from tests.unit.notifications.preference_notation import notation
from tests.unit.notifications.preference_parser.examples import BOTH


def _said(*texts: str) -> PreferenceRequest | Question | None:
    result = read(texts[0], [], BOTH)
    for text in texts[1:]:
        assert isinstance(result, Question), notation(result)
        result = answer(result, text, [], BOTH)
    return result


@pytest.mark.parametrize(
    "exception",
    [
        ", sauf ce qui est urgent", " sauf si c urgent", ", sauf les urgences bien sûr", " mais l'urgent doit passer", " hors urgence",
        " excepté en cas d'urgence", " mais laissez passer l'urgent", " mais pas les urgences", " à part les notifs urgentes",
    ],
)  # fmt: skip
@pytest.mark.parametrize("wish", ["je voudrais couper mes notifications du 19 décembre au 4 janvier", "plus rien jusqu'au 4 janvier"])
def test_a_mute_but_for_what_is_urgent_is_asked_about(wish: str, exception: str) -> None:
    assert notation(_said(wish + exception)) == "? urgent_then pause digest"
    muted = _said(wish + exception, "en sourdine")
    assert isinstance(muted, PreferenceRequest)
    assert notation(muted).endswith("→2027-01-05" if "19" in wish else "→2027-01-04")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("rien le week-end sauf si c'est urgent",), "quiet weekend@0h-0h"),
        (("plus rien après 19h hors urgence",), "quiet daily@19h-7h"),
        (("le vendredi", "rien du tout, sauf si c'est urgent"), "quiet fr@0h-0h"),
        (("le vendredi", "absolument rien"), "quiet fr@0h-0h"),
        (("le week-end", "plus rien sauf urgence"), "quiet weekend@0h-0h"),
        (("à 20h", "rien du tout, sauf si c'est urgent"), "? meaning « 20:00 » digest_at not_before not_after"),
        (("à 20h", "rien avant"), "quiet daily@0h-20h"),
        # the offer for what is urgent alone, limited
        (("juste l'urgent", "oui mais que du 19 décembre au 4 janvier"), "? urgent_then pause digest"),
        (("juste l'urgent", "ok mais seulement jusqu'au 4 janvier"), "? urgent_then pause digest"),
        (("juste l'urgent", "oui mais que pdt mes congés"), "? until until_undone one_week two_weeks"),
        (("juste l'urgent", "oui mais que pdt mes congés", "jusqu'au 4 janvier"), "? urgent_then pause digest"),
        (("juste l'urgent", "oui"), "all·mail+telegram=digest, digest 8h daily"),
        (("tout couper du 19 décembre au 4 janvier sauf l'urgent", "oui mais que pdt mes congés"), "? urgent_then pause digest"),
        (("tout couper du 19 décembre au 4 janvier sauf l'urgent", "oui"), "nothing"),
        (("tout couper du 19 décembre au 4 janvier sauf l'urgent", "le reste en résumé"), "all·mail+telegram=digest"),
    ],
)
def test_what_is_urgent_in_an_answer(texts: tuple[str, ...], expected: str) -> None:
    assert notation(_said(*texts)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("les documents, je veux les recevoir une seule fois par jour, à 20h30", "documents·telegram=digest, digest 20h30"),
        ("les documents en résumé à 20h30, le reste comme avant", "documents·telegram=digest, digest 20h30"),
        ("juste les documents et les notes en résumé à 20h30, ne touchez pas au reste", "documents·telegram=digest, digest 20h30"),
        ("seulement les rendez-vous en récap le matin, le reste comme d'habitude", "appointments·telegram=digest, digest 8h"),
        ("uniquement les documents et notes dans un résumé par mail à 20h30, le reste ne bouge pas", "? also_or_only also only"),
        ("je ne veux que les documents", "access+appointments+messages+team·mail+teams+telegram=never, documents·telegram=on"),
    ],
)
def test_a_category_limits_the_change_to_it(text: str, expected: str) -> None:
    assert notation(_said(text)) == expected


@pytest.mark.parametrize(("said", "others"), [("en plus", ""), ("à la place", "documents·teams+telegram=never, ")])
def test_no_other_category_is_switched_off_whatever_is_answered(said: str, others: str) -> None:
    text = "uniquement les documents et notes dans un résumé par mail à 20h30, le reste ne bouge pas"
    assert notation(_said(text, said)) == f"documents·mail=digest, {others}digest 20h30"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("le week end du 12 et 13 décembre je veux rien recevoir", "mute 2026-12-12→2026-12-14"),
        ("je ne veux rien le week-end du 12-13 décembre", "mute 2026-12-12→2026-12-14"),
        ("coupez tout les 12 et 13 décembre", "mute 2026-12-12→2026-12-14"),
        ("rien le 12 et 20 décembre", "? unclear"),
        ("super, plus de notifs après 19h", "quiet daily@19h-7h"),
        ("plus de notifs après 19h, ce serait top", "quiet daily@19h-7h"),
        ("hey plus rien après 19h, parfait merci", "quiet daily@19h-7h"),
        ("plus de mails pour les zinzins", "? confirm « zinzins » yes"),
        ("du 21 décembre au 4 janvier, pendant ce tps là ne m'envoyez plus rien", "mute 2026-12-21→2027-01-05"),
    ],
)
def test_days_that_are_one_span_and_words_that_say_nothing(text: str, expected: str) -> None:
    assert notation(_said(text)) == expected


def test_a_question_about_what_is_urgent_keeps_its_request() -> None:
    asked = _said("coupez tout du 3 au 7 décembre sauf l'urgent")
    assert isinstance(asked, Question)
    assert asked.about is About.URGENT_THEN
    assert answer(asked, "oui mais seulement le matin", [], BOTH) == asked
