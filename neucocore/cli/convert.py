"""``neuco convert``: embeddings from one format to another, every float32 as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neucocore.cli.terminal import say, warn
from neucocore.messages import pluralize


def convert(
    embeddings: Annotated[Path, typer.Argument(help="Embeddings file, or a folder of parts.")],
    out: Annotated[Path, typer.Argument(help="New file: .csv, .csv.gz, .parquet or .npz.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write embeddings in the format of the new file's suffix."""
    from neucocore.data.embeddings.embeddings import load_embeddings, save_embeddings
    from neucocore.data.embeddings.sidecar import read_sidecar, write_sidecar
    from neucocore.errors import ConfigError
    from neucocore.files.findings import messages

    if out.is_dir():
        raise ConfigError(
            f"{out} is a folder", hint=f"name a file such as {out / embeddings.stem}.parquet"
        )
    if out.exists() and not force:
        raise ConfigError(f"{out} is already there", hint="--force replaces it")
    loaded = load_embeddings(embeddings)
    for message in messages(loaded.findings, "warning", "repaired"):
        warn(message)
    save_embeddings(loaded, out)
    # CSV holds no metadata, so the sidecar says what the embeddings are. What identified the old
    # file's bytes (key, sha256) is not true of the new one.
    record = read_sidecar(embeddings) or ({"what": loaded.metadata} if loaded.metadata else {})
    kept = {name: value for name, value in record.items() if name not in ("key", "sha256")}
    if kept:
        write_sidecar(out, {**kept, "converted_from": embeddings.name})
    rows, dimensions = (
        pluralize(len(loaded.ids), "embedding"),
        pluralize(loaded.dimension, "dimension"),
    )
    say(f"{out}: {rows} of {dimensions}")
