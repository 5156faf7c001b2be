"""The options of ``neuco sweep``, and those of every command that scores several embeddings."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Annotated, Any

from neucocore.evaluation.options import (
    DatasetOption,
    DropNoDataOption,
    EvaluateOptions,
    ExcludeOption,
    IdOption,
    LabelsOption,
    LabelTaskOption,
    SplitOption,
    SubsetOption,
    TasksOption,
    UnitOption,
    VectorOption,
)
from neucocore.options import Option, StrPath


@dataclass(frozen=True, kw_only=True)
class ScoringOptions:
    """Which rows of embeddings are scored, on what, and where the runs are written."""

    labels: LabelsOption
    output: Annotated[
        StrPath,
        Option(
            "Folder that runs and results are written to.",
            flags=("-o", "--output"),
            metavar="DIR",
            run_file=False,
        ),
    ]
    id: IdOption = None
    vector: VectorOption = None
    dataset: DatasetOption = None
    tasks: TasksOption = ()
    label_task: LabelTaskOption = ()
    subset: SubsetOption = None
    split: SplitOption = None
    exclude_file: ExcludeOption = None
    drop_no_data: DropNoDataOption = False
    unit: UnitOption = ()
    allow_missing: Annotated[
        bool, Option("Score although labelled ids lack an embedding.", run_file=False)
    ] = False
    folds: Annotated[
        int | None,
        Option("Number of parts that the rows are split into. [10]", metavar="N", minimum=2),
    ] = None
    jobs: Annotated[int, Option("Number of threads.", metavar="N", minimum=1)] = 1
    force: Annotated[bool, Option("Score again even if equal runs exist.", run_file=False)] = False

    def evaluation(self, embeddings: StrPath, **changes: Any) -> EvaluateOptions:
        """Return the options of the evaluation of one embeddings file."""
        own = {field.name: getattr(self, field.name) for field in fields(ScoringOptions)}
        return EvaluateOptions(embeddings, **{**own, **changes})


@dataclass(frozen=True, kw_only=True)
class SweepOptions(ScoringOptions):
    """What to score at which sizes."""

    embeddings: Annotated[
        tuple[str, ...],
        Option(
            "Embeddings files; FILE:COLUMN names the column of the vectors. The others are "
            "compared with the first.",
            argument=True,
            metavar="EMBEDDINGS",
            run_file=False,
        ),
    ] = field(kw_only=False, default=())
    families: Annotated[
        tuple[str, ...],
        Option(
            "How dimensions are made fewer: prefix, pca, rotation, or any installed reducer. "
            "[prefix,pca,rotation]",
            split=True,
            metavar="A,B",
            run_file=False,
        ),
    ] = ()
    dims: Annotated[
        tuple[str, ...],
        Option(
            "Numbers of dimensions. [all, halved down to 8]",
            type=tuple[str | int, ...],
            split=True,
            metavar="N,N",
            run_file=False,
        ),
    ] = ()
    bits: Annotated[
        tuple[str, ...],
        Option(
            "Bits per number: 32, 16, 8, 4, 2 or 1. [all]",
            type=tuple[str | int, ...],
            split=True,
            metavar="N,N",
            run_file=False,
        ),
    ] = ()
    train_sizes: Annotated[
        tuple[str, ...],
        Option(
            "Also score with so many training rows, or 'auto' for doubling sizes.",
            type=tuple[str | int, ...],
            split=True,
            metavar="N,N|auto",
            run_file=False,
        ),
    ] = ()
    margin: Annotated[
        float,
        Option(
            "Largest loss of the score that does not matter, for the fewest bytes and labels.",
            metavar="M",
            run_file=False,
        ),
    ] = 0.02
    cube: Annotated[
        tuple[str, ...],
        Option(
            "Numbers of bands (over all dates), rows, columns and bits of the cube behind a row, "
            "for compression ratio and bits per pixel and band.",
            type=tuple[str | int, ...],
            split=True,
            metavar="BANDS,ROWS,COLUMNS,BITS",
            run_file=False,
        ),
    ] = ()
    plots: Annotated[bool, Option("Draw the curves (extra 'plots').", run_file=False)] = False
