"""One submission gets the same scores from the library, from EvalAI and from Codabench."""

from __future__ import annotations

import csv
import sys
import zipfile

import numpy as np
import pytest

import neucocore

EXACT = {"r2": 1e-9}


def expected(hosted, labels, ids, matrix, phase="dev"):
    """Return neucocore's score of each task of a phase by the name that is shown."""
    scored = next(one for one in hosted.phases if one.phase.codename == phase)
    report = neucocore.evaluate(
        matrix, ids=ids.tolist(), labels=labels, protocol=hosted.challenge.protocol,
        tasks=scored.phase.tasks, subset=phase, places="off",
    )[0]  # fmt: skip
    by_stem = {task["stem"]: task for task in report.tasks}
    import hashlib

    from neuco_plugin_challenge.reference_data import shown_names

    digest = hashlib.sha256((hosted.folder / "challenge.yaml").read_bytes()).hexdigest()
    return {
        shown: (by_stem[name]["q"], by_stem[name]["metric"])
        for name, shown in shown_names(scored.phase.tasks, digest).items()
    }


def compare(found, wanted, protocol):
    assert set(wanted) <= set(found)
    for name, (score, metric) in wanted.items():
        tolerance = EXACT.get(metric, 1e-3) if protocol == "nested-cv" else 1e-4
        assert found[name] == pytest.approx(score, abs=tolerance), (name, metric)


SLOW = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("float16", "csv", "nested.zip")]


@pytest.mark.parametrize("kind", ["npz", *SLOW])
def test_library_evalai_and_codabench_agree(
    kind, hosted, labels, rows_of, evalai, codabench, python39, tmp_path
):
    ids, matrix = rows_of("dev")
    path = tmp_path / f"submission.{kind.removeprefix('nested.')}"
    if kind == "csv" or kind == "nested.zip":
        table = tmp_path / "submission.csv"
        with table.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file)
            writer.writerow(["id", *range(matrix.shape[1])])
            rows = zip(ids, matrix, strict=True)
            writer.writerows([f"{name}.zarr.zip", *map(repr, row.tolist())] for name, row in rows)
        if kind == "nested.zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write(table, "team/submission.csv")
    else:
        matrix = matrix.astype("f2") if kind == "float16" else matrix
        path = tmp_path / "submission.npz"
        np.savez(path, ids=ids, matrix=matrix)
    wanted = expected(hosted, labels, ids, matrix.astype("f4"))
    result, text = evalai(python39, path)
    assert result, text
    host = result["result"][1]["dev-host"]
    compare(host, wanted, hosted.challenge.protocol)
    assert host["exact_mean_score"] == pytest.approx(np.mean([host[name] for name in wanted]))
    scores, text = codabench(python39, path)
    assert scores == {**result["result"][0]["dev-public"], **host}, text
    newer, text = codabench(sys.executable, path)  # another Python and another numpy
    assert newer, text
    compare(newer, wanted, hosted.challenge.protocol)


@pytest.mark.slow
def test_the_three_ways_of_calling_evaluate_agree(hosted, rows_of, evalai, tmp_path):
    ids, matrix = rows_of("test")
    path = tmp_path / "submission.npz"
    np.savez(path, ids=ids, matrix=matrix)
    results = [evalai(sys.executable, path, "test", o)[0] for o in ("hosted", "remote", "keywords")]
    assert results[0]
    assert results[0] == results[1] == results[2]


def test_public_scores_are_rounded_in_the_phase_that_says_so(hosted, rows_of, evalai, tmp_path):
    for phase in ("dev", "test"):
        ids, matrix = rows_of(phase)
        path = tmp_path / f"{phase}.npz"
        np.savez(path, ids=ids, matrix=matrix)
        result, _ = evalai(sys.executable, path, phase)
        public, host = (part[name] for part, name in zip(
            result["result"], (f"{phase}-public", f"{phase}-host"), strict=True
        ))  # fmt: skip
        step = {"nested-cv": 0.1}.get(hosted.challenge.protocol, 0.5) if phase == "dev" else 0
        if step:
            assert public["mean_score"] % step == pytest.approx(0, abs=1e-9) or public[
                "mean_score"
            ] % step == pytest.approx(step)
            assert abs(public["mean_score"] - host["exact_mean_score"]) <= step / 2
        else:
            assert public["mean_score"] == host["exact_mean_score"]
        assert result["submission_metadata"] == {}
        assert result["submission_result"] == public
