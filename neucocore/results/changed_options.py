"""Options of a run that differ from the defaults of its protocol: what a digest stands for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neucocore.errors import ConfigError, NeucoError, ResultsError
from neucocore.evaluation.protocols import protocol as find_protocol
from neucocore.results.layout import RUN, SUMMARY
from neucocore.results.neuco_bench_identity import neuco_bench_identity
from neucocore.results.run_json import read_provenance


@dataclass(frozen=True)
class ChangedOption:
    """An option of a protocol with the value that a run used."""

    name: str
    value: Any
    default: Any

    def __str__(self) -> str:
        return f"{self.name} {option_text(self.value)} (default {option_text(self.default)})"


@dataclass(frozen=True)
class ExplainedIdentity:
    """The identity of a protocol with the options that its digest stands for.

    Attributes
    ----------
    options
        Every option with the value in force.
    changed
        Those that differ from the defaults; empty if the protocol is not installed.
    folders
        The runs that have this identity.
    """

    identity: str
    options: Mapping[str, Any]
    changed: tuple[ChangedOption, ...]
    folders: tuple[Path, ...]


def changed_options(recorded: Mapping[str, Any]) -> tuple[ChangedOption, ...]:
    """Return the options that differ from the defaults; none if the protocol is not installed.

    Parameters
    ----------
    recorded
        ``protocol`` of ``run.json``: ``name``, ``version`` and all ``options`` in force.
    """
    try:
        chosen = find_protocol(f"{recorded['name']}@{recorded['version']}")
    except (KeyError, NeucoError):
        return ()
    return tuple(
        ChangedOption(name, recorded["options"][name], default)
        for name, default in sorted(chosen.defaults.items())
        if name in recorded.get("options", {}) and recorded["options"][name] != default
    )


def changed_text(changed: Sequence[ChangedOption]) -> str:
    """Return one line that names every changed option, or an empty text."""
    return f"options changed: {'; '.join(map(str, changed))}" if changed else ""


def explain(identity: str, folders: Sequence[Path]) -> ExplainedIdentity:
    """Return what the digest in the identity of a protocol stands for.

    A digest cannot be reversed: the options are those of the runs in some folders.

    Parameters
    ----------
    identity
        ``name@version+digest``; the first digits of the digest are enough if they are unambiguous.
    folders
        Folders of results, phases or runs.

    Raises
    ------
    ResultsError
        No run has this identity.
    ConfigError
        A folder does not exist, or several identities begin like this.
    """
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(
                f"there is no folder {folder}", hint="pass an --output folder of neuco evaluate"
            )
    found: dict[str, list[tuple[Path, Mapping[str, Any]]]] = {}
    others: set[str] = set()
    for file in _summaries(folders):
        with suppress(ResultsError, KeyError, TypeError, ValueError):
            recorded = _recorded_protocol(file)
            others.add(recorded["identity"])
            if recorded["identity"].startswith(identity):
                found.setdefault(recorded["identity"], []).append((file.parent, recorded))
    if len(found) > 1:
        raise ConfigError(
            f"{identity} is ambiguous: {', '.join(sorted(found))}", hint="type more of its digits"
        )
    if not found:
        where = ", ".join(map(str, folders))
        raise ResultsError(
            f"no run in {where} has the protocol {identity}"
            + (f"; the runs have {', '.join(sorted(others))}" if others else ""),
            hint=f"neuco info {identity} --results DIR; only a run records what a digest means",
        )
    ((name, runs),) = found.items()
    recorded = runs[0][1]
    paths = tuple(folder for folder, _ in runs)
    return ExplainedIdentity(name, recorded.get("options", {}), changed_options(recorded), paths)


def _recorded_protocol(summary: Path) -> Mapping[str, Any]:
    """Return identity and options of a run, or of one that NeuCo-Bench has written."""
    if (summary.parent / RUN).is_file():
        recorded: Mapping[str, Any] = (read_provenance(summary.parent) or {})["protocol"]
        return recorded
    config = json.loads(summary.read_bytes())["config"]
    return {"identity": neuco_bench_identity(config), "options": config}


def _summaries(folders: Sequence[Path]) -> list[Path]:
    """Return the summaries of complete runs at most three folders deep: ``results/dev/RUN``."""
    depths = (SUMMARY, *("*/" * depth + SUMMARY for depth in (1, 2, 3)))
    files = {file.resolve(): file for folder in folders for d in depths for file in folder.glob(d)}
    return sorted(files.values())


def option_text(value: Any) -> str:
    """Return the value of an option on one line; a component as ``name@version``."""
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        more = [f"{k}={option_text(v)}" for k, v in value.items() if k not in ("name", "version")]
        return " ".join([f"{value.get('name')}@{value.get('version')}", *more])
    return value if isinstance(value, str) else json.dumps(value)
