from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer

from neucocore.cli import plugins
from neucocore.cli.info import info, plugin_info
from neucocore.errors import UnknownComponentError


def test_check_prints_what_did_not_pass_and_how_many_ran(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plugins.check("nodata")
    said = capsys.readouterr().out.splitlines()
    assert said[-1].startswith("nodata: ")
    assert re.search(r"\d\d of \d\d checks ran, \d were skipped, none failed$", said[-1])


def test_check_as_json_is_a_list_of_all_records(capsys: pytest.CaptureFixture[str]) -> None:
    plugins.check("nodata", json=True)
    rows = json.loads(capsys.readouterr().out)
    assert {"id", "component", "level", "status", "reason", "seconds"} == set(rows[0])
    assert {"plugin-loads", "task-oracle", "checks-ran"} <= {row["id"] for row in rows}


def test_a_broken_promise_ends_with_the_exit_code_of_plugins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from neucocore import testing

    record = testing.CheckRecord("encoder-order", "encoder x", "must", "failed", "lost", 0.0)
    monkeypatch.setattr(testing, "check_plugin", lambda _: [record])
    with pytest.raises(typer.Exit) as caught:
        plugins.check("x")
    assert caught.value.exit_code == 3
    assert "encoder-order  encoder x  must   failed  lost" in capsys.readouterr().out


def test_broken_advice_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    from neucocore import testing

    record = testing.CheckRecord("import-fast", "", "should", "failed", "slow", 0.0)
    monkeypatch.setattr(testing, "check_plugin", lambda _: [record])
    plugins.check("x")


def test_an_unknown_plugin_is_said() -> None:
    with pytest.raises(UnknownComponentError, match="did you mean 'nodata'"):
        plugins.check("nodat")


def test_new_says_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugins.new("mine", plugins.Kind.metric, tmp_path)
    said = capsys.readouterr()
    assert said.out.strip() == str(tmp_path / "neuco-plugin-mine")
    assert f"pip install -e '{tmp_path}/neuco-plugin-mine[test]' && pytest" in said.err
    assert "docs/plugins/metric.md" in said.err


def test_search_finds_by_component_and_tells_what_is_installed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plugins.search("BIOMASS-mean", json=True)
    (row,) = json.loads(capsys.readouterr().out)
    assert row["distribution"] == "neuco-plugin-biomass"
    assert row["installed"] is True
    assert row["provides"] == ["tasks: biomass-mean, biomass-std"]


def test_search_without_a_find_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    plugins.search("no such thing")
    said = capsys.readouterr()
    assert said.out == ""
    assert "no known plugin mentions 'no such thing'" in said.err


def test_freeze_prints_one_requirement_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    plugins.freeze()
    lines = capsys.readouterr().out.splitlines()
    assert "neucocore" in lines[0]
    assert all("neuco" in line for line in lines)


def test_info_of_a_plugin_named_like_its_data_set_shows_all_it_offers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plugin_info("ships", json=True)
    kinds = {row["kind"] for row in json.loads(capsys.readouterr().out)}
    assert kinds == {"dataset", "task", "metric"}
    info("ships", json=True)
    shown = capsys.readouterr()
    assert [row["kind"] for row in json.loads(shown.out)] == ["dataset"]
    assert "neuco plugins info ships" in shown.err


def test_info_of_a_plugin_understands_the_names_of_components(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plugin_info("mean", json=True)
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["mean"]


def test_small_defaults_are_shown_as_they_would_be_typed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    info("core/linear")
    shown = capsys.readouterr().out.splitlines()
    (line,) = [line for line in shown if line.startswith("learning_rate")]
    assert line.split()[:3] == ["learning_rate", "float", "0.001"]
