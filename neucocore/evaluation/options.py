"""The options of ``neuco evaluate``, for the command line, run files and Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from neucocore.options import Option, StrPath

DEFAULT_OUTPUT = "results"
"""Where the command line writes run folders."""

# Options that other commands which score embeddings have too.
LabelsOption = Annotated[
    Any,
    Option(
        "Folder of label files <name>__<type>.csv, or a table with label columns.",
        metavar="DIR|TABLE[:COLUMNS]",
        type=StrPath,
        objects="a data frame, or a mapping from ids to labels or from names of tasks to such "
        "mappings",
        run_file=False,
    ),
]
DatasetOption = Annotated[
    str | None,
    Option(
        "Data set of the embeddings, where the file does not name it.",
        metavar="NAME",
        run_file=False,
    ),
]
IdOption = Annotated[
    str | None,
    Option("Column of the ids; by default 'id' or the one of a known product.", metavar="COLUMN"),
]
VectorOption = Annotated[
    str | None,
    Option(
        "Columns of the numbers: a list column, a pattern such as 'B*', or names separated by "
        "commas.",
        metavar="COLUMN|PATTERN",
    ),
]
LabelTaskOption = Annotated[
    tuple[str, ...],
    Option(
        "Installed task that a label file is of, for labels of your own ids: its metrics, unit and "
        "name are used. STEM=TASK for a label file of another name. Repeatable.",
        metavar="[STEM=]TASK",
    ),
]
TasksOption = Annotated[
    tuple[str, ...],
    Option("Score only these tasks; names or wildcards, comma-separated.", split=True),
]
SubsetOption = Annotated[
    str | None,
    Option(
        "Use only rows of the label files whose COLUMN is true, or equals VALUE.",
        metavar="COLUMN[=VALUE]",
    ),
]
SplitOption = Annotated[
    str | None,
    Option(
        "How rows are split: random; group:COLUMN keeps rows of one group together, blocks or "
        "blocks:KM those of one square; folds:COLUMN takes the folds, or train, val and test, "
        "from a column, year:COLUMN the years. COLUMN is one of the labels or embeddings, or "
        "FILE:COLUMN. [random; rows of one site, polygon or patch together]",
        metavar="RULE",
    ),
]
ExcludeOption = Annotated[StrPath | None, Option("File with ids to leave out.", metavar="FILE")]
DropNoDataOption = Annotated[
    bool,
    Option("Leave out rows of the embeddings that hold a fill value in all dimensions."),
]
UnitOption = Annotated[
    tuple[str, ...],
    Option(
        "Unit of the labels, or COLUMN=UNIT for one of several label columns. Repeatable.",
        metavar="[COLUMN=]UNIT",
    ),
]


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions:
    """What to score, under which protocols, and what to write.

    Names and values are checked by `neucocore.evaluation.prepare.prepare`.
    """

    embeddings: Annotated[
        Any,
        Option(
            "Embeddings file (.csv, .csv.gz, .parquet or .npz) or folder of parts; FILE:COLUMN "
            "names the column of the vectors.",
            argument=True,
            type=StrPath,
            objects="`Embeddings`, a data frame, or an (n, d) array with `ids`",
            run_file=False,
        ),
    ] = field(kw_only=False)
    labels: LabelsOption
    ids: Annotated[
        Sequence[str] | None,
        Option(
            "Ids of the rows of an array of embeddings.",
            type=Sequence[str | int] | None,
            command_line=False,
            run_file=False,
        ),
    ] = None
    output: Annotated[
        StrPath | None,
        Option(
            "Folder that the run folder is written to. In Python nothing is written without it. "
            f"[{DEFAULT_OUTPUT}]",
            flags=("-o", "--output"),
            metavar="DIR",
            run_file=False,
        ),
    ] = None
    method: Annotated[
        str | None, Option("Name of the method; by default the file's name.", run_file=False)
    ] = None
    phase: Annotated[
        str | None,
        Option("Subfolder of --output; runs of one phase are ranked together. [results]"),
    ] = None
    dataset: DatasetOption = None
    suite: Annotated[
        str | None,
        Option(
            "Score exactly this suite: its tasks, labels, ids, split and protocol; "
            "neuco list suites shows them.",
            metavar="NAME",
        ),
    ] = None
    protocol: Annotated[
        tuple[str, ...],
        Option("Scoring protocol; neuco list protocols shows them. Repeatable.", metavar="NAME"),
    ] = ()
    config: Annotated[
        StrPath | None,
        Option(
            "NeuCo-Bench's YAML file; its protocol and its lenient reading of files are used.",
            metavar="FILE",
            run_file=False,
        ),
    ] = None
    id: IdOption = None
    vector: VectorOption = None
    tasks: TasksOption = ()
    label_task: LabelTaskOption = ()
    subset: SubsetOption = None
    split: SplitOption = None
    places: Annotated[
        Literal["auto", "on", "off"],
        Option(
            "Whether to score blocks of several sizes and the place alone, where the rows have "
            "coordinates: auto does so under nested-cv for up to 4 million numbers."
        ),
    ] = "auto"
    exclude_file: ExcludeOption = None
    probe: Annotated[
        Any,
        Option(
            "Installed probe to use instead of the protocol's own.",
            metavar="NAME",
            type=str | Mapping[str, Any] | None,
            objects="a `ProbeSpec`",
        ),
    ] = None
    metric: Annotated[
        Any,
        Option(
            "Installed metric to use as the primary one of the tasks that it applies to.",
            metavar="NAME",
            type=str | None,
            objects="a `MetricSpec`",
        ),
    ] = None
    folds: Annotated[
        int | None,
        Option("Number of parts that the rows are split into. [10]", metavar="N", minimum=2),
    ] = None
    repeats: Annotated[
        int | None,
        Option("Number of different splits into folds. [1]", metavar="N", minimum=1),
    ] = None
    interval: Annotated[
        Literal["influence", "jackknife"],
        Option(
            "How intervals include the noise of training: from the linear probe's own fit, or, for "
            "any probe, from fits that leave out one fold more (5 times the time)."
        ),
    ] = "influence"
    set: Annotated[
        tuple[str, ...],
        Option(
            "Option of the protocol, or probe.NAME=VALUE for a parameter of the probe. Repeatable.",
            metavar="NAME=VALUE",
            run_file=False,
            python=False,
        ),
    ] = ()
    options: Annotated[
        Mapping[str, Any],
        Option("Options of the protocol, by name.", command_line=False),
    ] = field(default_factory=dict)
    dimension: Annotated[
        int | None, Option("Stop if the embeddings have more dimensions.", metavar="N", minimum=1)
    ] = None
    nan: Annotated[
        Literal["error", "zero"],
        Option("How to treat cells that are not finite numbers: stop, or count them as 0."),
    ] = "error"
    drop_no_data: DropNoDataOption = False
    per: Annotated[
        str | None,
        Option(
            "Also report the score for each value of this column, such as a region or year.",
            metavar="COLUMN",
        ),
    ] = None
    weights: Annotated[
        str | None,
        Option(
            "Column of the area that each labelled row represents, for area-weighted figures next "
            "to those of the sample.",
            metavar="COLUMN",
        ),
    ] = None
    unit: UnitOption = ()
    allow_missing: Annotated[
        bool,
        Option("Score although labelled ids lack an embedding; the partial run is not ranked."),
    ] = False
    hidden: Annotated[
        bool,
        Option(
            "Mark the run as one of hidden tasks, whose results stay here: it cannot be packed.",
        ),
    ] = False
    plots: Annotated[
        bool, Option("Draw plots into the run folder (extra 'plots').", run_file=False)
    ] = False
    store_probes: Annotated[
        bool, Option("Store the fitted probes in the run folder.", run_file=False)
    ] = False
    jobs: Annotated[int, Option("Number of threads.", metavar="N", minimum=1)] = 1
    force: Annotated[bool, Option("Score again even if an equal run exists.", run_file=False)] = (
        False
    )
