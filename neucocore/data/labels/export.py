"""Export of labels to a folder that NeuCo-Bench reads and a data hub accepts.

NeuCo-Bench takes every CSV file of a folder for a task ``<task>__<type>.csv``, with one number per
row in ``label``, and supports regression and binary labels only. So several outputs become several
tasks, and the two classes become 0 and 1. A hub needs a ``README.md`` whose front matter names the
licence and the files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from neucocore.components.specs import TaskSpec
from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.labels import Labels
from neucocore.data.labels.writing import label_file_name, write_label_file
from neucocore.errors import DataError
from neucocore.files.atomic import write_text
from neucocore.files.findings import Finding, messages
from neucocore.files.outputs import OutputFile, digest_of_file

HUB_LICENSES = {"CC-BY-4.0": "cc-by-4.0", "CC0-1.0": "cc0-1.0", "Apache-2.0": "apache-2.0"}


def export_neuco(
    files: Sequence[LabelFile],
    specs: Mapping[str, TaskSpec],
    out: Path,
    title: str,
    *,
    force: bool = False,
) -> list[Finding]:
    """Write label files, a dataset card and machine-readable descriptions.

    Parameters
    ----------
    files
        The label files.
    specs
        Stem to the spec of the task that claims the file; other files are described without one.
    out
        Folder for ``labels/*.csv``, ``README.md`` and ``tasks.json``.
    title
        Title of the card.
    force
        Replace existing files that were not written by the same export.

    Returns
    -------
    list of Finding
        One warning per label file that NeuCo-Bench does not support and that was left out.

    Raises
    ------
    ConfigError
        Files exist that must not be replaced without `force`.
    DataError
        No file can be exported, or `out` already holds other label files.
    """
    findings = [
        Finding(
            "no-binary", "warning", f"{file.stem} left out: NeuCo-Bench supports two classes only"
        )
        for file in files
        if file.problem == "multiclass"
    ]
    parts = {
        label_file_name(stem, part.problem): part
        for file in files
        if file.problem != "multiclass"
        for stem, part in _single(file).items()
    }
    if not parts:
        raise DataError(
            "none of the label files can be exported",
            problems=messages(findings, "warning"),
            hint="export regression or binary labels",
        )
    _check_no_other_files(out / "labels", parts)
    rows = [
        _row(name, part, specs.get(part.path.stem.rpartition("__")[0]))
        for name, part in parts.items()
    ]
    key = {"labels": [digest_of_file(file.path) for file in files], "card": _card(title, rows)}
    targets = {
        name: OutputFile(out / name, command="tasks export", key=key, force=force)
        for name in (*(f"labels/{name}" for name in parts), "tasks.json", "README.md")
    }
    for name, part in parts.items():
        values = Labels(part.ids, np.asarray(part.y, np.float64), label_sd=part.label_sd)
        with targets[f"labels/{name}"].writing():
            write_label_file(out / "labels" / name, values, part.extra)
    with targets["tasks.json"].writing():
        write_text(out / "tasks.json", json.dumps(rows, indent=2, allow_nan=False) + "\n")
    with targets["README.md"].writing():
        write_text(out / "README.md", _card(title, rows))
    return findings


def _single(file: LabelFile) -> dict[str, LabelFile]:
    """Return one label file per output, by stem, each without the rows that lack that output."""
    if not file.outputs:
        return {file.stem: file}
    parts = {}
    for position, output in enumerate(file.outputs):
        is_labelled = np.isfinite(file.y[:, position])
        part = replace(file.keep(is_labelled.tolist()), outputs=())
        sd = None if part.label_sd is None else part.label_sd[:, position]
        parts[f"{file.stem}_{output}"] = replace(part, y=part.y[:, position], label_sd=sd)
    return parts


def _check_no_other_files(folder: Path, names: Mapping[str, object]) -> None:
    others = sorted(file.name for file in folder.glob("*.csv") if file.name not in names)
    if others:
        raise DataError(
            f"{folder} holds {len(others)} other CSV files, which NeuCo-Bench would take for "
            f"tasks: {', '.join(others[:3])}",
            hint="choose an empty folder with --output",
        )


def _row(name: str, part: LabelFile, spec: TaskSpec | None) -> dict[str, object]:
    row: dict[str, object] = {
        "file": f"labels/{name}",
        "problem": part.problem,
        "count": len(part.ids),
    }
    if part.classes:
        row["classes"] = list(part.classes)
    if spec is None:
        return row
    row |= {"task": f"{spec.name}@{spec.version}", "summary": spec.summary, "unit": spec.unit}
    row |= {"license": spec.license, "citation": spec.citation}
    row |= {"exclusions": spec.exclusions, "known_issues": spec.known_issues}
    if spec.source is not None:
        row |= {
            "source": spec.source.name,
            "source_license": spec.source.license,
            "source_citation": spec.source.citation,
            "region": spec.source.region,
            "years": spec.source.years,
        }
    return row


def _card(title: str, rows: Sequence[Mapping[str, object]]) -> str:
    licenses = {str(row.get("license", "")) for row in rows}
    head: dict[str, object] = {"pretty_name": title}
    common_license = licenses.pop() if len(licenses) == 1 else ""
    head["license"] = HUB_LICENSES.get(common_license, "other")
    if head["license"] == "other":
        head |= {"license_name": "see-tasks", "license_link": "tasks.json"}
    head["tags"] = ["earth-observation", "embeddings", "benchmark", "neuco"]
    head["configs"] = [
        {"config_name": Path(str(row["file"])).stem, "data_files": row["file"]} for row in rows
    ]
    lines = ["---", yaml.safe_dump(head, sort_keys=False).rstrip(), "---", "", f"# {title}", ""]
    lines += ["Labels for NeuCo-Bench and neuco: one CSV file per task, with `id` and `label`.", ""]
    for row in rows:
        lines += [f"## {Path(str(row['file'])).stem}", ""]
        lines += [f"- {key}: {value}" for key, value in row.items() if value not in ("", None)]
        lines.append("")
    return "\n".join(lines)
