"""Names told by their word, bare names, spelled names."""

from __future__ import annotations

import pytest

from bot.core.told_names import MAX_READ, bare_names, join_spelled, names_only_label, read_told_names, spelled_name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("le nom : Moulins", {"family": "Moulins"}),
        ("le nom c'est Perrin et le prénom Odette", {"family": "Perrin", "given": "Odette"}),
        ("nan le nom c pa T c BERTAUD et le prénom Mélissa", {"family": "BERTAUD", "given": "Mélissa"}),
        ("Moulins c'est son nom de famille, la ville c'est Vierzon", {"family": "Moulins", "city": "Vierzon"}),
        ("Perrin, c'est son nom de mariage, de naissance c'est Lacour", {"used": "Perrin", "birth": "Lacour"}),
        ("le prénom c'est Odette pas Paul, et son nom d’usage Perrin", {"given": "Odette", "used": "Perrin"}),
        ("née Caillaud", {"birth": "Caillaud"}),
        ("prénoms : Marie, Jeanne", {"given": "Marie Jeanne"}),
        ("le nom c'est de La Tour d'Auvergne et le prénom Anne", {"family": "de La Tour d'Auvergne", "given": "Anne"}),
        ("nom : Bon", {"family": "Bon"}),
        ("née le 3 mars 1941", {}),
        ("le nom est faux", {}),
        ("ouvre un dossier au nom de Henri Garnaud", {}),
        ("quel est le nom du professionnel", {}),
        ("me demande pas son nom de famille je l'ai pas là", {}),
        ("date de naissance : 12 mars", {}),
    ],
)
def test_told_names(text: str, names: dict[str, str]) -> None:
    assert read_told_names(text).names == names


def test_what_a_name_is_not() -> None:
    told = read_told_names("non Sandrine c'est pas son nom c'est son prénom, laissez le nom vide")
    assert (told.names, told.denied) == ({"given": "Sandrine"}, {"family": "Sandrine"})
    assert read_told_names("Moulin ça s'écrit Moulins").respelt == ("Moulin", "Moulins")
    assert read_told_names("La dame c'est Odette Perrin").whole == "Odette Perrin"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("B E R T A U D", "Bertaud"), ("K-E-R-V-E-L-L-A", "Kervella"), ("B.E.R.T.", "Bert"), ("b e r t a u d", "Bertaud"),
        ("K E R V E 2 L A", "Kervella"), ("J.-P. Martin", ""), ("le nom c T c Bertaud", ""), ("il y a l'ADMR", ""),
    ],
)  # fmt: skip
def test_spelled_names(text: str, name: str) -> None:
    assert spelled_name(text) == name


def test_a_spelled_name_leaves_its_sentence() -> None:
    assert join_spelled("c'est Bertaud, B E R T A U D. le rpps") == "c'est Bertaud, Bertaud. le rpps"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ben Raymond ! juste Raymond", ["Raymond"]),
        ("bah Jennifer, je vous l'ai dit", ["Jennifer"]),
        ("Tessier, je vous l'ai dit. Raymond, né le 3 mars", ["Tessier", "Raymond"]),
        ("Yvonne tout court", ["Yvonne"]),
        ("Le Gall", ["Le Gall"]),
        ("je ne sais pas", []),
    ],
)
def test_bare_names(text: str, names: list[str]) -> None:
    assert bare_names(text) == names


def test_the_word_alone() -> None:
    assert [names_only_label(text) for text in ("le nom de famille", "corriger le prénom", "nom : Petit", "Petit")] == [
        "family",
        "given",
        None,
        None,
    ]


@pytest.mark.parametrize("text", ["," * 2000 + " nom" * 500, "a" * 4000, " " * 4000, "A " * 2000, "le nom c'est " * 300, "\n" * 4000])
def test_a_huge_text_is_read_as_far_as_a_record_goes(text: str) -> None:
    assert len(read_told_names(text).head) <= MAX_READ
