"""Which code produced a result: distribution, version, and a digest of unreleased code."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import json
from pathlib import Path
from typing import Any

from neucocore.components.discovery import Component
from neucocore.components.distributions import distribution as installed_distribution
from neucocore.components.imported_files import own_files

CORE_DISTRIBUTION = "neucocore"


@functools.cache
def identity_of(distribution: str) -> dict[str, Any]:
    """Return what identifies an installed distribution.

    Parameters
    ----------
    distribution
        An installed distribution, or the name of a single-file plugin, which has no version.

    Returns
    -------
    dict
        ``distribution`` and ``version``, and where they apply ``commit``, ``editable`` and
        ``record``, a digest of the installed code.
    """
    try:
        installed = installed_distribution(distribution)
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
    """Return what identifies the code of a component, for keys.

    A release is identified by its version. The code of an editable install or of a single-file
    plugin can change under the same version, so its sources are digested.
    """
    identity = identity_of(component.distribution)
    code: dict[str, Any] = {
        "component": component.full_name,
        "component_version": component.spec.version,
        "distribution": component.distribution,
        "version": identity["version"],
    }
    if component.sources:
        code |= {"version": "", "sources": component.sources}
    elif identity.get("editable") or not identity["version"]:
        code["sources"] = _sources_digest(component)
    return code


def forget_sources() -> None:
    """Digest sources again when they are needed next: files may have changed."""
    _digest_of_sources.cache_clear()


def core_code(module: str) -> dict[str, Any]:
    """Return what identifies a part of the core's code, for keys: its version, or its sources.

    Parameters
    ----------
    module
        A package or module of the core, such as ``neucocore.evaluation``.
    """
    identity = identity_of(CORE_DISTRIBUTION)
    code: dict[str, Any] = {"distribution": CORE_DISTRIBUTION, "version": identity["version"]}
    if identity.get("editable") or not identity["version"]:
        code["sources"] = _digest_of_sources(module)
    return code


def _direct_url(installed: importlib.metadata.Distribution) -> dict[str, Any]:
    text = installed.read_text("direct_url.json")
    return json.loads(text) if text else {}


def _code_record(installed: importlib.metadata.Distribution) -> str:
    """Return a digest of the file hashes in RECORD, empty if there is no RECORD.

    Metadata and scripts are left out: they depend on the installer and the location.
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
        return ""  # a task whose labels are read from a file, which has its own digest
    module = factory.partition(":")[0] if isinstance(factory, str) else factory.__module__
    top, _, _ = module.partition(".")
    # All of a plugin, but only one package of the core: a change elsewhere in the core would make
    # every key invalid.
    return _digest_of_sources(module.rpartition(".")[0] if top == CORE_DISTRIBUTION else top)


@functools.cache
def _digest_of_sources(module: str) -> str:
    """Digest all Python files of a package, or those of a module; empty if it has none.

    Those of a module are its own file and the own files that it imports (`own_files`).
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    file = Path(spec.origin)
    is_package = spec.submodule_search_locations is not None
    digest = hashlib.sha256()
    for path in sorted(file.parent.rglob("*.py")) if is_package else own_files(file):
        name = path.relative_to(file.parent) if path.is_relative_to(file.parent) else path
        digest.update(name.as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
