"""The help of every command: no type after flags, and nothing lost as markup."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from neucocore.choice.options import ChooseOptions
from neucocore.cli.app import app
from neucocore.curves.options import SweepOptions
from neucocore.evaluation.options import EvaluateOptions
from neucocore.options import declared_options


def help_of(*words: str) -> str:
    ended = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "400", "NO_COLOR": "1"})
    assert ended.exit_code == 0, ended.output
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", ended.output).split())


@pytest.mark.parametrize(
    "words",
    [(), ("evaluate",), ("choose",), ("data",), ("data", "generate"), ("plugins", "check")],
    ids=" ".join,
)
def test_flags_have_no_type(words):
    text = help_of(*words)
    assert "--help" in text
    assert "<bool>" not in text


@pytest.mark.parametrize(
    ("command", "options"),
    [("evaluate", EvaluateOptions), ("choose", ChooseOptions), ("sweep", SweepOptions)],
)
def test_the_help_holds_every_word_of_the_options(command, options):
    text = help_of(command)
    for declared in declared_options(options):
        if declared.option.command_line:
            assert " ".join(declared.option.help.split()) in text, declared.name


@pytest.mark.parametrize(
    ("words", "present", "absent"),
    [
        (("list", "--problem", "multilabel"), "roc-auc", "mse "),
        (("list", "--modality", "s2l2a"), "ssl4eo-s12-downstream", "average-precision"),
        (("list", "encoders", "--modality", "thermal"), "random", "2025"),
        (("list", "tasks", "--dataset", "ships"), "ships-detection", "biomass-mean"),
    ],
)
def test_lists_can_be_filtered(words, present, absent):
    ended = CliRunner().invoke(app, list(words))
    assert ended.exit_code == 0
    assert present in ended.output
    assert absent not in ended.output


def test_a_filter_without_a_match_says_so():
    ended = CliRunner().invoke(app, ["list", "--dataset", "nowhere"])
    assert ended.exit_code == 0
    assert "nothing installed has --dataset nowhere" in ended.stderr
