"""``neuco sample``: embeddings from a downloaded product, at points and in polygons."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def sample(
    product: Annotated[
        str,
        typer.Argument(help="aef, tessera, copernicus-embed, geotiff (any raster) or zarr."),
    ],
    path: Annotated[
        str, typer.Argument(help="File, folder or http(s) address of the product's tiles.")
    ],
    points: Annotated[
        Path,
        typer.Option(
            metavar="TABLE",
            help="CSV, Parquet or GeoJSON with id and lon, lat in degrees or polygons (WKT), and "
            "optionally year.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE", help="File to write: .parquet, .csv or .npz."
        ),
    ],
    id_column: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="Column of the ids. [id]")
    ] = None,
    window: Annotated[
        int,
        typer.Option(metavar="K", help="Mean of K x K pixels around a point, in place of its own."),
    ] = 1,
    pixels: Annotated[
        bool,
        typer.Option(
            "--pixels", help="One row per pixel of a window or polygon, in place of the mean."
        ),
    ] = False,
    inset: Annotated[
        float,
        typer.Option(metavar="M", help="Leave out pixels within M metres of a polygon's edge."),
    ] = 0.0,
    renormalise: Annotated[
        bool, typer.Option("--renormalise", help="Scale means to length 1.")
    ] = False,
    year: Annotated[
        int | None, typer.Option(help="Year of the tiles, in place of a column 'year'.")
    ] = None,
    year_tolerance: Annotated[
        int, typer.Option(metavar="N", help="Years by which the tiles may differ from it.")
    ] = 0,
    layer: Annotated[
        str | None,
        typer.Option(help="Array of a Zarr store: d4, d16 or full of TESSERA v2, or its name."),
    ] = None,
    quantisation: Annotated[
        str | None,
        typer.Option(
            metavar="RULE",
            help="Rule of a GeoTIFF's integers: aef, earth-engine-uint16, linear or none.",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Tiles that are read at a time.")] = 4,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a list with one object about the file.")
    ] = False,
) -> None:
    """Make embeddings from a downloaded product: one row per point or polygon.

    Killed and run again, it goes on with the tiles that are left.
    """
    from neuco_plugin_products.run import Options
    from neuco_plugin_products.run import sample as run
    from neucocore import (
        OutputFile,
        log,
        print_json,
        progress,
        save_embeddings,
        warn,
        write_sidecar,
    )

    options = Options(
        product,
        path,
        points,
        id=id_column,
        window=window,
        pixels=pixels,
        inset=inset,
        renormalise=renormalise,
        year=year,
        year_tolerance=year_tolerance,
        layer=layer,
        quantisation=quantisation,
        jobs=jobs,
    )
    described = {**asdict(options), "jobs": 0, "points": points}
    target = OutputFile(output, command="sample", key=described, force=force)
    with progress("sampling tiles") as advance:
        outcome = run(options, output, lambda done, total: advance(done, total, ""))
    for text in outcome.warnings:
        warn(text)
    with target.writing():
        save_embeddings(outcome.embeddings, output)
    # CSV holds no metadata, so the sidecar names the product in any case.
    write_sidecar(output, {"what": outcome.embeddings.metadata})
    found = outcome.embeddings
    record = found.metadata["product"]
    log(f"{output}: {len(found.ids)} rows of {found.dimension} dimensions, {_described(found)}")
    for key in ("license", "attribution", "citation"):
        if record.get(key):
            log(f"{key}: {record[key]}")
    if as_json:
        described = {"file": str(output), "rows": len(found.ids), "columns": found.dimension}
        print_json([{**described, "product": record, "warnings": list(outcome.warnings)}])


def _described(found: object) -> str:
    metadata = found.metadata  # type: ignore[attr-defined]
    year = metadata["product"].get("year")
    text = f"{metadata['product'].get('name', metadata['product'].get('source'))}"
    return f"{text}, {metadata['sampled']}" + (f", {year}" if year else "")
