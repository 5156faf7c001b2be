"""The page for people who come from NeuCo-Bench names each of its options, keys and files."""

from __future__ import annotations

from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "from-neucobench.md").read_text(encoding="utf-8")
OPTIONS = (
    "--submission_file", "--exclude_file", "--annotation_path", "--config", "--method_name",
    "--output_dir", "--phase",
)  # fmt: skip
KEYS = (
    "k_folds", "probe_type", "probe_params", "batch_size", "epochs", "learning_rate", "device",
    "C_start_end", "epsilon_list", "kernel_degree_list", "kernel_gamma_start_end",
    "kernel_coef0_start_end", "opt_params", "n_iter", "embedding_dim", "standardize_embeddings",
    "normalize_labels", "enable_plots", "update_leaderboard", "output_fold_results",
    "store_probes", "task_filter",
)  # fmt: skip
FILES = (
    "results_summary.json", "_result.json", "leaderboard_", "probe/", "loss_curves.png", "scatter",
    "_cm", "experiment", "overall_q_score", "overall_acc_score", "task_q_scores",
    "task_acc_scores", "q_stat", "mean_score", "std_dev", "hyperparamaters", "q_t",
    "weighted_score", "aggregated_rank", "acc::",
)  # fmt: skip
"""Of NeuCo-Bench's parser, configuration check, and writers (2026-06-30)."""


@pytest.mark.parametrize("name", [*OPTIONS, *KEYS, *FILES])
def test_every_name_is_on_the_page(name):
    assert name in PAGE


def test_old_names_are_accepted_with_a_note(tmp_path, monkeypatch, capsys):
    import sys

    import numpy as np

    from neucocore.cli import main

    ids = [f"s{row}" for row in range(60)]
    values = np.random.default_rng(0).normal(size=(60, 3)).astype("f4")
    np.savez(tmp_path / "e.npz", ids=np.array(ids), matrix=values)
    rows = [f"{i},{v[0]}" for i, v in zip(ids, values, strict=True)]
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "t__regr.csv").write_text("\n".join(["id,label", *rows]) + "\n")
    (tmp_path / "ids.csv").write_text("id\ns0\n")
    words = [
        "neuco", "evaluate", "--submission_file", tmp_path / "e.npz", "--annotation_path",
        tmp_path / "labels", "--output_dir", tmp_path / "out", "--method_name", "mine",
        "--exclude_file", tmp_path / "ids.csv",
    ]  # fmt: skip
    monkeypatch.setattr(sys, "argv", [str(word) for word in words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    notes = capsys.readouterr().err
    for name in OPTIONS:
        if name not in ("--config", "--phase"):
            assert f"{name} is NeuCo-Bench's name" in notes
    assert list((tmp_path / "out" / "results").glob("mine_*"))
