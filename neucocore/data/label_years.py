"""Embeddings of another year than the labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.labels.label_file import LabelFile
from neucocore.data.years import read_year, year_column


def differing_years(embeddings: Embeddings, label_files: Sequence[LabelFile]) -> list[str]:
    """Warn about rows whose embedding is of another year than the label.

    The year of an embedding is that of its row, else the only year of the product in the metadata
    of the file; that of a label is in a column of its table. Rows that are identified by id and
    year match by definition.
    """
    if embeddings.year_column is not None:
        return []
    own = _years_of_rows(embeddings)
    counts: Counter[tuple[int, int]] = Counter()
    seen: set[str] = set()
    for file in label_files:
        column = year_column(file.extra)
        if column is None:
            continue
        for sample, cell in zip(file.ids, file.extra[column], strict=True):
            year = read_year(cell)
            if sample not in seen and sample in own and year is not None:
                seen.add(sample)
                counts[own[sample], year] += 1
    different = {years: count for years, count in counts.items() if years[0] != years[1]}
    if not different:
        return []
    rows = sum(different.values())
    pairs = sorted(different.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    shown = ", ".join(f"{a} against {b} ({count} rows)" for (a, b), count in pairs)
    return [
        f"{rows} of {len(seen)} rows have embeddings of another year than their labels: {shown}; "
        "use embeddings of the years of the labels if the labels change"
    ]


def _years_of_rows(embeddings: Embeddings) -> dict[str, int]:
    column = year_column(embeddings.extra)
    if column is not None:
        found = map(read_year, embeddings.extra[column])
        return {
            sample: year
            for sample, year in zip(embeddings.ids, found, strict=True)
            if year is not None
        }
    year = _product_year(embeddings.metadata)
    return {} if year is None else dict.fromkeys(embeddings.ids, year)


def _product_year(metadata: Mapping[str, Any]) -> int | None:
    product = metadata.get("product")
    value = product.get("year") if isinstance(product, Mapping) else metadata.get("year")
    return read_year(value) if isinstance(value, int | str) else None
