"""The products whose files are known: how their codes are read, and how they are cited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Product:
    """One product.

    Attributes
    ----------
    name
        As on the command line.
    title
        Its full name.
    rule
        Name of the quantisation rule; None if the files declare it.
    bands, dtypes
        Number of dimensions and stored types that its files have; empty if any.
    license, attribution, citation
        What users of the data must state, and what they cite.
    unit_norm
        Whether valid rows have length 1.
    bytes_per_pixel
        Size of one pixel as the product stores it; None if that differs.
    """

    name: str
    title: str
    rule: str | None = None
    bands: int | None = None
    dtypes: tuple[str, ...] = ()
    license: str = ""
    attribution: str = ""
    citation: str = ""
    unit_norm: bool = False
    bytes_per_pixel: int | None = None

    def record(self, source: str, years: list[int], version: str = "") -> dict[str, Any]:
        """Return what the metadata of sampled embeddings say about the product."""
        values = {
            "name": self.title or self.name,
            "version": version,
            "year": years[0] if len(years) == 1 else years or None,
            "license": self.license,
            "attribution": self.attribution,
            "citation": self.citation,
            "source": source,
        }
        return {key: value for key, value in values.items() if value}


AEF = Product(
    "aef",
    "AlphaEarth Foundations, Satellite Embedding V1",
    rule="aef",
    bands=64,
    dtypes=("int8", "uint16"),
    license="CC-BY-4.0",
    attribution=(
        "The AlphaEarth Foundations Satellite Embedding dataset is produced by Google and Google "
        "DeepMind."
    ),
    citation="arXiv:2507.22291",
    unit_norm=True,
    bytes_per_pixel=64,  # int8
)
TESSERA = Product(
    "tessera",
    "TESSERA",
    rule="tessera",
    license="CC0-1.0",
    attribution="TESSERA, University of Cambridge",
    citation="arXiv:2506.20380",
    bytes_per_pixel=132,  # 128 of int8 and a scale of float32
)
COPERNICUS = Product(
    "copernicus-embed",
    "Copernicus-Embed-025deg",
    rule="none",
    license="CC-BY-4.0",
    attribution="Copernicus-Embed, Technical University of Munich",
    citation="arXiv:2503.11849",
)
GEOTIFF = Product("geotiff", "")
ZARR = Product("zarr", "")

PRODUCTS = {product.name: product for product in (AEF, TESSERA, COPERNICUS, GEOTIFF, ZARR)}
