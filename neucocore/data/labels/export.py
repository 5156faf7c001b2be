"""A folder of label files that NeuCo-Bench reads and a data hub accepts.

NeuCo-Bench takes every CSV file of a folder as ``<task>__<type>.csv``, wants exactly one number a
row in ``label`` and knows regression and yes or no; so several outputs become several tasks and
classes become 0 and 1. A hub wants a ``README.md`` whose head says licence and files.
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

HUB_LICENSES = {"CC-BY-4.0": "cc-by-4.0", "CC0-1.0": "cc0-1.0", "Apache-2.0": "apache-2.0"}


def export_neuco(
    files: Sequence[LabelFile], specs: Mapping[str, TaskSpec], out: Path, title: str
) -> list[Finding]:
    """Write label files, a card and machine-readable descriptions.

    Parameters
    ----------
    files
        The label files.
    specs
        Stem to the task that claims the file; files without one are described by their numbers.
    out
        Folder to write: ``labels/*.csv``, ``README.md``, ``tasks.json``.
    title
        Heading of the card.

    Returns
    -------
    list of Finding
        What NeuCo-Bench cannot hold and was left out.

    Raises
    ------
    DataError
        Nothing can be exported, or `out` already holds other label files.
    """
    findings = [
        Finding("no-binary", "warning", f"{file.stem} left out: NeuCo-Bench scores yes or no only")
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
            "there is no label file that NeuCo-Bench can hold",
            problems=messages(findings, "warning"),
        )
    _refuse_strangers(out / "labels", parts)
    for name, part in parts.items():
        values = Labels(part.ids, np.asarray(part.y, np.float64))
        write_label_file(out / "labels" / name, values, part.extra)
    rows = [
        _row(name, part, specs.get(part.path.stem.rpartition("__")[0]))
        for name, part in parts.items()
    ]
    write_text(out / "tasks.json", json.dumps(rows, indent=2, allow_nan=False) + "\n")
    write_text(out / "README.md", _card(title, rows))
    return findings


def _single(file: LabelFile) -> dict[str, LabelFile]:
    """Return a file as files of one label each, by stem; rows without that label are dropped."""
    if not file.outputs:
        return {file.stem: file}
    parts = {}
    for position, output in enumerate(file.outputs):
        known = np.isfinite(file.y[:, position])
        part = replace(file.keep(known.tolist()), outputs=())
        parts[f"{file.stem}_{output}"] = replace(part, y=part.y[:, position])
    return parts


def _refuse_strangers(folder: Path, names: Mapping[str, object]) -> None:
    strangers = sorted(file.name for file in folder.glob("*.csv") if file.name not in names)
    if strangers:
        raise DataError(
            f"{folder} holds {len(strangers)} other CSV files, which NeuCo-Bench would take for "
            f"tasks: {', '.join(strangers[:3])}",
            hint="export to an empty folder",
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
    only = licenses.pop() if len(licenses) == 1 else ""
    head["license"] = HUB_LICENSES.get(only, "other")
    if head["license"] == "other":
        head |= {"license_name": "see-tasks", "license_link": "tasks.json"}
    head["tags"] = ["earth-observation", "embeddings", "benchmark", "neuco"]
    head["configs"] = [
        {"config_name": Path(str(row["file"])).stem, "data_files": row["file"]} for row in rows
    ]
    lines = ["---", yaml.safe_dump(head, sort_keys=False).rstrip(), "---", "", f"# {title}", ""]
    lines += ["Labels for NeuCo-Bench and neuco: one CSV file a task with `id` and `label`.", ""]
    for row in rows:
        lines += [f"## {Path(str(row['file'])).stem}", ""]
        lines += [f"- {key}: {value}" for key, value in row.items() if value not in ("", None)]
        lines.append("")
    return "\n".join(lines)
