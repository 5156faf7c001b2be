"""``neuco fusion``: fuse embeddings files, and measure what each adds to the others."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Combine several embeddings, and measure what each adds to the others.",
)

Files = Annotated[list[Path], typer.Argument(help="Embeddings files of the same cubes.")]
Scaling = Annotated[
    str,
    typer.Option(help="Equal variance per part (block), also of its columns (column), or none."),
]
Dimension = Annotated[int, typer.Option(min=1, help="Maximum number of dimensions of the result.")]
_COLUMNS = ("task", "metric", "part", "alone", "together", "without", "adds")


@app.command()
def make(
    files: Files,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Fused file to write: .csv, .parquet or .npz."
        ),
    ],
    weights: Annotated[str, typer.Option(help="One number per file, separated by commas.")] = "",
    scaling: Scaling = "block",
    reducer: Annotated[str, typer.Option(help="Name of a reducer, or none.")] = "pca",
    dimension: Dimension = 1024,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a list with one object about the file.")
    ] = False,
) -> None:
    """Concatenate the columns of several embeddings files, and reduce them."""
    from neuco_plugin_fusion.files import fuse
    from neucocore import OutputFile, log, print_json, save_embeddings

    options = {
        "weights": weights,
        "scaling": scaling,
        "reducer": reducer,
        "dimension": dimension,
    }
    key = {"inputs": files, "options": options}
    target = OutputFile(output, command="fusion make", key=key, force=force)
    fused = fuse(
        files,
        weights=[part.strip() for part in weights.split(",") if part.strip()],
        scaling=scaling,
        reducer=None if reducer == "none" else reducer,
        dimension=dimension,
    )
    with target.writing():
        save_embeddings(fused, output)
    log(f"{output}: {len(fused.ids)} rows, {fused.dimension} columns")
    if as_json:
        print_json([{"file": str(output), "rows": len(fused.ids), "columns": fused.dimension}])


@app.command()
def report(
    files: Files,
    labels: Annotated[Path, typer.Option(help="Folder of label files.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder of the runs.")
    ],
    dataset: Annotated[str | None, typer.Option(help="Data set of the embeddings.")] = None,
    protocol: Annotated[str, typer.Option(help="Scoring protocol.")] = "nested-cv",
    tasks: Annotated[str, typer.Option(help="Only these tasks, separated by commas.")] = "",
    scaling: Scaling = "block",
    dimension: Dimension = 1024,
    jobs: Annotated[int, typer.Option(min=1, help="Number of threads.")] = 1,
    force: Annotated[
        bool, typer.Option("--force", help="Fuse and score again, and replace existing files.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of JSON objects.")] = False,
) -> None:
    """Score each embedding alone, all together, and all but each one."""
    from neuco_plugin_fusion.complementarity import complementarity
    from neucocore import print_json, print_table

    contributions = complementarity(
        files,
        labels=labels,
        output=output,
        dimension=dimension,
        scaling=scaling,
        dataset=dataset,
        protocol=protocol,
        tasks=[part.strip() for part in tasks.split(",") if part.strip()] or None,
        jobs=jobs,
        force=force,
    )
    rows = [asdict(part) | {"adds": part.adds} for part in contributions]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, _COLUMNS)
