"""Nothing to work on: one message and the documented exit code, in every command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

CONTENTS = {
    "zero.csv": "", "header.csv": "id,0,1\n", "nocols.csv": "id\na\nb\n", "blank.csv": "\n\n",
    "ids.txt": "", "all.txt": "".join(f"c{n}\n" for n in range(30)),
    "none/size__regr.csv": "id,label\n",
    "blank/size__regr.csv": "id,label\n" + "".join(f"c{n},\n" for n in range(30)),
    "labels/size__regr.csv": "id,label,dev\n"
    + "".join(f"c{n},{n * 7 % 11},no\n" for n in range(30)),
    "other/size__regr.csv": "id,label\n" + "".join(f"x{n},{n * 7 % 11}\n" for n in range(30)),
    "e.csv": "id,0,1\n" + "".join(f"c{n},{n + 1},{n % 5}\n" for n in range(30)),
    "part.csv": "id,0,1\n" + "".join(f"c{n},{n + 1},{n % 5}\n" for n in range(20)),
    "run.yaml": "", "runtasks.yaml": "embeddings: [e.csv]\nlabels: labels\ntasks: []\n",
    "runglob.yaml": "embeddings: [missing*.csv]\nlabels: labels\n",
    "registry.yaml": "", "cubes/s1/c0.zarr.zip": "",
}  # fmt: skip
EVALUATE = ("evaluate", "e.csv", "--labels")
ENCODE = ("encode", "mean", "--dataset", "folder", "-o", "o.csv", "--data")
FILES = ("zero.csv", "header.csv", "nocols.csv", "blank.csv", "zero.npz", "nocols.npz", "empty")
CASES: list[tuple[int, tuple[str, ...]]] = [
    *((4, ("validate", file)) for file in FILES),
    *((4, ("inspect", file)) for file in FILES),
    *((4, ("convert", file, "o.parquet")) for file in FILES),
    *((4, ("evaluate", file, "--labels", "labels")) for file in FILES),
    *((4, ("fusion", "make", file, "e.csv", "-o", "o.npz")) for file in FILES),
    *((4, (*EVALUATE, folder)) for folder in ("empty", "none", "blank", "other")),
    *((4, (*EVALUATE, folder, "--allow-missing")) for folder in ("empty", "none", "other")),
    *((4, ("validate", "e.csv", "--labels", f)) for f in ("empty", "none", "blank", "other")),
    *((4, ("tasks", "stats", "--labels", f)) for f in ("empty", "none", "blank")),
    *((4, ("tasks", "export", "--labels", f, "-o", "o")) for f in ("empty", "none", "blank")),
    (4, (*EVALUATE, "labels", "--exclude-file", "all.txt")),
    (4, (*EVALUATE, "labels", "--subset", "dev")),
    (2, (*EVALUATE, "labels", "--tasks", "no*")),
    (2, (*EVALUATE, "labels", "--tasks", ",")),
    (2, (*EVALUATE, "")),
    (2, (*EVALUATE, "labels", "--output=")),
    (4, ("validate", "e.csv", "--ids", "ids.txt")),
    *((4, (*ENCODE, data)) for data in ("empty", "cubes")),
    (4, ("tasks", "derive", "landcover-*", "--data", "empty", "-o", "o")),
    *((4, ("leaderboard", "empty", "--format", f)) for f in ("table", "csv", "json")),
    *((2, ("run", file)) for file in ("run.yaml", "runtasks.yaml", "runglob.yaml")),
    (2, ("registry", "check", "registry.yaml")),
    (2, ("data", "generate", "synthetic-earth", "-o", "o", "--set", "cubes=0")),
]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in CONTENTS.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    Path("empty").mkdir()
    np.savez("zero.npz", ids=np.array([], dtype=str), matrix=np.zeros((0, 4), np.float32))
    np.savez("nocols.npz", ids=np.array(["a", "b"]), matrix=np.zeros((2, 0), np.float32))
    return tmp_path


@pytest.mark.parametrize(("code", "words"), CASES, ids=[" ".join(words) for _, words in CASES])
def test_fault_89_nothing_to_work_on_is_one_message(
    neuco: Callable, work: Path, code: int, words: tuple[str, ...]
) -> None:
    ended = neuco(*words)
    assert ended.code == code, ended.err
    assert ended.err.count("error:") == 1
    assert "unexpected" not in ended.err


@pytest.mark.parametrize("kind", ["table", "csv", "json", "md", "latex"])
def test_fault_89_a_board_of_partial_runs_only_is_one_message(
    neuco: Callable, work: Path, kind: str
) -> None:
    words = ("evaluate", "part.csv", "--labels", "labels", "-o", "r", "--allow-missing")
    assert neuco(*words).code == 0
    ended = neuco("leaderboard", "r", "--format", kind)
    assert (ended.code, ended.out, ended.err.count("error:")) == (4, "", 1)
