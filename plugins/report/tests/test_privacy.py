"""What a page gives away: no id, no site and no cube at a point, unless it is asked for."""

from __future__ import annotations

import csv
import json
import re
import shutil

import numpy as np
import pytest

import neucocore
from neuco_plugin_report.page import render
from neuco_plugin_report.results import read_results

N = 60
SITES = [(10 + 0.001 * (row % 6) + 3 * (row // 6), 50.0 + 0.001 * (row % 6)) for row in range(N)]


@pytest.fixture(scope="session")
def earth(tmp_path_factory):
    """Return a folder of cubes with labels of its own and of a table, both scored."""
    folder = tmp_path_factory.mktemp("earth")
    neucocore.generate("synthetic-earth", output=folder / "earth", params={"cubes": N, "size": 32})
    labels = folder / "earth" / "labels"
    for file in labels.glob("*.csv"):
        if not file.name.startswith("clouds"):
            file.unlink()
    neucocore.encode(
        "mean", dataset="synthetic-earth", data=folder / "earth", output=folder / "mean.parquet"
    )
    ids = neucocore.load_embeddings(folder / "mean.parquet").ids
    rng = np.random.default_rng(0)
    with (folder / "sites.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "lon", "lat", "height"])
        for name, (lon, lat) in zip(ids, SITES, strict=True):
            writer.writerow([name, lon, lat, rng.normal()])
    for table, phase in ((labels, "own"), (folder / "sites.csv", "points")):
        neucocore.evaluate(
            folder / "mean.parquet", labels=table, output=folder / "out", phase=phase, places="off"
        )
    return folder


def page_of(earth, **options):
    return render(read_results(earth / "out"), title="t", plotted=6, **options)


def sections(page):
    """Return the errors of each task as text."""
    found = re.findall(r'<section data-task="([^"]*)" aria-label="Errors.*?</section>', page, re.S)
    parts = re.findall(r'<section data-task="[^"]*" aria-label="Errors.*?</section>', page, re.S)
    return dict(zip(found, parts, strict=True))


def test_cubes_of_the_data_set_are_shown_and_cubes_at_points_are_not(earth):
    page = page_of(earth, data=earth / "earth", places=earth / "sites.csv")
    of_task = sections(page)
    assert of_task["clouds-cover@1"].count('<img src="data:image/jpeg') == 4
    assert "true colour in spring, summer, fall, winter" in of_task["clouds-cover@1"]
    assert "<img" not in of_task["height"]
    assert "cubes of your own labels are not shown without --exact-locations" in of_task["height"]


def test_a_column_of_ones_own_that_is_named_like_a_task_shows_no_cube(earth, tmp_path):
    table = (earth / "sites.csv").read_text().replace("height", "clouds-cover", 1)
    (tmp_path / "sites.csv").write_text(table)
    neucocore.evaluate(
        earth / "mean.parquet", labels=tmp_path / "sites.csv", output=tmp_path / "out", places="off"
    )
    page = render(read_results(tmp_path / "out"), title="t", plotted=6, data=earth / "earth")
    assert "<img" not in page
    assert "cubes of your own labels are not shown" in page


def test_cubes_are_shown_where_a_task_has_the_name_of_its_label_file(earth, tmp_path):
    neucocore.evaluate(
        earth / "mean.parquet", labels=earth / "earth" / "labels", output=tmp_path / "out",
        protocol="neucobench-2026",
    )  # fmt: skip
    page = render(read_results(tmp_path / "out"), title="t", plotted=6, data=earth / "earth")
    assert sections(page)["clouds_reg"].count("<img") == 4


def test_no_id_and_no_site_is_on_the_page(earth):
    page = page_of(earth, data=earth / "earth", places=earth / "sites.csv")
    for name in neucocore.load_embeddings(earth / "mean.parquet").ids:
        assert name not in page
    assert "60 sites in 10 cells of 10 km" in page
    assert "10.003" not in page


def test_exact_locations_opt_in(earth):
    page = page_of(earth, data=earth / "earth", places=earth / "sites.csv", exact=True)
    of_task = sections(page)
    assert "<figcaption>Errors on a map: 60 sites</figcaption>" in of_task["height"]
    assert of_task["height"].count("<img") == 4
    ids = neucocore.load_embeddings(earth / "mean.parquet").ids
    assert sum(name in of_task["height"] for name in ids) == 4


def test_without_cubes_the_errors_are_words(earth):
    of_task = sections(page_of(earth))
    assert "pass --data DIR to see the cubes" in of_task["clouds-cover@1"]
    assert len(re.findall(r"true [\d.]+ percent, predicted", of_task["clouds-cover@1"])) == 4
    assert "<img" not in "".join(of_task.values())


def test_missing_and_broken_cubes_are_named(earth, tmp_path):
    data = tmp_path / "earth"
    shutil.copytree(earth / "earth", data)
    for number, file in enumerate(sorted((data / "data").glob("*/*/*.zarr.zip"))):
        if number % 2:
            file.write_bytes(b"not a zip")
    part = sections(page_of(earth, data=data))["clouds-cover@1"]
    assert "its cube cannot be read" in part
    shutil.rmtree(data / "data")
    part = sections(page_of(earth, data=data))["clouds-cover@1"]
    assert "<img" not in part
    assert part.count("true ") >= 4


def test_exact_sites_of_a_decision_need_the_option_too(earth, tmp_path):
    folder = tmp_path / "choice"
    folder.mkdir()
    sites = [{"id": "secret-17", "lon": 8.12345, "lat": 49.5, "error": 1.0}]
    decision = {"sentences": [{"text": "Use it."}], "map": {"height": sites}}
    (folder / "decision.json").write_text(json.dumps(decision))
    page = render(read_results(folder), title="t", plotted=0)
    assert "shown with --exact-locations only" in page
    assert "<svg" not in page
    assert "secret-17" not in page
    assert "1 sites" in render(read_results(folder), title="t", plotted=0, exact=True)


def test_licences_and_what_to_cite_are_on_the_page(earth):
    page = page_of(earth)
    data = page.partition("data set synthetic-earth")[2].partition("</details>")[0]
    assert "<dt>licence</dt><dd>CC0-1.0</dd>" in data
    task = page.partition("task clouds-cover@1</summary>")[2].partition("</details>")[0]
    assert "<dt>licence of the labels</dt><dd>CC-BY-NC-4.0" in task
    assert page.partition("as BibTeX")[2].count("@misc{") >= 2
