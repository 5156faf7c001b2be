"""The reports about the files of a folder as rows of tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from neucocore.data.audit.cube import FileReport
from neucocore.files.findings import EXAMPLES_SHOWN, Finding
from neucocore.messages import pluralize


def summary_of(reports: Sequence[FileReport]) -> list[dict[str, Any]]:
    """Return one row per modality: number of files, and the form of most of them."""
    rows = []
    for modality, group in sorted(_by_modality(reports).items()):
        opened = [report for report in group if report.shape]
        shares = [report.nodata for report in opened if report.nodata is not None]
        offsets: Counter[int] = Counter()
        for report in opened:
            offsets.update(report.offsets)
        rows.append(
            {
                "modality": modality,
                "files": len(group),
                "usable": sum(report.ok for report in group),
                "samples": sum(report.samples for report in opened),
                "shape": _most_common(" x ".join(map(str, report.shape)) for report in opened),
                "type": _most_common(report.dtype for report in opened),
                "no data": f"{100 * sum(shares) / len(shares):.2f} %" if shares else None,
                "offset": ", ".join(
                    f"{offset} in {pluralize(count, 'season')}"
                    for offset, count in offsets.most_common()
                )
                or None,
            }
        )
    return rows


def errors_of(reports: Sequence[FileReport]) -> list[dict[str, Any]]:
    """Return one row per error: the file and the problem."""
    return [
        {"file": report.path, "error": str(finding)}
        for report in reports
        for finding in report.findings
        if finding.level == "error"
    ]


def errors_by_cube(reports: Sequence[FileReport]) -> list[dict[str, Any]]:
    """Return one row per error: the id of the cube and the problem."""
    return [
        {"cube": report.id, "error": str(finding)}
        for report in reports
        for finding in report.findings
        if finding.level == "error"
    ]


def warnings_of(reports: Sequence[FileReport]) -> list[dict[str, Any]]:
    """Return one row per kind of warning or repair in a modality, most frequent first."""
    groups: dict[tuple[str, str], list[tuple[FileReport, Finding]]] = defaultdict(list)
    for report in reports:
        for finding in report.findings:
            if finding.level != "error":
                groups[report.modality, finding.message].append((report, finding))
    rows = [
        {
            "modality": modality,
            "files": len(group),
            "warning": f"{message} ({sum(finding.count for _, finding in group)} times)",
            "for example": ", ".join(report.id for report, _ in group[:EXAMPLES_SHOWN]),
        }
        for (modality, message), group in groups.items()
    ]
    return sorted(rows, key=lambda row: (-int(row["files"]), row["modality"], row["warning"]))


def _by_modality(reports: Sequence[FileReport]) -> dict[str, list[FileReport]]:
    groups: dict[str, list[FileReport]] = defaultdict(list)
    for report in reports:
        groups[report.modality].append(report)
    return groups


def _most_common(forms: Iterable[str]) -> str | None:
    """Return the most frequent form, and the number of others."""
    counts = Counter(forms).most_common()
    if not counts:
        return None
    others = len(counts) - 1
    return f"{counts[0][0]} (and {pluralize(others, 'other')})" if others else counts[0][0]
