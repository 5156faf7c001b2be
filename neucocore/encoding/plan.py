"""From names and settings to an `EncodeRequest`, with everything checked before work starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from neucocore.components.discovery import Component
from neucocore.components.factory import create, plugin_errors
from neucocore.components.lookup import find
from neucocore.components.parameters import check_values
from neucocore.components.specs import EncoderSpec
from neucocore.data.embeddings.embeddings import FORMATS, suffix_of
from neucocore.data.labels.labels import read_label_file
from neucocore.data.labels.subset import subset_ids
from neucocore.encoding.request import EncodeRequest
from neucocore.errors import (
    ComponentOutputError,
    ConfigError,
    DataError,
    IdError,
    MissingFileError,
)
from neucocore.interfaces import Dataset

MISSING_CHUNKS = "missing_chunks"
DIMENSION = "dimension"


def plan(
    encoder: str,
    *,
    dataset: str,
    data: Path,
    out: Path,
    encoder_settings: Mapping[str, Any] | None = None,
    dataset_settings: Mapping[str, Any] | None = None,
    ids: Sequence[str] | None = None,
    fit_ids: Sequence[str] | None = None,
    where: str | None = None,
    dimension: int | None = None,
    missing_chunks: str = "error",
    skip_bad: bool = False,
) -> EncodeRequest:
    """Look everything up, check it, and return what to encode.

    Parameters
    ----------
    encoder, dataset
        Names of installed components.
    data
        The data set's folder.
    out
        The embeddings file; its suffix decides the format.
    ids
        The cubes to encode, all of the data set by default.
    where
        Only cubes with a true value in this column of the data set's label files.
    dimension
        The most columns of the result.

    Raises
    ------
    ComponentLookupError, ConfigError, DataError
        Unknown names, bad parameters, missing folders or ids.
    """
    encoder_component = find("encoder", encoder)
    dataset_component = find("dataset", dataset)
    spec = cast(EncoderSpec, encoder_component.spec)
    _check_out(out)
    if not data.exists():
        raise MissingFileError(
            f"the data folder {data} does not exist",
            hint=f"neuco data download {dataset} --out {data}, or name another with --data",
        )
    if dimension is not None and dimension < 1:
        raise ConfigError(f"--dimension must be at least 1, found {dimension}")
    encoder_params = _encoder_params(encoder_component, encoder_settings or {}, dimension)
    dataset_params = check_values(
        dataset_settings or {}, dataset_component.spec.params, of=dataset_component.name
    )
    if any(param.name == MISSING_CHUNKS for param in dataset_component.spec.params):
        dataset_params.setdefault(MISSING_CHUNKS, missing_chunks)
    source: Dataset = create(dataset_component, data, **dataset_params)
    with plugin_errors(dataset_component):
        chosen = choose_ids(source, data, ids, where)
    reducer = find("reducer", spec.reducer) if spec.reducer else None
    return EncodeRequest(
        dataset=dataset_component,
        data=data,
        dataset_params=dataset_params,
        encoder=encoder_component,
        encoder_params=encoder_params,
        reducer=reducer,
        ids=chosen,
        out=out,
        fit_ids=_fit_ids(spec, source, fit_ids),
        dimension=dimension if dimension is not None else spec.dimension if reducer else None,
        missing_chunks=missing_chunks,
        skip_bad=skip_bad,
    )


def _encoder_params(
    component: Component, settings: Mapping[str, Any], dimension: int | None
) -> dict[str, Any]:
    values = check_values(settings, component.spec.params, of=component.name)
    declared = {param.name: param.default for param in component.spec.params}
    if dimension is not None and DIMENSION in declared and DIMENSION not in values:
        default = declared[DIMENSION]
        values[DIMENSION] = dimension if default is None else min(dimension, default)
    return values


def choose_ids(
    source: Dataset, data: Path, ids: Sequence[str] | None, where: str | None
) -> tuple[str, ...]:
    """Return the sorted ids to encode; asking for what is not there is an error."""
    there = source.ids()
    odd = [cube for cube in there if not isinstance(cube, str)]
    if odd:
        raise ComponentOutputError(
            f"{len(odd)} of {len(there)} ids of the data set are not texts: {odd[:3]!r}"
        )
    if not there:
        raise DataError(
            f"no cubes were found in {data}",
            hint=f"neuco data check {data} says what is there",
        )
    chosen = set(there)
    if ids is not None:
        missing = sorted(set(ids) - chosen)
        if missing:
            raise IdError(
                f"{len(missing)} of {len(ids)} ids have no cube in {data}: "
                f"{', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}",
                hint=f"neuco data check {data}",
            )
        chosen = set(ids)
    if where is not None:
        label_files = [read_label_file(path) for path in source.label_files()]
        chosen &= subset_ids(label_files, where)
        if not chosen:
            raise IdError(
                f"no cube of {data} is in the subset {where!r} of its label files",
                hint=f"neuco tasks stats --labels {data / 'labels'}",
            )
    return tuple(sorted(chosen))


def _fit_ids(spec: EncoderSpec, source: Dataset, fit_ids: Sequence[str] | None) -> tuple[str, ...]:
    if spec.fit != "train":
        if fit_ids is not None:
            raise ConfigError(
                f"--fit-ids: the encoder {spec.name} is not fitted on other cubes (fit={spec.fit})"
            )
        return ()
    if fit_ids is None:
        raise ConfigError(
            f"the encoder {spec.name} is fitted on cubes you choose",
            hint="name them with --fit-ids FILE, one id a line",
        )
    missing = sorted(set(fit_ids) - set(source.ids()))
    if missing:
        raise IdError(f"--fit-ids: {len(missing)} ids have no cube: {', '.join(missing[:3])}")
    return tuple(sorted(set(fit_ids)))


def _check_out(out: Path) -> None:

    if suffix_of(out) is None:
        raise ConfigError(
            f"--out {out.name}: no format has this suffix",
            hint=f"name it {', '.join('*' + suffix for suffix in FORMATS)}",
        )
    if out.is_dir():
        raise ConfigError(f"--out {out} is a folder; name a file such as {out / 'NAME.parquet'}")
