"""Compares runs in pairs, on identical rows and splits: which is better, and how sure that is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.formats import suffix_of
from neucocore.errors import ConfigError, ResultsError
from neucocore.evaluation.neucobench.random_stream import HELD_OUT_SHARE
from neucocore.evaluation.protocols import DEFAULT_PROTOCOL
from neucocore.files.html import html_table, interval_text
from neucocore.messages import did_you_mean, pluralize
from neucocore.results.comparable import matches
from neucocore.results.layout import SUMMARY
from neucocore.results.packs.content import LEFT_OUT
from neucocore.results.packs.reading import SUFFIX, is_pack, read_pack
from neucocore.results.reading import RunRecord, read_run
from neucocore.results.skill import best_of, influence_of, primary_metric, source_of, units_of
from neucocore.results.sources import read_sources
from neucocore.statistics.aggregate import skill_influence, source_weights
from neucocore.statistics.comparison import (
    Comparison,
    NonInferiority,
    TaskPair,
    compare,
    compare_over_tasks,
    non_inferiority,
)
from neucocore.statistics.fold_scores import corrected_t
from neucocore.statistics.influence import Influence, Undefined
from neucocore.statistics.intervals import MIN_ROWS
from neucocore.statistics.multiple_testing import holm

ALPHA = 0.05
"""Adjusted p values up to this one count as a difference."""
BY_FOLDS = "from the scores of the folds, about twice as wide as from influence values"


@dataclass(frozen=True)
class TaskComparison:
    """Two runs on one task.

    Attributes
    ----------
    scores
        Of the first run and of the baseline.
    comparison
        First minus baseline.
    adjusted_p_value
        Adjusted by Holm's method over the tasks and runs that are compared; None without a p value.
    better
        Name of the method that is better at an adjusted level of 5 %; empty if no difference is
        shown.
    non_inferiority
        Whether the first is at most the margin worse; None without a margin.
    remark
        How the comparison was made, where it is not from influence values.
    """

    task: str
    metric: str
    scores: tuple[float | None, float | None]
    n: int | None
    comparison: Comparison
    adjusted_p_value: float | None = None
    better: str = ""
    non_inferiority: NonInferiority | None = None
    remark: str = ""


@dataclass(frozen=True, repr=False)
class RunComparison:
    """A run compared with the baseline.

    Attributes
    ----------
    overall
        Difference of the mean skill over label sources; a reason where it is not defined.
    left_out
        Tasks that are not compared, each with the reason.
    bytes_per_sample
        Of the first run and of the baseline; None where it is not recorded.
    """

    method: str
    baseline: str
    protocol: str
    tasks: tuple[TaskComparison, ...]
    overall: Comparison
    overall_non_inferiority: NonInferiority | None
    left_out: tuple[tuple[str, str], ...]
    bytes_per_sample: tuple[float | None, float | None]

    def __repr__(self) -> str:
        """Return the verdict."""
        return f"<RunComparison: {self.protocol}, {self.verdict}>"

    def _repr_html_(self) -> str:
        """Return the differences as a table, for notebooks."""
        rows = [
            {
                "task": row["task"],
                "metric": row["metric"],
                self.method: row["score"],
                self.baseline: row["baseline_score"],
                "difference": row["difference"],
                "95 % interval": interval_text(row["low"], row["high"]),
                "p (Holm)": row["adjusted_p_value"],
                "n": row["n"],
            }
            for row in self.record()["tasks"]
        ]
        columns = list(rows[0]) if rows else ["task"]
        return html_table(self.verdict, columns, rows)

    @property
    def same_size(self) -> bool:
        """Whether both have the same number of bytes per sample."""
        first, second = self.bytes_per_sample
        return first is not None and first == second

    @property
    def verdict(self) -> str:
        """Who is better on how many tasks, in words."""
        tested = [task for task in self.tasks if task.adjusted_p_value is not None]
        won = sum(task.better == "first" for task in tested)
        lost = sum(task.better == "baseline" for task in tested)
        text = (
            f"{self.method} is better on {won} of {pluralize(len(tested), 'task')}, "
            f"{self.baseline} on {lost}, no difference is shown on {len(tested) - won - lost}"
        )
        without = len(self.tasks) - len(tested)
        return f"{text}; {pluralize(without, 'task')} without a test" if without else text

    def record(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "method": self.method,
            "baseline": self.baseline,
            "protocol": self.protocol,
            "verdict": self.verdict,
            "bytes_per_sample": list(self.bytes_per_sample),
            "same_size": self.same_size,
            "overall": {
                **vars(self.overall),
                "better": _name(self.overall.better, self),
                **_margin_record(self.overall_non_inferiority),
            },
            "tasks": [
                {
                    "task": task.task,
                    "metric": task.metric,
                    "score": task.scores[0],
                    "baseline_score": task.scores[1],
                    "n": task.n,
                    **vars(task.comparison),
                    "better": {"first": self.method, "baseline": self.baseline}.get(
                        task.better, ""
                    ),
                    "adjusted_p_value": task.adjusted_p_value,
                    "remark": task.remark,
                    **_margin_record(task.non_inferiority),
                }
                for task in self.tasks
            ],
            "left_out": [{"task": task, "reason": reason} for task, reason in self.left_out],
        }


def _name(letter: str, pair: RunComparison) -> str:
    return {"A": pair.method, "B": pair.baseline}.get(letter, "")


def _margin_record(found: NonInferiority | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "margin": found.margin,
        "non_inferior": found.shown,
        "non_inferiority_p_value": found.p_value,
        "largest_loss": found.worst,
    }


def find_runs(
    names: Sequence[str | Path], results: Path | None = None, protocol: str | None = None
) -> list[RunRecord]:
    """Find the runs that are named on the command line.

    Parameters
    ----------
    names
        Run folders, their summary files, packs, of which ``PACK:METHOD`` names a method, or, with
        `results`, names of methods.
    results
        Results folder in which methods are looked up; the newest run of a method counts.
    protocol
        Protocol of the methods' runs: an identity, ``name@version`` or a name. By default one under
        which all of them were scored: the default protocol if there is one, else that of the newest
        run.

    Raises
    ------
    ConfigError
        Fewer than two runs, embeddings files, or names that are not runs; all reported together.
    ResultsError
        A run or pack cannot be read.
    """
    if len(names) < 2:
        raise ConfigError(
            f"a comparison needs at least two runs, found {len(names)}",
            hint="neuco compare RUN RUN; a run is a folder that neuco evaluate has written",
        )
    files = [str(name) for name in names if _is_embeddings(Path(name))]
    if files:
        raise ConfigError(
            f"{', '.join(files)}: embeddings, not runs",
            hint=f"neuco inspect {files[0]} OTHER shows whether two files hold the same embedding; "
            f"neuco choose {' '.join(files)} --labels TABLE -o DIR compares what they are worth; "
            "or neuco evaluate them first",
        )
    runs, problems = [], []
    in_packs = _runs_in_packs(names)
    known = read_sources([results]) if results is not None else []
    methods = {str(name) for name in names}
    methods |= {run.method for packed in in_packs.values() for run in packed}
    candidates = [*known, *(run for packed in in_packs.values() for run in packed)]
    candidates = _of_one_protocol(candidates, methods, protocol)
    known = [run for run in known if run in candidates]
    for name in names:
        if str(name) in in_packs:
            named = [run for run in in_packs[str(name)] if run in candidates]
            if len(named) == 1:
                runs += named
            else:
                problems.append(_not_one_run(str(name), named))
            continue
        folder = Path(name).parent if Path(name).name == SUMMARY else Path(name)
        if (folder / SUMMARY).is_file():
            runs.append(read_run(folder))
            continue
        named = [run for run in known if run.method == str(name)]
        if named:
            runs.append(max(named, key=lambda run: (run.started, run.experiment)))
        else:
            problems.append(_not_a_run(folder, str(name), known))
    if problems:
        raise ConfigError(
            "runs to compare were not found",
            problems=problems,
            hint="pass run folders, or names of methods with --results DIR",
        )
    return runs


def _runs_in_packs(names: Sequence[str | Path]) -> dict[str, list[RunRecord]]:
    """Return the runs of each name that is a pack, or a method of a pack."""
    found = {}
    for name in map(str, names):
        path, colon, method = name.rpartition(f"{SUFFIX}:")
        if colon:
            runs = read_pack(f"{path}{SUFFIX}").runs
            found[name] = [run for run in runs if run.method == method]
        elif is_pack(name) and not Path(name).is_dir():
            found[name] = list(read_pack(name).runs)
    return found


def _not_one_run(name: str, runs: Sequence[RunRecord]) -> str:
    if not runs:
        return f"{name}: the pack has no such run"
    methods = sorted({run.method for run in runs})
    if len(methods) == 1:
        protocols = ", ".join(sorted({run.protocol for run in runs}))
        return f"{name} holds {len(runs)} runs of {methods[0]} ({protocols}); use --protocol"
    return f"{name} holds {len(runs)} runs; name one: {name}:{methods[0]}"


def _of_one_protocol(
    runs: Sequence[RunRecord], methods: set[str], protocol: str | None
) -> list[RunRecord]:
    """Return the runs of the protocol in which the methods are compared."""
    if protocol is not None:
        return [run for run in runs if matches(run.protocol, protocol)]
    of_method: dict[str, set[str]] = {}
    for run in runs:
        if run.method in methods:
            of_method.setdefault(run.method, set()).add(run.protocol)
    common = set.intersection(*of_method.values()) if of_method else set()
    if not common:
        return list(runs)  # what differs is reported by the comparison
    newest = max(
        (run for run in runs if run.protocol in common),
        key=lambda run: (matches(run.protocol, DEFAULT_PROTOCOL), run.started, run.experiment),
    )
    return [run for run in runs if run.protocol == newest.protocol]


def _is_embeddings(path: Path) -> bool:
    return path.is_file() and path.name != SUMMARY and suffix_of(path) is not None


def _not_a_run(folder: Path, name: str, known: Sequence[RunRecord]) -> str:
    if folder.is_dir():
        inside = sorted(path.parent.name for path in folder.glob(f"**/{SUMMARY}"))
        found = f"; runs in it: {', '.join(inside[:3])}" if inside else ""
        return f"{name} is a folder without {SUMMARY}{found}"
    near = did_you_mean(name, {run.method for run in known})
    where = "there is no such folder" + (" and no method of this name" if known else "")
    return f"{name}: {where}" + (f"; {near}" if near else "")


def compare_runs(
    runs: Sequence[RunRecord],
    *,
    baseline: int = -1,
    tasks: Sequence[str] = (),
    margin: float | None = None,
) -> list[RunComparison]:
    """Compare every run with the baseline; p values are adjusted over all tasks and runs.

    Parameters
    ----------
    runs
        Two or more runs under one protocol.
    baseline
        Index of the run that the others are compared with.
    tasks
        Names of the tasks to compare; by default all that the runs have in common.
    margin
        Largest loss that does not matter, in the unit of the score, and of the mean skill.

    Raises
    ------
    ConfigError
        The margin is not positive, or a task is not in the runs.
    ResultsError
        Runs that cannot be compared, with all reasons.
    """
    if margin is not None and not margin > 0:
        raise ConfigError(
            f"the margin must be above 0, found {margin:g}", hint="for example --margin 0.02"
        )
    second = runs[baseline]
    others = [run for run in runs if run is not second]
    _raise_for_different_runs(others, second)
    names = _names([*others, second])
    compared = [
        _compare_pair(run, second, names[index], names[-1], tasks, margin)
        for index, run in enumerate(others)
    ]
    if not any(task.comparison.difference is not None for p in compared for task in p.tasks):
        left_out = [f"{task}: {reason}" for pair in compared for task, reason in pair.left_out]
        without = [f"{t.task}: {t.comparison.reason}" for pair in compared for t in pair.tasks]
        raise ResultsError(
            "no task can be compared",
            problems=[*left_out, *without],
            hint="evaluate both embeddings on the same label files",
        )
    return _adjusted(compared)


def _names(runs: Sequence[RunRecord]) -> list[str]:
    """Return the methods' names; those of the runs if two have the same method."""
    methods = [run.method for run in runs]
    return [run.experiment if methods.count(run.method) > 1 else run.method for run in runs]


def _raise_for_different_runs(others: Sequence[RunRecord], baseline: RunRecord) -> None:
    problems = []
    for run in others:
        if run.folder.resolve() == baseline.folder.resolve():
            problems.append(f"{run.experiment} is named twice")
        if run.protocol != baseline.protocol:
            problems.append(
                f"{run.experiment} has the protocol {run.protocol}, {baseline.experiment} has "
                f"{baseline.protocol}"
            )
        if run.partial != baseline.partial:
            partial, complete = (run, baseline) if run.partial else (baseline, run)
            problems.append(
                f"{partial.experiment} is partial: it was scored on fewer ids than "
                f"{complete.experiment}"
            )
    if problems:
        raise ResultsError(
            "the runs cannot be compared: a comparison needs identical rows and splits",
            problems=problems,
            hint="evaluate both embeddings with the same labels, protocol and options",
        )


def _compare_pair(
    first: RunRecord,
    second: RunRecord,
    first_name: str,
    second_name: str,
    tasks: Sequence[str],
    margin: float | None,
) -> RunComparison:
    chosen = list(tasks) or sorted({*first.tasks, *second.tasks})
    unknown = [task for task in chosen if task not in first.tasks and task not in second.tasks]
    if unknown:
        near = did_you_mean(unknown[0], set(first.tasks))
        raise ConfigError(
            f"no run has the task {', '.join(unknown)}",
            hint=near or f"the tasks are {', '.join(sorted(first.tasks))}",
        )
    left_out = {task: reason for task in chosen if (reason := _different(first, second, task))}
    common = [task for task in chosen if task not in left_out]
    compared = tuple(compare_task(first, second, task, margin) for task in common)
    overall = compare_overall(first, second, common)
    return RunComparison(
        method=first_name,
        baseline=second_name,
        protocol=first.protocol,
        tasks=compared,
        overall=overall,
        overall_non_inferiority=None if margin is None else non_inferiority(overall, margin),
        left_out=tuple(left_out.items()),
        bytes_per_sample=(
            first.encoding.get("bytes_per_sample"),
            second.encoding.get("bytes_per_sample"),
        ),
    )


def _different(first: RunRecord, second: RunRecord, task: str) -> str:
    """Return why a task of two runs cannot be compared; empty if it can."""
    for run, other in ((first, second), (second, first)):
        if task not in run.tasks:
            name, _, version = task.partition("@")
            versions = [known for known in run.tasks if known.partition("@")[0] == name and version]
            instead = f", it has {versions[0]}" if versions else ""
            return f"{run.experiment} does not have it{instead} ({other.experiment} does)"
    one, two = first.tasks[task], second.tasks[task]
    if one.labels != two.labels and one.labels and two.labels:
        return "the runs have different labels or groups"
    if one.n != two.n:
        return f"{first.experiment} was scored on {one.n} rows, {second.experiment} on {two.n}"
    metrics = {str(record.details.get("metric", "")) for record in (one, two)} - {""}
    if len(metrics) > 1:
        return f"the runs have different metrics: {' and '.join(sorted(metrics))}"
    return ""


def compare_task(
    first: RunRecord, second: RunRecord, task: str, margin: float | None = None
) -> TaskComparison:
    """Compare two runs on one task; parameters as in `compare_runs`."""
    record = primary_metric(first, task)
    one, two = (influence_of(run, task) for run in (first, second))
    scores = first.tasks[task].score, second.tasks[task].score
    remark = ""
    greater = bool(record.get("greater_is_better", True))
    if isinstance(one, Influence) and isinstance(two, Influence):
        found = compare(one, two)
    elif None in scores:
        run = first if scores[0] is None else second
        reason = run.tasks[task].reason or "it is not recorded"
        found = Comparison(reason=f"{run.method} has no score: {reason}")
    elif Undefined(LEFT_OUT) in (one, two):
        found = Comparison(_difference(scores), reason=LEFT_OUT)
    elif record.get("no_influence_reason") and record.get("interval_reason"):
        reasons = [values.reason for values in (one, two) if isinstance(values, Undefined)]
        found = Comparison(_difference(scores), reason=reasons[0])
    else:
        found = _compare_folds(first, second, task, scores)
        remark = "" if found.reason else BY_FOLDS
    return TaskComparison(
        task=task,
        metric=str(first.tasks[task].details.get("metric", "")),
        scores=scores,
        n=first.tasks[task].n,
        comparison=found,
        better={"A": "first", "B": "baseline"}.get(found.better, ""),
        non_inferiority=None
        if margin is None
        else non_inferiority(found, margin, greater_is_better=greater),
        remark=remark,
    )


def _difference(scores: tuple[float | None, float | None]) -> float | None:
    return None if scores[0] is None or scores[1] is None else scores[0] - scores[1]


def _compare_folds(
    first: RunRecord, second: RunRecord, task: str, scores: tuple[float | None, float | None]
) -> Comparison:
    """Compare by the scores of the splits, which both runs have in common."""
    folds = [_fold_scores(run, task) for run in (first, second)]
    difference = _difference(scores)
    if len(folds[0]) != len(folds[1]) or not len(folds[0]):
        return Comparison(difference, reason="the runs do not record the scores of equal splits")
    found = corrected_t(folds[0] - folds[1], HELD_OUT_SHARE)
    if found.estimate is None or found.low is None or found.high is None:
        return Comparison(difference, reason=found.reason)
    better = "A" if found.low > 0 else "B" if found.high < 0 else ""
    return Comparison(
        found.estimate,
        found.low,
        found.high,
        found.standard_error,
        len(folds[0]) - 1,
        found.p_value,
        better=better,
        doubled_error=found.standard_error,
    )


def _fold_scores(run: RunRecord, task: str) -> NDArray[np.float64]:
    known = run.tasks[task].folds
    if known is not None:
        return np.array(known, dtype=np.float64)
    try:
        content = json.loads((run.folder / task / f"{task}_result.json").read_bytes())
        values = [np.nan if value is None else float(value) for value in content["q_t"]]
    except (OSError, ValueError, KeyError, TypeError):
        return np.empty(0)
    return np.array(values, dtype=np.float64)


def compare_overall(first: RunRecord, second: RunRecord, tasks: Sequence[str]) -> Comparison:
    """Return the difference of the mean skill over label sources.

    As in leaderboards, tasks with fewer than 50 rows do not count.
    """
    tasks = [task for task in tasks if (first.tasks[task].n or 0) >= MIN_ROWS]
    if not tasks:
        return Comparison(reason=f"no common task has {MIN_ROWS} rows")
    pairs: list[tuple[Influence, Influence]] = []
    for task in tasks:
        skills = []
        for run in (first, second):
            record = primary_metric(run, task)
            values = influence_of(run, task)
            values = skill_influence(values, record.get("chance"), best_of(record))
            if isinstance(values, Undefined):
                return Comparison(reason=f"no mean skill: {task}, {values.reason}")
            skills.append(values)
        pairs.append((skills[0], skills[1]))
    weights = source_weights([source_of(first, task) for task in tasks])
    units = units_of(first, tasks, [one for one, _ in pairs])
    joined = [
        TaskPair(one, two, unit, float(weight))
        for (one, two), unit, weight in zip(pairs, units, weights, strict=True)
    ]
    return compare_over_tasks(joined)


def _adjusted(pairs: Sequence[RunComparison]) -> list[RunComparison]:
    """Adjust the p values of all tasks of all pairs by Holm's method."""
    p_values = [
        task.comparison.p_value
        for pair in pairs
        for task in pair.tasks
        if task.comparison.p_value is not None
    ]
    adjusted = iter(holm(np.array(p_values, dtype=np.float64)).tolist())
    result = []
    for pair in pairs:
        tasks = []
        for task in pair.tasks:
            if task.comparison.p_value is None:
                tasks.append(replace(task, better=""))
                continue
            value = float(next(adjusted))
            better = task.better if value <= ALPHA else ""
            tasks.append(replace(task, adjusted_p_value=value, better=better))
        result.append(replace(pair, tasks=tuple(tasks)))
    return result


def records(pairs: Sequence[RunComparison]) -> list[Mapping[str, Any]]:
    """Return plain JSON values, one object per run that is compared with the baseline."""
    return [pair.record() for pair in pairs]
