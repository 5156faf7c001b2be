"""Specs: the frozen dataclasses with which plugins describe their components.

This module uses the standard library only, because listing the installed components must not
import anything heavy. A spec names the code of its component in ``factory``
(``"package.module:attribute"``); the code is imported when the component is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

Kind = Literal["dataset", "encoder", "task", "metric", "probe", "reducer", "protocol", "suite"]
Problem = Literal["regression", "binary", "multiclass", "multilabel"]
Fit = Literal["none", "train", "transductive"]
ParamType = Literal["int", "float", "str", "bool", "list"]
Aggregate = Literal["skill", "weighted", "uniform", "borda", "mean"]

KINDS: tuple[Kind, ...] = (
    "dataset",
    "encoder",
    "task",
    "metric",
    "probe",
    "reducer",
    "protocol",
    "suite",
)
PROBLEMS: tuple[Problem, ...] = ("regression", "binary", "multiclass", "multilabel")
Factory = str | Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a component, declared so that it can be listed without importing the code.

    ``type`` is the type that ``--set name=value`` is converted to; a ``list`` is written as strings
    separated by commas. A ``nullable`` parameter also accepts ``none``. A number must be at least
    ``minimum`` and greater than ``above``, where they are given.
    """

    name: str
    type: ParamType
    default: Any
    help: str
    choices: tuple[Any, ...] = ()
    nullable: bool = False
    minimum: float | None = None
    above: float | None = None


@dataclass(frozen=True, kw_only=True)
class ComponentSpec:
    """The fields that the specs of all kinds have."""

    kind: ClassVar[Kind]

    name: str
    summary: str
    factory: Factory
    params: tuple[Param, ...] = ()
    version: int = 1
    license: str = ""
    citation: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class HubSource:
    """The repository of a data set on the Hugging Face hub.

    ``revision`` is the commit that is downloaded by default. ``labels`` and ``example`` are glob
    patterns of small parts that can be downloaded alone.
    """

    repo: str
    revision: str
    repo_type: str = "dataset"
    labels: tuple[str, ...] = ("labels/*",)
    example: tuple[str, ...] = ("data_example/*",)


@dataclass(frozen=True, slots=True)
class HostedFile:
    """One file of a `FileSource`: path below the base URL, SHA-256 digest (hex), size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class FileSource:
    """A fixed list of files on a web server.

    ``url`` is the base address that the paths of ``files`` are appended to. ``revision`` names this
    version of the list: a folder begun with another revision is not continued.
    """

    url: str
    revision: str
    files: tuple[HostedFile, ...]


@dataclass(frozen=True, kw_only=True)
class DatasetSpec(ComponentSpec):
    """A source of cubes. ``factory(path, **params)`` returns a `Dataset`.

    ``bands`` names the bands of each modality in stored order; ``seasons`` and ``size`` (pixels
    along y and x) are nominal; ``count`` is the number of cubes. ``generate`` names a function
    ``generate(out, **generate_params)`` that writes a synthetic data set; ``hub`` is where the data
    set can be downloaded from. ``collections`` names further files that belong to the data set,
    such as published embeddings of its cubes; ``neuco data download COLLECTION`` downloads them.
    ``example`` names a function ``example(folder)`` that writes a small data set for the
    conformance kit. ``files`` are glob patterns of the names of its files, if they are not cubes in
    zips: ``neuco validate`` and ``neuco inspect`` recognise its folders by them.
    """

    kind: ClassVar[Kind] = "dataset"

    bands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seasons: int = 4
    size: int = 264
    count: int | None = None
    generate: Factory | None = None
    generate_params: tuple[Param, ...] = ()
    hub: HubSource | None = None
    collections: Mapping[str, FileSource] = field(default_factory=dict)
    example: Factory | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EncoderSpec(ComponentSpec):
    """Cubes to vectors. ``factory(**params)`` returns an `Encoder`.

    ``fit`` states what a vector depends on besides its own cube: ``none``, ``train`` (other cubes,
    which the user names) or ``transductive`` (the cubes that are encoded). ``reducer`` names a
    reducer that is applied once to the complete matrix at the end, with ``reducer_params``, and
    reduces it to ``--dimension`` columns or, without that option, to ``dimension``. ``modalities``
    lists the modalities that the cubes must have; a data set without them is refused before a cube
    is read. Without it, the encoder takes cubes of any sensor. ``reads`` is the name of a ``list``
    parameter, if the encoder has one, that selects what is read, as ``MODALITY`` or
    ``MODALITY:BAND``; the modalities that it names must exist too. ``uses`` is the name of a
    ``list`` parameter that contains names of other encoders; their code then enters the cache keys.
    A ``control`` contains no information about the cubes; leaderboards show it below the ranked
    methods.

    ``example`` is where the conformance kit takes its cubes from: a function ``example()`` that
    returns at least four cubes, or the name of a data set whose own example is read. Without it,
    the kit generates cubes of Sentinel-1 and Sentinel-2 with the declared modalities.
    """

    kind: ClassVar[Kind] = "encoder"

    fit: Fit = "none"
    reducer: str | None = None
    reducer_params: Mapping[str, Any] = field(default_factory=dict)
    dimension: int | None = None
    modalities: tuple[str, ...] = ()
    reads: str = "modalities"
    uses: str | None = None
    control: bool = False
    example: Factory | None = None


@dataclass(frozen=True, kw_only=True)
class LabelSource:
    """The source of a task's labels, and its terms of use."""

    name: str
    license: str
    citation: str
    region: str
    years: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskSpec(ComponentSpec):
    """Labels for ids of one data set. ``factory(**params)`` returns a `Task`.

    With an empty ``factory``, labels are read from a label file without changes. ``aliases`` are
    the stems of label files (without ``__<type>``) that contain the task's labels in its own data
    set; ``other_datasets`` names further data sets in which label files with these stems belong to
    the task. ``metrics`` are reported in addition to the primary one. ``outputs`` names the columns
    of a label with several outputs. ``unit``, ``low`` and ``high`` describe one label;
    ``n_labelled`` is the number of cubes with a label. ``exclusions`` states which cubes have no
    label, ``known_issues`` what is known to be wrong with the labels. ``controls`` holds the
    measured scores of ``random``, ``constant`` and the label ``oracle`` under ``nested-cv``.
    ``derive`` names a function ``derive(ids, sources, **derive_params) -> Labels`` that computes
    the labels from their source. ``example`` names a function ``example(folder)`` that writes label
    files for the conformance kit; without it the kit generates labels within the declared bounds.
    """

    kind: ClassVar[Kind] = "task"

    factory: Factory = ""
    dataset: str
    problem: Problem
    primary_metric: str
    metrics: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    other_datasets: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    unit: str = ""
    low: float | None = None
    high: float | None = None
    source: LabelSource | None = None
    n_labelled: int | None = None
    exclusions: str = ""
    known_issues: str = ""
    controls: Mapping[str, float] = field(default_factory=dict)
    derive: Factory | None = None
    derive_params: tuple[Param, ...] = ()
    example: Factory | None = None


@dataclass(frozen=True, kw_only=True)
class MetricSpec(ComponentSpec):
    """A measure of predictions. ``factory`` names the function ``(y_true, y_pred) -> float``.

    ``needs`` states what ``y_pred`` contains: ``value`` (regression values, or class codes and 0/1
    decisions for classification), ``score`` (for binary and multilabel the probability of the
    positive class, for multiclass one column per class) or ``order`` (for binary and multilabel
    numbers of which only the order counts: log-odds relative to those of the training part).
    ``low`` and ``high`` are the bounds of the metric (None: unbounded). ``undefined`` describes
    when the metric has no value, and how it treats division by zero. A ``multioutput`` metric
    receives all outputs of a regression at once, (n, k); other metrics are computed per output and
    averaged. A metric with ``uses_training_mean`` has a third, optional argument, the mean label of
    the training part of each row.

    ``chance`` is the score of a method that knows nothing but the shares of the classes or the mean
    of the labels: a number, or a function ``chance(y) -> float``. ``influence`` names a function
    with the arguments of the metric that returns the influence values of the n rows: n times the
    derivative of the metric with respect to the weight of a row. Both are optional: without
    ``chance`` a score cannot be turned into a skill, and without ``influence`` the values are
    computed by leaving out one row at a time.
    """

    kind: ClassVar[Kind] = "metric"

    problems: tuple[Problem, ...]
    greater_is_better: bool = True
    needs: Literal["value", "score", "order"] = "value"
    low: float | None = None
    high: float | None = None
    undefined: str = ""
    multioutput: bool = False
    uses_training_mean: bool = False
    chance: float | Factory | None = None
    influence: Factory | None = None


@dataclass(frozen=True, kw_only=True)
class ProbeSpec(ComponentSpec):
    """A model trained on embeddings. ``factory(problem=..., **params)`` returns a `Probe`."""

    kind: ClassVar[Kind] = "probe"

    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True)
class ReducerSpec(ComponentSpec):
    """Matrix to matrix. ``factory(dimension=..., **params)`` returns a `Reducer`.

    The result of a reducer with ``needs_fit`` depends on the matrix it is fitted on. ``bits`` is
    the number of bits of one stored output value. One that ``keeps_dimensions``, such as a
    quantiser, returns as many columns as it gets: a smaller ``--dimension`` is then refused after
    the first vector instead of after the last.
    """

    kind: ClassVar[Kind] = "reducer"

    needs_fit: bool = True
    bits: int = 32
    keeps_dimensions: bool = False


@dataclass(frozen=True, kw_only=True)
class ProtocolSpec(ComponentSpec):
    """How embeddings are scored. ``factory()`` returns a `ScoringProtocol`.

    ``params`` are the options that scores depend on, passed to ``score``, not to the factory; how a
    run is executed (threads, plots) is not among them. A run's protocol identity is
    ``name@version`` plus a digest of every option that differs from its default. ``aggregate`` is
    how leaderboards rank methods under the protocol, and ``notice`` is a line that is printed with
    every run, for protocols with known defects.
    """

    kind: ClassVar[Kind] = "protocol"

    aggregate: Aggregate = "weighted"
    notice: str = ""


@dataclass(frozen=True, slots=True)
class SuiteTask:
    """One task of a suite: ``name@version``, and the labels that it is scored on.

    ``labels`` is the digest of ids and labels, as ``labels`` in ``run.json`` without groups, and
    ``rows`` the number of labelled ids. Both are checked where they are given.
    """

    name: str
    labels: str = ""
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class IdSet:
    """The labelled ids of all tasks of a suite together.

    ``sha256`` is the digest (hex) of the sorted ids, joined by newlines. ``groups`` is that of the
    lines ``id,group`` in the order of the ids, for suites with a split by groups. Digests are
    checked where they are given.
    """

    count: int
    sha256: str = ""
    groups: str = ""


@dataclass(frozen=True, slots=True)
class Erratum:
    """A known error of a version of a suite: ISO date, text, and the tasks that it affects.

    Without ``tasks``, it affects all of them.
    """

    date: str
    text: str
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SuiteSpec(ComponentSpec):
    """A set of tasks to score and to cite together; it has no factory.

    A suite is cited as ``name@version``, so everything that scores depend on is fixed: the data
    set, the tasks in their versions with the digests of their labels, the ids, the split, the
    protocol (``name@version``), the ``options`` that differ from its defaults, and the aggregate.
    A change of any of them is a new version. ``split`` is written like ``--split``; its file is
    looked for in the folder of the labels and in the folder above. ``errata`` lists what was found
    to be wrong with this version.
    """

    kind: ClassVar[Kind] = "suite"

    factory: Factory = ""
    dataset: str
    tasks: tuple[SuiteTask, ...]
    protocol: str
    ids: IdSet | None = None
    split: str = "random"
    options: Mapping[str, Any] = field(default_factory=dict)
    aggregate: Aggregate = "skill"
    errata: tuple[Erratum, ...] = ()


SPEC_OF_KIND: Mapping[Kind, type[ComponentSpec]] = {
    "dataset": DatasetSpec,
    "encoder": EncoderSpec,
    "task": TaskSpec,
    "metric": MetricSpec,
    "probe": ProbeSpec,
    "reducer": ReducerSpec,
    "protocol": ProtocolSpec,
    "suite": SuiteSpec,
}
