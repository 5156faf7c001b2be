"""``neuco fusion``: fuse embeddings files, and see what each adds to the others."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Several embeddings as one, and what each adds to the others.",
)

Files = Annotated[list[Path], typer.Argument(help="Embeddings files of the same cubes.")]
Scaling = Annotated[
    str, typer.Option(help="Equal variance a part (block), also within it (column), or none.")
]
Dimension = Annotated[int, typer.Option(min=1, help="The most columns of the result.")]
_COLUMNS = ("task", "metric", "part", "alone", "together", "without", "adds")


@app.command()
def make(
    files: Files,
    out: Annotated[Path, typer.Option(help="The fused file: .csv, .parquet or .npz.")],
    weights: Annotated[str, typer.Option(help="One number a file, comma separated.")] = "",
    scaling: Scaling = "block",
    reducer: Annotated[str, typer.Option(help="A reducer's name, or none.")] = "pca",
    dimension: Dimension = 1024,
) -> None:
    """Put the columns of several embeddings files side by side, and reduce them."""
    from neuco_plugin_fusion.files import fuse
    from neucocore import save_embeddings

    fused = fuse(
        files,
        weights=[part.strip() for part in weights.split(",") if part.strip()],
        scaling=scaling,
        reducer=None if reducer == "none" else reducer,
        dimension=dimension,
    )
    save_embeddings(fused, out)
    typer.echo(f"{out}: {len(fused.ids)} rows, {fused.dimension} columns", err=True)


@app.command()
def report(
    files: Files,
    labels: Annotated[Path, typer.Option(help="Folder of label files.")],
    output: Annotated[Path, typer.Option(help="Folder the runs go to.")],
    dataset: Annotated[str | None, typer.Option(help="The data set of the embeddings.")] = None,
    protocol: Annotated[str, typer.Option(help="Scoring protocol.")] = "robust",
    tasks: Annotated[str, typer.Option(help="Only these tasks, comma separated.")] = "",
    scaling: Scaling = "block",
    dimension: Dimension = 1024,
    jobs: Annotated[int, typer.Option(min=1, help="Threads.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="A list of objects.")] = False,
) -> None:
    """Score each embedding alone, all together, and all without each."""
    from neuco_plugin_fusion.complementarity import complementarity

    found = complementarity(
        files,
        labels=labels,
        output=output,
        dimension=dimension,
        scaling=scaling,
        dataset=dataset,
        protocol=protocol,
        tasks=[part.strip() for part in tasks.split(",") if part.strip()],
        jobs=jobs,
    )
    rows = [asdict(part) | {"adds": part.adds} for part in found]
    typer.echo(json.dumps(rows, indent=2, allow_nan=False) if as_json else _table(rows))


def _table(rows: list[dict[str, Any]]) -> str:
    cells = [list(_COLUMNS), *([_cell(row[name]) for name in _COLUMNS] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(_COLUMNS))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.4f}"
