"""``challenge.yaml``: the rules of a challenge, checked as a whole."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from neucocore import NeucoError

Counts = Literal["last", "best"]
RankingRule = Literal["weighted-rank", "mean-score"]
Ties = Literal["group", "bytes"]
Dtype = Literal["float32", "float16", "int8", "uint8"]
CODENAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
PROTOCOLS = ("nested-cv", "neucobench-2025", "neucobench-2026")


@dataclass(frozen=True)
class Phase:
    """One phase.

    Attributes
    ----------
    codename, title
        Name in commands and files, and for people.
    start, end
        In UTC; a submission counts if it arrives in between.
    tasks
        Stems of label files or names of tasks; nobody but the host sees them.
    columns
        Column of the label files that selects the rows of the phase; None for all rows.
    holdout
        File with ids that are held back from scoring, such as those of a region; None for none.
    hidden
        Whether the board of the phase is hidden from participants until the host publishes it.
    per_day, in_all
        Submissions of a team; None without a limit.
    """

    codename: str
    title: str
    start: datetime
    end: datetime
    tasks: tuple[str, ...]
    columns: str | None = None
    holdout: str | None = None
    hidden: bool = False
    per_day: int | None = None
    in_all: int | None = None


@dataclass(frozen=True)
class Limits:
    """Limits of one embedding; None without a limit.

    Attributes
    ----------
    dimensions
        Number of values.
    dtype
        Type of the values that is counted at most: 1,024 float32 hide more than 1,024 int8.
    bytes
        Bytes of an embedding.
    """

    dimensions: int | None = None
    dtype: Dtype | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Challenge:
    """The rules of a challenge.

    Attributes
    ----------
    dataset
        Data set of the cubes; None if neuco knows none.
    protocol
        How submissions are scored.
    counts
        Which submission of a team counts.
    allowed_failures
        Splits of a task that may fail under ``neucobench-*``.
    ranking
        Rule of the final ranking.
    ties
        Teams that cannot be told apart share a prize (``group``), or fewer bytes win (``bytes``).
    rounded
        Phases in which participants see scores rounded to about their standard error.
    """

    title: str
    phases: tuple[Phase, ...]
    description: str = ""
    dataset: str | None = None
    protocol: str = "nested-cv"
    limits: Limits = Limits()
    counts: Counts = "last"
    allowed_failures: int = 0
    ranking: RankingRule = "weighted-rank"
    ties: Ties = "group"
    rounded: tuple[str, ...] = ()


def read_challenge(path: Path) -> Challenge:
    """Read the rules of a challenge.

    Parameters
    ----------
    path
        ``challenge.yaml``, or the folder that holds it.

    Raises
    ------
    NeucoError
        The file cannot be read, or with all its problems: unknown keys, values of the wrong kind,
        dates that are reversed, phases that overlap.
    """
    file = path / "challenge.yaml" if path.is_dir() else path
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NeucoError(
            f"there is no file {file}", hint=f"neuco challenge new {file.parent}"
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise NeucoError(f"{file} cannot be read: {' '.join(str(error).split())}") from None
    reader = _Reader()
    challenge = _challenge(reader, content)
    if reader.problems or challenge is None:
        raise NeucoError(
            f"{file} cannot be used",
            problems=reader.problems,
            hint="docs: https://github.com/neuco-bench/neuco/blob/main/docs/challenge.md",
        )
    return challenge


class _Reader:
    """Takes values out of mappings and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def known(self, where: str, values: Mapping[str, Any], cls: type[Any]) -> None:
        """Report keys that a mapping must not have."""
        names = {field.name for field in fields(cls)}
        for name in values.keys() - names:
            self.problems.append(
                f"{where}{name}: unknown key; known are {', '.join(sorted(names))}"
            )

    def take(
        self,
        where: str,
        values: Mapping[str, Any],
        name: str,
        check: Callable[[Any], Any],
        what: str,
    ) -> Any:
        """Return a checked value, None if it is absent or wrong."""
        value = values.get(name)
        if value is None:
            return None
        found = check(value)
        if found is None:
            self.problems.append(f"{where}{name}: {value!r} is not {what}")
        return found

    def required(self, where: str, values: Mapping[str, Any], *names: str) -> None:
        """Report keys that are missing."""
        for name in names:
            if values.get(name) in (None, "", []):
                self.problems.append(f"{where}{name}: is missing")


def _challenge(reader: _Reader, content: Any) -> Challenge | None:
    if not isinstance(content, dict):
        reader.problems.append("the file is not a mapping of keys and values")
        return None
    reader.known("", content, Challenge)
    reader.required("", content, "title", "phases")
    phases = content.get("phases")
    if not isinstance(phases, list):
        reader.problems.append("phases: is not a list") if phases is not None else None
        phases = []
    read = [_phase(reader, number, values) for number, values in enumerate(phases, start=1)]
    known = [phase for phase in read if phase is not None]
    _check_phases(reader, known)
    limits = content.get("limits") or {}
    if not isinstance(limits, dict):
        reader.problems.append("limits: is not a mapping")
        limits = {}
    reader.known("limits.", limits, Limits)
    whole = "a whole number above 0"
    values = {
        "title": reader.take("", content, "title", _text, "a text"),
        "phases": tuple(known),
        "description": reader.take("", content, "description", _text, "a text"),
        "dataset": reader.take("", content, "dataset", _text, "a text"),
        "protocol": reader.take(
            "", content, "protocol", _one_of(PROTOCOLS), f"one of {', '.join(PROTOCOLS)}"
        ),
        "limits": Limits(
            reader.take("limits.", limits, "dimensions", _positive, whole),
            reader.take("limits.", limits, "dtype", _one_of(get_args(Dtype)), _names(Dtype)),
            reader.take("limits.", limits, "bytes", _positive, whole),
        ),
        "allowed_failures": reader.take(
            "", content, "allowed_failures", _natural, "a whole number, 0 or more"
        ),
        "rounded": reader.take("", content, "rounded", _texts, "a list of codenames of phases"),
    }
    for name, kind in (("counts", Counts), ("ranking", RankingRule), ("ties", Ties)):
        values[name] = reader.take("", content, name, _one_of(get_args(kind)), _names(kind))
    unknown = set(values["rounded"] or ()) - {phase.codename for phase in known}
    if unknown and known:
        reader.problems.append(f"rounded: there is no phase {', '.join(sorted(unknown))}")
    if reader.problems:
        return None
    return Challenge(**{name: value for name, value in values.items() if value is not None})


def _phase(reader: _Reader, number: int, values: Any) -> Phase | None:
    where = f"phases[{number}]."
    if not isinstance(values, dict):
        reader.problems.append(f"phases[{number}]: is not a mapping")
        return None
    before = len(reader.problems)
    reader.known(where, values, Phase)
    reader.required(where, values, "codename", "start", "end", "tasks")
    codename = reader.take(
        where, values, "codename", _codename, "a name of small letters, digits and hyphens"
    )
    day = "a date such as 2025-03-10 or 2025-03-10T12:00:00Z"
    whole = "a whole number above 0"
    found = {
        "codename": codename,
        "title": reader.take(where, values, "title", _text, "a text") or codename,
        "start": reader.take(where, values, "start", _moment, day),
        "end": reader.take(where, values, "end", _moment, day),
        "tasks": reader.take(where, values, "tasks", _texts, "a list of tasks"),
        "columns": reader.take(where, values, "columns", _text, "a text"),
        "holdout": reader.take(where, values, "holdout", _text, "the name of a file"),
        "hidden": reader.take(where, values, "hidden", _boolean, "true or false"),
        "per_day": reader.take(where, values, "per_day", _positive, whole),
        "in_all": reader.take(where, values, "in_all", _positive, whole),
    }
    if len(reader.problems) > before:
        return None
    tasks = found["tasks"]
    if repeated := sorted({task for task in tasks if tasks.count(task) > 1}):
        reader.problems.append(f"{where}tasks: {', '.join(repeated)} is named twice")
    phase = Phase(**{name: value for name, value in found.items() if value is not None})
    if phase.end <= phase.start:
        reader.problems.append(f"{where}end: {phase.end:%Y-%m-%d %H:%M} is not after its start")
    if phase.per_day is not None and phase.in_all is not None and phase.per_day > phase.in_all:
        reader.problems.append(
            f"{where}per_day: {phase.per_day} is more than {phase.in_all} in all"
        )
    return phase


def _check_phases(reader: _Reader, phases: Sequence[Phase]) -> None:
    """Report phases of one name, and phases that overlap, which Codabench refuses."""
    names = [phase.codename for phase in phases]
    for name in sorted({name for name in names if names.count(name) > 1}):
        reader.problems.append(f"phases: several have the codename {name}")
    in_order = sorted(phases, key=lambda phase: phase.start)
    for earlier, later in itertools.pairwise(in_order):
        if later.start < earlier.end:
            reader.problems.append(
                f"phases: {later.codename} starts on {later.start:%Y-%m-%d %H:%M}, before "
                f"{earlier.codename} ends on {earlier.end:%Y-%m-%d %H:%M}"
            )


def _text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None


def _texts(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
        return tuple(value)
    return None


def _codename(value: Any) -> str | None:
    return value if isinstance(value, str) and CODENAME.fullmatch(value) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _positive(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _natural(value: Any) -> int | None:
    return 0 if value == 0 and not isinstance(value, bool) else _positive(value)


def _moment(value: Any) -> datetime | None:
    """Return a moment in UTC; a date means its first moment, a time without a zone is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return None


def _one_of(choices: Sequence[str]) -> Callable[[Any], str | None]:
    return lambda value: value if value in choices else None


def _names(kind: Any) -> str:
    return f"one of {', '.join(get_args(kind))}"
