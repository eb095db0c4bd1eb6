"""What an import leaves for those who read sentences, read by the very code that does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.directory import import_file
from bot.directory.index import current_folder
from bot.directory.lexicon import LEXICON, Lexicon
from bot.directory.records import Practice, Professional
from bot.installation.installation import Installation
from bot.installation.supervisor import free_port
from bot.sandbox.demo_directory import write_demo_file
from bot.settings import load_settings
from nlu.components.analysis import analyse
from nlu.components.gazetteers import Gazetteers
from nlu.components.lexicon import EMPTY_LEXICON, ImportedLexicon
from nlu.components.lexicon import Lexicon as Reading

LISTS = Gazetteers({"job": ["kine"]})


def classes(lexicon: Reading, text: str, known: frozenset[str] = frozenset()) -> dict[str, frozenset[str]]:
    return {token.text: token.classes for token in lexicon.add_classes(analyse(text, LISTS), known)}


def test_names_without_particles_and_towns_without_their_office(tmp_path: Path) -> None:
    lexicon = Lexicon()
    practices = (Practice(city="ORLEANS CEDEX 2"), Practice(city="Paris 12e Arrondissement"), Practice(city="L'ÎLE-BOUCHARD"), Practice())
    lexicon.add(Professional("8", "DE LA ROCHE-AYMON", "Jean-Noël", practices=practices))
    lexicon.add(Professional("9", "XU", "", practices=(Practice(city="PARIS"),)))
    lexicon.write(tmp_path)
    content = json.loads((tmp_path / LEXICON).read_text(encoding="utf-8"))
    assert content == {"first": ["jean", "noel"], "last": ["aymon", "roche"], "city": ["L'ÎLE-BOUCHARD", "ORLEANS", "PARIS", "Paris"]}


def test_what_was_imported_is_read(tmp_path: Path) -> None:
    imported = ImportedLexicon(tmp_path / "index")
    assert imported.current() is EMPTY_LEXICON
    write_demo_file(tmp_path / "demo.txt", people=200)
    import_file(tmp_path / "demo.txt", tmp_path / "index")
    lexicon = imported.current()
    found = classes(lexicon, "Leïla Benali, kiné à Saint-Cyr-sur-Loire ou Tours", frozenset(["a", "sur", "ou"]))
    assert "first" in found["Leïla"]
    assert "last" in found["Benali"]
    assert found["kiné"] == {"job"}
    assert found["à"] == found["ou"] == frozenset()
    assert "city" in found["Tours"]
    assert imported.current() is lexicon


def test_a_new_import_is_followed(tmp_path: Path) -> None:
    imported = ImportedLexicon(tmp_path / "index")
    for people in (5, 300):
        write_demo_file(tmp_path / "demo.txt", people=people)
        import_file(tmp_path / "demo.txt", tmp_path / "index")
        folder = current_folder(tmp_path / "index")
        assert folder
        (name,) = json.loads((folder / LEXICON).read_text(encoding="utf-8"))["last"][-1:]
        assert "last" in classes(imported.current(), name)[name]


def test_an_index_without_words_or_with_broken_ones_is_none(tmp_path: Path) -> None:
    index = tmp_path / "index-v1-0"
    index.mkdir()
    for number, content in enumerate([None, "{", "[]", '{"first": 3}', '{"first": [], "last": []}']):
        if content is not None:
            (index / LEXICON).write_text(content, encoding="utf-8")
        (tmp_path / "current.new").write_text(index.name + "\n" * number, encoding="utf-8")
        (tmp_path / "current.new").replace(tmp_path / "current")
        assert ImportedLexicon(tmp_path).current() is EMPTY_LEXICON


def test_towns_of_several_words_and_what_the_training_knows() -> None:
    lexicon = Reading({"last": ["bonjour", "kouyate", "petit"], "city": ["LA CELLE-SAINT-AVANT", "MER"]})
    known = frozenset(["bonjour", "la", "petit", "mer"])
    found = classes(lexicon, "bonjour Kouyaté, La Celle-Saint-Avant, Mer", known)
    assert found["bonjour"] == found["Mer"] == frozenset()
    assert found["Kouyaté"] == {"last"}
    assert all(found[word] == {"city"} for word in ("La", "Celle", "Saint", "Avant"))


def test_the_rasa_server_is_told_where_the_directory_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    installation = Installation(load_settings(DATA="var", PORT=free_port()), lambda line: None)
    installation.acquire()
    rasa = installation.processes(Path("model"))[0]
    assert installation._lock
    installation._lock.close()  # held by a real run until its process ends
    assert (rasa.name, rasa.env["DIRECTORY_INDEX"]) == ("rasa", str(tmp_path / "var" / "directory"))
