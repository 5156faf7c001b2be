"""The command that installs a module which a plugin's code cannot import."""

from __future__ import annotations

import importlib.metadata

from neucocore.components.distributions import distribution as installed_distribution

NOT_FOR_USERS = frozenset({"dev", "doc", "docs", "test", "tests"})
"""Extras for people who develop the plugin."""


def install_hint(distribution: str, module: str) -> str:
    """Return the command that installs a distribution together with a missing module.

    The command names the distribution, and the extra of it that requires the module. It never
    names the module itself, because a module and the distribution that contains it can have
    different names (``sklearn``, ``scikit-learn``).

    Parameters
    ----------
    distribution
        The distribution whose code imports the module.
    module
        Dotted name of the missing module.
    """
    # Imported here because it is needed for this message only.
    from packaging.utils import canonicalize_name

    package = module.partition(".")[0]
    try:
        metadata = installed_distribution(distribution).metadata
    except importlib.metadata.PackageNotFoundError:  # a single file given with --plugin-path
        return f"install the package that provides the Python module {package!r}"
    name = canonicalize_name(package)
    if name in _requirements(distribution, extra=""):
        return f"pip install --upgrade {distribution}"
    extras = [e for e in metadata.get_all("Provides-Extra") or () if e not in NOT_FOR_USERS]
    matching = [extra for extra in extras if name in _requirements(distribution, extra)] or extras
    if len(matching) == 1:
        return f"pip install '{distribution}[{matching[0]}]'"
    return f"pip install --upgrade {distribution}"


def _requirements(distribution: str, extra: str) -> set[str]:
    """Return the names of the distributions that are required with one extra, or with none."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    requirements = map(Requirement, installed_distribution(distribution).requires or ())
    return {
        canonicalize_name(requirement.name)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra})
    }


def missing_extras(distribution: str) -> dict[str, list[str]]:
    """Return the extras of a distribution for users that are not installed, and what they lack.

    Raises
    ------
    PackageNotFoundError
        The distribution is not installed.
    """
    metadata = installed_distribution(distribution).metadata
    always = missing_requirements(distribution)
    extras = {
        extra: [
            text for text in missing_requirements(distribution, extra=extra) if text not in always
        ]
        for extra in metadata.get_all("Provides-Extra") or ()
        if extra not in NOT_FOR_USERS
    }
    return {extra: missing for extra, missing in extras.items() if missing}


def missing_requirements(distribution: str, extra: str = "") -> list[str]:
    """Return the requirements of a distribution that are not installed.

    Each is written as pip takes it, such as ``rasterio>=1.4``.

    Parameters
    ----------
    extra
        The extra whose requirements count as well; none by default.

    Raises
    ------
    PackageNotFoundError
        The distribution is not installed.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    missing = []
    for text in installed_distribution(distribution).requires or ():
        try:
            requirement = Requirement(text)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            version = installed_distribution(requirement.name).version
        except importlib.metadata.PackageNotFoundError:
            missing.append(_without_marker(text))
            continue
        except InvalidRequirement:
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            missing.append(_without_marker(text))
    return missing


def _without_marker(requirement: str) -> str:
    return requirement.partition(";")[0].strip()
