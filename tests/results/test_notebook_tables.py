"""Results as notebooks show them: a short text, and a table in which every name is escaped."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest

import neucocore as nc
from neucocore.files.html import html_table

METHOD = "<script>alert(1)</script>"


class Tables(HTMLParser):
    """Rows of texts of all tables; fails on any other element."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag, attributes):
        assert tag in {"table", "caption", "thead", "tbody", "tr", "th", "td"}, tag
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows:
            self.rows[-1][-1] += data


def rows_of(html):
    parser = Tables()
    parser.feed(html)
    return parser.rows


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    rng = np.random.default_rng(0)
    ids = [f"p{i}" for i in range(120)]
    matrix = rng.normal(size=(120, 4))
    labels = {"height": dict(zip(ids, matrix[:, 0] + rng.normal(size=120) / 3, strict=True))}
    for name, used in (("good", matrix), ("bad", matrix[:, 1:])):
        (report,) = nc.evaluate(used, ids=ids, labels=labels, output=folder, method=name)
    return folder, report


def test_scores_of_a_run(results):
    _, report = results
    assert repr(report).startswith("<RunReport: nested-cv@1, 1 task scored, ")
    head, row = rows_of(report._repr_html_())
    assert head[:4] == ["task", "metric", "score", "95 % interval"]
    assert row[0] == "height"
    assert float(row[2]) == pytest.approx(report.rows()[0]["score"], abs=1e-3)


def test_a_leaderboard(results):
    folder, _ = results
    (table,) = nc.leaderboard(folder)
    assert repr(table) == "<Table: results, nested-cv@1, 2 methods, 1 task>"
    head, first, second = rows_of(table._repr_html_())
    assert [first[head.index("method")], second[head.index("method")]] == ["good", "bad"]
    assert first[head.index("rank")] == "1"
    assert first[head.index("bytes")] == "16"


def test_a_comparison(results):
    folder, _ = results
    (pair,) = nc.compare("good", "bad", results=folder)
    assert "good is better on 1 of 1 task" in repr(pair)
    head, row = rows_of(pair._repr_html_())
    assert float(row[head.index("difference")]) == pytest.approx(
        float(row[head.index("good")]) - float(row[head.index("bad")]), abs=2e-3
    )


def test_every_text_is_escaped_and_missing_values_are_dashes():
    html = html_table(METHOD, ["a<", "b"], [{"a<": METHOD, "b": None}, {"a<": 1.5}])
    assert "<script>" not in html
    assert rows_of(html) == [["a<", "b"], [METHOD, "-"], ["1.5", "-"]]
