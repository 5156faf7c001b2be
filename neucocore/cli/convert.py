"""``neuco convert``: embeddings from one format to another, every float32 unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neucocore.cli.terminal import log, warn
from neucocore.messages import pluralize


def convert(
    embeddings: Annotated[Path, typer.Argument(help="Embeddings file, or a folder of parts.")],
    output: Annotated[
        Path, typer.Argument(metavar="OUT", help="File to write: .csv, .csv.gz, .parquet or .npz.")
    ],
    id_column: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="Column of the ids.")
    ] = None,
    vector: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN|PATTERN",
            help="Columns of the numbers: a list column, a pattern, or names separated by commas.",
        ),
    ] = None,
    drop_no_data: Annotated[
        bool,
        typer.Option(
            "--drop-no-data", help="Leave out rows that hold a fill value in all dimensions."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write embeddings in the format that the suffix of OUT names."""
    from neucocore.data.embeddings.formats import (
        check_suffix,
        load_embeddings,
        save_embeddings,
        split_column,
    )
    from neucocore.data.embeddings.sidecar import check_sidecar, read_sidecar, write_sidecar
    from neucocore.errors import ConfigError
    from neucocore.files.findings import messages
    from neucocore.files.outputs import OutputFile

    if output.is_dir():
        raise ConfigError(
            f"{output} is a folder", hint=f"name a file such as {output / embeddings.stem}.parquet"
        )
    check_suffix(output)
    file, column = split_column(embeddings)
    options = {"column": column, "id": id_column, "vector": vector, "drop": drop_no_data}
    target = OutputFile(
        output,
        command="convert",
        key={"input": file, "options": options},
        force=force,
    )
    check_sidecar(output, force=force)
    loaded = load_embeddings(embeddings, id=id_column, vector=vector, drop_no_data=drop_no_data)
    for message in messages(loaded.findings, "warning", "repaired"):
        warn(message)
    with target.writing():
        save_embeddings(loaded, output)
    # CSV holds no metadata, so the sidecar describes the embeddings. The key and the sha256 belong
    # to the bytes of the old file.
    record = read_sidecar(file) or ({"what": loaded.metadata} if loaded.metadata else {})
    kept = {name: value for name, value in record.items() if name not in ("key", "sha256")}
    if kept:
        write_sidecar(output, {**kept, "converted_from": file.name})
    rows, dimensions = (
        pluralize(len(loaded.ids), "embedding"),
        pluralize(loaded.dimension, "dimension"),
    )
    log(f"{output}: {rows} of {dimensions}")
