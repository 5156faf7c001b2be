"""Time of reading a full-size embeddings file with neuco, pandas, polars and pyarrow.

    python benchmarks/reading.py [--rows 13260] [--columns 1024] [--repeats 5]

Writes the file, then runs each reader in a separate process, in turn, and prints the medians of
wall-clock and CPU time, and the peak memory. ``process`` is the complete process with all imports;
``read`` is a second read in the same process, after imports and with compiled functions loaded.
Libraries that are not installed are left out. Every reader returns ids and one contiguous float32
matrix.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def neuco(path: str, _: int) -> Any:
    from neucocore import load_embeddings

    embeddings = load_embeddings(path)
    return embeddings.ids, embeddings.matrix


def pandas(path: str, columns: int) -> Any:
    import pandas as pd

    if path.endswith("parquet"):
        table = pd.read_parquet(path)
        return table["id"].tolist(), np.stack(table["embedding"].to_numpy())
    types = {str(column): np.float32 for column in range(columns)}
    table = pd.read_csv(path, dtype={"id": str, **types}, low_memory=False)
    return table["id"].tolist(), table.drop(columns="id").to_numpy()


def polars(path: str, columns: int) -> Any:
    import polars as pl

    if path.endswith("parquet"):
        table = pl.read_parquet(path)
        return table["id"].to_list(), table["embedding"].to_numpy()
    types = {str(column): pl.Float32 for column in range(columns)}
    table = pl.read_csv(path, schema={"id": pl.String, **types})
    return table["id"].to_list(), table.drop("id").to_numpy()


def pyarrow(path: str, columns: int) -> Any:
    import pyarrow as pa

    if path.endswith("parquet"):
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        vectors = table.column("embedding").combine_chunks().flatten()
        return table.column("id").to_pylist(), vectors.to_numpy().reshape(-1, columns)
    from pyarrow import csv

    types = {"id": pa.string(), **{str(column): pa.float32() for column in range(columns)}}
    table = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=types))
    matrix = np.empty((table.num_rows, columns), dtype=np.float32)
    for column in range(columns):
        matrix[:, column] = table.column(column + 1).to_numpy()
    return table.column(0).to_pylist(), matrix


def numpy(path: str, _: int) -> Any:
    with np.load(path) as arrays:
        return arrays["ids"].tolist(), arrays["matrix"]


READERS: dict[str, Callable[[str, int], Any]] = {
    "neuco": neuco,
    "pandas": pandas,
    "polars": polars,
    "pyarrow": pyarrow,
    "numpy": numpy,
}
FORMATS = (".csv", ".parquet", ".npz")
SUFFIXES = {"numpy": (".npz",), "neuco": FORMATS}


def one(reader: str, path: str, columns: int) -> dict[str, float]:
    """Read twice in this process; return times in seconds and memory in MB."""
    READERS[reader](path, columns)
    process = time.perf_counter() - STARTED
    cpu = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    ids, matrix = READERS[reader](path, columns)
    read = time.perf_counter() - start
    assert matrix.dtype == np.float32
    assert len(ids) == len(matrix)
    return {"process": process, "read": read, "cpu": cpu, "peak_mb": peak / 1024}


def make(folder: Path, rows: int, columns: int) -> None:
    from neucocore import Embeddings, save_embeddings

    rng = np.random.default_rng(0)
    embeddings = Embeddings(
        tuple(rng.bytes(32).hex() for _ in range(rows)),
        rng.standard_normal((rows, columns), dtype=np.float32),
    )
    for suffix in FORMATS:
        save_embeddings(embeddings, folder / f"embeddings{suffix}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=13260)
    parser.add_argument("--columns", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make:
        make(arguments.make, arguments.rows, arguments.columns)
        return
    if arguments.one:
        print(json.dumps(one(arguments.one[0], arguments.one[1], arguments.columns)))
        return
    print("| format | reader | process s | CPU s | second read s | peak MB |")
    print("|---|---|---|---|---|---|")
    this_script = [
        sys.executable,
        __file__,
        "--rows",
        str(arguments.rows),
        "--columns",
        str(arguments.columns),
    ]
    with tempfile.TemporaryDirectory() as folder:
        # In a separate process: the peak memory of a child includes what its parent used.
        subprocess.run([*this_script, "--make", folder], check=True)
        for path in (Path(folder) / f"embeddings{suffix}" for suffix in FORMATS):
            readers = [
                name
                for name in READERS
                if path.suffix in SUFFIXES.get(name, (".csv", ".parquet"))
                and (name == "neuco" or importlib.util.find_spec(name))
            ]
            results: dict[str, list[dict[str, float]]] = {name: [] for name in readers}
            for _ in range(arguments.repeats):
                for name in readers:
                    process = subprocess.run(
                        [*this_script, "--one", name, str(path)], capture_output=True, check=True
                    )
                    results[name].append(json.loads(process.stdout))
            for name, runs in results.items():
                median = {k: statistics.median(run[k] for run in runs) for k in runs[0]}
                print(
                    f"| {path.suffix[1:]} | {name} | {median['process']:.2f} | {median['cpu']:.2f} "
                    f"| {median['read']:.2f} | {median['peak_mb']:.0f} |"
                )


STARTED = time.perf_counter()
if __name__ == "__main__":
    main()
