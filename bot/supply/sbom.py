"""The software bill of materials: CycloneDX 1.6 as JSON, from the lock files alone."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from bot.supply.locks import LockedPackage

NAME = "sphere-assistant"
ENVIRONMENT, MARKER = "sphere:environment", "sphere:marker"
"""Names of the properties that say in which environment a package is, and where it is installed at all."""


def bill_of_materials(packages: Sequence[LockedPackage], version: str, now: datetime) -> str:
    """Return the bill of materials of these packages.

    Its serial number is that of its content: the same locks have the same one, whenever it is made.
    """
    bom = Bom()
    bom.metadata.timestamp = now
    bom.metadata.component = root = Component(name=NAME, version=version, type=ComponentType.APPLICATION, bom_ref=NAME)
    components = [_component(package) for package in packages]
    bom.components.update(components)
    bom.register_dependency(root, components)
    digest = hashlib.sha256("\n".join(map(repr, packages)).encode()).hexdigest()
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, digest)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _component(package: LockedPackage) -> Component:
    namespace, _, name = package.name.rpartition("/")
    properties = [Property(name=ENVIRONMENT, value=package.environment)]
    if package.marker:
        properties.append(Property(name=MARKER, value=package.marker))
    return Component(
        name=name,
        group=namespace or None,
        version=package.version,
        type=ComponentType.LIBRARY,
        scope=ComponentScope.OPTIONAL if package.marker else ComponentScope.REQUIRED,
        purl=PackageURL(package.kind, namespace or None, name, package.version),
        bom_ref=f"{package.environment}:{package.kind}/{package.name}@{package.version}:{package.marker}",
        hashes=[HashType(alg=HashAlgorithm.SHA_512, content=package.sha512)] if package.sha512 else [],
        properties=properties,
    )
