"""A message becomes parts that fit the channel's capabilities; nothing of it is lost."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.messaging.channel import ChannelCapabilities
from bot.messaging.rendering import render, split_text, utf16_length, without_buttons

MEANS = ChannelCapabilities("small", False, 60, 3, 10, buttons_per_row=1, can_edit=True, can_delete=True)


def message(text: str, *titles: str, link: dict[str, str] | None = None) -> dict[str, Any]:
    buttons = [{"title": title, "token": f"t{n}"} for n, title in enumerate(titles)]
    return {"author": "assistant", "agent": None, "text": text, "buttons": buttons, "link": link}


def test_what_fits_is_one_part() -> None:
    (part,) = render(message("Bonjour", "Oui", "Non"), MEANS, "https://bot")
    assert (part.text, [choice.title for choice in part.quick_replies]) == ("Bonjour", ["Oui", "Non"])


def test_long_titles_become_a_numbered_list_with_short_buttons() -> None:
    parts = render(message("Qui ?", "Paul Martin, Vierzon", "Anne Martin, Blois"), MEANS, "https://bot")
    assert "1. Paul Martin, Vierzon\n2. Anne Martin, Blois" in "\n".join(part.text for part in parts)
    assert [choice.title for choice in parts[-1].quick_replies] == ["1", "2"]
    assert [choice.token for choice in parts[-1].quick_replies] == ["t0", "t1"]


def test_too_many_buttons_are_a_list_to_be_answered_by_number() -> None:
    parts = render(message("Qui ?", "a", "b", "c", "d"), MEANS, "https://bot")
    assert parts[-1].quick_replies == ()
    assert parts[-1].text.endswith("4. d")


def test_a_link_of_our_own_gets_our_address() -> None:
    (part,) = render(message("Suite", link={"title": "Ouvrir", "url": "/chat"}), MEANS, "https://bot")
    assert part.link == ("Ouvrir", "https://bot/chat")


def test_a_used_card_shows_the_choice_and_fits() -> None:
    part = without_buttons(message("x" * 200, "Oui"), MEANS, "https://bot", "Oui")
    assert part.quick_replies == ()
    assert part.text.endswith("→ Oui")
    assert utf16_length(part.text) <= MEANS.max_text_length


def test_cuts_are_made_between_sentences() -> None:
    text = "Une phrase assez longue. Une autre phrase assez longue."
    assert split_text(text, 30) == [
        "Une phrase assez longue.",
        "Une autre phrase assez longue.",
    ]


@given(st.text(max_size=500), st.integers(min_value=2, max_value=80))
def test_pieces_fit_and_lose_nothing_but_spaces(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert all(0 < utf16_length(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join((text.strip() or "…").split())
