"""``neuco inspect``: what is in an embeddings file, a cube or a run folder."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from neucocore.cli.terminal import put, put_json

CUBE_SUFFIX = ".zarr.zip"
SUMMARY = "results_summary.json"


def inspect(
    file: Annotated[Path, typer.Argument(help="Embeddings, a .zarr.zip cube or a run folder.")],
    json: Annotated[bool, typer.Option("--json", help="As a list of objects.")] = False,
    png: Annotated[
        Path | None, typer.Option(help="Draw the cube, all its modalities, to this picture.")
    ] = None,
) -> None:
    """Show what is in an embeddings file, a cube or a run; draw a cube."""
    if png is not None:
        _draw(file, png)
        return
    described = _describe(file)
    if json:
        put_json([described])
    else:
        put("\n".join(_lines(described)))


def _describe(file: Path) -> dict[str, Any]:
    if file.name.endswith(CUBE_SUFFIX):
        return _cube(file)
    if file.name == SUMMARY:
        file = file.parent
    if (file / SUMMARY).is_file():
        return _run(file)
    from neucocore.data.description import describe_embeddings

    return describe_embeddings(file)


def _cube(file: Path) -> dict[str, Any]:
    from neucocore.data.auditfile import audit_cube
    from neucocore.data.findings import messages
    from neucocore.data.refusal import refuse

    folder = file.parent
    if folder.name.startswith("part-"):
        folder = folder.parent
    (report,) = audit_cube({folder.name: file}, {})
    if not report.shape:
        refuse(file, report.findings)
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
        "nodata_share": report.nodata,
        "seasons_with_offset": {str(key): value for key, value in report.offsets.items()},
        "problems": messages(report.findings, "error"),
        "findings": messages(report.findings, "warning", "repaired"),
    }


def _draw(file: Path, png: Path) -> None:
    from neucocore.cli.terminal import say
    from neucocore.data.cubefiles import cube_of_file, labels_of_file
    from neucocore.data.picture import draw_cube
    from neucocore.errors import ConfigError

    if not file.name.endswith(CUBE_SUFFIX):
        raise ConfigError(f"--png draws cubes; {file.name} is none ({CUBE_SUFFIX})")
    draw_cube(cube_of_file(file), labels_of_file(file), png)
    say(f"{png}: drawn")


def _run(folder: Path) -> dict[str, Any]:
    from neucocore.errors import ResultsError
    from neucocore.results.folder import edited_files, read_provenance

    try:
        summary = jsonlib.loads(
            (folder / SUMMARY).read_text(encoding="utf-8"),
            parse_constant=lambda _: None,  # NeuCo-Bench writes NaN
        )
        if not isinstance(summary, dict):
            raise ValueError("not an object")
    except ValueError as error:
        raise ResultsError(f"{folder / SUMMARY} cannot be read: {error}") from None
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
            lines.append(f"{indent}{name}: {_text(value)}")
    return lines


def _text(value: Any) -> str:
    if value is None or value in ([], {}):
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(_text(entry) for entry in value)
    return str(value)
