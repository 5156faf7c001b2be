"""Rows of several versions of a model, and of several years, in one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from neucocore.data.years import YEAR_COLUMNS, read_year
from neucocore.files.findings import Finding

VERSION_COLUMNS = (
    *("version", "model", "model_version", "model_id", "product_version", "dataset_version"),
    *("embedding_version", "checkpoint"),
)
VALUES_SHOWN = 4


def version_findings(
    extra: Mapping[str, Sequence[Any]], metadata: Mapping[str, Any]
) -> list[Finding]:
    """Return findings about rows of several versions; an error for TESSERA, whose do not mix.

    Parameters
    ----------
    extra
        The metadata columns.
    metadata
        Those of the file, which may name the product.
    """
    findings = []
    for name, values in extra.items():
        if name.strip().lower() not in VERSION_COLUMNS:
            continue
        counts = Counter(str(value).strip() for value in values if value not in (None, ""))
        if len(counts) < 2:
            continue
        shown = ", ".join(
            f"{value} ({count} rows)" for value, count in counts.most_common(VALUES_SHOWN)
        )
        text = f"{metadata.get('product', '')} {metadata.get('model', '')} {' '.join(counts)}"
        tessera = "tessera" in text.lower()
        level, why = ("error", "; versions of TESSERA do not mix") if tessera else ("warning", "")
        message = f"rows of several versions in the column {name!r}: {shown}{why}"
        hint = f"keep the rows of one version, such as {counts.most_common(1)[0][0]}"
        findings.append(Finding("mixed-versions", level, message, hint=hint))  # type: ignore[arg-type]
    return [*findings, *_differing_years(extra)]


def _differing_years(extra: Mapping[str, Sequence[Any]]) -> list[Finding]:
    """Return a warning if the year of the product is not that of the observation."""
    by_name = {name.strip().lower(): values for name, values in extra.items()}
    if not all(name in by_name for name in YEAR_COLUMNS[1:]):
        return []
    pairs = [
        (read_year(product), read_year(observed))
        for product, observed in zip(*(by_name[name] for name in YEAR_COLUMNS[1:]), strict=True)
    ]
    different = [(a, b) for a, b in pairs if None not in (a, b) and a != b]
    if not different:
        return []
    a, b = different[0]
    message = f"row whose product_year is not its observation_year, such as {a} and {b}"
    hint = "use the product of the year of the observations"
    return [Finding("differing-years", "warning", message, len(different), hint=hint)]
