"""``neuco autoencode``: cached embeddings through the autoencoder of the challenge's winners."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True)


class Device(StrEnum):
    """Where to compute."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


@app.command()
def autoencode(
    files: Annotated[list[Path], typer.Argument(help="Embeddings files of the same cubes.")],
    out: Annotated[Path, typer.Option(help="The result: .csv, .parquet or .npz.")],
    dimension: Annotated[int, typer.Option(min=1, help="Numbers of the bottleneck.")] = 1024,
    weights: Annotated[str, typer.Option(help="One number a file, comma separated.")] = "",
    targets: Annotated[
        list[Path] | None,
        typer.Option(
            help="Label file (__regr.csv) to tell too, not of a task to score. Repeatable."
        ),
    ] = None,
    target_weight: Annotated[float, typer.Option(help="Weight of the targets.")] = 1.0,
    hidden: Annotated[int, typer.Option(min=1, help="Width of the hidden layer.")] = 2048,
    epochs: Annotated[int, typer.Option(min=1, help="Times every row is seen.")] = 160,
    seed: Annotated[int, typer.Option(help="Of weights, order and dropout.")] = 42,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.auto,
) -> None:
    """Squeeze embeddings files of the same cubes through one trained bottleneck."""
    from neuco_plugin_torch.files import autoencode as run
    from neucocore import save_embeddings

    reduced = run(
        files,
        targets or (),
        dimension=dimension,
        weights=[part.strip() for part in weights.split(",") if part.strip()],
        target_weight=target_weight,
        hidden=hidden,
        epochs=epochs,
        seed=seed,
        device=device.value,
    )
    save_embeddings(reduced, out)
    typer.echo(f"{out}: {len(reduced.ids)} rows, {reduced.dimension} columns", err=True)
