"""The commands as functions, for notebooks and scripts. Nothing is printed.

Their parameters are the options of the commands (`neucocore.options`).
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from neucocore.choice.options import ChooseOptions
from neucocore.curves.options import SweepOptions
from neucocore.encoding.options import EncodeOptions
from neucocore.errors import ConfigError
from neucocore.evaluation.options import EvaluateOptions
from neucocore.files.atomic import write_bytes
from neucocore.options import StrPath
from neucocore.runtime.arguments import as_function

if TYPE_CHECKING:
    from neucocore.choice.result import Choice
    from neucocore.components.discovery import PluginRecord
    from neucocore.components.specs import ComponentSpec, Kind
    from neucocore.curves.summary import SweepResult
    from neucocore.encoding.report import EncodeReport
    from neucocore.results.compare import RunComparison
    from neucocore.results.leaderboard import Table
    from neucocore.results.packs.reading import Pack
    from neucocore.results.scored_run import RunReport

O = TypeVar("O")  # noqa: E741


def _encode(options: EncodeOptions) -> EncodeReport:
    """Encode the cubes of a data set into an embeddings file; called again, it continues.

    Examples
    --------
    >>> report = encode(
    ...     "mean", dataset="folder", data="cubes", output="mean.parquet"
    ... )  # doctest: +SKIP
    """
    from neucocore.encoding.plan import plan
    from neucocore.encoding.run import encode as run

    kinds: dict[str, Kind] = {"encoder": "encoder", "dataset": "dataset", "reducer": "reducer"}
    with _named_components(options, kinds) as named:
        _check_workers(named)
        return run(plan(named))


def _evaluate(options: EvaluateOptions) -> list[RunReport]:
    """Score embeddings; returns one report per protocol.

    A run folder is written only with `output`.

    Examples
    --------
    >>> reports = evaluate("mean.parquet", labels="labels", output="results")  # doctest: +SKIP
    >>> reports = evaluate(matrix, ids=ids, labels={"forest": shares})  # doctest: +SKIP
    >>> reports[0].rows()  # doctest: +SKIP
    """
    from neucocore.evaluation.prepare import prepare
    from neucocore.evaluation.request import evaluate_request
    from neucocore.results.scored_run import check_request, run_protocol

    kinds: dict[str, Kind] = {"probe": "probe", "metric": "metric"}
    with _named_components(_with_objects(options), kinds) as named:
        request = evaluate_request(named)
        check_request(request)
        prepared = prepare(request)
        return [run_protocol(prepared, chosen) for chosen in request.protocols]


@contextmanager
def _named_components(options: O, kinds: Mapping[str, Kind]) -> Iterator[O]:
    """Yield options in which names stand for the components that are objects.

    Parameters
    ----------
    kinds
        The options that name a component, with its kind.
    """
    from neucocore.components.objects import spec_of
    from neucocore.components.session import session_components
    from neucocore.provenance.object_code import digest_of_object

    values = {name: getattr(options, name) for name in kinds}
    specs = {
        name: spec_of(kinds[name], value)
        for name, value in values.items()
        if value is not None and not isinstance(value, str | Mapping)
    }
    sources = [(spec, digest_of_object(_code_of(spec))) for spec in specs.values()]
    with session_components(sources) as components:
        names = dict(zip(specs, (component.full_name for component in components), strict=True))
        yield replace(options, **names)  # type: ignore[type-var]


def _code_of(spec: ComponentSpec) -> Any:
    """Return what a spec's factory names: an object, or the module of a text."""
    if not isinstance(spec.factory, str):
        return spec.factory
    return sys.modules.get(spec.factory.partition(":")[0])


def _check_workers(options: EncodeOptions) -> None:
    """Check that worker processes can import components that are objects.

    Raises
    ------
    ConfigError
        They cannot.
    """
    from neucocore.components.lookup import find
    from neucocore.components.objects import importable
    from neucocore.components.session import SESSION

    if options.jobs == 1 and options.executor == "local":
        return
    kinds: dict[Kind, str] = {"encoder": options.encoder, "dataset": options.dataset}
    for kind, name in kinds.items():
        if not name.startswith(f"{SESSION}/"):
            continue
        spec = find(kind, name).spec
        if options.executor != "local" or not importable(spec):
            raise ConfigError(
                f"the {kind} {spec.name} is an object of this process, which worker processes "
                "cannot import",
                hint="use jobs=1, or move its code to a file and load it with "
                "neucocore.load_plugin('FILE.py')",
            )


def _with_objects(options: EvaluateOptions) -> EvaluateOptions:
    """Return the options with names for embeddings and labels that are objects in memory."""
    from neucocore.data.in_memory import EMBEDDINGS, InMemory

    objects: dict[str, Any] = {}
    if not isinstance(options.embeddings, str | Path):
        objects["embeddings"] = InMemory(options.embeddings, EMBEDDINGS, options.ids)
    elif options.ids is not None:
        raise ConfigError("ids are those of an array; a file has its own", hint="leave ids out")
    return replace(options, ids=None, labels=_labels(options.labels), **objects)


def _labels(labels: Any) -> Any:
    """Return labels with a name if they are an object in memory."""
    from neucocore.data.in_memory import LABELS, InMemory

    return labels if isinstance(labels, str | Path) else InMemory(labels, LABELS)


def _choose(options: ChooseOptions) -> Choice:
    """Choose between embeddings, and write ``decision.json`` and ``decision.md``.

    Examples
    --------
    >>> found = choose(
    ...     ("clay.parquet", "tessera.parquet"), labels="survey.csv", output="decision"
    ... )  # doctest: +SKIP
    >>> [sentence.text for sentence in found.sentences]  # doctest: +SKIP
    """
    from neucocore.choice.choose import choose as run

    return run(replace(options, labels=_labels(options.labels)))


def _sweep(options: SweepOptions) -> SweepResult:
    """Score embeddings at several sizes, and write ``sweep.json`` and ``sweep.csv``.

    Examples
    --------
    >>> found = sweep(
    ...     ("clay.parquet",), labels="survey.csv", output="sweep", families=("pca",)
    ... )  # doctest: +SKIP
    >>> found.rows  # doctest: +SKIP
    """
    from neucocore.curves.summary import sweep as run

    return run(replace(options, labels=_labels(options.labels)))


encode = as_function(EncodeOptions, _encode)
evaluate = as_function(EvaluateOptions, _evaluate)
choose = as_function(ChooseOptions, _choose)
sweep = as_function(SweepOptions, _sweep)


def generate(
    dataset: str,
    *,
    output: StrPath,
    params: Mapping[str, Any] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    force: bool = False,
) -> list[str]:
    """Generate a synthetic data set, with the labels of every installed task that belongs to it.

    Parameters
    ----------
    dataset
        An installed data set that can be generated, such as ``synthetic-earth``.
    output
        The folder to write.
    params
        Values of the parameters that the data set declares for generating it.
    progress
        Called with (done, total, what).
    force
        Write to a folder that is not empty, whoever wrote the files in it.

    Returns
    -------
    list of str
        One line for each task without labels, with the reason.
    """
    from neucocore.components.lookup import find
    from neucocore.components.parameters import check_values
    from neucocore.workflow.synthetic import generate_dataset

    component = find("dataset", dataset)
    declared = getattr(component.spec, "generate_params", ())
    values = check_values(params or {}, declared, of=component.full_name)
    return generate_dataset(component, Path(output), values, progress, force=force)


def load_plugin(plugin: StrPath | ModuleType) -> PluginRecord:
    """Load a plugin that is not installed: a Python file, or a module.

    Its components can be used by their names until Python ends; runs made with them are marked
    ``unregistered``. Called again, it loads the changed code.

    Parameters
    ----------
    plugin
        The path of a file, a module, or the name of a module that Python can import.

    Returns
    -------
    PluginRecord
        With ``name`` and ``components``.

    Raises
    ------
    PluginError
        It cannot be loaded.

    Examples
    --------
    >>> load_plugin("my_idea.py").components  # doctest: +SKIP
    """
    from neucocore.components.session import importable_module, load_file, load_module
    from neucocore.provenance.code import forget_sources
    from neucocore.provenance.object_code import digest_of_object

    forget_sources()
    if isinstance(plugin, Path) or (isinstance(plugin, str) and plugin.endswith(".py")):
        return load_file(Path(plugin))
    module = importable_module(plugin) if isinstance(plugin, str) else plugin
    return load_module(module, digest_of_object(module))


def leaderboard(
    output: StrPath,
    *more: StrPath,
    phase: str | None = None,
    protocol: str | None = None,
    by: Literal["skill", "weighted", "uniform", "borda", "mean"] | None = None,
    all_runs: bool = False,
    common_ids: bool = False,
) -> list[Table]:
    """Rank runs; one table for each group of comparable runs.

    Parameters
    ----------
    output, *more
        Results folders, and packs of `pack`.
    """
    from neucocore.results.leaderboard import leaderboards
    from neucocore.results.sources import read_sources

    runs = read_sources([output, *more], phase)
    return leaderboards(runs, by=by, protocol=protocol, all_runs=all_runs, common_ids=common_ids)


def compare(
    *runs: StrPath,
    results: StrPath | None = None,
    protocol: str | None = None,
    baseline: int = -1,
    tasks: Sequence[str] = (),
    margin: float | None = None,
) -> list[RunComparison]:
    """Compare runs on the same rows and splits.

    Parameters
    ----------
    *runs
        Run folders, and packs of `pack`; with `results`, also names of methods.
    results
        Results folder in which methods are looked up.
    protocol
        Protocol of the methods' runs; by default the default protocol, if all were scored under it.
    baseline
        Index of the run that the others are compared with.
    tasks
        Names of the tasks to compare; by default all that the runs have in common.
    margin
        Largest loss that does not matter, for tests of non-inferiority.
    """
    from neucocore.results.compare import compare_runs, find_runs

    folder = None if results is None else Path(results)
    found = find_runs([str(run) for run in runs], folder, protocol)
    return compare_runs(found, baseline=baseline, tasks=tasks, margin=margin)


def pack(
    *runs: StrPath,
    output: StrPath,
    influence: bool = True,
    force: bool = False,
) -> Pack:
    """Write the results of runs to one file, which `leaderboard` and `compare` read.

    It holds no label, prediction, coordinate or embedding. With the labels, influence values reveal
    the error of each sample.

    Parameters
    ----------
    *runs
        Run folders.
    output
        The file to write, ``NAME.neuco.zip``.
    influence
        Whether to include influence values, from which runs are compared sample by sample.
    force
        Replace an existing file.

    Returns
    -------
    Pack
        As `read_pack` returns it.

    Examples
    --------
    >>> pack("results/dev/mean_20260301_120000", output="mean.neuco.zip")  # doctest: +SKIP
    """
    from neucocore.files.outputs import OutputFile
    from neucocore.results.packs.reading import parse_pack
    from neucocore.results.packs.writing import check_pack_name
    from neucocore.results.packs.writing import pack as pack_runs

    path = Path(output)
    check_pack_name(path)
    content = pack_runs(runs, influence=influence)
    key = {"sha256": hashlib.sha256(content).hexdigest()}
    with OutputFile(path, command="results pack", key=key, force=force).writing():
        write_bytes(path, content)
    return parse_pack(content, str(path))


def read_pack(path: StrPath) -> Pack:
    """Read a pack, and check everything in it that can be checked.

    Raises
    ------
    ResultsError
        It is damaged, changed, of a later format, or of hidden tasks.

    Examples
    --------
    >>> read_pack("mean.neuco.zip").runs[0].method  # doctest: +SKIP
    """
    from neucocore.results.packs.reading import read_pack as read

    return read(path)
