"""References: relative ones and those below our base are ours, those of every other server are not."""

from __future__ import annotations

import pytest

from bot.fhir.references import RELATIVE, References, is_id

OURS = References("https://fhir.region.example/r4", ["http://hapi.internal:8080/fhir/", "https://old.region.example"])


@pytest.mark.parametrize(
    "text",
    [
        "Practitioner/p1",
        "Practitioner/p1/_history/4",
        "https://fhir.region.example/r4/Practitioner/p1",
        "https://FHIR.region.example:443/r4/Practitioner/p1/_history/2",
        "http://fhir.region.example/r4/Practitioner/p1",
        "http://hapi.internal:8080/fhir/Practitioner/p1",
        "https://old.region.example/Practitioner/p1",
        "/r4/Practitioner/p1",
    ],
)
def test_what_is_below_our_base_is_ours(text: str) -> None:
    assert OURS.of({"reference": text}) == "Practitioner/p1"
    assert OURS.id_of({"reference": text}, "Practitioner") == "p1"
    assert OURS.id_of({"reference": text}, "Patient") is None
    assert not OURS.is_foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://fhir.other.example/r4/Practitioner/p1",
        "https://fhir.region.example/r5/Practitioner/p1",
        "https://fhir.region.example/r4/other/Practitioner/p1",
        "https://fhir.region.example/r4/../r5/Practitioner/p1",
        "https://fhir.region.example:8443/r4/Practitioner/p1",
        "https://fhir.region.example@evil.example/r4/Practitioner/p1",
        "https://fhir.region.example.evil.example/r4/Practitioner/p1",
        "https://fhir.region.example/r4evil/Practitioner/p1",
        "http://hapi.internal/fhir/Practitioner/p1",
        "//fhir.region.example/r4/Practitioner/p1",
        "https://[bad/r4/Practitioner/p1",
        "https:///r4/Practitioner/p1",
    ],
)
def test_what_is_elsewhere_is_not_ours(text: str) -> None:
    assert OURS.of({"reference": text}) is None
    assert RELATIVE.of({"reference": text}) is None


@pytest.mark.parametrize("text", ["#p1", "urn:uuid:3f1c1b8e", "", "Practitioner", "p1", "Practitioner/..", "Practitioner/a b", None, 7])
def test_what_is_no_reference_of_a_resource_leads_nowhere(text: object) -> None:
    assert OURS.read(text) is None
    assert not OURS.is_foreign(text)


@pytest.mark.parametrize(
    "text", ["https://fhir.other.example/r4/Practitioner/p1", "//other.example/Practitioner/p1", "HTTPS://x.example/P"]
)
def test_an_address_of_another_server_is_foreign(text: str) -> None:
    assert OURS.is_foreign(text)


@pytest.mark.parametrize(("text", "good"), [("a.1-b", True), ("..", False), (".", False), ("a/b", False), ("", False), ("é", False)])
def test_ids(text: str, good: bool) -> None:
    assert is_id(text) is good
