"""Checks of tasks: their labels, and the scores of controls under ``nested-cv``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neucocore.components.catalogue import known_plugins
from neucocore.components.lookup import names
from neucocore.data.ids import bare_id
from neucocore.data.labels.labels import label_digest
from neucocore.evaluation.heldout.joined_task import join
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.nested_cv import SPLIT_IDENTITY
from neucocore.messages import did_you_mean, pluralize
from neucocore.testing.randomness import without_global_generators
from neucocore.testing.records import CheckFailed, Skip, check, require
from neucocore.testing.task_context import DIMENSION, TaskContext

MIN_LABELS = 30
"""With fewer labels, scores due to chance vary too much for a check."""
ORACLE_SKILL = 0.9
VALID_LABELS = ("task-labels", "task-ids", "task-bounds", "task-splits")
SCORED = (*VALID_LABELS, "task-metrics", "task-claims")


@check("task-documented", "task")
def task_documented(context: TaskContext) -> None:
    """Its spec states the source of the labels, which cubes have none, and known issues."""
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
    """Its metrics are installed and apply to its problem."""
    for name in (context.task.primary_metric, *context.task.metrics):
        problems = context.find_metric(name).problems
        require(
            context.task.problem in problems,
            f"the metric {name} applies to {' and '.join(problems)}, not to {context.task.problem}",
        )


@check("task-dataset", "task", level="should")
def task_dataset(context: TaskContext) -> None:
    """A plugin that is installed or listed provides its data set."""
    name = context.task.dataset
    known = {
        *names("dataset"),
        *(n for p in known_plugins() for n in p.provides.get("datasets", ())),
    }
    require(
        name in known,
        f"no plugin provides the data set {name!r}"
        + (f"; {near}" if (near := did_you_mean(name, known)) else ""),
    )


@check("task-created", "task")
def task_created(context: TaskContext) -> None:
    """It can be created and reads labels from its label files."""
    require(len(context.labels.ids) > 0, "labels() returned no label")


@check("task-labels", "task")
def task_labels(context: TaskContext) -> None:
    """It returns one label per id, with the shape and type of its problem."""
    labels, spec = context.labels, context.task
    y = np.asarray(labels.y)
    require(len(y) == len(labels.ids), f"{len(labels.ids)} ids but {len(y)} labels")
    require(y.dtype.kind in "iufb", f"y has type {y.dtype}, not a number")
    wide = spec.problem == "multilabel" or len(spec.outputs) > 1
    require(y.ndim == (2 if wide else 1) or spec.outputs, f"y has shape {y.shape}")
    if spec.outputs:
        require(
            tuple(labels.outputs) == spec.outputs,
            f"the outputs are {tuple(labels.outputs)}; the spec declares {spec.outputs}",
        )
    if spec.problem in ("binary", "multiclass"):
        require(y.dtype.kind in "iu", f"class codes are {y.dtype}; expected integers")
        codes = sorted(map(int, np.unique(y)))
        n_classes = 2 if spec.problem == "binary" else max(len(labels.classes), len(codes))
        require(
            codes[-1] < n_classes and codes[0] >= 0,
            f"class codes are {codes}; expected 0 to {n_classes - 1}",
        )


@check("task-ids", "task")
def task_ids(context: TaskContext) -> None:
    """Its ids are ids of cubes: strings without white space around them and without file suffix."""
    invalid = [
        sample
        for sample in context.labels.ids
        if not isinstance(sample, str) or sample != sample.strip() or not sample
    ]
    require(not invalid, f"ids are empty, not strings, or padded with spaces: {invalid[:3]!r}")
    suffixed = [sample for sample in context.labels.ids if bare_id(sample) != sample]
    require(not suffixed, f"ids have folders or a file suffix: {suffixed[:3]}")


@check("task-bounds", "task")
def task_bounds(context: TaskContext) -> None:
    """Its labels are finite, except for missing outputs, and within the declared bounds."""
    y = np.asarray(context.labels.y, dtype=np.float64)
    allowed = np.isnan(y) if y.ndim == 2 else np.zeros(y.shape, dtype=bool)
    require(np.all(np.isfinite(y) | allowed), "labels are NaN or infinite")
    for bound, beyond in ((context.task.low, np.less), (context.task.high, np.greater)):
        if bound is not None and context.task.problem == "regression":
            count = int(np.sum(beyond(y, bound)))
            require(
                not count, f"{count} of {y.size} labels are beyond the declared bound {bound:g}"
            )


@check("task-splits", "task", needs=("task-labels", "task-ids"))
def task_splits(context: TaskContext) -> None:
    """No sample and no group is both in a training part and held out from it."""
    labels = context.labels
    groups = None if labels.groups is None else np.asarray(labels.groups)
    if groups is not None:
        require(len(groups) == len(labels.ids), f"{len(labels.ids)} ids but {len(groups)} groups")
        require(len(set(map(str, groups))) > 1, "all samples have the same group")
    task = replace(
        _task_without_labels(context), ids=tuple(labels.ids), y=np.asarray(labels.y), groups=groups
    )
    inputs = ScoringInput(task.ids, np.zeros((len(task.ids), 1), np.float32), (task,), frozenset())
    joined = join(inputs, task, folds=10, repeats=1, protocol=SPLIT_IDENTITY)
    _require_together(joined.ids, joined.folds[0], "sample")
    if groups is not None:
        group_of = dict(zip(labels.ids, map(str, groups), strict=True))
        _require_together([group_of[sample] for sample in joined.ids], joined.folds[0], "group")


def _task_without_labels(context: TaskContext) -> ScoringTask:
    return ScoringTask(
        key=context.component.versioned_name,
        stem="",
        problem=context.task.problem,
        ids=(),
        y=np.empty(0),
        metric=context.task.primary_metric,
    )


def _require_together(names: Sequence[str], folds: NDArray[np.int64], what: str) -> None:
    folds_of: dict[str, set[int]] = {}
    for name, fold in zip(names, folds, strict=True):
        folds_of.setdefault(name, set()).add(int(fold))
    split = [name for name, numbers in folds_of.items() if len(numbers) > 1]
    require(
        not split,
        f"{pluralize(len(split), what)} in both a training part and the rows held out from it: "
        f"{', '.join(split[:3])}; return every {what} once",
    )


@check("task-repeatable", "task", needs=VALID_LABELS)
def task_repeatable(context: TaskContext) -> None:
    """The same files give the same labels, without use of the global random generators."""
    if context.task.factory == "":
        raise Skip("the labels are read from their file without changes")
    again = without_global_generators(context.read)
    require(
        label_digest(again) == label_digest(context.labels),
        "labels() returns other labels when it is called again with the same files",
    )


@check("task-claims", "task", needs=VALID_LABELS)
def task_claims(context: TaskContext) -> None:
    """Its label files are recognised, by its name or an alias, in a folder of its data set."""
    require(
        context.scoring.key.removeprefix(f"{context.plugin.name}.")
        == context.component.versioned_name,
        f"{context.files[0].name} was read as the task {context.scoring.key}",
    )


@check("task-random", "task", needs=SCORED)
def task_random(context: TaskContext) -> None:
    """Random embeddings score about the same as a constant embedding."""
    _skip_with_few_labels(context)
    rng = np.random.default_rng(1)
    skill = context.skill(context.outcome(rng.normal(size=(len(context.scoring.ids), DIMENSION))))
    require(
        abs(skill) <= context.chance,
        f"random embeddings have skill {skill:.2f}; chance explains at most {context.chance:.2f}",
    )


@check("task-constant", "task", needs=SCORED)
def task_constant(context: TaskContext) -> None:
    """A constant embedding gets a score, or an undefined one, but no error."""
    outcome = context.outcome(np.ones((len(context.scoring.ids), DIMENSION)))
    require(outcome.status in ("ok", "undefined"), f"a constant embedding fails: {outcome.reason}")


@check("task-oracle", "task", needs=SCORED)
def task_oracle(context: TaskContext) -> None:
    """An embedding that contains the labels gets nearly the best score."""
    _skip_with_few_labels(context)
    skill = context.skill(context.outcome(context.oracle))
    require(
        skill >= ORACLE_SKILL,
        f"the labels used as embedding have skill {skill:.2f} under "
        f"{context.task.primary_metric}; expected at least {ORACLE_SKILL}",
    )


@check("task-shuffled", "task", needs=SCORED)
def task_shuffled(context: TaskContext) -> None:
    """An embedding that contains the labels does not predict shuffled labels."""
    _skip_with_few_labels(context)
    order = np.random.default_rng(2).permutation(len(context.scoring.ids))
    shuffled = replace(context.scoring, y=np.asarray(context.scoring.y)[order])
    skill = context.skill(context.outcome(context.oracle, shuffled))
    require(
        skill <= context.chance,
        f"labels shuffled among the samples are still predicted, with skill {skill:.2f}",
    )


def _skip_with_few_labels(context: TaskContext) -> None:
    try:
        n = len(context.scoring.ids)
    except CheckFailed as failure:
        raise Skip(str(failure)) from None
    if n < MIN_LABELS:
        raise Skip(f"the example has {n} labels; this check needs at least {MIN_LABELS}")
