"""From the options of an encode run to an `EncodeRequest`, everything checked before the work."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, cast

from neucocore.components.discovery import Component
from neucocore.components.factory import create
from neucocore.components.lookup import find, find_for_spec
from neucocore.components.parameters import check_values, parse_settings, without_defaults
from neucocore.components.specs import DatasetSpec, EncoderSpec
from neucocore.data.dataset_output import listed_ids, listed_label_files
from neucocore.data.embeddings.formats import FORMATS, suffix_of
from neucocore.data.ids import clean_ids, read_id_file
from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.subset import subset_ids
from neucocore.encoding import cluster
from neucocore.encoding.modalities import available_modalities, check_dataset, needed_modalities
from neucocore.encoding.options import EncodeOptions
from neucocore.encoding.request import EncodeRequest, Execution
from neucocore.encoding.work_folder import Shard
from neucocore.errors import (
    ConfigError,
    DataError,
    IdError,
    MissingFileError,
)
from neucocore.files.findings import raise_for_findings
from neucocore.files.outputs import check_writable
from neucocore.interfaces import Dataset
from neucocore.messages import quoted
from neucocore.options import StrPath, declared_options

DATASET_PREFIX, REDUCER_PREFIX = "dataset.", "reducer."
NO_REDUCER = "none"
DIMENSION = "dimension"
MISSING_CHUNKS = "missing_chunks"


def plan(options: EncodeOptions) -> EncodeRequest:
    """Look up every name, check every value, and return what to encode.

    Raises
    ------
    ComponentLookupError
        Unknown encoder or data set.
    ConfigError
        Options or parameters that cannot be used.
    DataError
        Missing folders, ids without a cube, or a data set that lacks a modality of the encoder.
    """
    _check_ranges(options)
    execution = _execution(options)
    encoder = find("encoder", options.encoder)
    dataset = find("dataset", options.dataset)
    spec = cast(EncoderSpec, encoder.spec)
    data, output = Path(options.data), Path(options.output)
    _check_output(output)
    if not data.exists():
        raise MissingFileError(
            f"the data folder {data} does not exist", hint=_where_data_comes_from(dataset, data)
        )
    encoder_params, dataset_params = _params(options, encoder, dataset)
    reducer, reducer_params = _reducer(options, encoder)
    source: Dataset = create(dataset, data, **dataset_params)
    available = _available_ids(source, dataset, data)
    check_dataset(
        encoder,
        needed_modalities(encoder, encoder_params),
        dataset,
        available_modalities(source, dataset),
    )
    default_dimension = spec.dimension if reducer else None
    dimension = default_dimension if options.dimension is None else options.dimension
    if reducer is not None:
        create(reducer, dimension=dimension, **reducer_params)  # fails before cubes are encoded
    return EncodeRequest(
        dataset=dataset,
        data=data,
        dataset_params=dataset_params,
        encoder=encoder,
        encoder_params=encoder_params,
        reducer=reducer,
        ids=_selected_ids(options, source, dataset, available, data),
        output=output,
        fit_ids=_fit_ids(spec, available, options.fit_ids, data),
        dimension=dimension,
        missing_chunks=options.missing_chunks,
        skip_bad=options.skip_bad,
        execution=execution,
        reducer_params=reducer_params,
    )


def _reducer(options: EncodeOptions, encoder: Component) -> tuple[Component | None, dict[str, Any]]:
    """Return the reducer that is asked for, or the encoder's own, with its parameters."""
    spec = cast(EncoderSpec, encoder.spec)
    settings = [
        text.removeprefix(REDUCER_PREFIX) for text in options.set if text.startswith(REDUCER_PREFIX)
    ]
    own = spec.reducer if options.reducer is None else None
    name = None if options.reducer == NO_REDUCER else options.reducer or own
    if name is None:
        if settings or options.reducer_params:
            raise ConfigError(
                "parameters of a reducer are set, but there is no reducer",
                hint="add --reducer NAME; neuco list reducers shows them",
            )
        return None, {}
    reducer = (
        find("reducer", name)
        if own is None
        else find_for_spec("reducer", name, plugin=encoder.plugin)
    )
    values = {
        **(check_values(spec.reducer_params, reducer.spec.params, of=reducer.name) if own else {}),
        **check_values(options.reducer_params, reducer.spec.params, of=reducer.name),
        **parse_settings(settings, reducer.spec.params, of=reducer.name),
    }
    return reducer, without_defaults(values, reducer.spec.params)


def _check_ranges(options: EncodeOptions) -> None:
    """Check minimum values and choices, which only the command line has checked already."""
    for declared in declared_options(EncodeOptions):
        value, minimum = getattr(options, declared.name), declared.option.minimum
        if value is None:
            continue
        expected = ""
        if minimum is not None and value < minimum:
            expected = f"at least {minimum}"
        elif declared.choices and value not in declared.choices:
            expected = f"one of {', '.join(declared.choices)}"
        if expected:
            raise ConfigError(
                f"{declared.flags[-1]} must be {expected}, found {value}",
                hint="neuco encode --help describes the option",
            )


def _execution(options: EncodeOptions) -> Execution:
    if options.shard is not None and options.merge:
        raise ConfigError(
            "--shard and --merge cannot be combined",
            hint="run all shards first, then the same command with --merge",
        )
    if options.executor == "dask" and options.scheduler is None:
        raise ConfigError(
            "--executor dask needs the address of a scheduler",
            hint="add --scheduler tcp://HOST:8786",
        )
    if options.executor == "dask":
        cluster.require_distributed()
    if options.executor != "dask" and options.scheduler is not None:
        raise ConfigError("--scheduler applies only to --executor dask", hint="add --executor dask")
    return Execution(
        jobs=options.jobs,
        batch_size=options.batch,
        scheduler=options.scheduler,
        shard=None if options.shard is None else _parse_shard(options.shard),
        merge=options.merge,
        force=options.force,
    )


def _parse_shard(text: str) -> Shard:
    index, _, count = text.partition("/")
    if not (index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count)):
        raise ConfigError(
            f"--shard {text!r} is not I/N with 1 <= I <= N", hint="for example --shard 1/4"
        )
    return int(index), int(count)


def _check_output(output: Path) -> None:
    if suffix_of(output) is None:
        raise ConfigError(
            f"--output {output.name}: the suffix names no known format",
            hint=f"the formats are {', '.join(FORMATS)}",
        )
    if output.is_dir():
        raise ConfigError(
            f"--output {output} is a folder", hint=f"name a file, such as {output / 'NAME.parquet'}"
        )
    if not output.exists():  # otherwise it may be up to date, and need not be written
        check_writable(output)


def _where_data_comes_from(dataset: Component, data: Path) -> str:
    spec = cast(DatasetSpec, dataset.spec)
    other = "or name another folder with --data"
    if spec.hub is not None:
        return f"neuco data download {dataset.name} -o {quoted(data)}, {other}"
    if spec.generate is not None:
        return f"neuco data generate {dataset.name} -o {quoted(data)}, {other}"
    return "name the folder of the data set with --data"


def _params(
    options: EncodeOptions, encoder: Component, dataset: Component
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters of the encoder and of the data set.

    A value of ``--set`` takes precedence over one in ``params`` or ``dataset_params``.
    """
    for_dataset = [
        text.removeprefix(DATASET_PREFIX) for text in options.set if text.startswith(DATASET_PREFIX)
    ]
    for_encoder = [
        text for text in options.set if not text.startswith((DATASET_PREFIX, REDUCER_PREFIX))
    ]
    encoder_params = check_values(
        options.params, encoder.spec.params, of=encoder.name
    ) | parse_settings(for_encoder, encoder.spec.params, of=encoder.name)
    dataset_params = check_values(
        options.dataset_params, dataset.spec.params, of=dataset.name
    ) | parse_settings(for_dataset, dataset.spec.params, of=dataset.name)
    explicit = DIMENSION in encoder_params
    encoder_params = without_defaults(encoder_params, encoder.spec.params)
    # With a reducer the limit is that of the reducer.
    if options.reducer in (None, NO_REDUCER) and not explicit:
        _limit_dimension(encoder_params, encoder, options.dimension)
    chunks = {key: value for key, value in dataset_params.items() if key == MISSING_CHUNKS}
    dataset_params = without_defaults(dataset_params, dataset.spec.params) | chunks
    if any(param.name == MISSING_CHUNKS for param in dataset.spec.params):
        dataset_params.setdefault(MISSING_CHUNKS, options.missing_chunks)
    return encoder_params, dataset_params


def _limit_dimension(params: dict[str, Any], encoder: Component, limit: int | None) -> None:
    """Pass ``--dimension`` to an encoder that has it as a parameter."""
    defaults = {param.name: param.default for param in encoder.spec.params}
    if limit is not None and DIMENSION in defaults:
        default = defaults[DIMENSION]
        params[DIMENSION] = limit if default is None else min(limit, default)


def _available_ids(source: Dataset, dataset: Component, data: Path) -> set[str]:
    ids = listed_ids(source, dataset)
    if not ids:
        raise DataError(
            f"no cubes were found in {data}",
            hint=f"neuco validate {quoted(data)} shows what it contains",
        )
    return set(ids)


def _selected_ids(
    options: EncodeOptions, source: Dataset, dataset: Component, available: set[str], data: Path
) -> tuple[str, ...]:
    """Return the ids to encode, sorted."""
    selected: AbstractSet[str] = available
    if options.ids is not None:
        ids = _listed("--ids", options.ids)
        _check_available("--ids", ids, available, data)
        selected = set(ids)
    if options.subset is not None:
        paths = listed_label_files(source, dataset)
        label_files = [read_label_file(path) for path in paths]
        selected = selected & subset_ids(label_files, options.subset)
        if not selected:
            raise IdError(
                f"no cube of {data} is in the subset {options.subset!r} of its label files",
                hint=f"neuco tasks stats --labels {quoted(paths[0].parent)}",
            )
    return tuple(sorted(selected))


def _listed(option: str, ids: StrPath | Sequence[str]) -> tuple[str, ...]:
    """Return ids from a file, or those that Python passes, cleaned by the same rule."""
    if isinstance(ids, str | Path):
        return read_id_file(ids)
    cleaned, findings = clean_ids(list(dict.fromkeys(ids)), lambda row: f"item {row + 1}")
    raise_for_findings(option, findings)
    return tuple(cleaned)


def _check_available(option: str, ids: Sequence[str], available: set[str], data: Path) -> None:
    missing = sorted(set(ids) - available)
    if missing:
        examples = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        raise IdError(
            f"{option}: {len(missing)} of {len(ids)} ids have no cube in {data}: {examples}",
            hint=f"remove these ids, or check the data: neuco validate {quoted(data)}",
        )


def _fit_ids(
    spec: EncoderSpec,
    available: set[str],
    fit_ids: StrPath | Sequence[str] | None,
    data: Path,
) -> tuple[str, ...]:
    if spec.fit != "train":
        if fit_ids is not None:
            raise ConfigError(
                f"--fit-ids applies only to encoders with fit=train; {spec.name} has "
                f"fit={spec.fit}",
                hint="omit --fit-ids",
            )
        return ()
    if fit_ids is None:
        raise ConfigError(
            f"the encoder {spec.name} has fit=train: it is fitted on cubes that you specify",
            hint="add --fit-ids FILE, a file with one id per line",
        )
    ids = _listed("--fit-ids", fit_ids)
    _check_available("--fit-ids", ids, available, data)
    return tuple(sorted(set(ids)))
