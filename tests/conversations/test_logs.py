"""After all conversations: no log holds anything that was typed or shown."""

from __future__ import annotations

import re

import pytest

from tests.conversations.talk import CLAIRE, Talk, as_user
from tests.stack import Stack

ALLOWED = re.compile(r"[\W\d_]*")


@pytest.mark.after_all
def test_no_text_name_number_code_or_token_in_any_log(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say("ajoute Hippolyte Vandercammeleu, orthoptiste à Montrichard, au dossier SPH-2024-000137")
    logs = "\n".join(path.read_text(errors="replace") for path in sorted((stack.data / "logs").iterdir()))
    logs += stack.output.read_text(errors="replace").replace(CLAIRE, "")
    run = stack.run
    wanted = {text for text in Talk.everything if len(text) >= 6 and not ALLOWED.fullmatch(text)}
    wanted |= {line for text in Talk.everything for line in text.splitlines() if len(line) >= 12}
    wanted |= {run["fhir_token"], run["rasa_token"], run["events_token"], "Vandercammeleu", "Montrichard", "Durand", "Benali"}
    codes = {text for text in Talk.everything if re.fullmatch(r"\d{6}", text) and text != "000000"}
    found = [text[:40] for text in wanted if text in logs] + [code for code in codes if re.search(rf"(?<![\d.]){code}(?![\d.])", logs)]
    assert not found, found
