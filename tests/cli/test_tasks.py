import json

import numpy as np
import pytest
from typer.testing import CliRunner

from neucocore.cli.tasks import app
from neucocore.data.cubes.writing import write_modality
from neucocore.data.labels.label_file import read_label_file
from neucocore.errors import ConfigError, MissingFileError

runner = CliRunner()


def neuco_tasks(*words):
    return runner.invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def earth(tmp_path):
    """Two cubes with truth, as the synthetic Earth lays them down."""
    truth, cubes = tmp_path / "earth/truth", tmp_path / "earth/data/s2l2a/part-000000"
    truth.mkdir(parents=True)
    cubes.mkdir(parents=True)
    for cube, forest, gaps in (("a", 25, 0), ("b", 12, 2)):
        np.savez(truth / f"{cube}.npz", corine=np.array([[12, forest], [44, 48]], np.uint8))
        values = np.full((4, 2, 2, 2), 700, np.int16)
        values[0, :, 0, :gaps] = 0
        write_modality(cubes / f"{cube}.zarr.zip", values, ("B02", "B03"))
    return tmp_path / "earth"


@pytest.fixture
def labels(tmp_path):
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "landcover_aggriculture__regr.csv").write_text("id,label\na,0.5\nb,\nc,1\n")
    (folder / "mine__cls.csv").write_text("id,label\na,no\nb,yes\n")
    return folder


def test_a_task_is_derived_from_what_lies_beside_the_cubes(earth, tmp_path):
    result = neuco_tasks(
        "derive", "landcover-forest", "--data", earth, "--output", tmp_path / "forest__regr.csv"
    )

    file = read_label_file(tmp_path / "forest__regr.csv")
    assert result.exit_code == 0
    assert dict(zip(file.ids, file.y.tolist(), strict=True)) == {"a": 0.5, "b": 0.0}


def test_several_tasks_go_to_a_folder_under_the_names_their_data_set_uses(earth, tmp_path):
    out = tmp_path / "derived"
    neuco_tasks("derive", "landcover-*", "nodata", "--data", earth, "--output", out)

    assert sorted(path.name for path in out.glob("*.csv")) == [
        "landcover_agriculture__regr.csv",
        "landcover_forest__regr.csv",
        "nodata__regr.csv",
    ]
    assert read_label_file(out / "nodata__regr.csv").y.tolist() == [0.0, 0.125]


def test_deriving_again_gives_the_same_bytes(earth, tmp_path):
    first, second = tmp_path / "one.csv", tmp_path / "two.csv"
    for out in (first, second):
        neuco_tasks("derive", "random-regression", "--data", earth, "--output", out)

    assert first.read_bytes() == second.read_bytes()


def test_ids_can_be_chosen_and_cubes_without_a_label_are_warned_about(earth, tmp_path):
    (tmp_path / "ids.txt").write_text("a\nnowhere\n")
    result = neuco_tasks(
        "derive", "landcover-forest", "--source", earth, "--ids", tmp_path / "ids.txt",
        "--output", tmp_path / "forest__regr.csv",
    )  # fmt: skip

    assert read_label_file(tmp_path / "forest__regr.csv").ids == ("a",)
    assert "cube without a label" in result.stderr
    assert "nowhere" in result.stderr
    assert "1 of 2 cubes" in result.stderr


def test_a_failed_derivation_leaves_no_file(earth, tmp_path):
    with pytest.raises(ConfigError):
        neuco_tasks(
            "derive", "landcover-forest", "--data", earth, "--source", earth / "data",
            "--output", tmp_path / "forest__regr.csv",
        )  # fmt: skip
    assert not (tmp_path / "forest__regr.csv").exists()


def test_a_published_control_cannot_be_derived_and_says_so(earth, tmp_path):
    with pytest.raises(ConfigError, match="random-regression@1 cannot be derived"):
        neuco_tasks("derive", "random-regression@1", "--data", earth, "--output", tmp_path)


def test_an_unknown_parameter_and_no_cubes_are_refused(earth, tmp_path):
    with pytest.raises(ConfigError, match="landcover-forest"):
        neuco_tasks(
            "derive", "landcover-forest", "--data", earth, "--output", tmp_path, "--set", "code=clc"
        )
    with pytest.raises(ConfigError, match="which cubes"):
        neuco_tasks("derive", "landcover-forest", "--output", tmp_path)


def test_statistics_are_shown_and_written_beside_the_labels(labels):
    result = neuco_tasks("stats", "--labels", labels, "--dataset", "ssl4eo-s12-downstream")

    rows = json.loads((labels / "stats.json").read_text())
    assert [row["task"] for row in rows] == ["landcover-agriculture@1", "mine"]
    assert (rows[0]["count"], rows[0]["missing"], rows[0]["unit"]) == (2, 1, "share")
    assert "0.75 +- 0.25 (0.5 to 1, 0 zeros)" in result.stdout
    assert "no: 1; yes: 1" in result.stdout


def test_statistics_of_one_task_find_its_file_under_another_spelling(labels, tmp_path):
    out = tmp_path / "one.json"
    result = neuco_tasks(
        "stats", "landcover-agriculture", "--labels", labels, "--output", out, "--json"
    )

    assert json.loads(result.stdout) == json.loads(out.read_text())
    assert [row["file"] for row in json.loads(out.read_text())] == [
        "landcover_aggriculture__regr.csv"
    ]


def test_statistics_of_a_file_need_no_folder(labels, tmp_path):
    out = tmp_path / "one.json"
    neuco_tasks("stats", labels / "mine__cls.csv", "--output", out)

    assert json.loads(out.read_text())[0]["distribution"] == {"no": 1, "yes": 1}


def test_a_task_without_label_file_is_named_with_those_there_are(labels):
    with pytest.raises(MissingFileError, match="no label file of 'nodata'") as caught:
        neuco_tasks("stats", "nodata", "--labels", labels)
    assert "landcover_aggriculture, mine" in str(caught.value.hint)


def test_an_export_holds_what_neucobench_reads_and_says_whose_labels_they_are(labels, tmp_path):
    out = tmp_path / "out"
    neuco_tasks("export", "--labels", labels, "--output", out, "--dataset", "ssl4eo-s12-downstream")

    assert (out / "labels/landcover_aggriculture__regr.csv").read_text() == (
        "id,label\na,0.5\nc,1.0\n"
    )
    assert "doi:10.2909/" in (out / "README.md").read_text()
