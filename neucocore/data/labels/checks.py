"""The rule for the labels of a task, the same for label files, task plugins and derivations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import TaskSpec
from neucocore.data.labels.labels import Labels
from neucocore.errors import NeucoError
from neucocore.files.findings import EXAMPLES_SHOWN, Finding


def checked_labels(
    labels: object, spec: TaskSpec, source: str, *, error: type[NeucoError], hint: str
) -> Labels:
    """Return labels as arrays of the types that the task's problem needs.

    Parameters
    ----------
    labels
        What the source returned; ids, values and groups may be plain lists.
    spec
        The task.
    source
        Where the labels come from, for the message: ``the task landcover/forest``.
    error, hint
        The error to raise for labels that cannot be used.

    Returns
    -------
    Labels
        ``y`` is int64 for binary and multiclass, else float64. ``findings`` count the labels
        outside the task's range.

    Raises
    ------
    NeucoError
        Of type `error`, with every problem in ``problems``.
    """
    if not isinstance(labels, Labels):
        raise error(f"{source} returned {type(labels).__name__}, not Labels", hint=hint)
    labels = replace(
        labels,
        ids=tuple(labels.ids),
        y=np.asarray(labels.y),
        groups=None if labels.groups is None else np.asarray(labels.groups),
        label_sd=None if labels.label_sd is None else np.asarray(labels.label_sd),
    )
    problems = label_problems(labels, spec)
    if problems:
        raise error(f"the labels from {source} cannot be used", problems=problems, hint=hint)
    codes = spec.problem in ("binary", "multiclass")
    labels = replace(labels, y=labels.y.astype(np.int64 if codes else np.float64))
    if labels.label_sd is not None:
        labels = replace(labels, label_sd=labels.label_sd.astype(np.float64))
    return replace(labels, findings=(*labels.findings, *_out_of_range(labels, spec)))


def label_problems(labels: Labels, spec: TaskSpec) -> list[str]:
    """Return everything that makes labels unusable for a task, one text per problem.

    Parameters
    ----------
    labels
        Labels with `y`, `groups` and `label_sd` as arrays.
    spec
        The task, which says the problem and the outputs.
    """
    return [
        *_id_problems(labels),
        *_output_problems(labels, spec),
        *_value_problems(labels, spec),
        *_sd_problems(labels, spec),
    ]


def _id_problems(labels: Labels) -> Iterator[str]:
    n = len(labels.ids)
    if n == 0:
        yield "there is no labelled sample"
    wrong = [sample for sample in labels.ids if not isinstance(sample, str)]
    if wrong:
        yield f"{len(wrong)} ids are not strings: {_examples(map(repr, wrong))}"
    elif len(set(labels.ids)) < n:
        repeated = sorted(sample for sample, count in Counter(labels.ids).items() if count > 1)
        yield f"{len(repeated)} ids occur more than once: {_examples(repeated)}"
    if labels.y.ndim == 0 or len(labels.y) != n:
        yield f"y has shape {labels.y.shape} for {n} ids"
    if labels.groups is not None and labels.groups.shape != (n,):
        yield f"groups have shape {labels.groups.shape} for {n} ids"


def _output_problems(labels: Labels, spec: TaskSpec) -> Iterator[str]:
    outputs = tuple(labels.outputs)
    if outputs != spec.outputs and (spec.outputs or spec.problem != "multilabel"):
        yield f"outputs are {outputs}; the task declares {spec.outputs}"
    n = len(labels.ids)
    if labels.y.shape[:1] != (n,) or (spec.problem == "multilabel" and not outputs):
        return
    shape = (n, len(outputs)) if outputs else (n,)
    if labels.y.shape != shape:
        yield f"y has shape {labels.y.shape}; expected {shape} for the outputs {outputs}"


def _value_problems(labels: Labels, spec: TaskSpec) -> Iterator[str]:
    y = labels.y
    if y.dtype.kind not in "iufb":
        yield f"y has type {y.dtype}; expected numbers"
        return
    # NaN marks a missing output; a task without outputs has no missing labels.
    missing = np.isnan(y) if y.ndim == 2 else np.zeros(y.shape, dtype=np.bool_)
    if spec.problem in ("binary", "multiclass"):
        n_classes = 2 if spec.problem == "binary" else len(labels.classes)
        wrong = ~((y >= 0) & (y < (n_classes or np.inf)) & (y == np.floor(y)))
        expected = (
            f"class codes from 0 to {n_classes - 1}" if n_classes else "class codes from 0 on"
        )
    elif spec.problem == "multilabel":
        wrong, expected = ~((y == 0) | (y == 1) | missing), "0 or 1, or NaN where missing"
    else:
        wrong, expected = ~(np.isfinite(y) | missing), "finite numbers"
    if wrong.any():
        values = np.unique(y[wrong].astype(np.float64))
        examples = _examples(f"{value:g}" for value in values)
        yield f"{int(wrong.sum())} labels are not {expected}: {examples}"


def _sd_problems(labels: Labels, spec: TaskSpec) -> Iterator[str]:
    sd = labels.label_sd
    if sd is None:
        return
    if spec.problem != "regression":
        yield f"label_sd is given, but the task is {spec.problem}: only regression has it"
    elif sd.dtype.kind not in "iuf":
        yield f"label_sd has type {sd.dtype}; expected numbers"
    elif sd.shape != labels.y.shape:
        yield f"label_sd has shape {sd.shape}; expected {labels.y.shape}, as y"
    elif (wrong := ~(np.isnan(sd) | ((sd >= 0) & (sd < np.inf)))).any():
        examples = _examples(f"{value:g}" for value in np.unique(sd[wrong].astype(np.float64)))
        yield f"{int(wrong.sum())} values of label_sd are not finite and 0 or more: {examples}"


def _out_of_range(labels: Labels, spec: TaskSpec) -> list[Finding]:
    """Return a warning about regression labels outside of the task's range; NaN is in it."""
    if spec.problem != "regression":
        return []
    low = -np.inf if spec.low is None else spec.low
    high = np.inf if spec.high is None else spec.high
    values: NDArray[Any] = labels.y.reshape(len(labels.ids), -1)
    outside = np.nonzero(((values < low) | (values > high)).any(axis=1))[0].tolist()
    ids = [labels.ids[row] for row in outside]
    if not ids:
        return []
    message = f"label outside the task's range of {low:g} to {high:g} {spec.unit}".rstrip()
    return [Finding("out-of-range", "warning", message, len(ids), tuple(ids[:EXAMPLES_SHOWN]))]


def _examples(texts: Iterator[str] | list[str] | map[str]) -> str:
    first = [text for _, text in zip(range(EXAMPLES_SHOWN), texts, strict=False)]
    return ", ".join(first)
