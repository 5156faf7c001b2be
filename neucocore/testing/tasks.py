"""Checks of tasks: their labels, and what controls score on them under ``robust``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.lookup import find
from neucocore.components.specs import MetricSpec
from neucocore.data.labels.labels import label_digest
from neucocore.evaluation.heldout.joined_task import join
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.robust import SPLIT_IDENTITY
from neucocore.testing.randomness import leaving_generators_alone
from neucocore.testing.records import CheckFailed, Skip, check, require
from neucocore.testing.task_context import DIMENSION, TaskContext

FEWEST = 30
"""Labels below which chance is too wide to say anything."""
ORACLE_SKILL = 0.9
SOUND = ("task-labels", "task-ids", "task-units", "task-splits")
SCORED = (*SOUND, "task-metrics", "task-claims")


@check("task-documented", "task")
def task_documented(context: TaskContext) -> None:
    """It says where labels come from, what they leave out and what is known to be wrong."""
    spec = context.task
    missing = [field for field in ("exclusions", "known_issues") if not getattr(spec, field)]
    if spec.problem == "regression" and not spec.unit:
        missing.append("unit")
    if spec.source is None:
        missing.append("source")
    else:
        empty = ("name", "license", "citation", "region", "years")
        missing += [f"source.{field}" for field in empty if not getattr(spec.source, field)]
    require(not missing, f"the spec has no {', no '.join(missing)}")


@check("task-metrics", "task")
def task_metrics(context: TaskContext) -> None:
    """Its metrics are installed and meant for its problem."""
    for name in (context.task.primary_metric, *context.task.metrics):
        problems = cast(MetricSpec, find("metric", name).spec).problems
        require(
            context.task.problem in problems,
            f"the metric {name} is for {' and '.join(problems)}, not {context.task.problem}",
        )


@check("task-made", "task")
def task_made(context: TaskContext) -> None:
    """It turns its label files into labels."""
    require(len(context.labels.ids) > 0, "labels() returned no label")


@check("task-labels", "task")
def task_labels(context: TaskContext) -> None:
    """Labels have the shape and the type of its problem, one a sample."""
    labels, spec = context.labels, context.task
    y = np.asarray(labels.y)
    require(len(y) == len(labels.ids), f"{len(labels.ids)} ids but {len(y)} labels")
    require(y.dtype.kind in "iufb", f"y holds {y.dtype}, not numbers")
    wide = spec.problem == "multilabel" or len(spec.outputs) > 1
    require(y.ndim == (2 if wide else 1) or spec.outputs, f"y has shape {y.shape}")
    if spec.outputs:
        require(
            tuple(labels.outputs) == spec.outputs,
            f"outputs are {tuple(labels.outputs)}; the spec says {spec.outputs}",
        )
    if spec.problem in ("binary", "multiclass"):
        require(y.dtype.kind in "iu", f"class codes are {y.dtype}; expected integers")
        codes = sorted(map(int, np.unique(y)))
        most = 2 if spec.problem == "binary" else max(len(labels.classes), len(codes))
        require(codes[-1] < most and codes[0] >= 0, f"class codes are {codes} of {most} classes")


@check("task-ids", "task")
def task_ids(context: TaskContext) -> None:
    """Ids are those of cubes: texts, without file suffix."""
    wrong = [
        sample
        for sample in context.labels.ids
        if not isinstance(sample, str) or sample != sample.strip() or not sample
    ]
    require(not wrong, f"ids are not clean texts: {wrong[:3]!r}")
    suffixed = [sample for sample in context.labels.ids if sample.endswith((".zarr.zip", ".zarr"))]
    require(not suffixed, f"ids carry a file suffix: {suffixed[:3]}")


@check("task-units", "task")
def task_units(context: TaskContext) -> None:
    """Labels are finite (but for missing outputs) and within the bounds its spec declares."""
    y = np.asarray(context.labels.y, dtype=np.float64)
    allowed = np.isnan(y) if y.ndim == 2 else np.zeros(y.shape, dtype=bool)
    require(np.all(np.isfinite(y) | allowed), "labels are NaN or infinite")
    for bound, beyond in ((context.task.low, np.less), (context.task.high, np.greater)):
        if bound is not None and context.task.problem == "regression":
            count = int(np.sum(beyond(y, bound)))
            require(not count, f"{count} of {y.size} labels lie beyond the declared {bound:g}")


@check("task-splits", "task", needs=("task-labels", "task-ids"))
def task_splits(context: TaskContext) -> None:
    """No sample and no group is in a training part and in what is held out from it."""
    labels = context.labels
    groups = None if labels.groups is None else np.asarray(labels.groups)
    if groups is not None:
        require(len(groups) == len(labels.ids), f"{len(labels.ids)} ids but {len(groups)} groups")
        require(len(set(map(str, groups))) > 1, "all samples are of one group")
    task = replace(_bare(context), ids=tuple(labels.ids), y=np.asarray(labels.y), groups=groups)
    given = ScoringInput(task.ids, np.zeros((len(task.ids), 1), np.float32), (task,), frozenset())
    joined = join(given, task, folds=10, repeats=1, protocol=SPLIT_IDENTITY)
    _expect_together(joined.ids, joined.folds[0], "sample")
    if groups is not None:
        of_id = dict(zip(labels.ids, map(str, groups), strict=True))
        _expect_together([of_id[sample] for sample in joined.ids], joined.folds[0], "group")


def _bare(context: TaskContext) -> ScoringTask:
    return ScoringTask(
        key=context.component.versioned_name,
        stem="",
        problem=context.task.problem,
        ids=(),
        y=np.empty(0),
        metric=context.task.primary_metric,
        digest="",
    )


def _expect_together(names: Sequence[str], folds: NDArray[np.int64], what: str) -> None:
    folds_of: dict[str, set[int]] = {}
    for name, fold in zip(names, folds, strict=True):
        folds_of.setdefault(name, set()).add(int(fold))
    torn = [name for name, found in folds_of.items() if len(found) > 1]
    require(
        not torn,
        f"{len(torn)} {what}s are both in a training part and held out from it: "
        f"{', '.join(torn[:3])}; every {what} must come once",
    )


@check("task-repeatable", "task", needs=SOUND)
def task_repeatable(context: TaskContext) -> None:
    """The same files give the same labels, whatever the global seeds, which it leaves alone."""
    if context.task.factory == "":
        raise Skip("its labels are read from their file as they are")
    again = leaving_generators_alone(context.read)
    require(
        label_digest(again) == label_digest(context.labels),
        "labels() called again on the same files gives other labels",
    )


@check("task-claims", "task", needs=SOUND)
def task_claims(context: TaskContext) -> None:
    """It claims its label files, by name or alias, in a folder of its data set."""
    require(
        context.scoring.key == context.component.versioned_name,
        f"{context.files[0].name} became the task {context.scoring.key}",
    )


@check("task-random", "task", needs=SCORED)
def task_random(context: TaskContext) -> None:
    """An embedding that knows nothing scores about as much as a constant one."""
    _expect_enough(context)
    rng = np.random.default_rng(1)
    skill = context.skill(context.outcome(rng.normal(size=(len(context.scoring.ids), DIMENSION))))
    require(
        abs(skill) <= context.chance,
        f"random numbers reach the skill {skill:.2f}; at most {context.chance:.2f} is chance",
    )


@check("task-constant", "task", needs=SCORED)
def task_constant(context: TaskContext) -> None:
    """A constant embedding is scored, or said to have no score; nothing breaks."""
    found = context.outcome(np.ones((len(context.scoring.ids), DIMENSION)))
    require(found.status in ("ok", "undefined"), f"a constant embedding fails: {found.reason}")


@check("task-oracle", "task", needs=SCORED)
def task_oracle(context: TaskContext) -> None:
    """An embedding that holds the labels scores nearly the best there is."""
    _expect_enough(context)
    skill = context.skill(context.outcome(context.oracle))
    require(
        skill >= ORACLE_SKILL,
        f"the labels themselves reach only the skill {skill:.2f} of 1 "
        f"under {context.task.primary_metric}",
    )


@check("task-permuted", "task", needs=SCORED)
def task_permuted(context: TaskContext) -> None:
    """Shuffled labels cannot be told any more."""
    _expect_enough(context)
    order = np.random.default_rng(2).permutation(len(context.scoring.ids))
    shuffled = replace(context.scoring, y=np.asarray(context.scoring.y)[order])
    skill = context.skill(context.outcome(context.oracle, shuffled))
    require(
        skill <= context.chance,
        f"labels shuffled among the samples are still told, with the skill {skill:.2f}",
    )


def _expect_enough(context: TaskContext) -> None:
    try:
        n = len(context.scoring.ids)
    except CheckFailed as violation:
        raise Skip(str(violation)) from None
    if n < FEWEST:
        raise Skip(f"its example has {n} labelled samples; {FEWEST} are needed to tell chance")
