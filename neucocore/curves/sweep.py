"""Scores of an embedding at several sizes and numbers of training rows, one run folder each.

Runs of smaller sizes are ordinary runs in the phase ``sizes``, those with fewer training rows in
``labels``; equal runs that exist are read instead of scored again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neucocore.curves.options import ScoringOptions
from neucocore.curves.sizes import SharedTransforms, Size, SizeReduction
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.prepare import Prepared, prepare
from neucocore.evaluation.protocols import ChosenProtocol
from neucocore.evaluation.request import EvaluateRequest, evaluate_request
from neucocore.options import StrPath
from neucocore.results.reading import RunRecord, read_run
from neucocore.results.scored_run import RunReport, check_request, run_protocol

SIZES, LABELS = "sizes", "labels"
MIN_TRAINING_ROWS, ROWS_PER_CLASS = 30, 5
"""Fewest training rows, and fewest per class."""

Report = Callable[[str], None]
"""Called with what is scored next, or with what was noticed about a file."""


def silent(text: str) -> None:
    """Report nothing."""


@dataclass(frozen=True, eq=False)
class SizedRun:
    """The run of one size."""

    size: Size
    run: RunRecord


@dataclass(frozen=True, eq=False)
class TrainedRun:
    """The run with some of the training rows."""

    rows: int
    run: RunRecord


@dataclass(frozen=True, eq=False)
class PreparedEmbedding:
    """An embeddings file read and matched to the labels.

    Attributes
    ----------
    protocol
        The protocol of all runs.
    """

    prepared: Prepared
    protocol: ChosenProtocol

    @property
    def request(self) -> EvaluateRequest:
        """The evaluation of the complete embedding."""
        return self.prepared.request

    @property
    def method(self) -> str:
        """Name of the method."""
        return self.request.method

    @property
    def dimension(self) -> int:
        """Number of dimensions."""
        return self.prepared.inputs.embeddings.dimension

    def score(self) -> tuple[RunReport, RunRecord]:
        """Score the complete embedding, as ``neuco evaluate`` does."""
        report = run_protocol(self.prepared, self.protocol)
        return report, read_run(report.run_folder())

    def at(self, size: Size, transforms: SharedTransforms) -> SizedRun:
        """Score the embedding at a size."""
        request = replace(
            self.request,
            method=f"{self.method}.{size.name}",
            phase=SIZES,
            reduction=SizeReduction(size, transforms),
        )
        return SizedRun(size, self._run(request))

    def with_training_rows(self, rows: int) -> TrainedRun:
        """Score the embedding with at most so many training rows in each split."""
        request = replace(
            self.request,
            method=f"{self.method}.train-{rows}",
            phase=LABELS,
            training_rows=rows,
        )
        return TrainedRun(rows, self._run(request))

    def _run(self, request: EvaluateRequest) -> RunRecord:
        report = run_protocol(replace(self.prepared, request=request), self.protocol)
        return read_run(report.run_folder())

    @property
    def smallest_training_size(self) -> int:
        """Fewest training rows with which every task can be scored."""
        return max(_fewest_rows(task.matched) for task in self.prepared.joined.tasks)

    @property
    def largest_training_part(self) -> int:
        """About how many rows each split of the largest task trains on."""
        tasks = self.prepared.joined.tasks
        return max(self.trained_of(len(task.matched.ids)) for task in tasks)

    def trained_of(self, rows: int) -> int:
        """Return about how many of some rows each split trains on."""
        folds = int(self.protocol.values().get("folds", 10))
        return rows * (folds - 1) // folds

    def training_sizes(self) -> list[int]:
        """Return doubling numbers of training rows that every task can use, in ascending order."""
        tasks = [task.matched for task in self.prepared.joined.tasks]
        smallest = self.smallest_training_size
        largest = min(self.trained_of(len(task.ids)) for task in tasks)
        sizes = []
        while smallest < largest:
            sizes.append(smallest)
            smallest *= 2
        return sizes


def prepare_embedding(
    options: ScoringOptions, embeddings: StrPath, **changes: Any
) -> PreparedEmbedding:
    """Read an embeddings file and the labels; errors as in `neucocore.evaluation.prepare`.

    Parameters
    ----------
    changes
        Further options of the evaluation.
    """
    request = evaluate_request(options.evaluation(embeddings, **changes))
    check_request(request)
    return PreparedEmbedding(prepare(request), request.protocols[0])


def sized_runs(
    embedding: PreparedEmbedding, sizes: Sequence[Size], step: Report = silent
) -> list[SizedRun]:
    """Score an embedding at several sizes."""
    transforms = SharedTransforms()
    runs = []
    for size in sizes:
        step(f"{embedding.method} {size.name}")
        runs.append(embedding.at(size, transforms))
    return runs


def halved(columns: int, smallest: int = 8) -> list[int]:
    """Return d, d/2, d/4, ... down to 8."""
    dims = [columns]
    while dims[-1] // 2 >= smallest:
        dims.append(dims[-1] // 2)
    return dims


def _fewest_rows(task: ScoringTask) -> int:
    if task.problem == "regression":
        return MIN_TRAINING_ROWS
    y = np.asarray(task.y)
    classes = y.shape[1] if task.problem == "multilabel" else len(np.unique(y))
    return max(MIN_TRAINING_ROWS, ROWS_PER_CLASS * classes)
