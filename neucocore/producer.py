"""Which code produced a result: distribution, version, and what identifies an unreleased one."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import json
from pathlib import Path
from typing import Any

from neucocore.discovery import Component

CORE_DISTRIBUTION = "neucocore"


@functools.cache
def identity_of(distribution: str) -> dict[str, Any]:
    """Return name, version and, where there is one, commit, editable flag and RECORD hash.

    Parameters
    ----------
    distribution
        An installed distribution, or the name of a plugin file (then only its name is known).
    """
    try:
        installed = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return {"distribution": distribution, "version": ""}
    identity: dict[str, Any] = {"distribution": distribution, "version": installed.version}
    origin = _direct_url(installed)
    if origin.get("dir_info", {}).get("editable"):
        identity["editable"] = True
    if commit := origin.get("vcs_info", {}).get("commit_id"):
        identity["commit"] = commit
    record = installed.read_text("RECORD")
    if record and "editable" not in identity:
        identity["record"] = hashlib.sha256(record.encode()).hexdigest()
    return identity


def producer_of(component: Component) -> dict[str, Any]:
    """Return what of a component's code decides its results, for keys.

    A release is known by its version; the code of an editable install or of a single file may
    change under the same version, so there the sources themselves are digested.
    """
    identity = identity_of(component.distribution)
    producer: dict[str, Any] = {
        "component": component.full_name,
        "component_version": component.spec.version,
        "distribution": component.distribution,
        "version": identity["version"],
    }
    if identity.get("editable") or not identity["version"]:
        producer["sources"] = _sources_digest(component)
    return producer


def _direct_url(installed: importlib.metadata.Distribution) -> dict[str, Any]:
    text = installed.read_text("direct_url.json")
    return json.loads(text) if text else {}


def _sources_digest(component: Component) -> str:
    factory = component.spec.factory
    module = factory.partition(":")[0] if isinstance(factory, str) else factory.__module__
    return _digest_of_package(module)


@functools.cache
def _digest_of_package(module: str) -> str:
    """Digest the sources next to a module: the plugin's package, or one room of the core."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    folder = Path(spec.origin).parent
    digest = hashlib.sha256()
    in_package = (folder / "__init__.py").exists()
    for path in sorted(folder.rglob("*.py")) if in_package else [Path(spec.origin)]:
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
