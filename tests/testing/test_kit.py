from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neucocore.components.discovery import add_plugin_paths, forget
from neucocore.errors import UnknownComponentError
from neucocore.testing import check_plugin
from neucocore.testing.kit import plan
from neucocore.testing.records import CHECKS

SPECS = """
from neucocore.plugin import {spec}, hookimpl
NEUCO_API = 1
@hookimpl
def neuco_{kind}s():
    return [{spec}(name="x", summary="s", factory=make, {more})]
def make(*_, **__):
    {body}
"""


@pytest.fixture
def plugin_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Return a function that writes a plugin in a single file and returns its name."""
    monkeypatch.setenv("NEUCO_PLUGIN_PATH", "")

    def make(name: str, **values: str) -> str:
        file = tmp_path / f"{name}.py"
        file.write_text(SPECS.format(**{"more": "", "body": "return None"} | values))
        add_plugin_paths([file])
        return name

    yield make
    monkeypatch.undo()
    forget()


def test_the_report_fails_if_a_component_is_not_tested(
    plugin_file: Callable[..., str],
) -> None:
    name = plugin_file("untested", kind="dataset", spec="DatasetSpec")
    *_, last = check_plugin(name)
    assert last.id == "checks-ran"
    assert last.broken
    assert "no check could test dataset x: the spec has no example" in last.reason


def test_checks_of_a_component_that_cannot_be_created_are_skipped(
    plugin_file: Callable[..., str],
) -> None:
    name = plugin_file("not-created", kind="encoder", spec="EncoderSpec", body="1 / 0")
    records = {record.id: record for record in check_plugin(name)}
    assert records["encoder-created"].status == "failed"
    assert "ZeroDivisionError" in records["encoder-created"].reason
    assert records["encoder-order"].status == "skipped"
    assert records["encoder-order"].reason == "encoder-created failed"
    assert records["spec-picklable"].status == "passed"


def test_checks_that_need_a_failed_check_are_skipped(
    plugin_file: Callable[..., str],
) -> None:
    body = "return type('E', (), {'encode': lambda self, cubes: [1.0]})()"
    name = plugin_file("listed", kind="encoder", spec="EncoderSpec", body=body)
    records = {record.id: record for record in check_plugin(name)}
    failed = [record.id for record in records.values() if record.broken]
    assert failed == ["encoder-shape"]
    assert records["encoder-order"].reason == "encoder-shape failed"
    assert records["checks-ran"].status == "passed"


def test_a_check_runs_after_the_checks_that_it_needs() -> None:
    earlier: set[str] = set()
    for check in CHECKS:
        assert set(check.needs) <= earlier, check.id
        earlier.add(check.id)


def test_a_plugin_that_does_not_load_fails_and_is_not_tested(
    plugin_file: Callable[..., str],
) -> None:
    name = plugin_file("unloaded", kind="dataset", spec="EncoderSpec")
    records = {record.id: record for record in check_plugin(name)}
    assert records["plugin-loads"].broken
    assert "expected a DatasetSpec" in records["plugin-loads"].reason
    assert records["import-light"].status == "skipped"


def test_a_component_that_is_left_out_does_not_fail_the_report(
    plugin_file: Callable[..., str],
) -> None:
    name = plugin_file("left-out", kind="dataset", spec="DatasetSpec")
    records = check_plugin(name, without=["dataset x"])
    assert {record.component for record in records} == {""}
    assert not any(record.broken for record in records)


def test_a_check_runs_once(plugin_file: Callable[..., str]) -> None:
    name = plugin_file("once", kind="encoder", spec="EncoderSpec")
    (planned,) = [planned for planned in plan(name) if planned.check.id == "encoder-created"]
    assert planned.record() is planned.record()


def test_the_error_for_an_unknown_plugin_suggests_similar_names() -> None:
    with pytest.raises(UnknownComponentError, match="no plugin 'corr' is installed; did you mean"):
        check_plugin("corr")


def test_every_check_has_a_docstring_and_a_unique_id() -> None:
    ids = [check.id for check in CHECKS]
    assert len(ids) == len(set(ids))
    assert all(check.run.__doc__ for check in CHECKS)


def test_the_core_keeps_every_promise() -> None:
    # Searching the parameters of an SVM takes half a minute; other tests check both.
    slow = ["probe svm", "protocol svm"]
    broken = [r for r in check_plugin("core", without=slow) if r.broken]
    assert broken == []
