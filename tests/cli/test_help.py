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
