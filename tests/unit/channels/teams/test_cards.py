"""Cards: what a part becomes, and that no word of a user becomes markup in it."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.channels.teams.cards import message_card, needs_card
from bot.channels.teams.markdown import escape
from bot.messaging.channel import OutboundMessage, QuickReply

MARKDOWN = MarkdownIt("commonmark").enable(["strikethrough", "table"])
MARKS = "* ** _ __ ` ``` ~~ ~~~ [ ]( ) ![ < > <b> &amp; &#42; # - + 1. 2) --- === | |-| \\ a é ! https://x.test <https://x.test>"
OBVIOUS = st.sampled_from([*MARKS.split(" "), "# ", "- ", "+ ", "1. ", " ", "    ", "\t", "{{DATE(2026-01-01T00:00:00Z)}}"])
LINES = st.lists(OBVIOUS | st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=3), max_size=12).map("".join)
TEXTS = st.lists(LINES, min_size=1, max_size=5).map("\n".join)
CHOICES = st.lists(st.builds(QuickReply, LINES.filter(bool), st.uuids().map(lambda value: value.hex)), max_size=6).map(tuple)


def shown(markdown: str) -> str:
    """What a reader of Markdown sees; fails where anything but plain words is seen."""
    words = []
    for token in MARKDOWN.parse(markdown):
        assert token.type in {"paragraph_open", "paragraph_close", "inline"}, (token.type, markdown)
        for child in token.children or ():
            assert child.type == "text", (child.type, markdown)
            words.append(child.content)
    return "".join(words)


def words(text: str) -> list[str]:
    """Without what spaces do at the ends, and whichever spaces they are."""
    return text.split()


def texts(body: list[dict[str, Any]]) -> list[str]:
    """Every text of a card's body, in order."""
    found = []
    for block in body:
        if block["type"] == "FactSet":
            found += [f"{shown(fact['title'])} : {shown(fact['value'])}" for fact in block["facts"]]
        elif block["type"] == "TextBlock":
            found.append(shown(block["text"]))
    return found


@given(LINES)
def test_no_line_becomes_markup(line: str) -> None:
    assert words(shown(escape(line))) == words(line)


@given(LINES)
def test_no_date_is_put_in_the_place_of_words(line: str) -> None:
    assert "{{" not in escape(line)


@given(TEXTS, CHOICES, st.booleans())
def test_a_card_says_all_of_its_text_and_nothing_else(text: str, choices: tuple[QuickReply, ...], confirmation: bool) -> None:
    made = message_card(OutboundMessage(text, choices, card=confirmation))
    said = " ".join(texts(made["body"])).replace(":", " ")
    assert words(said) == (words(text.replace(":", " ")) or ["…"])
    assert [action["title"] for action in made.get("actions", [])] == [choice.title for choice in choices]
    json.dumps(made)


@given(TEXTS)
def test_what_is_spoken_has_no_tags(text: str) -> None:
    assert not set("<>&") & set(message_card(OutboundMessage(text))["speak"])


@pytest.mark.parametrize("line", ["Bonjour Dr. O’Neil-Martin (cardiologue), 02 38 00 00 00 !", "12 mars 2026 : 50 % à 8h", "a - b = c + d"])
def test_ordinary_lines_are_left_as_they_are(line: str) -> None:
    assert escape(line) == line


def test_lines_are_escaped_one_by_one() -> None:
    with pytest.raises(ValueError, match="one line"):
        escape("a\nb")


CONFIRMATION = OutboundMessage(
    "Ajouter un partenaire\nDossier : D-2026-0001\nPartenaire : Paul *Durand*\n\nPériode : jusqu’au 12:30\n\nConfirmez-vous ?",
    (QuickReply("Oui, ajouter", "t1"), QuickReply("Non", "t2")),
    card=True,
)


def test_a_confirmation_has_a_heading_facts_and_a_question() -> None:
    body = message_card(CONFIRMATION)["body"]
    assert [block["type"] for block in body] == ["TextBlock", "FactSet", "TextBlock"]
    assert (body[0]["text"], body[0]["weight"], body[0]["wrap"], body[0]["style"]) == ("Ajouter un partenaire", "Bolder", True, "heading")
    assert body[1]["facts"] == [
        {"title": "Dossier", "value": "D-2026-0001"},
        {"title": "Partenaire", "value": "Paul \\*Durand\\*"},
        {"title": "Période", "value": "jusqu’au 12:30"},
    ]
    assert (body[2]["text"], body[2]["wrap"]) == ("Confirmez-vous ?", True)


def test_a_question_with_buttons_alone_has_neither_heading_nor_facts() -> None:
    body = message_card(OutboundMessage("Quel partenaire ?\nNote : un seul", (QuickReply("Paul", "t"),)))["body"]
    assert [block["type"] for block in body] == ["TextBlock", "TextBlock"]
    assert all("weight" not in block for block in body)


def test_each_choice_is_executed_with_its_token_and_has_a_fallback() -> None:
    yes = message_card(CONFIRMATION)["actions"][0]
    assert (yes["type"], yes["title"], yes["verb"], yes["data"]) == ("Action.Execute", "Oui, ajouter", "choose", {"token": "t1"})
    assert yes["fallback"] == {"type": "Action.Submit", "title": "Oui, ajouter", "data": {"token": "t1"}}


@pytest.mark.parametrize("count", [0, 5, 6])
def test_a_link_is_never_hidden_behind_the_choices(count: int) -> None:
    made = message_card(
        OutboundMessage("x", tuple(QuickReply(str(n), f"t{n}") for n in range(count)), link=("Continuer", "https://x.test/a"))
    )
    opened = {"type": "Action.OpenUrl", "title": "Continuer", "url": "https://x.test/a"}
    assert len(made["actions"]) <= 6
    assert opened in made["actions"] or {"type": "ActionSet", "actions": [opened]} in made["body"]


def test_who_cannot_see_the_card_is_told_its_text() -> None:
    made = message_card(CONFIRMATION)
    assert made["fallbackText"] == CONFIRMATION.text
    assert made["speak"].startswith("Ajouter un partenaire")
    assert made["lang"] == "fr"
    assert len(message_card(OutboundMessage("x" * 8_000))["fallbackText"]) == 1_000


def test_a_long_card_fits_in_a_message_of_teams() -> None:
    line = "Le médecin traitant *n’est pas* encore associé au dossier : l’équipe « SPHERE » l’a noté le 12 mars 2026."
    long = OutboundMessage("\n".join([line] * (8_000 // (len(line) + 1))), tuple(QuickReply("é" * 60, "t" * 32) for _ in range(6)))
    assert len(json.dumps(message_card(long), ensure_ascii=False).encode()) < 28 * 1024


def test_a_text_alone_needs_no_card() -> None:
    assert not needs_card(OutboundMessage("bonjour"))
    assert needs_card(OutboundMessage("x", link=("a", "https://x.test")))
    assert needs_card(OutboundMessage("x", card=True))


def test_the_sdk_knows_what_the_card_is_made_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        from microsoft_teams.cards import AdaptiveCard, ExecuteAction, FactSet, OpenUrlAction, TextBlock
    made = message_card(OutboundMessage(CONFIRMATION.text, CONFIRMATION.quick_replies, ("Ouvrir", "https://x.test"), card=True))
    AdaptiveCard.model_validate(made)
    for element, model in zip(made["body"], (TextBlock, FactSet, TextBlock), strict=True):
        model.model_validate(element)
    for action, model in zip(made["actions"], (ExecuteAction, ExecuteAction, OpenUrlAction), strict=True):
        model.model_validate(action)
