"""FHIR resources in XML as their JSON, as far as what is sent to us is read (FHIR R4, "XML representation").

Strict where it is about safety: no DTD, no entities, no other namespace than FHIR's; narratives are left out. A repeating element is a list
wherever it may be one (`_LISTS`).
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.http.body import MAX_DEPTH, NestedTooDeeply

FHIR_XML = "application/fhir+xml"
_FHIR, _XHTML = "{http://hl7.org/fhir}", "{http://www.w3.org/1999/xhtml}"
_LISTS = frozenset(
    {
        "about", "address", "basedOn", "category", "coding", "communication", "contact", "contained", "endpoint", "entry", "extension",
        "generalPractitioner", "given", "identifier", "issue", "line", "link", "medium", "modifierExtension", "name", "note", "parameter",
        "part", "participant", "payload", "prefix", "profile", "qualification", "reasonCode", "reasonReference", "recipient", "replaces",
        "suffix", "telecom",
    }
)  # fmt: skip
"""Elements that are arrays in JSON. One of these names that is a single text elsewhere (the name of an organization) stays one."""
_TEXT_LISTS = frozenset({"given", "line", "prefix", "profile", "suffix"})
_BOOLEANS = {"true": True, "false": False}
_BOOLEAN_ELEMENTS = frozenset({"active", "doNotPerform", "deceasedBoolean", "valueBoolean"})
_RESOURCES = frozenset({"contained", "resource"})


def resource_from_xml(body: bytes) -> dict[str, Any]:
    """Return the resource as JSON has it. Raise ValueError where it is no FHIR in XML, NestedTooDeeply (one of them) for depth."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, UnicodeError):
        raise ValueError("the body is not XML without a DTD") from None
    return _resource(root, 0)


def _resource(element: Element, depth: int) -> dict[str, Any]:
    value = _value(element, depth)
    if not isinstance(value, dict):
        raise ValueError("a resource has elements")
    return {"resourceType": _name(element)} | value


def _value(element: Element, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise NestedTooDeeply
    if "value" in element.attrib:
        text = element.attrib["value"]
        return _BOOLEANS.get(text, text) if _name(element) in _BOOLEAN_ELEMENTS else text
    found: dict[str, Any] = {name: text for name, text in element.attrib.items() if name in ("id", "url")}
    for child in element:
        if str(child.tag).startswith(_XHTML):
            continue
        name = _name(child)
        if name in _RESOURCES:
            if len(child) != 1:
                raise ValueError("there is one resource in each place of a resource")
            value: Any = _resource(child[0], depth + 1)
        else:
            value = _value(child, depth + 1)
        _put(found, name, value)
    return found


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    many = name in _TEXT_LISTS or (name in _LISTS and isinstance(value, dict))
    if name not in found:
        found[name] = [value] if many else value
    elif isinstance(found[name], list):
        found[name].append(value)
    else:
        found[name] = [found[name], value]


def _name(element: Element) -> str:
    tag = str(element.tag)
    if not tag.startswith(_FHIR):
        raise ValueError("an element is not of FHIR's namespace")
    return tag.removeprefix(_FHIR)
