"""What the published files look like, and what becomes of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.directory import Directory, Professional, Query, UnusableFile, import_file
from bot.directory.annuaire import Row, join_rows, read_rows
from bot.directory.columns import COLUMNS
from bot.directory.places import parse_place, town_of
from bot.directory.sources import find_sources
from tests.unit.directory import editions
from tests.unit.directory.editions import activity, edition, write_zip


def imported(tmp_path: Path, text: str, encoding: str = "utf-8") -> Directory:
    (tmp_path / "f.txt").write_text(text, encoding=encoding)
    import_file(tmp_path / "f.txt", tmp_path / "index")
    return Directory(tmp_path / "index")


def person(directory: Directory, key: str = "899700000013") -> Professional:
    found = directory.get(key)
    assert found
    return found


@pytest.mark.parametrize("columns", [editions.OF_2021, COLUMNS, tuple(reversed(COLUMNS))])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_each_edition_is_read(tmp_path: Path, columns: tuple[str, ...], encoding: str) -> None:
    text = edition(activity(city="Orléans", skill="SM40", skill_label="Pédiatrie"), columns=columns)
    found = person(imported(tmp_path, text, encoding))
    assert (found.family, found.city, found.speciality, found.speciality_codes) == ("BÉRANGER", "Orléans", "Pédiatrie", ("SM40",))


@pytest.mark.parametrize(
    "heading", ["Libellé commune (coord. structure)", "Libellé commune", "LIBELLE COMMUNE (STRUCTURE)", "libellé de la commune"]
)
def test_a_heading_may_be_written_shorter(tmp_path: Path, heading: str) -> None:
    text = edition(activity(city="Blois")).replace("Libellé commune (coord. structure)", heading)
    assert person(imported(tmp_path, text)).city == "Blois"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (editions.SKILLS, "savoir-faire"),
        (editions.DIPLOMAS, "diplômes"),
        (editions.MAILBOXES, "MSSanté"),
        (editions.STRUCTURES, "FINESS"),
        (editions.STRUCTURES_OF_DATA_GOUV, "FINESS"),
        ("a|b\n1|2\n", "inconnu"),
        ("Identification nationale PP|Nom d'exercice|Prénom d'exercice|\n899700000013|B|Z|\n", "inconnu"),
    ],
)
@pytest.mark.parametrize("name", ["PS_LibreAcces_Personne_activite_202601.txt", "x.csv"])
def test_another_file_is_refused_by_what_it_is(tmp_path: Path, text: str, what: str, name: str) -> None:
    directory = imported(tmp_path, edition(activity()))
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UnusableFile, match=what):
        import_file(tmp_path / name, tmp_path / "index")
    assert directory.count() == 1


@pytest.mark.parametrize(
    ("label", "town"),
    [
        ("45032 ORLEANS CEDEX 1", "ORLEANS"),
        ("ORLEANS CEDEX", "ORLEANS"),
        ("Orléans cedex 02", "Orléans"),
        ("TOURS CEDEX9", "TOURS"),
        ("37400 AMBOISE", "AMBOISE"),
        ("CS 10329 25304 PONTARLIER CEDEX", "PONTARLIER"),
        ("GL 0X 0XX CHELTENHAM", "CHELTENHAM"),
        ("PARIS LA DEFENSE CEDEX", "PARIS LA DEFENSE"),
        ("75012 PARIS 12", "PARIS"),
        ("Paris 15e Arrondissement", "Paris 15e Arrondissement"),
        ("L'Haÿ-les-Roses", "L'Haÿ-les-Roses"),
        ("CEDEX 2", ""),
        ("", ""),
    ],
)
def test_the_town_of_a_post_office(label: str, town: str) -> None:
    assert town_of(label)[0] == town


@pytest.mark.parametrize(
    ("cells", "town"),
    [
        ({"cedex": "37400 AMBOISE", "postal": "37400"}, "AMBOISE"),
        ({"cedex": "45032 ORLEANS CEDEX 1"}, "Orléans"),
        ({"city": "ORLEANS CEDEX 2"}, "Orléans"),
        ({"city": "Pontarlier", "cedex": "25304 BESANCON CEDEX"}, "Pontarlier"),
        ({"code": "45234"}, "Orléans"),
        ({"code": "45234", "cedex": "OLIVET CEDEX"}, "Orléans"),
        ({"postal": "45000"}, "Orléans"),
        ({"postal": "41000"}, ""),  # two communes share it
        ({"code": "99999", "postal": "99999"}, ""),
    ],
)
def test_the_town_is_found_where_the_row_leaves_it_out(tmp_path: Path, cells: dict[str, str], town: str) -> None:
    others = [
        activity("899700000021", city="Orléans", code="45234", postal="45000"),
        activity("899700000039", city="Blois", code="41018", postal="41000"),
        activity("899700000047", city="Vineuil", code="41295", postal="41000"),
    ]
    found = person(imported(tmp_path, edition(activity(**cells), *others)))
    assert found.practice.city == town
    if town:
        directory = Directory(tmp_path / "index")
        assert directory.search(Query("Zoé Béranger", place=town.title()))[0].full


@pytest.mark.parametrize(
    ("cells", "departement", "asked"),
    [
        ({"postal": "97110", "city": "Pointe-à-Pitre"}, "971", "en Guadeloupe"),
        ({"postal": "97200", "city": "Fort-de-France"}, "972", "972"),
        ({"postal": "97300", "city": "Cayenne"}, "973", "Guyane"),
        ({"postal": "97400", "city": "Saint-Denis"}, "974", "à la Réunion"),
        ({"postal": "97500", "city": "Saint-Pierre"}, "975", "Saint-Pierre-et-Miquelon"),
        ({"postal": "97600", "city": "Mamoudzou"}, "976", "à Mayotte"),
        ({"postal": "97133", "city": "Saint-Barthélemy"}, "977", "Saint-Barthélemy"),
        ({"postal": "97150", "code": "97801", "city": "Saint-Martin"}, "978", "978"),
        ({"postal": "98600", "city": "Uvea"}, "986", "Wallis et Futuna"),
        ({"postal": "98714", "city": "Papeete"}, "987", "en Polynésie"),
        ({"postal": "98800", "city": "Nouméa"}, "988", "Nouvelle-Calédonie"),
        ({"code": "2A004", "city": "Ajaccio"}, "2A", "2A"),
        ({"code": "45234", "city": "Orléans"}, "45", "Loiret"),
    ],
)
def test_overseas(tmp_path: Path, cells: dict[str, str], departement: str, asked: str) -> None:
    found = person(imported(tmp_path, edition(activity(**cells))))
    assert found.practice.departement == departement
    assert parse_place(asked).resolved(lambda town: False).holds(found.practice)


def test_saint_martin_in_the_loire_is_not_in_the_antilles() -> None:
    assert parse_place("Saint-Martin").areas == frozenset()


@pytest.mark.parametrize(("number", "key"), [("99700000013", "899700000013"), ("379900018", "0379900018")])
def test_an_identification_without_its_type_is_told_by_its_length(tmp_path: Path, number: str, key: str) -> None:
    row = activity("") | {"Identifiant PP": number}
    assert person(imported(tmp_path, edition(row)), key).family == "BÉRANGER"


def test_every_skill_is_kept_with_its_code(tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text(
        edition(
            activity(city="Tours"), *(activity(skill=code, skill_label=label) for code, label in [("SM04", "Cardiologie"), ("SM26", "MG")])
        ),
        encoding="utf-8",
    )
    found = join_rows([row for _, row in read_rows(tmp_path / "f.txt") if isinstance(row, Row)])
    assert (found.speciality, found.also, found.speciality_codes) == ("Cardiologie", ("MG",), ("SM04", "SM26"))


ALL = {
    "PS_LibreAcces_SavoirFaire_202601__txt": editions.SKILLS,
    "PS_LibreAcces_Dipl_AutExerc_202601__txt": editions.DIPLOMAS,
    "Extraction_Correspondance_MSSante__txt": editions.MAILBOXES,
    "PS_LibreAcces_Personne_activite_202601__txt": edition(activity(finess="379900012")),
}


def test_the_right_member_of_a_zip_is_read_and_the_mailboxes_joined(tmp_path: Path) -> None:
    report = import_file(write_zip(tmp_path / "PS_LibreAcces.zip", **ALL), tmp_path / "index")
    assert report.files == ("PS_LibreAcces_Personne_activite_202601.txt", "Extraction_Correspondance_MSSante.txt")
    found = person(Directory(tmp_path / "index"))
    assert found.mss == ("zoe.beranger@medecin.mssante.example", "zoe.b@autre.mssante.example")
    assert found.email == found.mss[0]


@pytest.mark.parametrize("structures", [editions.STRUCTURES, editions.STRUCTURES_OF_DATA_GOUV])
def test_a_folder_may_hold_all_of_it(tmp_path: Path, structures: str) -> None:
    write_zip(tmp_path / "in.zip", **ALL)
    (tmp_path / "finess.csv").write_text(structures, encoding="cp1252")
    (tmp_path / "LISEZMOI.pdf").write_bytes(b"%PDF")
    report = import_file(tmp_path, tmp_path / "index")
    assert (report.people, report.mailboxes, report.establishments) == (1, 3, 1)
    practice = person(Directory(tmp_path / "index")).practice
    assert (practice.structure, practice.city, practice.postal_code, practice.departement) == (
        "CENTRE HOSPITALIER DES PEUPLIERS",
        "TOURS",
        "37044",
        "37",
    )
    assert practice.address == ("900 RTE DE PARIS",)
    directory = Directory(tmp_path / "index")
    for asked in ("hôpital des Peupliers", "CH des peupliers de Tours", "379900012", "centre hospitalier des Peuplier"):
        assert [match.full for match in directory.search(Query(organization=asked))] == [True], asked
    assert directory.search(Query(organization="clinique des Tilleuls")) == []


def test_what_the_row_says_is_not_replaced(tmp_path: Path) -> None:
    row = activity(finess="379900012", city="Blois", postal="41000") | {"Raison sociale site": "Le sien"}
    (tmp_path / "a.txt").write_text(edition(row), encoding="utf-8")
    (tmp_path / "finess.csv").write_text(editions.STRUCTURES, encoding="utf-8")
    import_file(tmp_path, tmp_path / "index")
    practice = person(Directory(tmp_path / "index")).practice
    assert (practice.structure, practice.city, practice.address, practice.phone) == ("Le sien", "Blois", (), "0247000000")


def test_a_zip_without_activities_says_what_is_in_it(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", **{name: text for name, text in ALL.items() if "activite" not in name})
    with pytest.raises(UnusableFile, match=r"(?s)savoir-faire.*diplômes|diplômes.*savoir-faire"):
        import_file(path, tmp_path / "index")


def test_a_zip_that_swells_is_refused_unread(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bomb.zip", PS_LibreAcces_Personne_activite__txt="|".join(COLUMNS) + "\n" + "0" * 50_000_000)
    with pytest.raises(UnusableFile, match="décompressé"):
        find_sources(path)


def test_a_broken_zip_is_told(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", **ALL)
    path.write_bytes(path.read_bytes()[:-400] + b"PK\x05\x06" + b"\x00" * 18)
    with pytest.raises(UnusableFile):
        import_file(path, tmp_path / "index")
