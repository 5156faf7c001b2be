"""``neuco autoencode``: embeddings files reduced by the autoencoder of the challenge's winners."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True)


class Device(StrEnum):
    """What torch computes on."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


@app.command()
def autoencode(
    files: Annotated[list[Path], typer.Argument(help="Embeddings files of the same cubes.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE", help="File to write: .csv, .parquet or .npz."
        ),
    ],
    dimension: Annotated[int, typer.Option(min=1, help="Width of the bottleneck.")] = 1024,
    weights: Annotated[str, typer.Option(help="One number per file, separated by commas.")] = "",
    targets: Annotated[
        list[Path] | None,
        typer.Option(
            help="Label file (__regr.csv) of an auxiliary target; never of a task that is scored. "
            "Repeatable."
        ),
    ] = None,
    target_weight: Annotated[
        float, typer.Option(help="Weight of the error of the auxiliary targets.")
    ] = 1.0,
    hidden: Annotated[int, typer.Option(min=1, help="Width of the hidden layer.")] = 2048,
    epochs: Annotated[int, typer.Option(min=1, help="Number of passes over all rows.")] = 160,
    seed: Annotated[int, typer.Option(help="Random seed of weights, order and dropout.")] = 42,
    device: Annotated[Device, typer.Option(help="auto uses a GPU if there is one.")] = Device.auto,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Reduce embeddings files of the same cubes by an autoencoder trained on them."""
    from neuco_plugin_torch.files import autoencode as run
    from neucocore import OutputFile, log, save_embeddings

    options: dict[str, Any] = {
        "dimension": dimension,
        "weights": [part.strip() for part in weights.split(",") if part.strip()],
        "target_weight": target_weight,
        "hidden": hidden,
        "epochs": epochs,
        "seed": seed,
    }
    key = {"inputs": [*files, *(targets or ())], "options": options}
    target = OutputFile(output, command="autoencode", key=key, force=force)
    reduced = run(files, targets or (), **options, device=device.value)
    with target.writing():
        save_embeddings(reduced, output)
    log(f"{output}: {len(reduced.ids)} rows, {reduced.dimension} columns")
