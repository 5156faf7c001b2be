"""The host's data of one phase: labels, folds and rules, as neuco wrote them at export."""

from __future__ import annotations

import io
import json
import os
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np

FILE_NAMES = ("reference.json", "reference.npz")


@dataclass(frozen=True)
class Task:
    """One task of the phase.

    Attributes
    ----------
    name
        The name that is shown, such as ``task-1``.
    problem
        ``regression``, ``binary``, ``multiclass`` or ``multilabel``.
    metric, needs, uses_training_mean
        The primary metric; which predictions it takes; whether it takes training means.
    sign
        -1 if the metric falls as predictions improve, else 1.
    classes
        Number of classes.
    averaged
        Label columns that are averaged into the score.
    grouped
        Whether folds consist of complete groups.
    rows
        (n,) rows of the phase's ids.
    y
        (n, k) labels; NaN where one is missing.
    folds
        (repeats, n) fold in which each row is held out; under ``neucobench-*`` (1, n held out)
        the rows that the first split holds out, to check the random stream with.
    """

    name: str
    problem: str
    metric: str
    needs: str
    uses_training_mean: bool
    sign: int
    classes: int
    averaged: list
    grouped: bool
    rows: Any
    y: Any
    folds: Any


@dataclass(frozen=True)
class Reference:
    """One phase: ids in sorted order, tasks in the order in which they are scored, and rules."""

    phase: str
    protocol: str
    options: dict
    limits: dict
    allowed_failures: int
    failure_value: float
    rounding: float
    ids: tuple
    tasks: tuple


def read_reference(path):
    """Read a folder or a zip file that holds ``reference.json`` and ``reference.npz``."""
    contents = {}
    if os.path.isdir(path):
        for name in FILE_NAMES:
            with open(os.path.join(path, name), "rb") as file:
                contents[name] = file.read()
    else:
        with zipfile.ZipFile(path) as archive:
            for name in FILE_NAMES:
                contents[name] = archive.read(name)
    described = json.loads(contents["reference.json"].decode("utf-8"))
    with np.load(io.BytesIO(contents["reference.npz"]), allow_pickle=False) as arrays:
        ids = tuple(arrays["ids"].tolist())
        tasks = tuple(
            Task(
                rows=arrays[f"{number}.rows"].astype(np.int64),
                y=arrays[f"{number}.y"].astype(np.float64),
                folds=arrays[f"{number}.folds"].astype(np.int64),
                **fields,
            )
            for number, fields in enumerate(described.pop("tasks"))
        )
    return Reference(ids=ids, tasks=tasks, **described)
