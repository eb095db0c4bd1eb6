"""What a region's platform calls things: systems, codes, roles, profiles, and which Practitioners are accounts.

`mapping.toml` has the defaults; the file of `PLATFORM_MAPPING` gives what is otherwise on the platform that is used (docs/integration.md).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.fhir.resources import Resource

Text = Annotated[str, Field(min_length=1, pattern=r"^\S.*$")]
TextOrNone = Annotated[str, Field(pattern=r"^\S*$")]
IdentifierUse = Literal["usual", "secondary", "temp", "old", "official"]
ProfileKey = Literal["patient", "practitioner", "practitioner_role", "organization", "care_team", "linkage"]
_PROFESSIONS = ("TRE_G15", "TRE_R94", "TRE_R95", "TRE_R291", "TRE_R85")
_OWN = re.compile(r"SPH-(\d{4})-(\d{6})")


class MappingError(Exception):
    """The mapping file cannot be used; the message names the file and the key."""


class Part(BaseModel):
    """A table of the mapping file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DossierMapping(Part):
    """How a dossier's reference stands on a Patient; the assistant and its users know it as `SPH-<year>-<number>`."""

    system: Text
    any_system: bool
    pattern: Text
    value: Text
    use: IdentifierUse
    type_system: TextOrNone
    type_code: TextOrNone
    type_display: str

    @field_validator("use")
    @classmethod
    def _is_not_the_ins(cls, use: IdentifierUse) -> IdentifierUse:
        if use == "official":
            raise ValueError("official is for the INS (FR Core)")
        return use

    @model_validator(mode="after")
    def _reads_what_it_writes(self) -> DossierMapping:
        try:
            reads = {"year", "number"} <= set(re.compile(self.pattern).groupindex)
        except re.error as error:
            raise ValueError(f"pattern is not a regular expression: {error}") from None
        try:
            written = self.written("SPH-2024-000137")
        except (KeyError, IndexError, ValueError):
            raise ValueError("value may have {year} and {number} only") from None
        if not reads or self.reference_of({"system": self.system, "value": written}) != "SPH-2024-000137":
            raise ValueError("pattern must read what value writes, with the groups year and number")
        return self

    def written(self, reference: str) -> str:
        """Return a reference as the value of the platform's identifier."""
        found = _OWN.fullmatch(reference)
        if found is None:
            raise ValueError("not the reference of a dossier")
        return self.value.format(year=found[1], number=found[2])

    def reference_of(self, identifier: Mapping[str, Any]) -> str | None:
        """Return the reference that an identifier of a Patient is, as people are told it; None where it is another number."""
        if not self.any_system and identifier.get("system") != self.system:
            return None
        found = self._pattern.fullmatch(str(identifier.get("value", "")))
        reference = f"SPH-{found['year']}-{found['number']}" if found else ""
        return reference if _OWN.fullmatch(reference) else None

    def identifier(self, reference: str) -> Resource:
        """Return the Identifier of a new dossier."""
        coding = {"system": self.type_system, "code": self.type_code, "display": self.type_display}
        concept = {"type": {"coding": [{name: value for name, value in coding.items() if value}]}} if self.type_code else {}
        return {"use": self.use, **concept, "system": self.system, "value": self.written(reference)}

    def token(self, reference: str) -> str:
        """Return what a search by this reference gives for `identifier`."""
        return self.written(reference) if self.any_system else f"{self.system}|{self.written(reference)}"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


class Marks(Part):
    """Systems of identifiers by which the assistant finds again what it created."""

    dossier_request: Text
    account_request: Text
    team: Text
    role: Text
    organization: Text


class Identifiers(Part):
    """Systems of national identifiers, and of their types (`identifier.type`)."""

    rpps: Text
    idnps: Text
    adeli: Text
    finess: Text
    siret: Text
    ins_nir: Text
    ins_nia: Text
    type_system: Text


class Code(Part):
    """A code with its display."""

    system: Text
    code: str
    display: str

    @property
    def coding(self) -> Resource:
        """The FHIR Coding."""
        return {"system": self.system, "code": self.code} | ({"display": self.display} if self.display else {})

    def is_in(self, concept: Mapping[str, Any]) -> bool:
        """Return whether a CodeableConcept has this code."""
        codings = concept.get("coding") or []
        return bool(self.code) and any(one.get("system") == self.system and one.get("code") == self.code for one in codings)


class RequiredCode(Code):
    """A code that is never left out."""

    code: Text


class AccountMapping(Part):
    """Which Practitioners are accounts. What is empty is not asked."""

    active: bool
    identifier_system: TextOrNone
    tag: TextOrNone
    profile: TextOrNone

    @field_validator("tag")
    @classmethod
    def _is_a_token(cls, tag: str) -> str:
        if tag and not all(tag.partition("|")[::2]):
            raise ValueError("system|code")
        return tag

    def accepts(self, practitioner: Resource) -> bool:
        """Return whether a Practitioner is an account that is open."""
        meta = practitioner.get("meta") or {}
        system, _, code = self.tag.partition("|")
        return (
            (practitioner.get("active") is True or (not self.active and practitioner.get("active") is None))
            and (not self.identifier_system or self.identifier_system in _values(practitioner, "identifier", "system"))
            and (not self.tag or any(one.get("system") == system and one.get("code") == code for one in meta.get("tag") or []))
            and (not self.profile or self.profile in [str(url).partition("|")[0] for url in meta.get("profile") or []])
        )

    @property
    def criteria(self) -> tuple[tuple[str, str], ...]:
        """What a search for accounts asks besides its own; `accepts` decides."""
        identifier = f"{self.identifier_system}|" if self.identifier_system else ""
        asked = (("active", "true" if self.active else ""), ("identifier", identifier), ("_tag", self.tag), ("_profile", self.profile))
        return tuple((name, value) for name, value in asked if value)


class Identity(Code):
    """How reliable the identity of a new Patient is: an extension, and the code of its status."""

    extension: Text
    birth_given_names: Text


class Email(Part):
    """E-mail addresses among contact points, and what marks those of MSSanté."""

    systems: Annotated[list[Text], Field(min_length=1)]
    mssante_domains: list[Text]
    type_extension: Text
    type_system: Text
    mssante_code: Text

    def is_mssante(self, address: str) -> bool:
        """Return whether an address is one of MSSanté, by its domain."""
        domain = address.lower().rpartition("@")[2]
        return any(domain == one or domain.endswith(f".{one}") for one in self.mssante_domains)


class PlatformMapping(Part):
    """The mapping of one platform."""

    dossier: DossierMapping
    marks: Marks
    identifiers: Identifiers
    referent: RequiredCode
    function: Code
    other_function: Code
    code_systems: dict[str, Text]
    account: AccountMapping
    identity: Identity
    email: Email
    profiles: dict[ProfileKey, list[Text]]

    @cached_property
    def profession_systems(self) -> tuple[str, ...]:
        """Systems of the lists of professions, those by law first."""
        return tuple(self.code_systems[name] for name in _PROFESSIONS if name in self.code_systems)

    def function_of(self, codings: Iterable[Mapping[str, Any]]) -> Resource | None:
        """Return the function, as a CodeableConcept, of a participant whose profession these codings are; None where none is written."""
        is_health = any(coding.get("system") == self.code_systems.get("TRE_G15") for coding in codings)
        code = self.function if is_health else self.other_function
        return {"coding": [code.coding]} if code.code else None

    def meta(self, kind: ProfileKey) -> Resource:
        """Return `{"meta": …}` with the profiles that a new resource claims; an empty dict where it claims none."""
        return {"meta": {"profile": list(self.profiles[kind])}} if self.profiles[kind] else {}

    def identifier(self, system: str, value: str, type_code: str, use: str = "official") -> Resource:
        """Return an Identifier with its type, of FR Core's table 0203."""
        return {
            "use": use,
            "type": {"coding": [{"system": self.identifiers.type_system, "code": type_code}]},
            "system": system,
            "value": value,
        }


def load_mapping(file: Path | None = None) -> PlatformMapping:
    """Return the defaults, with what `file` has otherwise. Raises MappingError."""
    values = tomllib.loads(files(__package__).joinpath("mapping.toml").read_text(encoding="utf-8"))
    if file is not None:
        _put_over(values, _read(file), file, "")
    try:
        return PlatformMapping.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise MappingError(f"{file or 'mapping.toml'}: {key}: {first['msg'].removeprefix('Value error, ')}") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise MappingError(f"{file} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{file} is not TOML: {error}") from None


def _put_over(values: dict[str, Any], others: dict[str, Any], file: Path, path: str) -> None:
    for key, value in others.items():
        if isinstance(values.get(key), dict):
            if not isinstance(value, dict):
                raise MappingError(f"{file}: {path}{key}: a table")
            _put_over(values[key], value, file, f"{path}{key}.")
        else:
            values[key] = value


def _values(resource: Resource, element: str, name: str) -> list[str]:
    return [str(one.get(name, "")) for one in resource.get(element) or []]


DEFAULT_MAPPING = load_mapping()
"""The packaged mapping: that of the sandbox, and of a platform whose region gives no file."""
