"""``neuco tasks``: derive, describe and export labels."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.tables import print_table
from neucocore.cli.terminal import log, print_json, progress, warn

if TYPE_CHECKING:
    from neucocore.data.labels.label_file import LabelFile

app = typer.Typer(no_args_is_help=True, add_completion=False)


Force = Annotated[bool, typer.Option("--force", help="Replace existing files.")]
IdColumn = Annotated[
    str | None,
    typer.Option("--id", metavar="COLUMN", help="Column of the ids in a table of labels."),
]


class Format(StrEnum):
    """The tool that reads the exported folder."""

    neuco = "neuco"


@app.command("derive")
def derive(
    task: Annotated[list[str], typer.Argument(help="Installed tasks; quote wildcards.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="PATH", help="Label file, or a folder for several tasks."
        ),
    ],
    data: Annotated[Path | None, typer.Option(help="Folder of the cubes to label.")] = None,
    source: Annotated[
        list[Path] | None,
        typer.Option(help="File or folder of the task's source; the data by default. Repeatable."),
    ] = None,
    ids: Annotated[Path | None, typer.Option(help="File with the ids to label.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Parameter of the derivation, NAME=VALUE. Repeatable."),
    ] = None,
    force: Force = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print a list of objects about what was written.")
    ] = False,
) -> None:
    """Derive labels from their source, such as CORINE, GEDI or Landsat files."""
    from neucocore.components.parameters import parse_settings
    from neucocore.data.ids import read_id_file
    from neucocore.data.labels.writing import write_label_file
    from neucocore.derivation.derive import cube_ids, derivable, derive_labels, file_name
    from neucocore.errors import ConfigError
    from neucocore.files.findings import messages
    from neucocore.files.outputs import OutputFile, check_writable, stamps_of
    from neucocore.provenance.code import code_identity

    if data is None and ids is None:
        raise ConfigError(
            "--data and --ids are both missing",
            hint="specify which cubes to label: --data DIR or --ids FILE",
        )
    components = derivable(task)
    single = output.suffix.lower() == ".csv"
    if single and len(components) != 1:
        raise ConfigError(
            f"{len(components)} tasks cannot be written to one file, {output}",
            hint="name a folder: -o DIR",
        )
    files = [output if single else output / file_name(component) for component in components]
    for file in files:
        check_writable(file)
    cubes = list(read_id_file(ids)) if ids is not None else cube_ids(data or Path())
    sources = source or ([data] if data else [])
    stamps = stamps_of(sources)
    steps = []
    for component, file in zip(components, files, strict=True):
        spec: Any = component.spec
        values = parse_settings(setting or [], spec.derive_params, of=component.full_name)
        key = {
            "task": code_identity(component),
            "params": values,
            "cubes": cubes,
            "sources": stamps,
        }
        target = OutputFile(file, command="tasks derive", key=key, force=force)
        steps.append((component, values, target))
    rows: list[dict[str, Any]] = []
    with progress("derive") as advance:
        for done, (component, values, target) in enumerate(steps):
            advance(done, len(steps), component.name)
            labels = derive_labels(component, cubes, sources, values)
            with target.writing():
                write_label_file(target.path, labels)
            for text in messages(labels.findings, "warning"):
                warn(f"{component.name}: {text}")
            count = f"{len(labels.ids)} of {len(cubes)} cubes"
            log(f"{component.versioned_name}: {count}: {target.path}")
            rows.append(
                {
                    "task": component.versioned_name,
                    "file": str(target.path),
                    "labels": len(labels.ids),
                    "cubes": len(cubes),
                }
            )
    if json:
        print_json(rows)


@app.command("stats")
def stats(
    task: Annotated[
        list[str] | None,
        typer.Argument(help="Tasks, label file stems or label files; all by default."),
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="Folder of label files.")] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Data set of the labels; its tasks are recognised.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="JSON file to write; stats.json next to the labels by default.",
        ),
    ] = None,
    id_column: IdColumn = None,
    force: Force = False,
    json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    """Describe labels: counts, distribution, missing values, phases; written to stats.json."""
    import json as jsonlib

    from neucocore.data.labels.stats import label_stats
    from neucocore.errors import ConfigError
    from neucocore.files.atomic import write_text
    from neucocore.files.outputs import OutputFile

    files = _files(task or [], labels, id_column)
    path = output or files[0].path.parent / "stats.json"
    # The labels may have changed since: the statistics of the same files are replaced.
    key = {"labels": [str(file.path.absolute()) for file in files]}
    target, refused = None, None
    try:
        target = OutputFile(path, command="tasks stats", key=key, force=force)
    except ConfigError as error:
        refused = error  # raised after the statistics are printed
    rows = [{**label_stats(file), **_described(file, dataset)} for file in files]
    if json:
        print_json(rows)
    else:
        print_table([_flat(row) for row in rows], COLUMNS)
    if target is not None:
        with target.writing():
            write_text(path, jsonlib.dumps(rows, indent=2, allow_nan=False) + "\n")
        log(f"written to {path}")
    elif output is not None and refused is not None:
        raise refused
    elif refused is not None:  # labels of others are often in a folder that is not writable
        warn(f"not written: {refused.message}; -o FILE writes to another file")


@app.command("export")
def export(
    labels: Annotated[Path, typer.Option(help="Folder of label files.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write.")],
    task: Annotated[
        list[str] | None,
        typer.Argument(help="Tasks, label file stems or label files; all by default."),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Data set of the labels; its tasks describe them.")
    ] = None,
    id_column: IdColumn = None,
    title: Annotated[str, typer.Option(help="Heading of the card.")] = "Labels for NeuCo-Bench",
    format: Annotated[Format, typer.Option(help="The tool that reads the folder.")] = Format.neuco,  # noqa: A002
    force: Force = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print a list of objects about what was written.")
    ] = False,
) -> None:
    """Write a folder of labels that NeuCo-Bench reads and the Hugging Face hub accepts."""
    from neucocore.data.labels.export import export_neuco
    from neucocore.files.outputs import check_output_folder

    check_output_folder(output)
    files = _files(task or [], labels, id_column)
    specs = {file.stem: spec for file in files if (spec := _spec(file, dataset))}
    for finding in export_neuco(files, specs, output, title, force=force):
        warn(str(finding))
    log(f"{format.value}: {len(files)} label files exported to {output}")
    if json:
        print_json([{"folder": str(output), "label_files": [file.name for file in files]}])


COLUMNS = ("task", "problem", "count", "missing", "phases", "distribution")


def _files(names: list[str], folder: Path | None, id_column: str | None = None) -> list[LabelFile]:
    """Read the label files that names mean: files, stems, or tasks by their aliases."""
    import fnmatch

    from neucocore.data.labels.label_file import read_label_file
    from neucocore.data.labels.sources import read_labels
    from neucocore.errors import ConfigError, MissingFileError
    from neucocore.files.findings import messages

    given = [Path(name) for name in names if name.endswith(".csv")]
    patterns = [name for name in names if not name.endswith(".csv")]
    files = [read_label_file(path) for path in given]
    if patterns or not names:
        if folder is None:
            raise ConfigError(
                "--labels is missing", hint="specify the folder of label files: --labels DIR"
            )
        labels = read_labels(folder, id_column=id_column)
        found = labels.files
        for text in messages(labels.findings):
            warn(text)
        for pattern in patterns or ["*"]:
            stems = _stems(pattern)
            matching = [
                f for f in found if any(fnmatch.fnmatchcase(f.stem, stem) for stem in stems)
            ]
            for unusable in labels.unusable:
                if any(fnmatch.fnmatchcase(unusable.stem, stem) for stem in stems):
                    labels.require_usable()
            if not matching:
                raise MissingFileError(
                    f"{folder} has no label file of {pattern!r}",
                    hint=f"it holds {', '.join(f.stem for f in found)}",
                )
            files += [file for file in matching if file not in files]
    for file in files:
        for text in messages(file.findings):
            warn(f"{file.name}: {text}")
    return files


def _stems(name: str) -> tuple[str, ...]:
    """Return the stems a task's label file may have, or the text itself."""
    from neucocore.components.discovery import installation

    base = name.rpartition("/")[2].partition("@")[0]
    stems = [name]
    for component in installation().components("task"):
        if component.name == base:
            spec: Any = component.spec
            stems += [component.name, *spec.aliases]
    return tuple(stems)


def _spec(file: LabelFile, dataset: str | None) -> Any:
    """Return the spec of the task that claims a label file, or None."""
    from neucocore.components.lookup import dataset_named
    from neucocore.evaluation.claims import ClaimRules

    rules = ClaimRules(None if dataset is None else dataset_named(dataset))
    component = rules.task_of(file)
    return None if component is None else component.spec


def _described(file: LabelFile, dataset: str | None) -> dict[str, Any]:
    spec = _spec(file, dataset)
    if spec is None:
        return {}
    return {"task": f"{spec.name}@{spec.version}", "unit": spec.unit}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose dictionaries are short texts."""
    shown = dict(row)
    shown["phases"] = ", ".join(f"{name} {count}" for name, count in row["phases"].items()) or "-"
    shown["distribution"] = _short(row["distribution"])
    return shown


def _short(distribution: dict[str, Any]) -> str:
    if "mean" in distribution:
        return "{mean:.4g} +- {std:.4g} ({min:.4g} to {max:.4g}, {zeros} zeros)".format(
            **distribution
        )
    return "; ".join(
        f"{name}: {_short(part) if isinstance(part, dict) else part}"
        for name, part in distribution.items()
    )
