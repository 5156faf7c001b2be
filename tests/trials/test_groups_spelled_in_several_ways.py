"""Columns of groups in which one group is written in several ways, or not at all."""

from __future__ import annotations

import json

import numpy as np
import pytest

N, D, BLOCKS = 240, 10, 24
IDS = [f"q{row:03d}" for row in range(N)]
RNG = np.random.default_rng(14)
BLOCK = np.arange(N) % BLOCKS
X = RNG.normal(size=(N, D)) + (3 * RNG.normal(size=(BLOCKS, D)))[BLOCK]
Y = (3 * RNG.normal(size=BLOCKS))[BLOCK] + 0.2 * RNG.normal(size=N)


@pytest.fixture
def scored(neuco, write_csv, tmp_path):
    embeddings = write_csv(
        "E.csv", ["id", *range(D)], ([i, *x] for i, x in zip(IDS, X, strict=True))
    )
    write_csv("L/y__regr.csv", ["id", "label"], zip(IDS, Y, strict=True))

    def run(cells, *more):
        table = write_csv("g.csv", ["id", "block"], zip(IDS, cells, strict=True))
        words = ("evaluate", embeddings, "--labels", tmp_path / "L", "-o", tmp_path / "out")
        return neuco(*words, "--split", f"group:{table}:block", "--json", "--force", *more)

    return run


def score(ended) -> float:
    assert ended.code == 0
    return json.loads(ended.out)[0]["score"]


@pytest.mark.parametrize("spell", ["{}.0", "+{}", "{}.", " {} "])
def test_one_number_is_one_group(scored, spell):
    clean = score(scored([f"{block}" for block in BLOCK]))
    assert clean < 0.1
    cells = [spell.format(b) if row // BLOCKS % 2 else b for row, b in enumerate(BLOCK)]
    ended = scored(cells)
    assert score(ended) == clean
    if spell.strip() != "{}":
        assert "group spelled in several ways, read as one (24 times)" in ended.err
    assert score(scored([spell.format(block) for block in BLOCK])) == clean


def test_texts_that_mean_missing_are_refused_like_empty_cells(scored):
    missing = ["nan", "NA", "None", "null", ""]
    cells = [missing[row % 5] if row % 8 == 0 else block for row, block in enumerate(BLOCK)]
    ended = scored(cells)
    assert ended.code == 4
    assert "task y: 30 of 240 ids, such as q000, q008, q016" in ended.err
    assert "cells of the column 'block' that are not a group: 'nan' (6)" in ended.err
    assert "empty (6)" in ended.err


def test_the_hint_helps_when_it_is_followed(scored, tmp_path):
    cells = ["nan" if row % 8 == 0 else block for row, block in enumerate(BLOCK)]
    assert "--exclude-file" in scored(cells).err
    (tmp_path / "out.txt").write_text("\n".join(IDS[::8]))
    assert scored(cells, "--exclude-file", tmp_path / "out.txt").code == 0


def test_names_that_differ_in_case_are_reported(scored):
    ended = scored(
        [f"Block {b}" if row // BLOCKS % 2 else f"block {b}" for row, b in enumerate(BLOCK)]
    )
    assert ended.code == 0
    assert "group names differ only in case, spaces or form" in ended.err


def test_a_column_of_measurements_is_reported(scored):
    ended = scored([f"{value:.5f}" for value in RNG.uniform(0, 9, N)])
    assert ended.code == 0
    assert "has 240 groups for 240 labelled ids: every id is a group of its own" in ended.err


def test_a_table_of_other_ids_shows_one_of_each_side(neuco, scored, write_csv, tmp_path):
    write_csv(
        "other.csv", ["id", "block"], ([f"{i}_s2", b] for i, b in zip(IDS, BLOCK, strict=True))
    )
    words = ("evaluate", tmp_path / "E.csv", "--labels", tmp_path / "L", "-o", tmp_path / "o")
    ended = neuco(*words, "--split", f"group:{tmp_path / 'other.csv'}:block")
    assert ended.code == 4
    assert "no labelled id has a group" in ended.err
    assert "first labelled id: 'q000'" in ended.err
    assert "first id with a group: 'q000_s2'" in ended.err
    assert "240 of 240 match those of the groups if '_s2' is added at the end" in ended.err


def test_the_run_records_file_column_digest_and_number_of_groups(scored, tmp_path):
    scored(list(BLOCK))
    (run,) = (tmp_path / "out").rglob("run.json")
    split = json.loads(run.read_text())["parameters"]["split"]
    assert (split["file"], split["column"], split["groups"]) == ("g.csv", "block", BLOCKS)
    assert len(split["sha256"]) == 64
