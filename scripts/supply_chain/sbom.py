"""The software bill of materials of a lock file, in CycloneDX's JSON."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

from supply_chain.lock_file import Pin


def bill(project: dict[str, Any], pins: Iterable[Pin]) -> dict[str, Any]:
    """The bill. It has no date and no serial number: the same lock gives the same bill."""
    name, version = project["name"], project["version"]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": f"pkg:pypi/{name}@{version}",
                "name": name,
                "version": version,
                "licenses": [{"expression": project["license"]}],
                "purl": f"pkg:pypi/{name}@{version}",
            }
        },
        "components": [_component(pin) for pin in pins],
    }


def _component(pin: Pin) -> dict[str, Any]:
    purl = f"pkg:pypi/{pin.name}@{pin.version}"
    hashes = [{"alg": "SHA-256", "content": one} for one in pin.hashes]
    files = {"type": "distribution", "url": f"https://pypi.org/project/{pin.name}/{pin.version}/"}
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": pin.name,
        "version": pin.version,
        "purl": purl,
        "externalReferences": [{**files, "hashes": hashes}],
    }
    if licence := _licence(pin):
        found["licenses"] = [licence]
    if pin.requirement.marker is not None:
        marker = str(pin.requirement.marker)
        found["properties"] = [{"name": "plumbline:environment_marker", "value": marker}]
    return found


def _licence(pin: Pin) -> dict[str, Any] | None:
    """As the package names it, where it is installed. Older packages have the text in the field."""
    try:
        installed = metadata(pin.name)
    except PackageNotFoundError:
        return None
    if installed["Version"] != pin.version:
        return None
    if expression := installed["License-Expression"]:
        return {"expression": expression}
    classifiers = installed.get_all("Classifier") or []
    names = [
        installed["License"] or "",
        *(one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: ")),
    ]
    named = next((one for one in names if one and "\n" not in one), None)
    return {"license": {"name": named}} if named else None
