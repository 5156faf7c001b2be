"""``neuco convert``: embeddings from one format to another, and to a smaller size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from neucocore.cli.terminal import log, print_json, warn
from neucocore.components.specs import ReducerSpec
from neucocore.messages import pluralize

if TYPE_CHECKING:
    from neucocore.components.discovery import Component
    from neucocore.data.embeddings.embeddings import Embeddings


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
    reducer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Reducer to fit on all rows; neuco list reducers shows them."
        ),
    ] = None,
    dimension: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Number of dimensions after the reducer."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Parameter of the reducer. Repeatable."),
    ] = None,
    drop_no_data: Annotated[
        bool,
        typer.Option(
            "--drop-no-data", help="Leave out rows that hold a fill value in all dimensions."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print a list with one object about the file.")
    ] = False,
) -> None:
    """Write embeddings in the format that the suffix of OUT names, smaller if a reducer is named.

    Without a reducer every float32 is unchanged.
    """
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
    from neucocore.provenance.code import code_identity

    if output.is_dir():
        raise ConfigError(
            f"{output} is a folder", hint=f"name a file such as {output / embeddings.stem}.parquet"
        )
    check_suffix(output)
    file, column = split_column(embeddings)
    options: dict[str, Any] = {
        "column": column, "id": id_column, "vector": vector, "drop": drop_no_data
    }  # fmt: skip
    component, values = _reducer(reducer, settings or [], dimension)
    if component is not None:
        options |= {
            "reducer": code_identity(component), "params": values, "dimension": dimension
        }  # fmt: skip
    target = OutputFile(
        output,
        command="convert",
        key={"input": file, "options": options},
        force=force,
    )
    check_sidecar(output, force=force)
    loaded = load_embeddings(embeddings, id=id_column, vector=vector, drop_no_data=drop_no_data)
    for message in messages(loaded.findings):
        warn(message)
    before = loaded.dimension
    if component is not None:
        loaded = _reduced(loaded, component, values, dimension)
    with target.writing():
        save_embeddings(loaded, output)
    # CSV holds no metadata, so the sidecar describes the embeddings. The key and the sha256 belong
    # to the bytes of the old file.
    record = read_sidecar(file) or ({"what": loaded.metadata} if loaded.metadata else {})
    if component is not None:
        record["what"] = {**record.get("what", {}), **loaded.metadata}
    kept = {name: value for name, value in record.items() if name not in ("key", "sha256")}
    if kept:
        write_sidecar(output, {**kept, "converted_from": file.name})
    rows, dimensions = (
        pluralize(len(loaded.ids), "embedding"),
        pluralize(loaded.dimension, "dimension"),
    )
    log(f"{output}: {rows} of {dimensions}")
    if component is not None:
        size = loaded.metadata["reduction"]["bytes_per_row"]
        fitted = ", fitted on these rows" if cast(ReducerSpec, component.spec).needs_fit else ""
        log(
            f"{component.name}{fitted}: {before} to {loaded.dimension} dimensions, "
            f"{4 * before:,} to {size:,.0f} bytes per row; values are as they are read back"
        )
    if json:
        print_json(
            [
                {
                    "file": str(output),
                    "rows": len(loaded.ids),
                    "columns": loaded.dimension,
                    "reduction": loaded.metadata.get("reduction"),
                }
            ]
        )


def _reducer(
    name: str | None, settings: Sequence[str], dimension: int | None
) -> tuple[Component | None, dict[str, Any]]:
    from neucocore.components.lookup import find
    from neucocore.components.parameters import parse_settings, without_defaults
    from neucocore.errors import ConfigError

    if name is not None:
        component = find("reducer", name)
        params = component.spec.params
        values = parse_settings(settings, params, of=component.name)
        return component, without_defaults(values, params)
    if settings or dimension is not None:
        option = "--set" if settings else "--dimension"
        raise ConfigError(
            f"{option} belongs to a reducer, and none is named",
            hint="add --reducer NAME; neuco list reducers shows them",
        )
    return None, {}


def _reduced(
    loaded: Embeddings, component: Component, params: Mapping[str, Any], dimension: int | None
) -> Embeddings:
    """Return the embeddings after a reducer, described by their metadata."""
    from neucocore.components.dependence import combined_fit, reducer_fit
    from neucocore.encoding.reduction import apply_reducer
    from neucocore.errors import ConfigError

    if dimension is not None and dimension > loaded.dimension:
        raise ConfigError(
            f"--dimension {dimension}: the embeddings have {loaded.dimension} dimensions",
            hint=f"a number up to {loaded.dimension}",
        )
    matrix, record = apply_reducer(component, loaded.matrix, dimension=dimension, params=params)
    earlier = loaded.metadata.get("reduction")
    metadata = {
        **loaded.metadata,
        "fit": combined_fit([loaded.metadata.get("fit"), reducer_fit(component)]),
        "reduction": record | ({"after": earlier} if earlier else {}),
        **({} if component.registered else {"unregistered": True}),
    }
    if metadata["fit"] is None:  # nothing records what these embeddings depend on
        del metadata["fit"]
    return replace(loaded, matrix=matrix, metadata=metadata)
