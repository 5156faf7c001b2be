"""What a vector depends on besides its own cube follows from encoder and reducer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neucocore.cli import main
from neucocore.components.dependence import combined_fit, strongest_fit
from neucocore.data.embeddings.formats import load_embeddings
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.request import EncodeRequest

CASES = [
    ("toy-sums", {}, "none"),
    ("toy-sums", {"reducer": "core/pca", "dimension": 2}, "transductive"),
    ("toy-sums", {"reducer": "int8"}, "transductive"),
    ("toy-sums", {"reducer": "float16"}, "none"),
    ("toy-sums", {"reducer": "projection", "dimension": 2}, "none"),
    ("toy-sums", {"reducer": "toy-plugin/pca", "dimension": 2}, "none"),
    ("toy-projected", {}, "none"),
    ("toy-centred", {}, "transductive"),
    ("toy-centred", {"reducer": "float16"}, "transductive"),
    ("toy-trained", {"fit_ids": ["cube-00", "cube-01"]}, "train"),
    ("toy-trained", {"fit_ids": ["cube-00"], "reducer": "float16"}, "train"),
    ("toy-trained", {"fit_ids": ["cube-00"], "reducer": "int8"}, "transductive"),
    ("toy-int8", {}, "transductive"),
    ("toy-int8", {"reducer": "none"}, "none"),
    ("toy-int8", {"reducer": "projection", "dimension": 2}, "none"),
]


@pytest.mark.parametrize(("encoder", "options", "fit"), CASES)
def test_the_fit_of_encoder_and_reducer_is_recorded(
    run: Callable[..., EncodeReport], encoder: str, options: dict[str, Any], fit: str
) -> None:
    report = run("e.npz", encoder, **options)
    assert report.fit == fit
    assert load_embeddings(report.path).metadata["fit"] == fit
    again = run("e.npz", encoder, **options)
    assert (again.up_to_date, again.fit) == (True, fit)


def test_only_a_file_whose_recorded_fit_changes_has_another_key(
    planned: Callable[..., EncodeRequest],
) -> None:
    """A file without the reducer was recorded as transductive by earlier versions."""
    assert planned(encoder="toy-sums").file_key([], [], "none") == (
        planned(encoder="toy-sums", output="f.npz").file_key([], [], "none")
    )
    without = planned(encoder="toy-int8", reducer="none")
    assert without.file_key([], [], "none") != without.file_key([], [], "transductive")


def test_the_output_of_encode_and_the_run_folder_name_the_fit(
    cubes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def neuco(*words: object) -> str:
        monkeypatch.setattr("sys.argv", ["neuco", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert not ended.value.code, printed.err
        return printed.err

    labels = tmp_path / "labels"
    labels.mkdir()
    rows = "".join(f"cube-{n:02d},{n * n % 7}\n" for n in range(12))
    (labels / "level__regr.csv").write_text("id,label\n" + rows)
    data = ("--dataset", "toy-cubes", "--data", cubes)
    for suffix in ("npz", "csv"):  # a CSV file holds no metadata; its sidecar does
        file = tmp_path / f"e.{suffix}"
        words = ("encode", "toy-sums", *data, "--reducer", "int8", "-o", file)
        assert "12 x 3, fit: transductive, in" in neuco(*words)
        assert "up to date, 12 x 3, fit: transductive;" in neuco(*words)
        neuco("evaluate", file, "--labels", labels, "-o", tmp_path / suffix)
        (record,) = (tmp_path / suffix).glob("*/*/run.json")
        assert json.loads(record.read_text())["embeddings"]["metadata"]["fit"] == "transductive"


@pytest.mark.parametrize(
    ("fits", "combined"),
    [
        (["none", "train"], "train"),
        (["train", "transductive", "none"], "transductive"),
        (["none", None], None),
        ([None, "train"], None),
        ([None, "transductive"], "transductive"),
        (["none", "guess"], None),
        ([], None),
    ],
)
def test_a_fit_that_is_not_known_is_not_guessed(fits: list[str | None], combined: object) -> None:
    assert combined_fit(fits) == combined


def test_the_order_is_none_train_transductive() -> None:
    assert strongest_fit("train", "none") == "train"
    assert strongest_fit("train", "transductive", "none") == "transductive"
