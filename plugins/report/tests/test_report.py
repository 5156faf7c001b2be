"""The page: complete, escaped, self-contained, and usable in a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest

import neucocore
from neuco_plugin_report.page import number, render
from neuco_plugin_report.results import read_results
from neucocore import NeucoError

HOSTILE = "<script>document.title='broken'</script>"
VOID = {"meta", "input", "br", "img", "link"}


class Page(HTMLParser):
    """Tags that are open at the end, addresses, scripts, and the text of cells."""

    def __init__(self, text):
        super().__init__()
        self.open, self.addresses, self.scripts, self.words, self.ids = [], [], 0, [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.addresses += [v for k, v in attrs if k in ("src", "href", "xlink:href", "action")]
        self.scripts += tag == "script"
        if "id" in values:
            self.ids.append(values["id"])
        if any(name.startswith("on") for name in values):
            raise AssertionError(f"an event handler: {attrs}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)


def test_the_page_is_one_file_without_any_request(page):
    parsed = Page(page)
    assert parsed.open == []
    assert all(a.startswith(("#", "data:")) for a in parsed.addresses)
    assert parsed.scripts == 1
    assert "url(http" not in page
    assert len(page) < 5e6


def test_names_are_escaped_and_shown(page):
    text = "".join(Page(page).words)
    assert HOSTILE in text
    assert "$good$ 日本 😀" in text
    assert "<b onclick>Mg</b>" in text
    assert "<script>document" not in page


def test_ids_are_unique(page):
    ids = Page(page).ids
    repeated = {name for name in ids if ids.count(name) > 1}
    assert repeated == set()


def test_every_score_with_its_interval_is_on_the_page(page, results):
    words = "".join(Page(page).words)
    (table,) = neucocore.leaderboard(results)
    for row in table.rows:
        for task in table.tasks:
            assert number(row.acc[task]) in words
            low, high = row.intervals[task]
            assert f"{number(low)} to {number(high)}" in words
        assert f"{number(row.skill_low)} to {number(row.skill_high)}" in words


def test_errors_of_classes_are_counted(page, results):
    import numpy as np

    folder = next((results / "results").glob("poor_*"))
    with np.load(folder / "kind" / "predictions.npz") as stored:
        truth, guess = stored["y_true"], stored["y_pred"].argmax(axis=1)
    right = int(np.sum((truth == 0) & (guess == 0)))
    share = right / np.sum(truth == 0)
    assert f"{share:.2f} ({right})" in "".join(Page(page).words)


def test_the_same_results_give_the_same_page(results):
    found = read_results(results)
    one, two = (render(found, title="t", plotted=2) for _ in range(2))
    assert one == two


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "\u2013"), (0.12345, "0.123"), (-0.0001, "0.000"), (-0.5, "-0.500"), (0, "0.000")],
)
def test_numbers(value, text):
    assert number(value) == text


def test_a_decision_and_curves_come_first(results, tmp_path):
    folder = tmp_path / "both"
    shutil.copytree(results, folder)
    decision = {
        "sentences": [{"text": f"Use it {HOSTILE}"}],
        "map": {"y": {"km": 10, "hidden_sites": 4, "cells": [
            {"lon": 5.0, "lat": 46.0, "sites": 3, "error": 0.5},
            {"lon": 5.2, "lat": 46.1, "sites": 4, "error": 0.7}]}},
    }  # fmt: skip
    (folder / "decision.json").write_text(json.dumps(decision))
    row = {"embedding": "a", "task": "y", "metric": "r2", "family": "pca", "training_rows": None}
    rows = [{**row, "bytes": b, "score": s, "low": s - 0.1, "high": s + 0.1}
            for b, s in ((8, 0.1), (16, 0.3), (64, 0.4))]  # fmt: skip
    (folder / "sweep.json").write_text(json.dumps({"rows": rows}))
    page = render(read_results(folder), title="both", plotted=0)
    text = "".join(Page(page).words)
    assert text.index("Use it <script>") < text.index("What a byte buys") < text.rindex("results:")
    assert "4 sites are in cells with fewer than 3 sites" in text
    assert 'aria-label="y: mean error in 2 cells of 10 km"' in page


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "neucocore", "report", *map(str, words)],
        capture_output=True,
        text=True,
    )


def test_the_command(results, tmp_path):
    output = tmp_path / "report.html"
    done = run(results, "-o", output)
    assert done.returncode == 0, done.stderr
    assert "3 runs in 1 table" in done.stderr
    assert run(results, "-o", output).returncode == 0
    output.write_text("mine")
    again = run(results, "-o", output)
    assert again.returncode == 2
    assert output.read_text() == "mine"


def test_an_empty_folder_and_partial_runs(results, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    done = run(empty, "-o", tmp_path / "r.html")
    assert done.returncode == 4
    assert done.stderr.count("contains no run") == 1
    shown = Page((tmp_path / "r.html").read_text())  # the page says so, and opens
    assert shown.open == []
    assert "contains no run" in "".join(shown.words)
    with pytest.raises(NeucoError):
        read_results(tmp_path / "nowhere")
    folder = tmp_path / "partial"
    shutil.copytree(results, folder)
    for run_json in folder.glob("results/*/run.json"):
        record = json.loads(run_json.read_text())
        record["partial"] = True
        run_json.write_text(json.dumps(record))
    page = render(read_results(folder), title="partial", plotted=2)
    assert "No run of this table is ranked." in page
    assert "Left out: 3" in page


def test_two_hundred_runs(results, tmp_path):
    folder = tmp_path / "many"
    source = next((results / "results").glob("poor_*"))
    for number_of_run in range(200):
        name = f"m{number_of_run:03d}_20260101_000000"
        target = folder / "results" / name
        shutil.copytree(source, target)
        for file in ("run.json", "results_summary.json"):
            text = (target / file).read_text().replace(source.name, name)
            text = re.sub(r'"method": "poor"', f'"method": "m{number_of_run:03d}"', text)
            (target / file).write_text(text)
    page = render(read_results(folder), title="many", plotted=1)
    assert page.count('data-method="m') == 200
    assert len(page) < 5e6


def test_one_run_and_damaged_predictions(results, tmp_path):
    folder = tmp_path / "one"
    source = next((results / "results").glob("poor_*"))
    shutil.copytree(source, folder / "results" / source.name)
    parsed = Page(render(read_results(folder), title="one", plotted=6))
    assert parsed.open == []
    assert "only one run, so there is nothing to compare" in "".join(parsed.words)
    file = folder / "results" / source.name / "y" / "predictions.npz"
    file.write_bytes(file.read_bytes()[:-200])
    broken = Page(render(read_results(folder), title="one", plotted=6))
    assert broken.open == []
    assert "predictions.npz cannot be read: File is not a zip file" in "".join(broken.words)


def test_each_protocol_has_a_table_and_a_method_one_page(both_protocols):
    page = render(read_results(both_protocols), title="both", plotted=0)
    assert page.count('<section id="table-') == 2
    assert page.count('<article id="method-') == 3
    pages = page.split("<article")
    (poor,) = [one for one in pages if '<h2 tabindex="-1">poor</h2>' in one]
    assert "results: nested-cv@1" in poor
    assert "results: svm@1" in poor


def test_sweeps_and_decisions_of_folders_inside_are_found(results, tmp_path):
    folder = tmp_path / "outer"
    shutil.copytree(results, folder)
    (folder / "sizes-of-clay").mkdir()
    row = {"embedding": "clay", "task": "y", "metric": "r2", "family": "pca", "bytes": 8,
           "training_rows": None, "score": 0.1, "low": None, "high": None}  # fmt: skip
    labels = [{**row, "family": "complete", "training_rows": n, "score": n / 100} for n in (30, 60)]
    (folder / "sizes-of-clay" / "sweep.json").write_text(json.dumps({"rows": [row, *labels]}))
    (folder / "broken").mkdir()
    (folder / "broken" / "sweep.json").write_text("{")
    page = render(read_results(folder), title="t", plotted=0)
    assert "What a byte buys: sizes-of-clay" in page
    assert 'aria-label="y: r2 of clay with fewer training rows"' in page


def test_many_rows_are_drawn_as_a_density():
    import numpy as np

    from neuco_plugin_report.errors import Predictions, predicted

    def drawn(n):
        truth = np.random.default_rng(0).normal(size=(n, 1))
        ids = tuple(map(str, range(n)))
        found = Predictions(ids, truth, truth + 0.1, "regression", (), (), "m")
        return str(predicted(found, 0, "alt", "name"))

    assert "data:image/png;base64" in drawn(30_000)
    assert len(drawn(30_000)) < 40_000
    assert "data:image/png;base64" in drawn(401)  # one row in each cell
    assert drawn(50).count("<use") > 50
    assert "data:image" not in drawn(50)


def test_own_labels_have_a_card_and_no_licence(page):
    card = page.partition("<summary>task kind</summary>")[2].partition("</details>")[0]
    assert "<p>Own labels</p>" in card
    assert "licence" not in card
    assert "<summary>protocol nested-cv@1</summary>" in page


def test_a_page_does_not_grow_with_the_number_of_plots(results, monkeypatch):
    def methods_with_plots():
        page = render(read_results(results), title="t", plotted=6)
        parts = page.split("<article")[1:]
        return ["predicted against true" in part for part in parts]

    assert methods_with_plots() == [True] * 3
    monkeypatch.setattr("neuco_plugin_report.methods.MAX_CHARACTERS", 10)
    assert methods_with_plots() == [True, False, False]
    monkeypatch.setattr("neuco_plugin_report.methods.MAX_CHARACTERS", 0)
    assert methods_with_plots() == [False] * 3
