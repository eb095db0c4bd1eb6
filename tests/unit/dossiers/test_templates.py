"""What is told in the chat when an operation ends later: every way it may end has its words, and none names the usager."""

from __future__ import annotations

import pytest

from bot.core.mail import render_text
from bot.dossiers.errors import ALL
from bot.fhir.operations import BROKEN, GAVE_UP

REFUSED = [refusal.code for refusal in ALL]
ADD = {"added", "already", "not_a_member", "account_closed", "period_over", "end_before_start"}
DATE = {"dated", "unchanged", "not_there", "not_a_member", "not_allowed", "cannot_leave", "period_over", "end_before_start"}
REMOVE = {"removed", "not_there", "not_a_member", "not_allowed", "cannot_leave"}
CREATE = {"created", "not_a_member"}


@pytest.mark.parametrize(
    ("template", "outcome"),
    [
        *(("partner_added", outcome) for outcome in sorted(ADD | {GAVE_UP, BROKEN})),
        *(("partner_dated", outcome) for outcome in sorted(DATE | {GAVE_UP, BROKEN})),
        *(("partner_removed", outcome) for outcome in sorted(REMOVE | {GAVE_UP, BROKEN})),
        *(("dossier_created", outcome) for outcome in sorted(CREATE | {GAVE_UP, BROKEN})),
    ],
)
@pytest.mark.parametrize(("period", "later"), [("", False), ("jusqu’au 2 janvier inclus", False), ("à partir du 15 décembre", True)])
def test_every_end_is_told(template: str, outcome: str, period: str, later: bool) -> None:
    values = {"name": "Paul Martin", "reference": "SPH-2024-000137", "error_id": "E-12345678", "period": period, "later": later}
    text = render_text(f"dossiers/{template}", outcome=outcome, **values)
    assert (period in text) or outcome not in {"added", "dated", "unchanged"}
    assert text.endswith(".")
    assert "\n" not in text
    assert " :" not in text  # a colon has a no-break space before it
    assert ("E-12345678" in text) is (outcome == BROKEN)
    assert "SPH-2024-000137" in text or (template == "dossier_created" and outcome != "created")


def test_codes_of_refusals_are_told_apart() -> None:
    assert len(set(REFUSED)) == len(REFUSED)
