"""Reads packs strictly: everything in one is checked before anything of it is used.

A pack can be changed by anybody. Digests find accidents; against changes with new digests, every
interval is computed anew from score and influence values. Whoever invents consistent values is not
found: a pack is as trustworthy as its sender.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import ConfigError, ResultsError
from neucocore.evaluation.neucobench.config import PROTOCOLS
from neucocore.evaluation.neucobench.random_stream import HELD_OUT_SHARE
from neucocore.messages import pluralize
from neucocore.results.influence_file import influence_of_record
from neucocore.results.layout import check_name
from neucocore.results.packs.content import is_hidden
from neucocore.results.reading import RunRecord, TaskRecord, run_of_record
from neucocore.results.run_json import FORMAT as RUN_FORMAT
from neucocore.statistics.fold_scores import interval_of_folds
from neucocore.statistics.influence import Influence, Undefined
from neucocore.statistics.intervals import interval

FORMAT = 1
"""Number of the format that is written; packs of a later format cannot be read."""
SUFFIX = ".neuco.zip"
HEAD = "pack.json"
MAX_BYTES = 1 << 28
"""Of the file."""
MAX_CONTENT = 1 << 29
"""Of all members together, unpacked."""
MAX_RUNS = 9999
TOLERANCE = 1e-9
"""Relative difference of a number from its value computed anew, which other processors and
libraries may change in the last digits."""
_MEMBER = re.compile(r"runs/\d{4}\.json")
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)
_SHOWN = 20
"""Problems that are listed."""


@dataclass(frozen=True, eq=False)
class Pack:
    """The content of a pack.

    Attributes
    ----------
    sha256
        Digest of the file.
    version
        Version of neucocore that wrote it.
    influence
        Whether it has influence values.
    runs
        As `RunRecord`, with influence values and numbers in place of ids.
    contents
        For each run ``run`` (the part of ``run.json`` that is packed), ``licences``, ``folds`` and
        ``influence``.
    """

    path: str
    sha256: str
    version: str
    influence: bool
    runs: tuple[RunRecord, ...]
    contents: tuple[Mapping[str, Any], ...]


def is_pack(path: str | Path) -> bool:
    """Return whether a path is named like a pack."""
    return Path(path).name.endswith(SUFFIX)


def run_name(number: int) -> str:
    """Return the name of the member of a run, from 1."""
    return f"runs/{number:04d}.json"


def read_pack(path: str | Path) -> Pack:
    """Read and check a pack.

    Raises
    ------
    ResultsError
        It is missing, damaged, changed, of a later format, or of hidden tasks; all problems are
        reported together.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ResultsError(
            f"{path} cannot be read: {error.strerror or error}", hint="check the path"
        ) from None
    return parse_pack(content, str(path))


def parse_pack(content: bytes, path: str) -> Pack:
    """Check the bytes of a pack and return what is in it; see `read_pack`."""
    try:
        members = _members(content)
        head = _object(members[HEAD], HEAD)
        _check_head(head, members)
        contents = [_object(members[name], name) for name in sorted(set(members) - {HEAD})]
    except ResultsError as error:
        raise _refused(path, [error.message], error.hint) from None
    problems: list[str] = []
    runs: list[RunRecord] = []
    for number, packed in enumerate(contents, 1):
        name = run_name(number)
        try:
            found = list(_problems(packed, influence=head["influence"]))
            if not found:
                runs.append(_run(packed, path))
        except ResultsError as error:
            found = [error.message]
        except ConfigError as error:
            found = [error.message]
        except KeyError as error:
            found = [f"{error} is missing"]
        except (TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
            found = [f"it does not have the form of a run: {error}"]
        problems += [f"{name}: {problem}" for problem in found]
    names = [(run.phase, run.experiment) for run in runs]
    problems += [
        f"{phase}/{experiment} is in it twice"
        for phase, experiment in dict.fromkeys(names)
        if names.count((phase, experiment)) > 1
    ]
    if problems:
        raise _refused(path, problems)
    digest = hashlib.sha256(content).hexdigest()
    return Pack(path, digest, head["neucocore"], head["influence"], tuple(runs), tuple(contents))


def _refused(path: str, problems: Sequence[str], hint: str | None = None) -> ResultsError:
    more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
    return ResultsError(
        f"{path} is not a valid pack: {pluralize(len(problems), 'problem')}",
        problems=[*problems[:_SHOWN], *more],
        hint=hint
        or "nothing of it is used; ask its sender for the file again, or to pack the runs again",
    )


def _members(content: bytes) -> dict[str, bytes]:
    """Return the content of every member, which are exactly those of a pack."""
    if len(content) > MAX_BYTES:
        raise ResultsError(f"the file has more than {MAX_BYTES >> 20} MiB")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            unexpected = [n for n in names if n != HEAD and not _MEMBER.fullmatch(n)]
            if unexpected:
                shown = ", ".join(repr(name[:60]) for name in unexpected[:3])
                raise ResultsError(f"unexpected members: {shown}")
            expected = [HEAD, *(run_name(number) for number in range(1, len(names)))]
            if sorted(names) != sorted(expected) or not 2 <= len(names) <= MAX_RUNS + 1:
                raise ResultsError(f"it does not hold {HEAD} and one file per run, each once")
            if (size := sum(info.file_size for info in infos)) > MAX_CONTENT:
                raise ResultsError(
                    f"unpacked it has {size} bytes; at most {MAX_CONTENT} are allowed"
                )
            # No more than the stated size is ever unpacked.
            return {info.filename: archive.read(info) for info in infos}
    except _DAMAGED as error:
        raise ResultsError(f"the zip is damaged or cut off: {error}") from None


def _object(content: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{name} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ResultsError(f"{name} is not a JSON object")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _check_head(head: Mapping[str, Any], members: Mapping[str, bytes]) -> None:
    version = head.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ResultsError(f"{HEAD} has format {version!r}")
    if version > FORMAT:
        raise ResultsError(
            f"{HEAD} has format {version}; this version of neuco reads format {FORMAT}",
            hint="pip install --upgrade neucocore",
        )
    if set(head) != {"format", "neucocore", "influence", "files"}:
        raise ResultsError(f"{HEAD} has the keys {', '.join(sorted(head))}")
    files = head["files"]
    if (
        not isinstance(head["neucocore"], str)
        or not isinstance(head["influence"], bool)
        or not isinstance(files, dict)
        or set(files) != set(members) - {HEAD}
    ):
        raise ResultsError(f"{HEAD} does not list the runs of the pack")
    changed = [name for name in files if files[name] != hashlib.sha256(members[name]).hexdigest()]
    if changed:
        raise ResultsError(f"{', '.join(changed)} was changed: its digest is another")


def _problems(packed: Mapping[str, Any], *, influence: bool) -> Iterator[str]:
    """Yield what is wrong with a run."""
    if set(packed) != {"run", "licences", "folds", "influence"}:
        yield f"it has the keys {', '.join(sorted(packed))}"
        return
    record = packed["run"]
    if record["format"] != RUN_FORMAT:
        yield f"the run has format {record['format']!r}; this version reads {RUN_FORMAT}"
        return
    if is_hidden(record):
        yield f"{record['experiment']} is a run of hidden tasks, whose results are not passed on"
    for kind, name in (("method", "method"), ("phase", "phase"), ("run", "experiment")):
        check_name(record[name], kind)
    names = [task["task"] for task in record["tasks"]]
    if len(set(names)) < len(names) or set(packed["folds"]) != set(names):
        yield "its tasks and the scores of their splits differ"
    with_values = {
        task["task"] for task in record["tasks"] if any(m["influence"] for m in task["metrics"])
    }
    if set(packed["influence"]) != with_values or (with_values and not influence):
        yield "its tasks and their influence values differ"
        return
    for task in record["tasks"]:
        check_name(task["task"], "task")
        folds = _numbers(packed["folds"][task["task"]], missing=True)
        for problem in _task_problems(task, folds, packed["influence"].get(task["task"])):
            yield f"{task['task']}: {problem}"
        if record["protocol"]["name"] in PROTOCOLS:
            for problem in _fold_problems(task, folds):
                yield f"{task['task']}: {problem}"


def _task_problems(
    task: Mapping[str, Any], folds: NDArray[np.float64], values: Mapping[str, Any] | None
) -> Iterator[str]:
    metrics = task["metrics"]
    if metrics and not _equal(metrics[0]["score"], task["score"]):
        yield "its score is not that of its first metric"
    if metrics and metrics[0]["metric"] != task["metric"]:
        yield "its metric is not its first metric"
    if any(metric["influence"] for metric in metrics[:1]) and task["score"] is not None:
        sign = 1 if metrics[0]["greater_is_better"] else -1
        if not _equal(task["q"], sign * task["score"]):
            yield "its ranking value is not its score"
    n = task["n"]
    named = [metric["metric"] for metric in metrics if metric["influence"]]
    if values is not None:
        yield from _row_problems(values, n, named)
    for metric in metrics:
        yield from _metric_problems(metric, values, n)
    for value in (task["q"], task["score"]):
        if value is not None and not math.isfinite(float(value)):
            yield "its score is not a finite number"
    if len(folds) and len(folds) != task["splits"]:
        yield f"it has {len(folds)} scores of splits, and {task['splits']} splits"


def _row_problems(values: Mapping[str, Any], n: int, named: Sequence[str]) -> Iterator[str]:
    if set(values) != {"rows", "groups", "values"} or set(values["values"]) != set(named):
        yield "its influence values are not those of its metrics"
        return
    columns = [values["rows"], *([] if values["groups"] is None else [values["groups"]])]
    if any(len(column) != n for column in (*columns, *values["values"].values())):
        yield f"its influence values are not of {n} rows"
    if any(type(code) is not int or code < 0 for column in columns for code in column):
        yield "its rows or groups are not numbers from 0"
    if len(set(values["rows"])) < len(values["rows"]):
        yield "a row is in it twice"


def _metric_problems(
    metric: Mapping[str, Any], values: Mapping[str, Any] | None, n: int
) -> Iterator[str]:
    """Yield what differs from the interval that is computed anew."""
    name, score, low, high = (metric[key] for key in ("metric", "score", "low", "high"))
    if (low is None) != (high is None):
        yield f"{name} has an interval with one end"
    elif low is not None and not low <= score <= high:
        yield f"the interval of {name} does not hold the score"
    if not metric["influence"] or values is None:
        return
    array = _numbers(values["values"][name])
    if len(array) != n:
        return
    spread = float(np.abs(array).sum())
    if abs(float(array.sum())) > 1e-6 * max(spread, 1e-300):
        yield f"the influence values of {name} do not sum to 0"
    computed = interval(_influence(metric, values, array))
    stated = {
        "low": computed.low,
        "high": computed.high,
        "standard_error": computed.standard_error,
        "n_effective": computed.n_effective,
        "n_independent": computed.n_units,
    }
    different = [key for key, value in stated.items() if not _equal(metric[key], value)]
    if different:
        yield f"{', '.join(different)} of {name} is not that of its score and influence values"


def _fold_problems(task: Mapping[str, Any], folds: NDArray[np.float64]) -> Iterator[str]:
    """Yield what differs from the mean over splits, of protocols whose score it is."""
    if task["score"] is None or not len(folds) or not np.isfinite(folds).all():
        return
    if not _equal(task["score"], float(folds.mean())):
        yield "its score is not the mean of those of its splits"
    computed = interval_of_folds(folds, HELD_OUT_SHARE)
    for metric in task["metrics"][:1]:
        ends = (metric["low"], computed.low), (metric["high"], computed.high)
        if not metric["influence"] and not all(_equal(*pair) for pair in ends):
            yield "its interval is not that of the scores of its splits"


def _equal(stated: float | None, computed: float | None) -> bool:
    if stated is None or computed is None:
        return stated is computed
    return math.isclose(stated, computed, rel_tol=TOLERANCE, abs_tol=1e-12)


def _numbers(values: Sequence[Any], *, missing: bool = False) -> NDArray[np.float64]:
    """Return a list of numbers; None becomes NaN where values may be missing."""
    if not isinstance(values, list):
        raise TypeError("a list of numbers is expected")
    for value in values:
        if not (type(value) in (int, float) or (missing and value is None)):
            raise TypeError(f"{value!r} is not a number")
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _influence(
    metric: Mapping[str, Any], values: Mapping[str, Any], array: NDArray[np.float64]
) -> Influence:
    groups = None
    if metric["independent"] == "group":
        groups = np.array(values["groups"], dtype=np.int64)
    return influence_of_record(metric, array, groups)


def _run(packed: Mapping[str, Any], path: str) -> RunRecord:
    record = packed["run"]
    run = run_of_record(
        Path(path) / record["phase"] / record["experiment"],
        record,
        {task["task"]: task["q"] for task in record["tasks"]},
        {task["task"]: task["score"] for task in record["tasks"]},
    )
    tasks = {
        name: _task(task, packed["folds"][name], packed["influence"].get(name))
        for name, task in run.tasks.items()
    }
    return replace(run, tasks=tasks, packed=True)


def _task(task: TaskRecord, folds: Sequence[Any], values: Mapping[str, Any] | None) -> TaskRecord:
    metric = next(iter(task.details["metrics"]), None)
    influence: Influence | Undefined = Undefined("the run records no influence values")
    ids: tuple[str, ...] | None = None
    if metric is not None and metric["influence"] is None:
        influence = Undefined(metric["no_influence_reason"])
    elif metric is not None and values is not None:
        influence = _influence(metric, values, _numbers(values["values"][metric["metric"]]))
        ids = tuple(map(str, values["rows"]))
    scores = tuple(_numbers(list(folds), missing=True).tolist())
    return replace(task, influence=influence, ids=ids, folds=scores)
