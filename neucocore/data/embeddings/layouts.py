"""Tables of known embedding products, recognised by their columns and types, never by file name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

ColumnKind = Literal["number", "list", "text", "text-list", "text-vector", "nested", "binary"]
"""What the cells of a column are.

``text-list`` is a list of numbers as JSON text, ``text-vector`` any other text of many numbers,
``nested`` a list of lists or of anything else than numbers.
"""

LISTS: tuple[ColumnKind, ...] = ("list", "text-list")

VECTOR_NAMES = ("embedding", "embeddings", "vector", "matrix")
"""Usual names of a column that holds one list of numbers per row."""

METADATA_LISTS = ("bbox", "bounds", "centroid", "coordinates", "geometry", "shape", "transform")
"""Usual names of lists of numbers that describe a place or an image, not a vector."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name
        Without surrounding spaces.
    kind
        What its cells are; None if that is unknown, as of an empty cell of a CSV file.
    type
        Name of the stored type, for messages.
    length
        Numbers in each list, if known.
    """

    name: str
    kind: ColumnKind | None = None
    type: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of the tables of one product.

    Attributes
    ----------
    name
        Name of the product, for messages.
    id
        Column of the ids.
    vectors
        Possible names of the list column; empty for a table with one column per dimension.
    stem
        What precedes the number in the name of each dimension; None if any stem is allowed.
    also
        Other columns that must exist, with the kinds they may have.
    versions
        Version of the product by the number of dimensions.
    """

    name: str
    id: str
    vectors: tuple[str, ...] = ()
    stem: str | None = None
    also: Mapping[str, tuple[ColumnKind, ...]] = field(default_factory=dict)
    versions: Mapping[int, str] = field(default_factory=dict)

    def title(self, dimension: int) -> str:
        """Return the name with the version, if the number of dimensions determines it."""
        return " ".join(filter(None, [self.name, self.versions.get(dimension, "")]))


_TEXT: tuple[ColumnKind, ...] = ("text",)
_NUMBER: tuple[ColumnKind, ...] = ("number",)
_BYTES: tuple[ColumnKind, ...] = ("binary", "text")

LAYOUTS = (
    Layout("Earth Index", "id", ("embedding",), also={"geometry": _BYTES}),
    Layout(
        "Major TOM", "unique_id", ("embedding",), also={"grid_cell": _TEXT, "product_id": _TEXT}
    ),
    Layout("Clay", "source_url", ("embeddings", "embedding"), versions={768: "v0", 1024: "v1.5"}),
    Layout("MINDSET", "cell_id", also={"lat": _NUMBER, "lon": _NUMBER, "spatial_fold": ()}),
    Layout("LightlyOne", "filenames", stem="embedding_", also={"labels": ()}),
    Layout("TerraTorch", "file_id", ("embedding",)),
    Layout("Earth Engine", "system:index", also={".geo": ()}),
    Layout("Clay", "__index_level_0__", ("embeddings",), versions={768: "v0", 1024: "v1.5"}),
)
"""Known layouts; the first that matches is used."""


def find_layout(columns: Sequence[Column]) -> Layout | None:
    """Return the known layout whose columns a table has, or None."""
    by_name = {column.name: column for column in columns}
    return next((layout for layout in LAYOUTS if _matches(layout, by_name)), None)


def _matches(layout: Layout, columns: Mapping[str, Column]) -> bool:
    if layout.id not in columns or columns[layout.id].kind in ("nested", *LISTS):
        return False
    if layout.vectors:
        vectors = [name for name in layout.vectors if name in columns]
        if len(vectors) != 1 or columns[vectors[0]].kind not in LISTS:
            return False
    if layout.stem is not None and f"{layout.stem}0" not in columns:
        return False
    return all(
        name in columns and (not kinds or columns[name].kind in (*kinds, None))
        for name, kinds in layout.also.items()
    )
