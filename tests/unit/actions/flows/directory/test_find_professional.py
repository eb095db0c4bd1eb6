"""Finding a professional."""

from __future__ import annotations

from tests.unit.actions.dialogue import Dialogue


async def test_a_search_is_corrected_after_its_answer(claire: Dialogue) -> None:
    words = "tu connais Martin à Bourges ?"
    assert "Hugues Martin" in (await claire.say(words, "find_professional", partner_name="Martin", city="Bourges")).text
    found = await claire.say("non, à Blois", "deny", city="Blois")
    assert "Nathalie Martin" in found.text
    assert "Hugues" not in found.text
    assert "Paul Martin" in (await claire.say("et à Vierzon ?", "find_professional", city="Vierzon")).text
    await claire.say("bonjour", "greet")
    assert "Que voulez-vous en faire" in (await claire.say("Blois", "inform", city="Blois")).text  # too late to be about it
