"""``neuco validate``: every problem of embeddings files and of data sets at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from neucocore.cli.tables import print_paragraph, print_table
from neucocore.cli.terminal import log, print_data, print_json, progress
from neucocore.messages import pluralize

if TYPE_CHECKING:
    from neucocore.components.discovery import Component
    from neucocore.data.audit.cube import FileReport
    from neucocore.data.cubes.schema import CubeSchema
    from neucocore.errors import NeucoError

CUBE_PATTERN = "*.zarr.zip"
ZARR_TIMES = "about 2"
"""How much longer cubes take through zarr (`benchmarks/cubes.py`)."""
SHOWN_FILES = 50


def validate(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Embeddings files, folders of parts, label files, cubes, folders of these, or "
            "the folder of a data set.",
        ),
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR|TABLE[:COLUMNS]",
            help="Label files or table of labels whose ids need an embedding.",
        ),
    ] = None,
    ids: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with ids that need an embedding.")
    ] = None,
    subset: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN[=VALUE]",
            help="Only labels with a true value, or this value, in a column of the label files.",
        ),
    ] = None,
    dimension: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Maximum number of dimensions.")
    ] = None,
    nan: Annotated[
        Literal["error", "zero"],
        typer.Option(help="How to treat NaN, infinite, empty and text cells of embeddings."),
    ] = "error",
    id_column: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="Column of the ids of embeddings.")
    ] = None,
    vector: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN|PATTERN",
            help="Columns of the numbers: a list column, a pattern, or names separated by commas.",
        ),
    ] = None,
    drop_no_data: Annotated[
        bool,
        typer.Option(
            "--drop-no-data", help="Leave out rows that hold a fill value in all dimensions."
        ),
    ] = False,
    dataset: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Read cubes as this data set, and by its schema."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="dataset.NAME=VALUE",
            help="Parameter of the data set. Repeatable.",
        ),
    ] = None,
    missing_chunks: Annotated[
        Literal["error", "warn", "fill"],
        typer.Option(help="How to treat chunks absent from a cube: fail, fill and warn, or fill."),
    ] = "error",
    jobs: Annotated[int, typer.Option(min=1, metavar="N", help="Worker processes for cubes.")] = 1,
    json: Annotated[
        bool, typer.Option("--json", help="Print the findings as a list of objects.")
    ] = False,
) -> None:
    """Check embeddings, and whether they cover the labels; or check every cube of a data set."""
    from neucocore.errors import ConfigError

    if labels is not None and ids is not None:
        raise ConfigError("--labels and --ids exclude each other", hint="pass only one of them")
    if subset is not None and labels is None:
        raise ConfigError("--subset names a column of label files", hint="add --labels DIR")
    rows: list[dict[str, Any]] = []
    errors: list[NeucoError] = []
    for path in paths:
        try:
            if (reader := _dataset_of(path, dataset)) is not None:
                rows += _validate_dataset(path, reader, settings or [], jobs, json)
            elif _holds_labels(path):
                rows += _validate_labels(path, json)
            elif _holds_cubes(path):
                rows += _validate_cubes(path, dataset, settings or [], missing_chunks, jobs, json)
            else:
                rows += _validate_embeddings(
                    path,
                    labels=labels,
                    ids=ids,
                    subset=subset,
                    nan=nan,
                    limit=dimension,
                    id=id_column,
                    vector=vector,
                    drop_no_data=drop_no_data,
                    json=json,
                )
        except _InvalidError as invalid:
            rows += invalid.rows
            errors.append(invalid.error)
    if json:
        print_json(rows)
    if errors:
        raise _together(errors)


class _InvalidError(Exception):
    """One path that cannot be used: its rows for JSON, and its error."""

    def __init__(self, rows: list[dict[str, Any]], error: NeucoError) -> None:
        super().__init__(str(error))
        self.rows, self.error = rows, error


def _together(errors: list[NeucoError]) -> NeucoError:
    from neucocore.errors import DataError

    if len(errors) == 1:
        return errors[0]
    return DataError(
        f"{len(errors)} paths cannot be used",
        problems=[error.message for error in errors],
        hint=errors[0].hint,
    )


def _dataset_of(path: Path, name: str | None) -> Component | None:
    """Return the data set by which a path is read; None for embeddings, labels and zips of cubes.

    Data sets of zips of cubes declare schemas, and every file of theirs is checked on its own.
    """
    from neucocore.components.lookup import find
    from neucocore.components.recognition import recognise

    if _holds_cubes(path) or not path.exists():
        return None
    if name is not None:
        return find("dataset", name)
    return None if _holds_labels(path) else recognise(path)


def _holds_labels(path: Path) -> bool:
    """Return whether a path is a label file, or a folder whose CSV files all are."""
    from neucocore.data.labels.label_file import is_label_file_name

    if not path.is_dir():
        return is_label_file_name(path)
    files = list(path.glob("*.csv"))
    return bool(files) and all(map(is_label_file_name, files))


def _validate_labels(path: Path, json: bool) -> list[dict[str, Any]]:
    from neucocore.data.labels.sources import read_labels
    from neucocore.errors import DataError
    from neucocore.files.findings import Finding

    try:
        labels = read_labels(path)
        findings = labels.all_findings
        if not json:
            for finding in findings:
                print_data(f"{finding.level}: {finding}")
        labels.require_usable()
    except DataError as error:
        lines = error.problems or (error.message,)
        raise _InvalidError(
            [Finding("unreadable", "error", line).as_json() for line in lines], error
        ) from None
    log(f"{path} can be used: {pluralize(len(labels.files), 'task')}")
    return [finding.as_json() for finding in findings]


def _holds_cubes(path: Path) -> bool:
    from neucocore.data.cubes.layouts import is_cube
    from neucocore.data.cubes.store_keys import address_of, is_store_folder

    if address_of(path) is not None or is_store_folder(path):
        return True
    if path.is_dir():
        return any(is_cube(found) for found in path.rglob("*.zarr*"))
    return path.match(CUBE_PATTERN)


def _validate_embeddings(path: Path, *, json: bool, **how: Any) -> list[dict[str, Any]]:
    from neucocore.data.validation import validate_embeddings
    from neucocore.errors import DataError

    result = validate_embeddings(path, **how)
    rows = [finding.as_json() for finding in result.findings]
    if not json:
        for finding in result.findings:
            print_data(f"{finding.level}: {finding}")
    if result.problems:
        count = pluralize(len(result.problems), "problem")
        hint = result.hint
        if path.is_dir():
            hint = f"{hint}; for files of other kinds, --dataset NAME (neuco list datasets)"
        message = f"{result.unusable} cannot be used: {count}"
        raise _InvalidError(rows, DataError(message, hint=hint))
    count = pluralize(result.rows or 0, "embedding")
    log(f"{path} can be used: {count} of {pluralize(result.dimension or 0, 'dimension')}")
    return rows


def _validate_cubes(
    path: Path,
    dataset: str | None,
    settings: list[str],
    missing_chunks: Literal["error", "warn", "fill"],
    jobs: int,
    json: bool,
) -> list[dict[str, Any]]:
    from neucocore.data.audit.folder import audit_folder
    from neucocore.errors import DataError

    schemas = _schemas(dataset, settings, path)
    with progress("check cubes") as advance:
        reports = audit_folder(
            path,
            schemas=schemas,
            missing_chunks=missing_chunks,
            jobs=jobs,
            progress=lambda done, of: advance(done, of, ""),
        )
    rows = [row for report in reports for row in _findings(report, path)]
    if not json:
        _print_reports(reports, path)
    broken = sum(not report.ok for report in reports)
    if broken:
        message = f"{path}: {broken} of {pluralize(len(reports), 'file')} cannot be used"
        hint = "neuco encode --skip-bad leaves these cubes out; download them again to repair them"
        raise _InvalidError(rows, DataError(message, hint=hint))
    return rows


def _schemas(name: str | None, settings: list[str], path: Path) -> dict[str, CubeSchema] | None:
    """Return what a data set declares about its cubes, by the names of their folders."""
    from neucocore.components.factory import create
    from neucocore.components.lookup import find
    from neucocore.errors import ConfigError

    if name is None:
        if settings:
            raise ConfigError(
                "--set dataset.NAME=VALUE needs --dataset", hint="neuco list datasets"
            )
        return None
    component = find("dataset", name)
    values = _dataset_params(component, settings)
    if "incomplete" in {param.name for param in component.spec.params}:
        # Incomplete cubes are among the findings, and must not prevent the rest being checked.
        values.setdefault("incomplete", "drop")
    data = create(component, path, **values)
    # Modalities are looked up by the names of their folders, which may differ from their own.
    return dict(getattr(data, "folder_schemas", None) or getattr(data, "schemas", {}))


def _dataset_params(component: Component, settings: list[str]) -> dict[str, Any]:
    from neucocore.components.parameters import parse_settings
    from neucocore.errors import ConfigError

    wrong = [text for text in settings if not text.startswith("dataset.")]
    if wrong:
        raise ConfigError(
            f"--set {wrong[0]} is not a parameter of the data set",
            hint=f"--set dataset.{wrong[0]}",
        )
    texts = [text.removeprefix("dataset.") for text in settings]
    return parse_settings(texts, component.spec.params, of=component.name, option="--set")


def _validate_dataset(
    path: Path, component: Component, settings: list[str], jobs: int, json: bool
) -> list[dict[str, Any]]:
    """Check a data set of any kind of files by reading every cube."""
    from neucocore.components.factory import create
    from neucocore.data.audit.dataset import audit_dataset
    from neucocore.errors import DataError

    params = _dataset_params(component, settings)
    data = create(component, path, **params)
    if not json:
        _print_description(component, getattr(data, "describe", dict)())
    with progress("check cubes") as advance:
        reports = audit_dataset(
            component,
            path,
            params,
            jobs=jobs,
            progress=lambda done, of: advance(done, of, ""),
        )
    rows = [row for report in reports for row in _findings(report, path)]
    cubes = {report.id for report in reports}
    broken = {report.id for report in reports if not report.ok}
    if not json:
        _print_cubes(reports)
        warned = {report.id for report in reports if report.findings} - broken
        count = pluralize(len(cubes), "cube")
        print_data("")
        print_paragraph(f"{count}: {len(broken)} with errors, {len(warned)} with warnings only")
    if broken:
        message = f"{path}: {len(broken)} of {pluralize(len(cubes), 'cube')} cannot be used"
        hint = "neuco encode --skip-bad leaves these cubes out; fix the files to keep them"
        raise _InvalidError(rows, DataError(message, hint=hint))
    return rows


def _print_description(component: Component, described: Mapping[str, Any]) -> None:
    """Print how a data set understood its files, one table per modality."""
    from neucocore.cli.inspect import described_text

    print_data(f"data set {component.name}\n")
    for modality, found in described.items():
        if isinstance(found, Mapping):
            rows = [
                {modality: name, "in the files": described_text(value)}
                for name, value in found.items()
            ]
            print_table(rows, (modality, "in the files"))
            print_data("")


def _print_cubes(reports: list[FileReport]) -> None:
    """Print a summary, the errors and the warnings of the cubes of a data set."""
    from neucocore.data.audit.summary import errors_by_cube, summary_of, warnings_of

    summary = [row | {"cubes": row["files"]} for row in summary_of(reports)]
    print_table(summary, ("modality", "cubes", "usable", "shape", "type", "no data"))
    errors = errors_by_cube(reports)
    if errors:
        print_data("")
        print_table(errors[:SHOWN_FILES], ("cube", "error"))
        if len(errors) > SHOWN_FILES:
            print_data(f"and {len(errors) - SHOWN_FILES} more; --json lists all")
    warnings = [row | {"cubes": row["files"]} for row in warnings_of(reports)]
    if warnings:
        print_data("")
        print_table(warnings, ("modality", "cubes", "warning", "for example"))


def _findings(report: FileReport, path: Path) -> list[dict[str, Any]]:
    return [
        {"file": _below(report.path, path), "id": report.id, "modality": report.modality}
        | finding.as_json()
        for finding in report.findings
    ]


def _below(file: Path, path: Path) -> str:
    return str(file.relative_to(path)) if file.is_relative_to(path) else str(file)


def _print_reports(reports: list[FileReport], path: Path) -> None:
    from neucocore.data.audit.summary import errors_of, summary_of, warnings_of

    print_table(
        summary_of(reports),
        ("modality", "files", "usable", "samples", "shape", "type", "no data", "offset"),
    )
    errors = errors_of(reports)
    if errors:
        print_data("")
        rows = [row | {"file": _below(row["file"], path)} for row in errors[:SHOWN_FILES]]
        print_table(rows, ("file", "error"))
        if len(errors) > SHOWN_FILES:
            print_data(f"and {len(errors) - SHOWN_FILES} more; --json lists all")
    warnings = warnings_of(reports)
    if warnings:
        print_data("")
        print_table(warnings, ("modality", "files", "warning", "for example"))
    broken = sum(not report.ok for report in reports)
    warned = sum(bool(report.findings) for report in reports if report.ok)
    through_zarr = sum(report.reader.startswith("zarr") for report in reports)
    if through_zarr:
        print_data("")
        print_paragraph(
            f"{pluralize(through_zarr, 'file')} read through zarr, which takes {ZARR_TIMES} times "
            "as long as zips of Zarr format 2"
        )
    count = pluralize(len(reports), "file")
    print_data("")
    print_paragraph(f"{count}: {broken} with errors, {warned} with warnings only")
