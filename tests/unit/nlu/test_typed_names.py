"""Names of usagers whom nobody knows, in generated messages: how many are masked, what it costs, and how long it takes.

A sample of what `bench/typed_names.py` measures whole, without the model: what it reads besides can only add masks.
"""

from __future__ import annotations

import re

import pytest

from nlu.components.folding import fold_word
from nlu.corpus.examples import read_yaml
from nlu.corpus.slot_values import DATA as CORPUS
from nlu.pii.message_masks import find_masks
from nlu.pii.name_tagger import load_tagger
from nlu.pii.train import DATA, HANDWRITTEN_DIR
from nlu.pii_masking import mask_parse_data
from tests.typed_names import names
from tests.typed_names.messages import TEMPLATES, Typed, draw_messages, odd_messages, written_messages
from tests.typed_names.rates import Rates, measure

NOTHING_READ = {"intent": {}, "entities": []}


def masked(message: Typed) -> str:
    """Return the message as it is kept, where the model reads nothing in it."""
    return mask_parse_data(message.text, NOTHING_READ, (), find_masks(message.text, message.asked))[0]


@pytest.fixture(scope="module")
def rates() -> Rates:
    """Mask the sample."""
    return measure(draw_messages(600, seed=7), masked)


def test_the_names_of_usagers_are_gone(rates: Rates) -> None:
    assert rates.gone >= 0.995, rates.missed


def test_messages_that_name_nobody_are_left_alone(rates: Rates) -> None:
    assert rates.touched <= 0.03, rates.needless


def test_the_names_of_professionals_are_kept(rates: Rates) -> None:
    assert rates.kept >= 0.95, rates.lost


def test_messages_as_people_write_them() -> None:
    """A floor below what is measured (docs/dev/privacy.md): these are harder than templates."""
    written = measure(written_messages(), masked)
    assert written.gone >= 0.96, written.missed
    assert written.touched <= 0.08, written.needless
    assert written.kept >= 0.9, written.lost


def test_odd_messages() -> None:
    odd = measure(odd_messages(), masked)
    assert odd.gone >= 0.97, odd.missed


def test_the_set_holds_no_name_and_no_template_that_the_product_knows() -> None:
    gazetteers = load_tagger().lists
    known = {word for name in ("first", "last", "city") for entry in gazetteers[name] for word in entry.split()}
    files = [*HANDWRITTEN_DIR.glob("*.yml"), *CORPUS.rglob("*.yml"), *DATA.glob("*.yml")]
    known |= {fold_word(word) for file in files for word in re.findall(r"[^\W\d_]+", file.read_text(encoding="utf-8"))}
    assert not {fold_word(name) for name in (*names.FAMILY, *names.GIVEN)} & known
    learnt = {template for group in read_yaml(DATA / "templates.yml").values() for template in group}
    judged = {template for group in ("usager", "professional", "free") for template in read_yaml(TEMPLATES / f"{group}.yml")}
    assert not {template for template in judged & learnt if re.search(r"[^\W_]+ ", re.sub(r"\{\w+\}", "", template))}
