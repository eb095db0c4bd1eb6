"""The directory record (*fiche annuaire*): what an account request says about the person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo, model_validator

from bot.accounts.directory_record_fields import ORDER, REQUIRED, REQUIRED_ONE_OF, FieldError, validate_field
from bot.accounts.phones import display_phone
from bot.accounts.professions import recognize_profession
from bot.directory.records import Professional, proper_case, rpps_luhn_ok

__all__ = ["CHOICES", "CODES", "ORDER", "REQUIRED", "REQUIRED_ONE_OF", "Fiche", "FieldError", "missing_fields", "prefill", "validate_field"]


_NUMBERS = ("rpps", "adeli")
"""National numbers: with one of them no place is needed, since nobody else has it."""


def _validate(value: Any, info: ValidationInfo) -> Any:
    if value is None or (isinstance(value, str) and not value.strip() and info.field_name not in REQUIRED):
        return None
    return validate_field(str(info.field_name), value) if isinstance(value, str) else value


RequiredText = Annotated[str, BeforeValidator(_validate)]
OptionalText = Annotated[str | None, BeforeValidator(_validate)]


class Fiche(BaseModel):
    """The record of a person who is to have an account. Each value is in the form that `validate_field` returns.

    `profession_code` (TRE_G15, R94, R95, R85) is found from the text where it can mean one profession only, and so is the speciality.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    civility: OptionalText = None
    family: RequiredText
    given: RequiredText
    profession: RequiredText
    profession_code: str | None = None
    speciality: OptionalText = None
    rpps: OptionalText = None
    adeli: OptionalText = None
    mode: OptionalText = None
    organization: OptionalText = None
    address: OptionalText = None
    postal_code: OptionalText = None
    city: OptionalText = None
    email: OptionalText = None
    phone: OptionalText = None

    @model_validator(mode="before")
    @classmethod
    def _find_codes(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("profession_code") or not isinstance(data.get("profession"), str):
            return data
        values = dict(data)
        if profession := recognize_profession(data["profession"]):
            values["profession_code"], values["profession"] = profession.code, profession.label
            values["speciality"] = values.get("speciality") or profession.speciality
        return values

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        if not any(getattr(self, name) for name in (*REQUIRED_ONE_OF, *_NUMBERS)):
            raise FieldError(REQUIRED_ONE_OF[0], f"{REQUIRED_ONE_OF[0]}_missing")
        return self

    @classmethod
    def of(cls, values: Mapping[str, str | None]) -> Fiche:
        """Return the fiche with these values as they were typed. Raises FieldError for the first field that is not valid."""
        for name in ORDER:
            value = values.get(name)
            if value and value.strip():
                validate_field(name, value)
            elif name in REQUIRED:
                raise FieldError(name, f"{name}_missing")
        try:
            return cls.model_validate({name: value for name, value in values.items() if value})
        except ValidationError as error:
            cause = (error.errors()[0].get("ctx") or {}).get("error")
            raise (cause if isinstance(cause, FieldError) else FieldError("fiche", "fiche_invalid")) from None

    @property
    def name(self) -> str:
        """The person's given and family name: « Leïla Benali »."""
        return f"{self.given} {self.family}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """Codes of what the team looks at: "rpps_checksum" (published examples fail it too), "email_missing" (for the team to complete)."""
        unusual = ("rpps_checksum",) if self.rpps and not rpps_luhn_ok(self.rpps) else ()
        return unusual if self.email else (*unusual, "email_missing")

    def lines(self) -> list[tuple[str, str]]:
        """Return (field name, value as people read it) in the usual order, without the empty ones."""
        shown = [(name, getattr(self, name)) for name in ORDER]
        return [(name, display_phone(value) if name == "phone" else value) for name, value in shown if value]


def missing_fields(values: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return the required fields without a value, in the usual order; "organization" stands for "organization or city".

    With an RPPS or ADELI number no place is needed.
    """
    missing = {name for name in REQUIRED if not values.get(name)}
    if not any(values.get(name) for name in (*REQUIRED_ONE_OF, *_NUMBERS)):
        missing.add(REQUIRED_ONE_OF[0])
    return tuple(name for name in ORDER if name in missing)


def prefill(person: Professional, city: str = "") -> dict[str, str]:
    """Return what the directory knows of a person as values of a fiche, without what is missing or not valid there.

    `city` chooses among several places of work; otherwise the first is taken.
    """
    practice = next((p for p in person.practices if city and p.city.casefold() == city.casefold()), person.practice)
    title = {"DR": "Dr", "PR": "Pr", "MC": "Dr", "MG": "Dr", "PC": "Pr", "PG": "Pr"}.get(person.title, "")
    values = {
        "civility": title or person.civility,
        "family": proper_case(person.family),
        "given": proper_case(person.given),
        "profession": person.profession,
        "speciality": person.speciality,
        "rpps": person.rpps,
        "adeli": person.adeli,
        "mode": practice.mode or person.mode,
        "organization": practice.structure,
        "address": ", ".join(practice.address),
        "postal_code": practice.postal_code,
        "city": proper_case(practice.city),
        "email": practice.email or person.email,
    }
    phones = (_valid_or_none("phone", phone) for phone in (practice.phone, person.phone) if phone)
    known = {name: valid for name, value in values.items() if value and (valid := _valid_or_none(name, value))}
    phone = next((phone for phone in phones if phone), None)
    return {**known, "phone": phone} if phone else known


def _valid_or_none(name: str, value: str) -> str | None:
    try:
        return validate_field(name, value)
    except FieldError:
        return None


CHOICES = {"civility": ("M", "Mme", "Dr", "Pr"), "mode": ("libéral", "salarié", "bénévole")}
"""Fields with a fixed choice and their values, for buttons."""

CODES = {"mode": {"libéral": "L", "salarié": "S", "bénévole": "B"}, "civility": {"M": "M", "Mme": "MME"}, "title": {"Dr": "DR", "Pr": "PR"}}
"""Codes of TRE_R23 ("mode"), R81 ("civility") and R11 ("title") for the values."""
