"""The frozen descriptions by which plugins announce their components.

Standard library only: listing what is installed must import nothing heavy. The code behind a
spec is named by its ``factory`` (``"package.module:attribute"``) and imported when it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

Kind = Literal["dataset", "encoder", "task", "metric", "probe", "reducer", "protocol"]
Problem = Literal["regression", "binary", "multiclass", "multilabel"]
Fit = Literal["none", "train", "transductive"]
ParamType = Literal["int", "float", "str", "bool", "list"]
Aggregate = Literal["weighted", "uniform", "borda", "mean"]

KINDS: tuple[Kind, ...] = ("dataset", "encoder", "task", "metric", "probe", "reducer", "protocol")
PROBLEMS: tuple[Problem, ...] = ("regression", "binary", "multiclass", "multilabel")
Factory = str | Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a component, declared so that nothing has to be imported to list it.

    ``type`` is what ``--set name=value`` is read as; ``list`` is comma separated text.
    ``nullable`` parameters also accept ``none``.
    """

    name: str
    type: ParamType
    default: Any
    help: str
    choices: tuple[Any, ...] = ()
    nullable: bool = False


@dataclass(frozen=True, kw_only=True)
class ComponentSpec:
    """What every kind of component declares."""

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
    """Where a data set lives on the Hugging Face hub.

    ``revision`` is the pinned default; ``labels`` and ``example`` are glob patterns of the small
    parts that can be had alone.
    """

    repo: str
    revision: str
    repo_type: str = "dataset"
    labels: tuple[str, ...] = ("labels/*",)
    example: tuple[str, ...] = ("data_example/*",)


@dataclass(frozen=True, slots=True)
class HostedFile:
    """One file of a `FileSource`: its path below the base URL, SHA-256 digest (hex) and bytes."""

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
    along y and x) are nominal. ``generate`` names a function ``generate(out, **generate_params)``
    that writes a synthetic data set; ``hub`` tells where the data set is downloaded from.
    ``collections`` names further files that belong to the data set, such as published embeddings
    of its cubes; ``neuco data download COLLECTION`` fetches them. ``example`` names a function
    ``example(folder)`` that writes a small data set for the conformance kit.
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


@dataclass(frozen=True, kw_only=True)
class EncoderSpec(ComponentSpec):
    """Cubes to vectors. ``factory(**params)`` returns an `Encoder`.

    ``fit`` says what the vectors depend on beside their own cube: ``none``, ``train`` (other
    cubes, named by the user) or ``transductive`` (the very cubes being encoded). ``reducer``
    names a reducer applied once to the whole matrix at the end, to ``--dimension`` columns
    or, without that option, to ``dimension``. ``modalities`` lists what the cubes must have.
    ``uses`` names a ``list`` parameter of other encoders' names, whose code then counts in keys.
    """

    kind: ClassVar[Kind] = "encoder"

    fit: Fit = "none"
    reducer: str | None = None
    dimension: int | None = None
    modalities: tuple[str, ...] = ()
    uses: str | None = None


@dataclass(frozen=True, kw_only=True)
class LabelSource:
    """Where the labels of a task come from, and on what terms."""

    name: str
    license: str
    citation: str
    region: str
    years: str
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskSpec(ComponentSpec):
    """Labels for ids of one data set. ``factory(**params)`` returns a `Task`.

    The empty factory stands for labels read from a label file as they are. ``aliases`` are label
    file stems (without ``__<type>``) under which the task's own data set ships the labels;
    ``other_datasets`` names further data sets whose label files of the same stems are claimed.
    ``metrics`` are reported in addition to the primary one. ``outputs`` names the columns of
    several outputs. ``unit``, ``low`` and ``high`` describe one label. ``exclusions`` states what
    the label leaves out, ``known_issues`` what is known to be wrong with it. ``controls`` holds
    the measured scores of ``random``, ``constant`` and the label ``oracle`` under ``robust``.
    ``derive`` names a function ``derive(ids, sources, **derive_params) -> Labels`` which makes
    the labels again from their source. ``example`` names a function ``example(folder)`` which
    writes label files for the conformance kit; without it the kit makes up labels within the
    declared bounds.
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
    """A number for predictions. ``factory`` names the function ``(y_true, y_pred) -> float``.

    ``needs`` says what ``y_pred`` holds: ``value`` (regression values, or class codes and 0/1
    decisions for classification) or ``score`` (for binary and multilabel the probability or
    margin of the positive class, for multiclass one column a class). ``low`` and ``high`` bound
    the metric (None: unbounded); ``undefined`` says in words when it has no value and what the
    zero-division rule is. ``multioutput`` metrics take (n, k) arrays of regression values whole;
    others are averaged over the outputs.
    """

    kind: ClassVar[Kind] = "metric"

    problems: tuple[Problem, ...]
    greater_is_better: bool = True
    needs: Literal["value", "score"] = "value"
    low: float | None = None
    high: float | None = None
    undefined: str = ""
    multioutput: bool = False


@dataclass(frozen=True, kw_only=True)
class ProbeSpec(ComponentSpec):
    """The small model on top. ``factory(problem=..., **params)`` returns a `Probe`."""

    kind: ClassVar[Kind] = "probe"

    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True)
class ReducerSpec(ComponentSpec):
    """Matrix to matrix. ``factory(dimension=..., **params)`` returns a `Reducer`.

    ``needs_fit`` reducers depend on the matrix they were fitted on; ``bits`` is the number of bits
    one output value takes when stored.
    """

    kind: ClassVar[Kind] = "reducer"

    needs_fit: bool = True
    bits: int = 32


@dataclass(frozen=True, kw_only=True)
class ProtocolSpec(ComponentSpec):
    """How embeddings are scored. ``factory()`` returns a `ScoringProtocol`.

    ``params`` are the options that scores depend on; how a run is executed (threads, plots) is not
    among them. A run's protocol identity is ``name@version`` plus a digest of every option that
    differs from its default. ``aggregate`` names how leaderboards rank under the protocol, and
    ``notice`` is one line printed with every run, for protocols with known defects.
    """

    kind: ClassVar[Kind] = "protocol"

    aggregate: Aggregate = "weighted"
    notice: str = ""


SPEC_OF_KIND: Mapping[Kind, type[ComponentSpec]] = {
    "dataset": DatasetSpec,
    "encoder": EncoderSpec,
    "task": TaskSpec,
    "metric": MetricSpec,
    "probe": ProbeSpec,
    "reducer": ReducerSpec,
    "protocol": ProtocolSpec,
}
