"""Files in the label folder that are no label files, or broken ones."""

from __future__ import annotations

import json

import numpy as np
import pytest

N = 40
IDS = [f"s{row}" for row in range(N)]
STRAY = {
    "notes.csv": "some,notes\n1,2\n",
    "cut__regr.csv": "id,label\ns0,1\ns1\n",
    "words__regr.csv": "id,label\ns0,tall\ns1,small\n",
    "twice__regr.csv": "id,label\ns0,1\ns0,2\n",
    "latin__cls.csv": b"id,label\ns0,gr\xfcn\ns1,rot\n",
    "empty__cls.csv": "",
}


@pytest.fixture
def evaluate(neuco, write_csv, tmp_path):
    rng = np.random.default_rng(16)
    rows = [[sample, *rng.normal(size=3)] for sample in IDS]
    embeddings = write_csv("E.csv", ["id", 0, 1, 2], rows)
    write_csv("L/good__regr.csv", ["id", "label"], [[row[0], row[1]] for row in rows])
    write_csv("L/fine__regr.csv", ["id", "label"], [[row[0], row[2]] for row in rows])

    def run(*more):
        words = ("evaluate", embeddings, "--labels", tmp_path / "L", "-o", tmp_path / "out")
        return neuco(*words, *more)

    return run


@pytest.mark.parametrize("name", sorted(STRAY))
def test_it_is_skipped_and_reported_if_no_selected_task_needs_it(evaluate, tmp_path, name):
    clean = json.loads(evaluate("--tasks", "good", "--json").out)
    content = STRAY[name]
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "L" / name).write_bytes(data)
    ended = evaluate("--tasks", "good", "--json", "--force")
    assert ended.code == 0
    assert json.loads(ended.out) == clean
    assert f"{name} is skipped, because no selected task needs it" in ended.err


@pytest.mark.parametrize("name", sorted(STRAY))
def test_it_is_an_error_if_it_may_be_a_selected_task(evaluate, tmp_path, name):
    content = STRAY[name]
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "L" / name).write_bytes(data)
    task = name.partition("__")[0].removesuffix(".csv")
    for more in ([], ["--tasks", f"good,{task}"], ["--tasks", "*"]):
        ended = evaluate(*more)
        assert ended.code == 4
        assert name in ended.err


def test_a_broken_label_file_is_an_error_where_scores_depend_on_all_label_files(evaluate, tmp_path):
    (tmp_path / "L" / "cut__regr.csv").write_text(STRAY["cut__regr.csv"])
    more = ("--tasks", "good", "--protocol", "neucobench-2026", "--set", "k_folds=2")
    assert evaluate(*more).code == 4
    (tmp_path / "L" / "cut__regr.csv").rename(tmp_path / "L" / "cut.csv")
    assert evaluate(*more).code == 0
