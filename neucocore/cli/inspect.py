"""``neuco inspect``: what is in an embeddings file, a label file, a cube or a run folder."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from neucocore.cli.places import print_places
from neucocore.cli.tables import print_paragraph, print_table
from neucocore.cli.terminal import log, print_data, print_json, settings, warn

CUBE_SUFFIX = ".zarr.zip"
SUMMARY = "results_summary.json"
EXACT = 2.0**53
RUN_FILES = (SUMMARY, "run.json", "scores.jsonl")


def inspect(
    file: Annotated[
        Path,
        typer.Argument(
            help="Embeddings file, label file, cube (.zarr.zip, .zarr or an address), folder of a "
            "data set, run folder or folder of runs."
        ),
    ],
    other: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="A second embeddings file: are both the same embedding?"
        ),
    ] = None,
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
    details: Annotated[
        bool,
        typer.Option(
            "--details", help="Print the errors and accuracies of a run in detail, not its record."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    png: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw a cube, or the predictions of a run, to this image."
        ),
    ] = None,
    bibtex: Annotated[
        bool,
        typer.Option("--bibtex", help="Print BibTeX entries for what a run or embeddings rest on."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing image.")] = False,
) -> None:
    """Show what an embeddings file, a label file, a cube or a run contains; draw cubes and runs."""
    if other is not None:
        _relate(file, other, id_column, vector, json, png)
        return
    if png is not None:
        _draw(file, png, force)
        return
    if bibtex:
        _print_bibtex(_describe(file, id_column, vector))
        return
    if details:
        _print_details(file)
        return
    runs = _runs(file)
    if runs and not json:
        print_table(runs, ("phase", "run", "protocol", "tasks", "mean_score"))
        for row in runs:
            for finding in row["findings"]:
                warn(f"{row['run']}: {finding}")
    elif runs:
        print_json(runs)
    elif json:
        print_json([_describe(file, id_column, vector)])
    else:
        described = _describe(file, id_column, vector)
        if described["kind"] == "run" and _show_scores(described) and not settings.verbose:
            return
        print_data("\n".join(_lines(described)))


def _relate(
    file: Path, other: Path, id_column: str | None, vector: str | None, json: bool, png: Path | None
) -> None:
    """Print how two embeddings files are related."""
    from neucocore.data.embeddings.formats import load_embeddings
    from neucocore.diagnosis.same_embedding import relate
    from neucocore.errors import ConfigError

    if png is not None:
        raise ConfigError("--png draws one cube or run", hint=f"neuco inspect {file} --png {png}")
    for path in (file, other):
        if (path / SUMMARY).is_file():
            raise ConfigError(f"{path} is a run", hint=f"neuco compare {file} {other}")
    a, b = (load_embeddings(path, id=id_column, vector=vector) for path in (file, other))
    relation = relate(a, b)
    if json:
        print_json([{"kind": "relation", "a": str(file), "b": str(other), **relation.as_json()}])
        return
    print_data(f"{relation.verdict}: {relation.text}")
    values = relation.as_json()
    rows = {name: values[name] for name in values if name not in ("verdict", "text")}
    print_data("\n".join(_lines({"A": str(file), "B": str(other), **rows})))


def _print_details(file: Path) -> None:
    """Print the scores of a run with all details."""
    from neucocore.cli.evaluate import print_scores
    from neucocore.cli.score_details import (
        SAMPLE_ACCURACY,
        has_sample_accuracy,
        print_further_tables,
    )
    from neucocore.errors import ConfigError, ResultsError

    folder = file.parent if file.name in RUN_FILES else file
    if not (folder / SUMMARY).is_file():
        raise ConfigError(
            f"--details is for run folders, and {file} is none", hint=f"neuco inspect {file}"
        )
    rows = _score_rows(folder, _run(folder))
    if not any(row["details"] for row in rows):
        raise ResultsError(
            f"{folder} records no details of its scores",
            hint="evaluate again with --force, under the protocol nested-cv or svm",
        )
    print_scores(rows)
    print_further_tables(rows, details=True)
    if has_sample_accuracy(rows):
        log(f"note: {SAMPLE_ACCURACY}")


def _score_rows(folder: Path, run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row per task of a run, if ``run.json`` records its tasks."""
    from neucocore.results.scored_run import RunReport

    tasks = tuple((run["provenance"] or {}).get("tasks", ()))
    try:
        return RunReport("", folder, up_to_date=True, tasks=tasks).rows()
    except (KeyError, TypeError):  # edited by hand
        return []


def _print_bibtex(described: Mapping[str, Any]) -> None:
    """Print what to cite: the tasks and the protocol of a run, and the product of embeddings."""
    from neucocore.components.bibtex import run_bibtex
    from neucocore.errors import ConfigError
    from neucocore.evaluation.load import recorded_product

    provenance = described.get("provenance") or {}
    if described["kind"] == "run":
        tasks = [task["task"] for task in provenance.get("tasks", ())]
        protocol = str((provenance.get("protocol") or {}).get("identity", "")).partition("+")[0]
        product = (provenance.get("embeddings") or {}).get("product")
        text = run_bibtex(tasks, protocol, product)
    elif described["kind"] == "embeddings":
        metadata = described["metadata"]
        text = run_bibtex((), "", recorded_product(metadata, Path(described["file"])))
    else:
        raise ConfigError(f"--bibtex is for runs and embeddings, not for a {described['kind']}")
    if not text:
        raise ConfigError(
            f"{described['file']} names nothing to cite",
            hint="neuco info SUITE --bibtex prints the entries of a suite",
        )
    print_data(text)


def _show_scores(run: Mapping[str, Any]) -> bool:
    """Print the scores of a run with their intervals, if ``run.json`` records its tasks.

    What else is recorded, digests among it, is for ``-v``.
    """
    from neucocore.cli.evaluate import print_notes, print_scores
    from neucocore.results.changed_options import changed_options, changed_text

    folder, provenance = Path(run["file"]), run["provenance"] or {}
    rows = _score_rows(folder, run)
    if not rows:  # what is there is listed instead
        return False
    embeddings, protocol = provenance.get("embeddings") or {}, provenance.get("protocol") or {}
    print_paragraph(
        f"{provenance.get('method')}: {protocol.get('identity')}, d {embeddings.get('dimension')}"
    )
    print_scores(rows)
    print_places(rows)
    if changed := changed_text(changed_options(protocol)):
        print_paragraph(changed)
    print_notes(rows)
    for finding in run["findings"]:
        warn(finding)
    log(f"{folder} (-v shows its record, --details errors and accuracies)")
    if settings.verbose:
        print_data("")
    return True


def _describe(file: Path, id_column: str | None, vector: str | None) -> dict[str, Any]:
    from neucocore.data.cubes.store_keys import address_of, is_store_folder
    from neucocore.data.labels.label_file import is_label_file_name

    if file.name.endswith(CUBE_SUFFIX) or address_of(file) or is_store_folder(file):
        return _cube(file)
    if file.name in RUN_FILES and (file.parent / SUMMARY).is_file():
        file = file.parent
    if (file / SUMMARY).is_file():
        return _run(file)
    if is_label_file_name(file):
        from neucocore.data.labels.stats import describe_label_file

        return describe_label_file(file)
    if (described := _dataset(file)) is not None:
        return described
    from neucocore.data.embeddings.description import describe_embeddings

    return describe_embeddings(file, id=id_column, vector=vector)


def _dataset(path: Path) -> dict[str, Any] | None:
    """Describe the folder or file of a data set that declares the names of its files."""
    from neucocore.components.factory import create
    from neucocore.components.recognition import recognise

    component = recognise(path) if path.exists() else None
    if component is None:
        return None
    describe = getattr(create(component, path), "describe", dict)
    return {"kind": "data set", "file": str(path), "data set": component.name, **describe()}


def _runs(folder: Path) -> list[dict[str, Any]]:
    """Return one row for each complete run below an output folder or a phase; none elsewhere."""
    if (folder / SUMMARY).is_file():
        return []
    files = sorted([*folder.glob(f"*/{SUMMARY}"), *folder.glob(f"*/*/{SUMMARY}")])
    return [_run_row(file.parent) for file in files]


def _run_row(folder: Path) -> dict[str, Any]:
    from neucocore.errors import ResultsError

    try:
        run = _run(folder)
    except ResultsError as error:  # one broken run does not hide the others
        run = {"provenance": None, "findings": [error.message]}
    scores = run.get("task_q_scores")
    return {
        "kind": "run",
        "file": str(folder),
        "phase": folder.resolve().parent.name,
        "run": folder.name,
        "protocol": ((run["provenance"] or {}).get("protocol") or {}).get("identity"),
        "tasks": len(scores) if isinstance(scores, dict) else None,
        "mean_score": run.get("overall_q_score"),
        "findings": run["findings"],
    }


def _cube(file: Path) -> dict[str, Any]:
    from neucocore.data.audit.cube import audit_cube
    from neucocore.files.findings import messages, raise_for_findings

    folder = file.parent
    if folder.name.startswith("part-"):
        folder = folder.parent
    (report,) = audit_cube({folder.name: file}, {})
    if not report.shape:
        raise_for_findings(file, report.findings)
    return {
        "kind": "cube",
        "file": str(file),
        "id": report.id,
        "modality": report.modality,
        "shape": list(report.shape),
        "axes": ["season", "band", "y", "x"],
        "bands": list(report.bands),
        "stored_as": report.dtype,
        "samples": report.samples,
        "reader": report.reader,
        "nodata_share": report.nodata,
        "seasons_with_offset": {str(key): value for key, value in report.offsets.items()},
        "problems": messages(report.findings, "error"),
        "findings": messages(report.findings),
    }


def _draw(file: Path, png: Path, force: bool) -> None:
    from neucocore.data.cubes.store_keys import is_store_folder
    from neucocore.errors import ConfigError
    from neucocore.files.image_file import image_format, require_matplotlib
    from neucocore.files.outputs import check_writable

    folder = file.parent if file.name in RUN_FILES else file
    is_run = (folder / SUMMARY).is_file()
    if not is_run and not file.name.endswith(CUBE_SUFFIX) and not is_store_folder(file):
        raise ConfigError(
            f"--png draws cubes and runs; {file.name} is neither",
            hint=f"pass a *{CUBE_SUFFIX} file or a run folder",
        )
    image_format(png)
    check_writable(png)
    require_matplotlib()
    if is_run:
        _draw_run(folder, png, force)
    else:
        _draw_cube(file, png, force)


def _draw_cube(file: Path, png: Path, force: bool) -> None:
    from neucocore.data.cubes.image import draw_cube
    from neucocore.data.cubes.siblings import cube_of_file, facts_of_file, labels_of_file
    from neucocore.files.outputs import OutputFile

    cube, facts = cube_of_file(file), facts_of_file(file)
    labels = {}
    for stem, label in labels_of_file(file).items():
        task, unit = _task_of_stem(stem)
        labels[task] = f"{label} {unit}" if unit else label
    key = {"cube": file, "labels": labels, "format": png.suffix.lower()}
    target = OutputFile(png, command="inspect", key=key, force=force)
    with target.writing():
        draw_cube(cube, labels, png, facts)
    for finding in cube.findings:
        warn(str(finding))
    log(f"{png}: image written")


def _task_of_stem(stem: str) -> tuple[str, str]:
    """Return the task whose label file has this stem, and its unit; the stem if none is certain."""
    from neucocore.components.discovery import installation

    known = {
        component.versioned_name: str(getattr(component.spec, "unit", ""))
        if getattr(component.spec, "problem", "") == "regression"
        else ""
        for component in installation().components("task")
        if stem in (component.name, *getattr(component.spec, "aliases", ()))
    }
    return next(iter(known.items())) if len(known) == 1 else (stem, "")


def _draw_run(folder: Path, png: Path, force: bool) -> None:
    """Draw what a run predicts, from its stored predictions."""
    from neucocore.errors import ResultsError
    from neucocore.files.outputs import OutputFile
    from neucocore.results.plots import draw_run, stored_plot_data
    from neucocore.results.run_json import read_provenance

    record = read_provenance(folder)
    if record is None:
        raise ResultsError(
            f"{folder} has no run.json, so its predictions are not known",
            hint="evaluate the embeddings with neuco",
        )
    method, protocol = str(record.get("method")), str(record["protocol"]["identity"])
    tasks = stored_plot_data(folder, record["tasks"])
    target = OutputFile(png, command="inspect", key={"run": folder}, force=force)
    with target.writing():
        not_drawn = draw_run(tasks, png, f"{method}, {protocol}")
    for task, reason in not_drawn:
        log(f"note: no plot of {task}: {reason}")
    log(f"{png}: image written")


def _run(folder: Path) -> dict[str, Any]:
    from neucocore.errors import ResultsError
    from neucocore.results.run_json import edited_files, read_provenance

    try:
        summary = jsonlib.loads(
            (folder / SUMMARY).read_text(encoding="utf-8"),
            parse_constant=lambda _: None,  # NeuCo-Bench writes NaN
        )
        if not isinstance(summary, dict):
            raise ValueError("not an object")
    except ValueError as error:
        raise ResultsError(
            f"{folder / SUMMARY} cannot be read: {error}",
            hint="evaluate again, or move the folder elsewhere",
        ) from None
    provenance = read_provenance(folder)
    edited = [] if provenance is None else edited_files(folder, provenance)
    return {
        "kind": "run",
        "file": str(folder),
        **summary,
        "provenance": provenance,
        "findings": [f"{name} was changed after the run" for name in edited],
    }


def _lines(values: Mapping[str, Any], indent: str = "") -> list[str]:
    """Return nested values as indented ``name: value`` lines."""
    lines = []
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            lines.append(f"{indent}{name}:")
            lines.extend(_lines(value, indent + "  "))
        elif isinstance(value, list) and any(isinstance(entry, Mapping) for entry in value):
            lines.append(f"{indent}{name}: {len(value)} entries")
        else:
            lines.append(f"{indent}{name}: {described_text(value)}")
    return lines


def described_text(value: Any) -> str:
    """Return a value of a description in one line."""
    if value is None or value in ([], {}):
        return "-"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(described_text(entry) for entry in value)
    return str(value)
