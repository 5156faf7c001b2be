"""The options of ``neuco encode``, for the command line, run files and Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from neucocore.options import Option, StrPath


@dataclass(frozen=True, kw_only=True)
class EncodeOptions:
    """What to encode, where to write it, and how to run.

    Names and values are not checked here but by `neucocore.encoding.plan.plan`.
    """

    encoder: Annotated[
        Any,
        Option(
            "Installed encoder; neuco list encoders shows them.",
            argument=True,
            type=str,
            objects="a class or an `EncoderSpec`",
        ),
    ] = field(kw_only=False)
    dataset: Annotated[
        Any,
        Option(
            "Installed data set; neuco list datasets shows them.",
            metavar="NAME",
            type=str,
            objects="a class or a `DatasetSpec`",
            run_file=False,
        ),
    ]
    data: Annotated[StrPath, Option("Folder of the data set.", metavar="DIR", run_file=False)]
    output: Annotated[
        StrPath,
        Option(
            "Embeddings file to write: .csv, .csv.gz, .parquet or .npz.",
            flags=("-o", "--output"),
            metavar="FILE",
            run_file=False,
        ),
    ]
    set: Annotated[
        tuple[str, ...],
        Option(
            "Parameter of the encoder, or dataset.NAME=VALUE or reducer.NAME=VALUE for one of the "
            "data set or the reducer. Repeatable.",
            metavar="NAME=VALUE",
            run_file=False,
            python=False,
        ),
    ] = ()
    params: Annotated[
        Mapping[str, Any],
        Option("Parameters of the encoder.", command_line=False, run_file=False),
    ] = field(default_factory=dict)
    dataset_params: Annotated[
        Mapping[str, Any],
        Option("Parameters of the data set.", command_line=False, run_file=False),
    ] = field(default_factory=dict)
    reducer: Annotated[
        Any,
        Option(
            "Installed reducer to apply to the complete matrix, instead of the encoder's own; "
            "'none' for no reducer.",
            metavar="NAME",
            type=str | None,
            objects="a class or a `ReducerSpec`",
        ),
    ] = None
    reducer_params: Annotated[
        Mapping[str, Any],
        Option("Parameters of the reducer.", command_line=False),
    ] = field(default_factory=dict)
    ids: Annotated[
        StrPath | Sequence[str] | None,
        Option(
            "File with the ids of the cubes to encode; all cubes by default.",
            metavar="FILE",
            type=StrPath | Sequence[str | int] | None,
        ),
    ] = None
    fit_ids: Annotated[
        StrPath | Sequence[str] | None,
        Option(
            "File with the ids of the cubes that the encoder is fitted on.",
            metavar="FILE",
            type=StrPath | Sequence[str | int] | None,
        ),
    ] = None
    subset: Annotated[
        str | None,
        Option(
            "Encode only cubes for which this column of a label file is true, or has this value.",
            metavar="COLUMN[=VALUE]",
        ),
    ] = None
    dimension: Annotated[
        int | None, Option("Maximum number of dimensions.", metavar="N", minimum=1)
    ] = None
    jobs: Annotated[int, Option("Number of worker processes.", metavar="N", minimum=1)] = 1
    batch: Annotated[int, Option("Cubes per unit of work.", metavar="N", minimum=1)] = 4
    shard: Annotated[
        str | None,
        Option("Encode only part I of N; see --merge.", metavar="I/N", run_file=False),
    ] = None
    merge: Annotated[
        bool, Option("Write the embeddings file from finished shards.", run_file=False)
    ] = False
    executor: Annotated[
        Literal["local", "dask"], Option("Encode on this machine or on a dask cluster.")
    ] = "local"
    scheduler: Annotated[
        str | None, Option("Address of the dask scheduler.", metavar="ADDRESS")
    ] = None
    skip_bad: Annotated[
        bool, Option("Leave out cubes that cannot be read, and record them in the sidecar.")
    ] = False
    missing_chunks: Annotated[
        Literal["error", "warn", "fill"],
        Option("How to treat chunks absent from a cube: fail, warn and fill, or fill."),
    ] = "error"
    force: Annotated[bool, Option("Encode again even if the output exists.", run_file=False)] = (
        False
    )
