"""Configuration files of NeuCo-Bench, read unchanged."""

from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.errors import ConfigError, MissingFileError
from neucocore.evaluation.neucobench.config import read_config

CONFIGS = Path(__file__).parents[2] / "fixtures" / "reference" / "evaluation"
LINEAR = """\
k_folds: 40
probe_type: linear
probe_params: {batch_size: 64, epochs: 10, learning_rate: 1e-3, device: auto}
"""
SVM = """\
k_folds: 40
probe_type: svm
probe_params:
  C_start_end: [0.001, 1000]
  epsilon_list: [0.01, 0.1]
  kernel_degree_list: [2, 3]
  kernel_gamma_start_end: [1e-4, 10]
  kernel_coef0_start_end: [-1, 2]
  opt_params: {n_iter: 50, n_jobs: 1}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "config.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize("name", ["default_small", "filtered", "forty_folds", "padded_raw"])
def test_the_reference_configs_are_read_unchanged(name: str) -> None:
    assert read_config(CONFIGS / f"{name}.config.yaml").probe_type == "linear"


def test_options_and_switches_are_separated() -> None:
    config = read_config(CONFIGS / "filtered.config.yaml")
    assert config.options["k_folds"] == 10
    assert config.tasks == ("beta", "delta")
    assert (config.fold_results, config.plots) == (True, False)
    assert config.config["probe_params"]["device"] == "cpu"


def test_a_configuration_with_the_defaults_gives_the_unchanged_protocol(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, LINEAR))
    assert config.protocol.identity == "neucobench-2026@1"
    assert (config.plots, config.store_probes, config.tasks) == (False, False, ())


def test_a_changed_option_changes_the_identity(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, LINEAR.replace("40", "41")))
    assert config.protocol.identity.startswith("neucobench-2026@1+")


def test_the_device_is_not_part_of_the_identity(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, LINEAR.replace("auto", "cuda")))
    assert config.protocol.identity == "neucobench-2026@1"


def test_svm_parameters_become_options(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, SVM))
    assert config.probe_type == "svm"
    assert config.options["C_start_end"] == [0.001, 1000]
    assert config.options["n_iter"] == 50
    assert (config.options["folds"], config.options["repeats"]) == (10, 4)
    assert config.protocol.name == "svm"


def test_a_number_of_svm_splits_that_ten_does_not_divide_gives_one_repeat(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, SVM.replace("40", "7")))
    assert (config.options["folds"], config.options["repeats"]) == (7, 1)


BROKEN = """\
k_folds: 0
probe_type: linear
probe_params:
  batch_size: "64"
  learning_rate: -1
  momentum: 0.9
embeding_dim: 8
normalize_labels: 1
task_filter: alpha
"""


def test_every_problem_is_reported_with_its_line(tmp_path: Path) -> None:
    file = written(tmp_path, BROKEN)
    with pytest.raises(ConfigError) as caught:
        read_config(file)
    problems = sorted(problem.removeprefix(f"{file}:") for problem in caught.value.problems)
    assert problems[4].startswith("6: unknown key 'momentum'; allowed keys: batch_size, ")
    assert [*problems[:4], *problems[5:]] == [
        "1: k_folds must be a whole number from 1, found 0",
        "3: probe_params.epochs is missing",
        "4: probe_params.batch_size must be a whole number from 1, found '64'",
        "5: probe_params.learning_rate must be a number above 0, found -1",
        "7: unknown key 'embeding_dim'; did you mean 'embedding_dim'?",
        "8: normalize_labels must be true or false, found 1",
        "9: task_filter must be a list of task names, or null, found 'alpha'",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("probe_type: linear\nprobe_params: {}\n", "k_folds is missing"),
        (LINEAR.replace("linear", "mlp"), "probe_type must be linear or svm, found 'mlp'"),
        (LINEAR.replace("linear", "[linear]"), "probe_type must be linear or svm"),
        (LINEAR + "epochs: 20\n", "4: epochs belongs under probe_params"),
        (LINEAR + "task_filter: []\n", "task_filter must be a list of task names"),
        (LINEAR + "k_folds: 4\n", "already given in line 1"),
        (SVM.replace("[2, 3]", "[1, 2]"), "kernel_gamma_start_end cannot be searched with degree"),
        (SVM.replace("[0.001, 1000]", "[10, 1]"), "C_start_end must be two numbers above 0"),
        (SVM.replace("n_jobs: 1", "cv: 3"), "opt_params must be without cv"),
        (SVM.replace("[0.01, 0.1]", "[0]"), "epsilon_list must be numbers above 0"),
        (SVM.replace("40", "1"), "k_folds must be 2 or more for svm"),
        (SVM + "normalize_labels: false\n", "normalize_labels is decided by the protocol svm"),
        ("- k_folds\n", "a configuration is a mapping of keys"),
    ],
)
def test_configurations_that_cannot_be_used_are_an_error(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(written(tmp_path, text))
    assert problem in str(caught.value)


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="nowhere"):
        read_config(tmp_path / "nowhere.yaml")


def test_keys_of_an_earlier_format_are_reported_once_with_their_new_section(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="epochs belongs under probe_params") as caught:
        read_config(written(tmp_path, LINEAR + "epochs: 10\n"))
    assert caught.value.problems == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LINEAR.replace("1e-3", "fast"), "learning_rate must be a number above 0, found 'fast'"),
        (LINEAR.replace("1e-3", "0"), "learning_rate must be a number above 0, found 0"),
        (SVM.replace("[-1, 2]", "[2, -1]"), "must be two numbers, the smaller first"),
        (SVM.replace("[-1, 2]", "[low, high]"), "must be two numbers, the smaller first"),
        (SVM.replace("[-1, 2]", "[1, 2, 3]"), "must be two numbers, the smaller first"),
        (SVM.replace("[-1, 2]", "3"), "must be two numbers, the smaller first"),
    ],
    ids=["text", "zero", "reversed", "texts", "three", "one"],
)
def test_values_that_are_not_numbers_or_ranges_are_reported(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        read_config(written(tmp_path, text))
