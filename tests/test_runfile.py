from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.errors import ConfigError
from neucocore.runfile import EncoderEntry, read_run_file

WHOLE = """\
name: dev
dataset: {name: folder, path: cubes, set: {seasons: spring}}
encoders:
  - random
  - {name: temporal-mosaiks, features: 64, as: mosaiks}
embeddings: [given/*.csv]
tasks: ["landcover-*", biomass-mean]
dimension: 16
protocol: [robust, neucobench-2026]
where: cvpr_earthvision_phase_dev
output: out
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text)
    return path


def test_every_key_is_read_with_paths_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "b.csv").touch()
    (tmp_path / "given" / "a.csv").touch()
    run = read_run_file(written(tmp_path, WHOLE))
    assert run.data == tmp_path / "cubes"
    assert run.dataset_settings == {"seasons": "spring"}
    assert run.encoders == (
        EncoderEntry("random"),
        EncoderEntry("temporal-mosaiks", {"features": 64}, "mosaiks"),
    )
    assert [path.name for path in run.embeddings] == ["a.csv", "b.csv"]
    assert run.tasks == ("landcover-*", "biomass-mean")
    assert run.protocols == ("robust", "neucobench-2026")
    assert run.output == tmp_path / "out"
    assert (run.dimension, run.where, run.jobs) == (16, "cvpr_earthvision_phase_dev", 1)


def test_all_problems_of_a_file_come_together_with_their_lines(tmp_path: Path) -> None:
    text = "nmae: x\ndataset: {name: folder}\nencoders: [random, 3]\ndimension: many\njobs: 0\n"
    with pytest.raises(ConfigError) as caught:
        read_run_file(written(tmp_path, text))
    said = "\n".join(caught.value.problems)
    assert "run.yaml:1: unknown key 'nmae'; did you mean 'name'?" in said
    assert "run.yaml:2: dataset.path is missing" in said
    assert "run.yaml:3: 3 is not an encoder's name" in said
    assert "run.yaml:4: dimension must be of type int, found 'many'" in said
    assert "run.yaml:5: jobs must be at least 1" in said


def test_a_key_given_twice_is_reported_with_the_other_problems(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("jobs: 0\njobs: 2\nencoders: [random]\ndimensoin: 3\n")
    with pytest.raises(ConfigError) as caught:
        read_run_file(path)
    said = "\n".join(caught.value.problems)
    assert "run.yaml:2: the key 'jobs' was already given in line 1" in said
    assert "unknown key 'dimensoin'" in said
    assert "encoders need a dataset" in said
    assert "jobs must be at least 1" in said


def test_a_wildcard_without_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"embeddings 'none/\*.csv' matches no file"):
        read_run_file(written(tmp_path, "labels: l\nembeddings: ['none/*.csv']\n"))


def test_nothing_to_do_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="neither encoders nor embeddings"):
        read_run_file(written(tmp_path, "labels: l\n"))


def test_embeddings_without_labels_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    with pytest.raises(ConfigError, match="labels must name a folder"):
        read_run_file(written(tmp_path, "embeddings: a.csv\n"))


def test_a_list_is_no_run_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a run file is a mapping"):
        read_run_file(written(tmp_path, "- a\n"))


def test_a_sidecar_is_no_embeddings_file(tmp_path: Path) -> None:
    for name in ("a.csv", "a.csv.run.json"):
        (tmp_path / name).touch()
    run = read_run_file(written(tmp_path, "labels: l\nembeddings: 'a*'\n"))
    assert [path.name for path in run.embeddings] == ["a.csv"]
