from __future__ import annotations

from pathlib import Path

import pytest

from bot.directory import Professional, UnusableFile
from bot.directory.annuaire import Rejected, Row, join_rows, read_rows
from bot.directory.columns import CELLS, COLUMNS
from bot.sandbox.demo_directory import write_demo_file


def line(**cells: str) -> str:
    """A row of the file, `cells` by the names of `CELLS`."""
    values = dict.fromkeys(COLUMNS, "") | {CELLS[name]: value for name, value in cells.items()}
    return "|".join(values.values())


def nurse(key: str = "899700000013", **cells: str) -> str:
    return line(**{"national": key, "family": "BÉRANGER", "given": "Zoé", "profession": "Infirmier", **cells})


def write(path: Path, *lines: str, encoding: str = "utf-8", header: str = "|".join(COLUMNS)) -> Path:
    path.write_bytes("\n".join([header, *lines, ""]).encode(encoding))
    return path


def rows(path: Path) -> list[Row | Rejected]:
    return [row for _, row in read_rows(path)]


def test_the_file_has_56_columns() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 56
    assert set(CELLS.values()) <= set(COLUMNS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_both_encodings_are_told_apart(tmp_path: Path, encoding: str) -> None:
    (row,) = rows(write(tmp_path / "f.txt", nurse(), encoding=encoding))
    assert isinstance(row, Row)
    assert (row.family, row.given) == ("BÉRANGER", "Zoé")


def test_an_ascii_header_leaves_the_encoding_to_the_rows(tmp_path: Path) -> None:
    header = "Identification nationale PP|Nom d'exercice|Prenom d'exercice"
    path = write(tmp_path / "f.txt", "899700000013|PETIT|Anne", "899700000021|BÉRANGER|Zoé", encoding="cp1252", header=header)
    assert [row.family for row in rows(path) if isinstance(row, Row)] == ["PETIT", "BÉRANGER"]


def test_columns_are_found_by_name_in_any_order_and_spelling(tmp_path: Path) -> None:
    header = "NOM D’EXERCICE|Something new|identification nationale pp|Prenom d'exercice"
    (row,) = rows(write(tmp_path / "f.txt", "PETIT|x|899700000013|Anne", header=header))
    assert isinstance(row, Row)
    assert (row.key, row.family, row.given, row.city) == ("899700000013", "PETIT", "Anne", "")


def test_a_separator_at_the_end_of_each_line_is_no_column(tmp_path: Path) -> None:
    (row,) = rows(write(tmp_path / "f.txt", nurse() + "|", header="|".join(COLUMNS) + "|"))
    assert isinstance(row, Row)


def test_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(f"{'|'.join(COLUMNS)}\r\n{nurse(role='')}\r\n".encode())
    (row,) = rows(path)
    assert isinstance(row, Row)


def test_bad_rows_are_told_by_line_and_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "f.txt", nurse(), "a|b", nurse(family=""), nurse(key=""), nurse(given="x" * 70_000), "", nurse())
    with path.open("ab") as file:
        file.write(nurse().replace("É", "\udcff").encode("utf-8", "surrogateescape") + b"\n")
    read = rows(path)
    assert [row.line for row in read if isinstance(row, Rejected)] == [3, 4, 5, 6, 9]
    reasons = [row.reason for row in read if isinstance(row, Rejected)]
    assert reasons[0] == "2 colonnes au lieu de 56"
    assert "nom d’exercice" in reasons[1]
    assert "identification" in reasons[2]
    assert "octets" in reasons[3]
    assert "UTF-8" in reasons[4]
    assert len(read) == 7


def test_the_identification_can_be_put_together(tmp_path: Path) -> None:
    (row,) = rows(write(tmp_path / "f.txt", nurse(key="", id_type="0", identifier="379900018")))
    assert isinstance(row, Row)
    assert row.key == "0379900018"
    assert join_rows([row]).adeli == "379900018"


@pytest.mark.parametrize("content", [b"", b"hello", b"a|b|c\n1|2|3\n", b"\x00\xff\x81" * 100])
def test_a_file_without_usable_header_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(content)
    with pytest.raises(UnusableFile, match="Annuaire Santé"):
        rows(path)


def test_rows_of_a_person_are_joined(tmp_path: Path) -> None:
    path = write(
        tmp_path / "f.txt",
        nurse(city="Tours", postal_code="37000", email="", phone="0261910001"),
        nurse(city="Blois", postal_code="41000", email="zoe@blois.example", speciality="Pratique avancée", mode="L"),
        nurse(city="Tours", postal_code="37000", email="", phone="0261910001", profession="Ostéopathe"),
    )
    person: Professional = join_rows([row for row in rows(path) if isinstance(row, Row)])
    assert (person.rpps, person.profession, person.speciality, person.mode) == (
        "99700000013",
        "Infirmier",
        "Pratique avancée",
        "L",
    )
    assert [practice.city for practice in person.practices] == ["Tours", "Blois"]
    assert person.also == ("Ostéopathe",)
    assert (person.email, person.phone) == ("zoe@blois.example", "0261910001")
    assert [practice.departement for practice in person.practices] == ["37", "41"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_demo_file_is_read_without_a_reject(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "demo.txt"
    write_demo_file(path, people=300, encoding=encoding)
    assert not [row for row in rows(path) if isinstance(row, Rejected)]
