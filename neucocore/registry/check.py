"""Install the plugins of the registry, each on its own, and compare and test what they provide."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from neucocore.components.catalogue import KnownPlugin
from neucocore.components.specs import KINDS
from neucocore.errors import ConfigError, NeucoError
from neucocore.files.yaml_document import Document
from neucocore.registry.environment import Environment
from neucocore.registry.file import position


def check_live(
    document: Document,
    plugins: Sequence[KnownPlugin],
    install: Callable[[Environment, KnownPlugin], None],
    progress: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Install every plugin into its own environment and run the conformance kit there.

    Parameters
    ----------
    document, plugins
        As returned by `neucocore.registry.file.load_registry`.
    install
        Installs a plugin's distribution, together with the core, into an environment.
    progress
        Called with the name of each plugin before it is installed.

    Returns
    -------
    list of dict
        Per plugin ``name``, ``distribution``, ``version``, ``status`` (``passed`` or ``failed``),
        ``problems`` and ``checks`` (number of checks by status).
    """
    rows = []
    for plugin in plugins:
        progress(plugin.name)
        at = partial(document.place, "plugins", position(document, plugin))
        with tempfile.TemporaryDirectory(prefix="neuco-registry-") as folder:
            rows.append(_check_plugin(plugin, Path(folder), install, at))
    return rows


def _check_plugin(
    plugin: KnownPlugin,
    folder: Path,
    install: Callable[[Environment, KnownPlugin], None],
    at: Callable[[str], str],
) -> dict[str, Any]:
    version = ""
    problems: list[str] = []
    checks: Counter[str] = Counter()
    try:
        environment = Environment(folder / "environment")
        install(environment, plugin)
        installed = _installed_plugin(environment, plugin)
        version = installed.get("version", "")
        if installed.get("status") != "loaded":
            reason = installed.get("detail", "it is not installed")
            problems.append(f"{at('name')}: the plugin does not load: {reason}")
        elif plugin.provides:
            components = _json_output(environment, "list", "--json")
            problems += _differences(plugin, components, at)
            records = _json_output(environment, "plugins", "check", plugin.name, "--json")
            problems += [
                f"{at('name')}: {record['id']}: {record['reason']}"
                for record in records
                if record["status"] == "failed"
            ]
            checks.update(record["status"] for record in records)
    except NeucoError as error:
        problems.append(f"{at('distribution')}: {error}")
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": version,
        "status": "failed" if problems else "passed",
        "problems": problems,
        "checks": dict(checks),
    }


def _installed_plugin(environment: Environment, plugin: KnownPlugin) -> dict[str, Any]:
    rows = _json_output(environment, "plugins", "list", "--json")
    return next((row for row in rows if row["name"] == plugin.name), {})


def _json_output(environment: Environment, *arguments: str) -> list[dict[str, Any]]:
    result = environment.neuco(*arguments)
    try:
        rows: list[dict[str, Any]] = json.loads(result.stdout)
    except ValueError:
        raise ConfigError(
            f"neuco {' '.join(arguments)} printed no JSON",
            problems=result.stderr.strip().splitlines()[-3:],
            hint="install the plugin in a new environment and run the command there",
        ) from None
    return rows


def _differences(
    plugin: KnownPlugin, rows: Sequence[dict[str, Any]], at: Callable[[str], str]
) -> Iterator[str]:
    for kind in KINDS:
        installed = {r["name"] for r in rows if r["kind"] == kind and r["plugin"] == plugin.name}
        listed = set(plugin.provides.get(f"{kind}s", ()))
        if missing := sorted(listed - installed):
            yield (
                f"{at('provides')}: the plugin does not provide the {kind} {', '.join(missing)}; "
                "remove it from the list"
            )
        if unlisted := sorted(installed - listed):
            yield (
                f"{at('provides')}: the plugin also provides the {kind} {', '.join(unlisted)}; "
                "add it to the list"
            )
