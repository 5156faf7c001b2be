"""Which code produced a result: distribution, version, and what identifies an unreleased one."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import json
from pathlib import Path
from typing import Any

from neucocore.components.discovery import Component

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
    if commit := origin.get("vcs_info", {}).get("commit_id"):
        identity["commit"] = commit
    if origin.get("dir_info", {}).get("editable"):
        identity["editable"] = True
    elif record := _code_record(installed):
        identity["record"] = record
    return identity


def code_identity(component: Component) -> dict[str, Any]:
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


def core_code(room: str) -> dict[str, Any]:
    """Return what of the core's own code decides a result, for keys: version, or sources.

    Parameters
    ----------
    room
        A package or module of the core, such as ``neucocore.evaluation``.
    """
    identity = identity_of(CORE_DISTRIBUTION)
    code: dict[str, Any] = {"distribution": CORE_DISTRIBUTION, "version": identity["version"]}
    if identity.get("editable") or not identity["version"]:
        code["sources"] = _digest_of_sources(room)
    return code


def _direct_url(installed: importlib.metadata.Distribution) -> dict[str, Any]:
    text = installed.read_text("direct_url.json")
    return json.loads(text) if text else {}


def _code_record(installed: importlib.metadata.Distribution) -> str:
    """Return the digest of RECORD's file hashes, or an empty text if there is no RECORD.

    The lines about metadata and scripts are left out: they depend on who installed, and where.
    """
    lines = sorted(
        f"{file.as_posix()} {file.hash.value}"
        for file in installed.files or ()
        if file.hash is not None
        and file.parts[0] != ".."
        and not file.parts[0].endswith(".dist-info")
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else ""


def _sources_digest(component: Component) -> str:
    factory = component.spec.factory
    if factory == "":
        return ""  # labels read as they are: the core's code, and they have a digest of their own
    module = factory.partition(":")[0] if isinstance(factory, str) else factory.__module__
    top, _, _ = module.partition(".")
    # The core is too large to count as a whole: one of its rooms, but all of a plugin.
    return _digest_of_sources(module.rpartition(".")[0] if top == CORE_DISTRIBUTION else top)


@functools.cache
def _digest_of_sources(module: str) -> str:
    """Digest all Python files of a package, or the one of a module."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    file = Path(spec.origin)
    is_package = spec.submodule_search_locations is not None
    digest = hashlib.sha256()
    for path in sorted(file.parent.rglob("*.py")) if is_package else [file]:
        digest.update(path.relative_to(file.parent).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
