"""neuco choose on a user's own files: the decision, its numbers, and bad input."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from scipy import stats

N = 400
RNG = np.random.default_rng(21)
IDS = [f"plot-{row:03d}" for row in range(N)]
CAUSES = RNG.normal(size=(N, 12))
BIOMASS = CAUSES @ RNG.normal(size=12) / 3 + 0.5 * RNG.normal(size=N)
HEIGHT = CAUSES[:, :6] @ RNG.normal(size=6) / 2 + 0.7 * RNG.normal(size=N)
KIND = np.array(["crops", "forest", "urban"])[np.digitize(CAUSES[:, 0] + CAUSES[:, 1], [-0.8, 0.8])]
LON, LAT = RNG.uniform(5, 9, N), RNG.uniform(46, 50, N)


def view(noise, d, seed, causes=12):
    rng = np.random.default_rng(seed)
    mixed = CAUSES[:, :causes] @ rng.normal(size=(causes, d)) / np.sqrt(causes)
    return (mixed + noise * rng.normal(size=(N, d))).astype("f4")


@pytest.fixture
def files(tmp_path):
    views = {
        "good": view(0.2, 64, 1),
        "small": view(0.2, 32, 2),
        "poor": view(0.2, 64, 3, causes=4),
        "view_a": (CAUSES + 0.5 * np.random.default_rng(5).normal(size=(N, 12))).astype("f4"),
        "view_b": (CAUSES + 0.5 * np.random.default_rng(6).normal(size=(N, 12))).astype("f4"),
        "noise": np.random.default_rng(4).normal(size=(N, 16)).astype("f4"),
    }
    paths = {}
    for name, matrix in views.items():
        paths[name] = tmp_path / f"{name}.npz"
        np.savez(paths[name], ids=np.array(IDS), matrix=matrix)
    return paths


@pytest.fixture
def labels(write_csv):
    rows = zip(IDS, BIOMASS, HEIGHT, KIND, strict=True)
    return write_csv("labels.csv", ["id", "biomass [Mg/ha]", "height", "kind"], rows)


@pytest.fixture
def choose(neuco, tmp_path):
    def run(*words, code=0, out="out"):
        ended = neuco("choose", *words, "-o", tmp_path / out)
        assert ended.code == code, ended.err
        if code:
            return ended
        ended.decision = json.loads((tmp_path / out / "decision.json").read_text())
        return ended

    return run


def sentence(ended, kind):
    return [s for s in ended.decision["sentences"] if s["kind"] == kind]


def stored(tmp_path, run, task, metric="r2"):
    """Return score, influence values, training noise and error scale from a run folder."""
    folder = tmp_path / "out" / run
    record = json.loads((folder / "run.json").read_text())
    of_task = next(t for t in record["tasks"] if t["task"] == task)
    found = of_task["metrics"][0]["influence"]
    with np.load(folder / task / "influence.npz") as arrays:
        return (
            of_task["score"],
            arrays[f"psi:{metric}"],
            found["training_noise"],
            (found["error_scale"]),
        )


def difference(one, two):
    """Return the difference of two scores and its standard error, by the formula of the docs."""
    (a, psi_a, noise_a, scale_a), (b, psi_b, noise_b, scale_b) = one, two
    n = len(psi_a)
    variance = np.sum((psi_a - psi_b) ** 2) / n**2
    training = 4 * (noise_a + noise_b) * ((scale_a + scale_b) / 2) ** 2 / n
    return a - b, np.sqrt(variance + min(variance, training))


def test_the_smaller_of_two_equal_embeddings_is_recommended(choose, files, labels, tmp_path):
    ended = choose(files["good"], files["small"], files["poor"], "--labels", f"{labels}:height",
                   "--margin", "0.1")  # fmt: skip
    assert ended.decision["verdict"] == "use"
    assert ended.decision["use"] == "small"
    (first,) = sentence(ended, "choice")
    assert first["text"].startswith("Use small (128 bytes per row)")
    words = {s["text"].split(" ")[0]: s for s in sentence(ended, "others")}
    assert "cannot be told apart" in words["small"]["text"]
    assert "poor is worse than small" in words["poor"]["text"]
    assert (tmp_path / "out" / "decision.md").read_text().count("\n- ") >= 4


def test_every_number_is_that_of_the_run_folders(choose, files, labels, tmp_path):
    ended = choose(files["good"], files["small"], files["poor"], "--labels", f"{labels}:height",
                   "--margin", "0.1")  # fmt: skip
    decision = ended.decision
    runs = {c["method"]: stored(tmp_path, c["run"], "height") for c in decision["candidates"]}
    for candidate in decision["candidates"]:
        name = candidate["method"]
        assert candidate["scores"]["height"]["score"] == runs[name][0]
        losses = {other: difference(runs[other], runs[name]) for other in runs if other != name}
        bounds = [d + decision["critical"]["close"] * e for d, e in losses.values()]
        assert candidate["largest_loss"] == pytest.approx(max(bounds), abs=1e-9)
    for pair in decision["pairs"]:
        d, error = difference(runs[pair["first"]], runs[pair["second"]])
        reach = decision["critical"]["pairs"] * error
        assert [pair[k] for k in ("difference", "low", "high")] == pytest.approx(
            [d, d - reach, d + reach], abs=1e-9
        )
    # Between one comparison and Bonferroni's bound for two (one-sided, 2.5 %) and three.
    df = N - 1
    assert (
        stats.t.ppf(0.975, df) - 0.1
        < decision["critical"]["close"]
        < stats.t.ppf(1 - 0.0125, df) + 0.1
    )
    assert (
        stats.t.ppf(0.975, df) < decision["critical"]["pairs"] < stats.t.ppf(1 - 0.05 / 6, df) + 0.1
    )
    (size,) = sentence(ended, "size")
    full = runs["small"]
    for row in decision["sizes"]:
        folder = next((tmp_path / "out" / "sizes").glob(f"small.{row['name']}_*"))
        d, error = difference(
            full, stored(tmp_path, folder.relative_to(tmp_path / "out"), "height")
        )
        assert row["loss"] == pytest.approx(d, abs=1e-9)
        # Half of 5 %, tested at a quarter of it.
        quantile = stats.t.ppf(1 - 0.025 / 4, df)
        assert row["bound"] == pytest.approx(d + quantile * error, abs=1e-6)
    assert size["numbers"]


def test_the_numbers_in_the_text_are_those_listed_next_to_it(choose, files, labels):
    ended = choose(files["good"], files["poor"], files["noise"], "--labels", labels)
    for one in ended.decision["sentences"]:
        flat = []
        for value in one["numbers"].values():
            values = value.values() if isinstance(value, dict) else [value]
            flat += [v for item in values for v in (item if isinstance(item, list) else [item])]
        known = {f"{abs(v):.3f}" for v in flat if isinstance(v, int | float)}
        for shown in re.findall(r"(?<![\w.])\d\.\d{3}(?!\d)", one["text"]):
            assert shown in known or float(shown) == 0, (shown, one)


def test_few_rows_cannot_decide_and_say_how_many_would(choose, files, write_csv):
    rows = zip(IDS[:120], HEIGHT[:120], strict=True)
    few = write_csv("few.csv", ["id", "height"], rows)
    ended = choose(files["view_a"], files["view_b"], "--labels", few)
    decision = ended.decision
    assert (decision["verdict"], decision["use"]) == ("cannot decide", None)
    (first,) = sentence(ended, "choice")
    assert "Cannot decide with 120 rows" in first["text"]
    assert 500 < decision["rows_needed"] < 100_000
    assert decision["smallest_margin"] > 0.02
    again = choose(files["view_a"], files["view_b"], "--labels", few, "--margin",
                   f"{decision['smallest_margin'] + 0.001:.4f}", out="again")  # fmt: skip
    assert again.decision["verdict"] == "use"


def test_a_second_run_reads_the_first(choose, files, labels, tmp_path):
    words = (files["good"], files["small"], "--labels", labels)
    first = choose(*words).decision
    folders = sorted(path for path in (tmp_path / "out").glob("*/*"))
    assert choose(*words).decision == first
    assert sorted(path for path in (tmp_path / "out").glob("*/*")) == folders
    assert {path.parent.name for path in folders} == {"results", "baselines", "sizes"}


def test_own_features_and_what_knows_nothing(choose, files, labels):
    ended = choose(files["poor"], files["noise"], "--labels", f"{labels}:height", "--baseline",
                   files["good"])  # fmt: skip
    (own,) = sentence(ended, "features")
    assert own["text"].startswith("Keep good: poor is worse by")
    names = {one["method"]: one for one in ended.decision["baselines"]}
    assert abs(names["constant"]["mean_skill"]["score"]) < 0.01
    better = choose(files["good"], "--labels", f"{labels}:height", "--baseline", files["poor"],
                    out="better")  # fmt: skip
    assert "good is better than poor by" in sentence(better, "features")[0]["text"]


def test_labels_that_nobody_predicts(choose, files, write_csv):
    rng = np.random.default_rng(9)
    nothing = write_csv("nothing.csv", ["id", "luck"], zip(IDS, rng.normal(size=N), strict=True))
    ended = choose(files["good"], files["small"], "--labels", nothing)
    assert ended.decision["verdict"] == "nothing is predicted"
    assert "No embedding is shown to predict luck" in sentence(ended, "choice")[0]["text"]
    (chance,) = sentence(ended, "chance")
    assert not chance["enough"]


def test_one_file(choose, files, labels):
    ended = choose(files["good"], "--labels", labels)
    assert ended.decision["use"] == "good"
    assert sentence(ended, "others") == []


def test_thirty_rows(choose, files, write_csv):
    rows = zip(IDS[:30], HEIGHT[:30], strict=True)
    ended = choose(files["good"], files["small"], "--labels", write_csv("t.csv", ["id", "h"], rows))
    assert ended.decision["verdict"] == "cannot decide"
    assert "only 30 rows" in sentence(ended, "choice")[0]["text"]


def test_a_margin_of_zero(choose, files, labels):
    ended = choose(files["good"], files["small"], "--labels", f"{labels}:height", "--margin", "0")
    assert ended.decision["verdict"] == "cannot decide"
    assert ended.decision["rows_needed"] is None
    assert "A margin of" in sentence(ended, "choice")[0]["text"]
    clear = choose(files["good"], files["noise"], "--labels", f"{labels}:height", "--margin", "0",
                   "--no-sizes", out="clear")  # fmt: skip
    assert clear.decision["use"] == "good"
    assert "No other embedding is better" in sentence(clear, "choice")[0]["text"]
    wrong = choose(files["good"], "--labels", labels, "--margin", "-1", code=2)
    assert "must be at least 0" in wrong.err


def test_files_without_common_ids(choose, files, labels, tmp_path):
    other = tmp_path / "other.npz"
    np.savez(other, ids=np.array([f"parcel {k}" for k in range(N)]), matrix=view(0.2, 8, 5))
    for words in ((), ("--allow-missing",)):
        ended = choose(files["good"], other, "--labels", labels, *words, code=4)
        assert "parcel " in ended.err
        assert "plot-" in ended.err


def test_files_with_some_common_ids(choose, files, labels, tmp_path):
    part = tmp_path / "part.npz"
    np.savez(part, ids=np.array(IDS[:300]), matrix=view(0.2, 16, 6)[:300])
    ended = choose(files["good"], part, "--labels", labels, code=4)
    assert "--allow-missing" in ended.err
    ended = choose(files["good"], part, "--labels", labels, "--allow-missing", "--no-sizes")
    assert "100 ids that some file lacks are left out" in ended.err
    assert ended.decision["rows"] == 300
    exclude = tmp_path / "exclude.csv"
    exclude.write_text(f"id,why\n{IDS[0]},cloud\n{IDS[1]},cloud\n")
    fewer = choose(files["good"], part, "--labels", labels, "--allow-missing", "--no-sizes",
                   "--exclude-file", exclude, out="fewer")  # fmt: skip
    assert fewer.decision["rows"] == 298


def test_the_main_column_decides(choose, files, labels):
    ended = choose(files["good"], files["poor"], "--labels", labels, "--main", "kind", "--no-sizes")
    assert ended.decision["decides"] == "kind"
    wrong = choose(files["good"], "--labels", labels, "--main", "kinds", code=2)
    assert "kind" in wrong.err


def test_layers_by_a_pattern(choose, labels, tmp_path):
    file = tmp_path / "layers.npz"
    np.savez(file, ids=np.array(IDS), layer_1=view(0.2, 16, 7), layer_2=view(1, 16, 8),
             other=view(0.2, 8, 9))  # fmt: skip
    ended = choose(f"{file}:layer_*", "--labels", f"{labels}:height", "--no-sizes")
    names = [one["method"] for one in ended.decision["candidates"]]
    assert names == ["layers-layer_1", "layers-layer_2"]
    wrong = choose(f"{file}:depth_*", "--labels", labels, code=2)
    assert "no column or array matches depth_*" in wrong.err


def test_equal_names_and_files_named_twice(choose, files, labels, tmp_path):
    (tmp_path / "b").mkdir()
    copy = tmp_path / "b" / "good.npz"
    copy.write_bytes(files["poor"].read_bytes())
    ended = choose(files["good"], copy, "--labels", f"{labels}:height", "--no-sizes")
    names = [one["method"] for one in ended.decision["candidates"]]
    assert len(set(names)) == 2
    assert names[1] == "b-good"
    twice = choose(files["good"], files["good"], "--labels", labels, code=2)
    assert "named twice" in twice.err


@pytest.fixture
def survey(write_csv):
    rows = zip(IDS, LON, LAT, HEIGHT, strict=True)
    return write_csv("survey.csv", ["id", "lon", "lat", "height"], rows)


def test_places(choose, files, survey):
    ended = choose(files["good"], files["noise"], "--labels", survey, "--no-sizes")
    (text,) = (one["text"] for one in sentence(ended, "places"))
    assert "among your sites" in text
    assert "from the place alone" in text
    assert "New regions: not measured." in text
    names = {one["method"] for one in ended.decision["baselines"]}
    assert names == {"constant", "place"}


def test_no_site_is_given_away(choose, files, survey, tmp_path):
    ended = choose(files["good"], "--labels", survey, "--no-sizes")
    for file in ("decision.json", "decision.md"):
        text = (tmp_path / "out" / file).read_text()
        assert not any(name in text for name in IDS)
        for lon in LON[:50]:
            assert f"{lon:.3f}" not in text
    found = ended.decision["map"]["height"]
    assert found["km"] >= 10
    assert all(cell["sites"] >= 3 for cell in found["cells"])
    assert sum(cell["sites"] for cell in found["cells"]) + found["hidden_sites"] == N
    shown = choose(files["good"], "--labels", survey, "--no-sizes", "--exact-locations", out="x")
    sites = {one["id"]: one for one in shown.decision["map"]["height"]}
    assert sites[IDS[7]]["lon"] == pytest.approx(LON[7])
    folder = next((tmp_path / "out" / "places").glob("good_*"))
    with np.load(folder / "height" / "predictions.npz") as arrays:
        errors = np.abs(arrays["y_pred"] - arrays["y_true"])
        row = arrays["ids"].tolist().index(IDS[7])
    assert sites[IDS[7]]["error"] == pytest.approx(errors[row])
    mean = sum(c["sites"] * c["error"] for c in found["cells"])
    assert mean <= errors.sum() + 1e-6


def test_json_and_an_empty_command(choose, files, labels, neuco, tmp_path):
    ended = neuco("choose", files["good"], "--labels", f"{labels}:height", "-o", tmp_path / "out",
                  "--no-sizes", "--json")  # fmt: skip
    assert json.loads(ended.out) == json.loads((tmp_path / "out" / "decision.json").read_text())
    empty = neuco("choose", "--labels", labels, "-o", tmp_path / "out")
    assert empty.code == 2


def test_the_same_from_python(files, labels, tmp_path):
    import neucocore

    found = neucocore.choose(
        (str(files["good"]), str(files["noise"])),
        labels=f"{labels}:height",
        output=tmp_path / "python",
        sizes=False,
    )
    assert found.decision.verdict == "use"
    assert found.sentences[0].text.startswith("Use good")
    curves = neucocore.sweep(
        str(files["good"]), labels=f"{labels}:height", output=tmp_path / "curves",
        families=("pca",), dims=("8",), bits=("8",),
    )  # fmt: skip
    assert [row["family"] for row in curves.rows] == ["complete", "pca"]


def test_a_score_under_another_split_is_not_one_among_your_sites(choose, files, write_csv):
    part = np.where(np.arange(N) % 3 == 0, "test", "train")
    rows = zip(IDS, LON, LAT, part, HEIGHT, strict=True)
    table = write_csv("split.csv", ["id", "lon", "lat", "part", "height"], rows)
    ended = choose(
        files["good"], "--labels", f"{table}:height", "--no-sizes", "--split", "blocks:50"
    )
    (text,) = (one["text"] for one in sentence(ended, "places"))
    assert "with --split blocks:50" in text
    assert "among your sites" not in text
    fixed = choose(files["good"], "--labels", f"{table}:height", "--no-sizes", "--split",
                   "folds:part", out="fixed")  # fmt: skip
    (text,) = (one["text"] for one in sentence(fixed, "places"))
    assert "blocks cannot be scored with these rows and this split" in text


def test_the_page_is_written_where_the_plugin_is_installed(choose, files, labels, tmp_path):
    pytest.importorskip("neuco_plugin_report")
    ended = choose(files["good"], files["noise"], "--labels", f"{labels}:height", "--no-sizes")
    page = (tmp_path / "out" / "decision.html").read_text()
    for one in ended.decision["sentences"]:
        assert one["text"].replace("'", "&#39;") in page
    assert not any(name in page for name in IDS)
    choose(files["good"], files["noise"], "--labels", f"{labels}:height", "--no-sizes")


def test_what_makes_intervals_uncertain_is_said_with_the_decision(choose, files, write_csv):
    heavy = np.exp(2.5 * BIOMASS)
    labels = write_csv("heavy.csv", ["id", "biomass"], zip(IDS, heavy, strict=True))
    ended = choose(files["good"], files["small"], "--labels", labels, "--no-sizes")
    (found,) = sentence(ended, "intervals")
    assert "biomass (" in found["text"]
    assert "rests on about" in found["text"]
    assert "try the logarithm" in found["text"]
    logarithm = write_csv("log.csv", ["id", "biomass"], zip(IDS, BIOMASS, strict=True))
    ended = choose(files["good"], "--labels", logarithm, "--no-sizes", out="log")
    assert not sentence(ended, "intervals")


def test_a_column_that_nothing_predicts_comes_with_the_option_to_leave_it_out(
    choose, files, write_csv
):
    team = np.random.default_rng(8).choice(["AM", "KT"], N)
    rows = zip(IDS, BIOMASS, HEIGHT, team, strict=True)
    labels = write_csv("survey.csv", ["id", "biomass", "height", "team"], rows)
    ended = choose(files["good"], "--labels", labels, "--no-sizes")
    (found,) = sentence(ended, "chance")
    assert found["text"].endswith("To decide without: --labels TABLE:biomass,height.")


def test_the_recommended_size_is_written_by_the_commands_that_are_printed(
    choose, neuco, files, labels, tmp_path
):
    ended = choose(files["good"], "--labels", f"{labels}:height", "--margin", "0.2")
    (size,) = sentence(ended, "size")
    (written,) = sentence(ended, "write")
    assert "the smallest size that was tried" in size["text"]
    for command in written["numbers"]["commands"]:
        words = [str(tmp_path / w) if w.endswith(".parquet") else w for w in command.split()[1:]]
        done = neuco(*words)
        assert done.code == 0, done.err
    described = json.loads(neuco("inspect", tmp_path / "tiny.parquet", "--json").out)[0]
    assert described["metadata"]["reduction"]["bytes_per_row"] == size["numbers"]["bytes"]


def test_a_size_for_the_mean_over_columns_is_not_one_for_each(choose, files, labels):
    ended = choose(files["good"], "--labels", labels, "--margin", "0.2")
    (size,) = sentence(ended, "size")
    assert "for the mean over the columns, not for each" in size["text"]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("--margin", "5", "must be at least 0 and below 1"), ("--main", "hight", "no such label")],
)
def test_options_are_checked_before_anything_is_scored(
    choose, files, labels, tmp_path, option, value, message
):
    ended = choose(files["good"], "--labels", labels, option, value, code=2)
    assert message in ended.err.replace("\n", " ")
    assert "score good" not in ended.err
    assert not (tmp_path / "out" / "results").exists()
