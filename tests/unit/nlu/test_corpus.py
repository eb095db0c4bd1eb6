"""The generated examples: exact spans, the same for the same seed, without Rasa."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nlu.corpus import generate
from nlu.corpus.entity_substitution import EntitySubstituter
from nlu.corpus.examples import (
    Examples,
    Segment,
    deduplication_key,
    merge_segments,
    parse_example,
    plain_text,
    read_handwritten,
    read_yaml,
    render_example,
)
from nlu.corpus.generator import HANDWRITTEN_DIR, build_corpus
from nlu.corpus.noise import NoiseAugmenter
from nlu.corpus.slot_values import DATA, SlotValues
from nlu.corpus.templates import Templates

ROOT = Path(__file__).resolve().parents[3]
SEED = 7


@pytest.fixture(scope="module")
def corpus() -> Examples:
    """Build the examples of `SEED` once, for the tests that only read them."""
    return build_corpus(SEED)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the examples of `SEED` once; return their folder."""
    folder = tmp_path_factory.mktemp("corpus")
    generate(folder, SEED)
    return folder


def test_a_rendered_example_is_what_was_parsed() -> None:
    line = "ajoute le Dr [Leïla Benali](partner_name), [cardiologue](profession) à [Tours](city)"
    assert render_example(parse_example(line)) == line
    assert plain_text(parse_example(line)) == "ajoute le Dr Leïla Benali, cardiologue à Tours"


def test_the_same_seed_gives_the_same_bytes(written: Path, tmp_path: Path) -> None:
    for name, seed in (("other", SEED + 1), ("again", SEED)):
        generate(tmp_path / name, seed)
    one, again, other = ((folder / "generated.yml").read_bytes() for folder in (written, tmp_path / "again", tmp_path / "other"))
    assert one == again
    assert one != other


def test_the_seed_alone_decides_in_another_process_too(written: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nlu.corpus", "--out", str(tmp_path), "--seed", str(SEED)]
    subprocess.run(command, cwd=ROOT, check=True, env={"PYTHONHASHSEED": "12345", "PYTHONPATH": str(ROOT)})
    assert (written / "generated.yml").read_bytes() == (tmp_path / "generated.yml").read_bytes()


def test_what_is_written_reads_back_with_the_same_spans(corpus: Examples, written: Path) -> None:
    assert read_handwritten(written) == corpus


def test_there_are_many_and_none_is_handwritten(corpus: Examples) -> None:
    assert 10_000 <= sum(map(len, corpus.values())) <= 30_000
    handwritten = {
        deduplication_key(plain_text(example)) for examples in read_handwritten(HANDWRITTEN_DIR).values() for example in examples
    }
    texts = [deduplication_key(plain_text(example)) for examples in corpus.values() for example in examples]
    assert not handwritten & set(texts)
    assert len(texts) == len(set(texts))


def test_rasa_is_not_imported() -> None:
    code = "import sys, nlu.corpus; sys.exit(any(name.split('.')[0] == 'rasa' for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, env={"PYTHONPATH": str(ROOT)})


def test_every_carrier_can_be_filled() -> None:
    templates, values, rng = Templates(), SlotValues("carriers"), random.Random(3)
    for intent, carriers in templates.carriers.items():
        for carrier in carriers:
            for _ in range(12):
                text = plain_text(templates.expand(carrier, values, rng))
                assert text
                assert not re.search(r"[{}|]|  |^ | $", text), (intent, carrier, text)


def test_amounts_name_intents_that_have_carriers() -> None:
    assert set(read_yaml(DATA / "amounts.yml")["templates"]) == set(Templates().carriers)


@pytest.mark.parametrize(
    ("carrier", "expected"),
    [
        ("retire la {profession_f}", r"(l'|la )\S"),
        ("celui de {city}", r"(d'[AEIOUÉÈÎaeiou]|de [^AEIOUÉÈÎ])"),
    ],
)
def test_elision_is_made_where_french_asks_for_it(carrier: str, expected: str) -> None:
    templates, values, rng = Templates(), SlotValues("elision"), random.Random(5)
    for _ in range(60):
        assert re.search(expected, plain_text(templates.expand(carrier, values, rng)))


def test_an_unknown_slot_is_refused() -> None:
    with pytest.raises(KeyError):
        Templates().expand("ajoute {nobody}", SlotValues("x"), random.Random(1))


def test_noise_keeps_every_entity_apart() -> None:
    noise = NoiseAugmenter("spans")
    example = parse_example("Ajoutez l'[infirmière](profession) [Zoé O'Brien](partner_name), RPPS [10001234567](rpps), s'il vous plaît")
    for _ in range(300):
        noisy = noise.augment(example)
        assert [part.entity for part in noisy if part.entity] == ["profession", "partner_name", "rpps"]
        assert all(part.text == part.text.strip() and part.text for part in noisy if part.entity)
        assert [part.text for part in noisy if part.entity == "rpps"] == ["10001234567"]
        text, at = plain_text(noisy), 0
        for part in noisy:
            assert text[at : at + len(part.text)] == part.text
            at += len(part.text)


def test_noise_changes_most_sentences() -> None:
    noise, example = NoiseAugmenter("changes"), parse_example("Pouvez-vous m'aider à retrouver un dossier, s'il vous plaît ?")
    assert sum(noise.augment(example) != example for _ in range(100)) > 90


def test_substitution_changes_people_and_towns_but_not_the_words_around() -> None:
    substituter = EntitySubstituter(SlotValues("swaps"))
    example = parse_example("cherche le Dr [Martin](partner_name), [kiné](profession) à [Tours](city), le [deuxième](ordinal)")
    changed = 0
    for _ in range(20):
        other = substituter.substitute(example)
        assert [part.entity for part in other] == [part.entity for part in example]
        assert [part.text for part in other if not part.entity] == [part.text for part in example if not part.entity]
        assert other[-1] == Segment("deuxième", "ordinal")
        changed += other != example
    assert changed == 20


def test_merging_fixes_spaces_in_plain_text_only() -> None:
    segments = merge_segments([Segment("  ajoute "), Segment(" l' "), Segment("IDE", "profession"), Segment(" , svp ")])
    assert render_example(segments) == "ajoute l'[IDE](profession), svp"
