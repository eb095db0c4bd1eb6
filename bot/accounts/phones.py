"""Telephone numbers as people write them in France and overseas, and as they read them."""

from __future__ import annotations

import re

import phonenumbers

_FRENCH = ("FR", "RE", "YT", "GP", "MQ", "GF", "PM", "BL", "MF")
"""Regions whose numbers are dialled with ten digits. Overseas ones have a prefix of their own abroad: 0262 … is +262 262 …"""
FRANCE = 33
_OVERSEAS = re.compile(r"262|263|269|508|590|594|596|639|69[0-7]|70[89]")
"""How numbers of overseas begin, which some write with +33 too."""
_SEPARATORS = re.compile(r"(?<=\d)[\s/_,·•|:;]+(?=[\d(])|(?<=\d)-(?=\d)")


def read_phone(text: str) -> str | None:
    """Return the E.164 form of a number ("+33247051234", "+262262201234"), None for what is none."""
    text = _SEPARATORS.sub(" ", text)
    number = _parse(text, "FR")
    if number is None:
        return None
    tried = [number]
    if number.country_code == FRANCE and _OVERSEAS.match(str(number.national_number)):
        tried = [*(_parse(f"0{number.national_number}", region) for region in _FRENCH[1:]), number]
    valid = next((each for each in tried if each is not None and phonenumbers.is_valid_number(each)), None)
    return phonenumbers.format_number(valid, phonenumbers.PhoneNumberFormat.E164) if valid is not None else None


def display_phone(phone: str) -> str:
    """Return an E.164 number as people read it: "+33247051234" → "02 47 05 12 34", foreign ones with their country's prefix."""
    number = phonenumbers.parse(phone, None)
    french = phonenumbers.region_code_for_number(number) in _FRENCH
    form = phonenumbers.PhoneNumberFormat.NATIONAL if french else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


def _parse(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return None if number.extension else number
