"""What the input channel asks: what may identify an usager in a message, given what the dialogue had just asked for."""

from __future__ import annotations

import threading
from typing import Any

from nlu.components.lexicon import get_imported_lexicon
from nlu.pii.name_tagger import load_tagger
from nlu.pii.professional_context import CORRECTION, PROFESSIONAL, USAGER
from nlu.pii.usager_spans import find_usager_spans
from nlu.pii_masking import Mask

ASKED = ("", PROFESSIONAL, CORRECTION, USAGER)
"""What a dialogue may have asked for."""
_PROFESSIONAL_FORMS = frozenset(("add_partner_form", "remove_partner_form", "request_account_form", "find_professional_form"))
_CONFIRMATIONS = frozenset(("basis", "confirmed"))
_USAGER_SLOTS = frozenset(("usager_family", "usager_given", "usager_birth_date", "usager_query", "dossier"))


def asked_for(tracker: Any) -> str:
    """Return what the dialogue had asked for when the message came, one of `ASKED`."""
    form = tracker.active_loop_name
    slot = tracker.get_slot("requested_slot") if form else None
    if slot in _USAGER_SLOTS:
        return USAGER
    if slot is None or form not in _PROFESSIONAL_FORMS:
        return ""
    return CORRECTION if slot in _CONFIRMATIONS else PROFESSIONAL


def find_masks(text: str, asked: str = "") -> list[Mask]:
    """Return the spans of `text` that may identify an usager."""
    return find_usager_spans(text, load_tagger(), asked, get_imported_lexicon().current())


def load_in_background() -> None:
    """Load the tagger beside the model, so that the first message does not wait for it."""
    threading.Thread(target=load_tagger, name="load-name-tagger", daemon=True).start()
