"""Which rows are the worst, and what classes are confused."""

from __future__ import annotations

import numpy as np
import pytest

from neuco_plugin_report.errors import Predictions, confusion, per_label, read_predictions, worst


def found(truth, guess, problem, classes=(), outputs=(), unit=""):
    truth, guess = (np.asarray(one, dtype=float) for one in (truth, guess))
    ids = tuple("abcdef"[: len(truth)])
    return Predictions(
        ids,
        truth.reshape(len(ids), -1),
        guess.reshape(len(ids), -1),
        problem,
        classes,
        outputs,
        unit,
    )


def test_the_largest_errors_come_first():
    cases = worst(found([1, 2, 3], [1.5, 0, 3], "regression", unit="m"), 4)
    assert [(case.id, case.truth, case.guess, case.error) for case in cases] == [
        ("b", "2 m", "0 m", "2 m"),
        ("a", "1 m", "1.5 m", "0.5 m"),
    ]


def test_distances_of_several_outputs():
    (case,) = worst(found([[0, 0], [1, 1]], [[3, 4], [1, 1]], "regression"), 4)
    assert (case.truth, case.guess, case.error) == ("0, 0", "3, 4", "5")


def test_an_id_with_several_predictions_is_shown_once():
    repeated = Predictions(
        ("a", "a", "b"), np.zeros((3, 1)), np.array([[2.0], [5.0], [1.0]]), "regression", (), (), ""
    )
    assert [(case.id, case.error) for case in worst(repeated, 4)] == [("a", "5"), ("b", "1")]


def test_wrong_classes_of_which_the_probe_was_sure():
    cases = worst(found([1, 0, 1, 1], [0.4, 0.9, 0.1, 0.8], "binary", ("no", "ship")), 4)
    assert [(case.id, case.truth, case.guess) for case in cases] == [
        ("b", "no", "ship"), ("c", "ship", "no"), ("a", "ship", "no"),
    ]  # fmt: skip
    assert cases[0].error == "probability of the true class 0.10"
    (case,) = worst(found([0, 2], [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]], "multiclass"), 4)
    assert (case.id, case.truth, case.guess) == ("b", "2", "1")


def test_confusion_has_shares_of_rows():
    matrix = confusion(found([0, 0, 0, 1], [0.1, 0.2, 0.9, 0.8], "binary", ("no", "yes")))
    assert matrix["counts"] == [[2, 1], [0, 1]]
    assert matrix["shares"][0] == pytest.approx([2 / 3, 1 / 3])
    assert matrix["classes"] == ["no", "yes"]


def test_labels_that_are_found():
    several = found([[1, 0], [1, 1]], [[0.9, 0.9], [0.1, 0.9]], "multilabel", outputs=("a", "b"))
    first, second = per_label(several)
    assert (first["name"], first["true"], first["recall"], first["precision"]) == ("a", 2, 0.5, 1)
    assert (second["recall"], second["precision"]) == (1, 0.5)
    (case,) = worst(several, 1)
    assert (case.id, case.truth, case.guess) == ("a", "a", "a, b")


def test_damaged_predictions_are_named_and_left_out(tmp_path, capsys):
    (tmp_path / "y").mkdir()
    file = tmp_path / "y" / "predictions.npz"
    np.savez(file, ids=np.array(["a", "b"]), y_true=np.ones(2), y_pred=np.ones(2))
    task = {"task": "y", "problem": "regression"}
    assert read_predictions(tmp_path, task).n == 2
    content = file.read_bytes()
    for damaged in (content[:-60], content[:10], b"", content.replace(b"y_pred", b"y_pret")):
        file.write_bytes(damaged)
        assert read_predictions(tmp_path, task) is None
        assert f"{file} cannot be read" in capsys.readouterr().err
    file.unlink()
    assert read_predictions(tmp_path, task) is None
    assert capsys.readouterr().err == ""
