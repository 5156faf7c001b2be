"""The rules of EvalAI and Codabench for a configuration, restated and checked on the bundles."""

from __future__ import annotations

import ast
import io
import zipfile
from datetime import datetime

import numpy as np
import pytest
import yaml


@pytest.fixture
def evalai_config(hosted):
    return yaml.safe_load(hosted.bundles["evalai"]["challenge_config.yaml"])


@pytest.fixture
def competition(hosted):
    return yaml.safe_load(hosted.bundles["codabench"]["competition.yaml"])


def ids_of(items):
    ids = [item["id"] for item in items]
    assert len(set(ids)) == len(ids)
    assert all(isinstance(number, int) and number > 0 for number in ids)
    return set(ids)


def test_evalai_pages_script_and_dates(hosted, evalai_config):
    files = hosted.bundles["evalai"]
    for key in ("description", "evaluation_details", "terms_and_conditions",
                "submission_guidelines"):  # fmt: skip
        assert evalai_config[key].endswith(".html")
        assert files[evalai_config[key]].strip()
    assert evalai_config["title"]
    assert evalai_config["evaluation_script"].endswith(".zip")
    assert evalai_config["image"].endswith((".png", ".jpg", ".jpeg"))
    assert evalai_config["image"] in files
    assert len(evalai_config["tags"]) <= 4
    start, end = (
        datetime.strptime(evalai_config[key], "%Y-%m-%d %H:%M:%S")
        for key in ("start_date", "end_date")
    )
    assert start <= end
    with zipfile.ZipFile(io.BytesIO(files[evalai_config["evaluation_script"]])) as script:
        assert {"__init__.py", "main.py"} <= set(script.namelist())


def test_evalai_phases_splits_and_leaderboards_refer_to_each_other(hosted, evalai_config):
    boards = ids_of(evalai_config["leaderboard"])
    phases = ids_of(evalai_config["challenge_phases"])
    splits = ids_of(evalai_config["dataset_splits"])
    for board in evalai_config["leaderboard"]:
        assert board["schema"]["default_order_by"] in board["schema"]["labels"]
    for phase in evalai_config["challenge_phases"]:
        required = "id name description codename start_date end_date test_annotation_file"
        assert {*required.split(), "max_submissions", "max_submissions_per_day"} <= set(phase)
        assert phase["description"] in hosted.bundles["evalai"]
        assert phase["test_annotation_file"] in hosted.bundles["evalai"]
        assert 0 < phase["max_submissions_per_day"] <= phase["max_submissions"]
        assert ".npz" in phase["allowed_submission_file_types"]
    for key in ("name", "codename"):
        assert len({split[key] for split in evalai_config["dataset_splits"]}) == len(splits)
    joined = evalai_config["challenge_phase_splits"]
    for one in joined:
        assert set(one) == {
            "challenge_phase_id", "leaderboard_id", "dataset_split_id", "visibility",
            "leaderboard_decimal_precision", "is_leaderboard_order_descending",
        }  # fmt: skip
        assert one["challenge_phase_id"] in phases
        assert one["leaderboard_id"] in boards
        assert one["dataset_split_id"] in splits
        assert one["visibility"] in (1, 2, 3)
    assert {one["dataset_split_id"] for one in joined} == splits


def test_scores_of_tasks_are_for_the_host_only(evalai_config, competition):
    with_tasks = {
        board["id"]
        for board in evalai_config["leaderboard"]
        if any(label.startswith("task-") for label in board["schema"]["labels"])
    }
    assert with_tasks
    for one in evalai_config["challenge_phase_splits"]:
        assert one["visibility"] == 1 or one["leaderboard_id"] not in with_tasks
    for column in competition["leaderboards"][0]["columns"]:
        assert column["hidden"] == (column["key"] not in ("mean_score", "failures"))
    assert all(phase["hide_output"] for phase in competition["phases"])


def test_codabench_files_phases_and_columns(hosted, competition):
    files = hosted.bundles["codabench"]
    assert competition["version"] == 2
    for name in (competition["image"], competition["terms"],
                 *(page["file"] for page in competition["pages"]),
                 *(task[key] for task in competition["tasks"]
                   for key in ("scoring_program", "reference_data"))):  # fmt: skip
        assert files[name], name
    tasks = {task["index"] for task in competition["tasks"]}
    ends = None
    for phase in competition["phases"]:
        assert set(phase["tasks"]) <= tasks
        assert phase["start"] < phase["end"]
        assert ends is None or ends <= phase["start"]
        ends = phase["end"]
    assert "leaderboard" not in competition
    (board,) = competition["leaderboards"]
    assert board["submission_rule"] == "Force_Last"
    assert [column["index"] for column in board["columns"]] == list(range(len(board["columns"])))
    assert {"title", "key", "index", "sorting"} <= set(board["columns"][0])
    with zipfile.ZipFile(io.BytesIO(files["scoring_program.zip"])) as program:
        command = program.read("metadata.yaml").decode()
        assert command == "command: python3 /app/program/scoring.py /app/input/ /app/output/\n"


def test_both_platforms_get_the_same_scorer_in_python_39_with_numpy_only(hosted):
    def sources(content, prefix):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {
                name.removeprefix(prefix): archive.read(name).decode()
                for name in archive.namelist()
                if name.startswith(prefix) and name.endswith(".py")
            }

    first = sources(hosted.bundles["evalai"]["evaluation_script.zip"], "")
    second = sources(hosted.bundles["codabench"]["scoring_program.zip"], "scorer/")
    assert first == second
    for name, source in first.items():
        tree = ast.parse(source, feature_version=(3, 9))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert node.module.partition(".")[0] != "neucocore", name
        assert "urllib" not in source
        assert "socket" not in source


def test_no_name_of_a_task_is_outside_the_reference_data_or_in_it(hosted):
    for platform, files in hosted.bundles.items():
        for name, content in files.items():
            for task in ("biomass", "forest", "crops", "traits"):
                assert task.encode() not in content, (platform, name)
    for scored in hosted.phases:
        for content in scored.reference.files().values():
            assert b"biomass" not in content
    names = {task["name"] for s in hosted.phases for task in s.reference.described["tasks"]}
    assert all(name.startswith("task-") for name in names)


def test_equal_input_gives_equal_bundles(hosted, labels):
    from neuco_plugin_challenge.bundles import bundle_files, scored_phases

    phases = scored_phases(hosted.challenge, hosted.folder / "challenge.yaml", labels, check=False)
    for platform, files in hosted.bundles.items():
        assert bundle_files(platform, hosted.challenge, phases) == files


def test_a_scorer_that_gives_other_scores_is_not_exported(hosted):
    from neuco_plugin_challenge.bundle_check import check_scorer
    from neuco_plugin_challenge.scorer_sources import scorer_files
    from neucocore import NeucoError

    scored = hosted.phases[0].reference
    files = scorer_files()
    name, old, new = (
        ("nested_cv.py", "task.sign * _pooled", "1.001 * _pooled")
        if hosted.challenge.protocol == "nested-cv"
        else ("neucobench.py", "Q_OFFSET = 0.02", "Q_OFFSET = 0.03")
    )
    assert old in files[name]
    files[name] = files[name].replace(old, new)
    with pytest.raises(NeucoError, match="does not give the scores"):
        check_scorer(files, scored)
    assert np.isfinite(list(scored.scores.values())).all()
