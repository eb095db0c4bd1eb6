"""Addresses in what the team writes: found in whichever way they are spaced, in a time that grows with the text alone."""

from __future__ import annotations

import pytest

from bot.messaging.pii.contact_details import OwnContacts, detect_contact_details

NOBODYS = OwnContacts()
LONG = 20_000


@pytest.mark.parametrize(
    "address",
    [
        "12 rue des Lilas",
        "12bis rue des Lilas",
        "3 bis, avenue Leclerc",
        "5 d , rue du Bac",
        "rue des Lilas , 37000 Tours",
        "7, place Foch",
    ],
)
def test_an_address_is_found_however_it_is_spaced(address: str) -> None:
    (span,) = {(span.start, span.end) for span in detect_contact_details(f"Elle est au {address}", NOBODYS)}
    assert span == (12, 12 + len(address))


@pytest.mark.parametrize("text", ["1" + " " * LONG, "rue a" + " " * LONG + "1"])
def test_no_text_takes_long(text: str) -> None:
    assert detect_contact_details(text, NOBODYS) == []
