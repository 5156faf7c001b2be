"""The synthetic Earth's label files merged to one table: the same scores, digit by digit."""

from __future__ import annotations

import csv
import json

import pytest

PROTOCOLS = ("nested-cv", "neucobench-2026")


def merged(folder, table):
    """Join label files by id, as ``pandas.merge(how="outer")`` does, sorted by id."""
    columns, ids = {}, set()
    for file in sorted(folder.glob("*.csv")):
        stem = file.stem.rpartition("__")[0]
        with file.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        for name in rows[0]:
            if name.startswith("label"):
                cells = {row["id"]: row[name] for row in rows}
                columns[stem + name.removeprefix("label")] = cells
                ids |= cells.keys()
    with table.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", *columns])
        writer.writerows(
            [i, *(cells.get(i, "") for cells in columns.values())] for i in sorted(ids)
        )
    return columns


@pytest.mark.parametrize("as_parquet", [False, True])
def test_one_table_gives_the_digits_of_the_label_files(neuco, tmp_path, as_parquet):
    earth = tmp_path / "earth"
    made = neuco("data", "generate", "synthetic-earth", "-o", earth, "--set", "cubes=60",
                 "--set", "size=32")  # fmt: skip
    assert made.code == 0, made.err
    table = tmp_path / "table.csv"
    columns = merged(earth / "labels", table)
    assert "ships_position:row" in columns
    if as_parquet:
        from pyarrow import csv as arrow_csv
        from pyarrow import parquet

        table = tmp_path / "table.parquet"
        parquet.write_table(arrow_csv.read_csv(tmp_path / "table.csv"), table)
    embeddings = tmp_path / "mean.parquet"
    encoded = neuco("encode", "mean", "--dataset", "synthetic-earth", "--data", earth,
                    "-o", embeddings)  # fmt: skip
    assert encoded.code == 0, encoded.err
    found = []
    for labels in (earth / "labels", table):
        words = [word for name in PROTOCOLS for word in ("--protocol", name)]
        output = tmp_path / f"of-{labels.name}"
        ended = neuco("evaluate", embeddings, "--labels", labels, "-o", output, "--json", *words)
        assert ended.code == 0, ended.err
        found.append(
            [
                [
                    row[name]
                    for name in ("task", "metric", "score", "q", "low", "high", "n", "status")
                ]
                for row in json.loads(ended.out)
            ]
        )
    files, one_table = found
    assert len(files) == 2 * len(list((earth / "labels").glob("*.csv"))) >= 20
    assert one_table == files
