"""Which embeddings and labels are scored, and what the key of a run depends on."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.errors import ConfigError, IdError
from neucocore.evaluation.options import EvaluateOptions
from neucocore.evaluation.prepare import prepare
from neucocore.evaluation.protocols import choose_protocols, components_of, protocol
from neucocore.evaluation.request import EvaluateRequest, evaluate_request, method_name

NESTED_CV = protocol("nested-cv")
NEUCOBENCH = protocol("neucobench-2026")


@pytest.fixture
def request_of(tmp_path: Path):
    """Return a request for twenty embeddings, all labelled by one task and half by another."""
    (tmp_path / "labels").mkdir()
    whole = "".join(f"c{n:02d},{n}\n" for n in range(20))
    half = "".join(f"c{n:02d},{n % 4}\n" for n in range(10))
    (tmp_path / "labels/height__regr.csv").write_text("id,label\n" + whole)
    (tmp_path / "labels/width__regr.csv").write_text("id,label\n" + half)
    embed(tmp_path, range(20))

    def make(lenient=False, fold_results=True, **fields) -> EvaluateRequest:
        values = {
            "embeddings": tmp_path / "e.csv",
            "labels": tmp_path / "labels",
            "output": tmp_path / "out",
            **fields,
        }
        request = evaluate_request(EvaluateOptions(**values))
        return replace(request, lenient=lenient, fold_results=fold_results)

    return make


def embed(folder: Path, numbers, scale: float = 0.5) -> None:
    rows = "".join(f"c{n:02d},{n * scale}\n" for n in numbers)
    (folder / "e.csv").write_text("id,0\n" + rows)


def rows_of(prepared) -> dict[str, list[str]]:
    tasks = [matched.matched for matched in prepared.joined.tasks]
    return {task.key: list(task.ids) for task in tasks}


def test_ids_left_out_have_neither_embeddings_nor_labels(request_of, tmp_path: Path) -> None:
    (tmp_path / "left-out.txt").write_text("c01\nc15\n")
    prepared = prepare(request_of(exclude_file=tmp_path / "left-out.txt"))
    kept = [f"c{n:02d}" for n in range(20) if n not in (1, 15)]
    assert list(prepared.inputs.embeddings.ids) == kept
    assert prepared.inputs.embeddings.matrix[:, 0].tolist() == [
        int(cube[1:]) * 0.5 for cube in kept
    ]
    assert rows_of(prepared) == {"height": kept, "width": [c for c in kept if c < "c10"]}
    assert any("2 embeddings left out" in text for text in prepared.warnings)
    assert not prepared.joined.partial


@pytest.mark.parametrize(
    ("text", "left"),
    [("", 20), ("c01\nc01\nc01.zarr.zip\n", 19)],
    ids=["none at all", "one named thrice"],
)
def test_a_list_of_ids_to_leave_out_may_be_empty_or_repeat_itself(
    request_of, tmp_path: Path, text: str, left: int
) -> None:
    (tmp_path / "left-out.txt").write_text(text)
    assert (
        len(prepare(request_of(exclude_file=tmp_path / "left-out.txt")).inputs.embeddings.ids)
        == left
    )


def test_ids_left_out_may_lack_an_embedding(request_of, tmp_path: Path) -> None:
    (tmp_path / "left-out.txt").write_text("c01\nc15\n")
    embed(tmp_path, [n for n in range(20) if n not in (1, 15)])
    prepared = prepare(request_of(exclude_file=tmp_path / "left-out.txt"))
    assert (len(rows_of(prepared)["height"]), prepared.joined.partial) == (18, False)


def test_fault_05_missing_embeddings_name_every_task_that_lacks_them(
    request_of, tmp_path: Path
) -> None:
    embed(tmp_path, range(2, 20))
    with pytest.raises(IdError, match="2 of 20 labelled ids have no embedding") as caught:
        prepare(request_of())
    assert caught.value.problems == (
        "task height: 2 ids, such as c00, c01",
        "task width: 2 ids, such as c00, c01",
    )


def test_fault_05_missing_embeddings_that_are_allowed_make_a_partial_run(
    request_of, tmp_path: Path
) -> None:
    embed(tmp_path, range(2, 20))
    prepared = prepare(request_of(allow_missing=True))
    assert prepared.joined.partial
    matched = [task.matched for task in prepared.joined.tasks]
    height = next(task for task in matched if task.key == "height")
    assert height.ids == tuple(f"c{n:02d}" for n in range(2, 20))
    assert height.y.ravel().tolist() == list(range(2, 20))
    assert (
        "2 labelled ids have no embedding; their labels are left out: c00, c01" in prepared.warnings
    )


def test_nothing_missing_makes_no_partial_run(request_of) -> None:
    assert not prepare(request_of(allow_missing=True)).joined.partial


def test_neuco_benchs_own_reading_intersects_the_ids_and_is_ranked(
    request_of, tmp_path: Path
) -> None:
    embed(tmp_path, range(2, 20))
    assert not prepare(request_of(lenient=True)).joined.partial


def test_a_task_without_any_embedding_is_not_scored(request_of, tmp_path: Path) -> None:
    embed(tmp_path, range(10, 20))
    assert set(rows_of(prepare(request_of(allow_missing=True)))) == {"height"}


def test_fault_89_embeddings_and_labels_without_a_common_id_show_one_id_of_each(
    request_of, tmp_path: Path
) -> None:
    embed(tmp_path, range(50, 60))
    with pytest.raises(IdError, match="no id in common: 20 labelled ids, 10 embeddings") as caught:
        prepare(request_of(allow_missing=True))
    assert [problem.rpartition(": ")[2] for problem in caught.value.problems] == ["'c00'", "'c50'"]
    assert "--allow-missing" not in str(caught.value.hint)


def test_fault_89_the_hint_names_the_rule_by_which_all_ids_would_match(
    request_of, tmp_path: Path
) -> None:
    rows = "".join(f"scene_c{n:02d}_v2,{n}\n" for n in range(20))
    (tmp_path / "e.csv").write_text("id,0\n" + rows)
    with pytest.raises(IdError, match="no id in common") as caught:
        prepare(request_of())
    assert (
        "20 of 20 match those of the embeddings if 'scene_' is added at the beginning and '_v2' is "
        "added at the end" in str(caught.value.hint)
    )


def test_fault_89_a_file_that_excludes_every_id_is_an_error(request_of, tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("".join(f"c{n:02d}\n" for n in range(20)))
    with pytest.raises(IdError, match="nothing is left to score"):
        prepare(request_of(exclude_file=tmp_path / "all.txt"))


def test_fault_06_embeddings_without_a_label_are_counted(request_of, tmp_path: Path) -> None:
    embed(tmp_path, range(25))
    prepared = prepare(request_of())
    assert "5 of 25 embeddings have no label in any task" in prepared.warnings


def test_a_probe_and_a_metric_of_ones_own_change_the_digest(request_of) -> None:
    plain, knn, mae = (
        choose_protocols(["nested-cv"], probe=probe, metric=metric)[0]
        for probe, metric in ((None, None), ("knn", None), (None, "mae"))
    )
    assert plain.identity == "nested-cv@1"
    assert knn.values()["probe"] == {"name": "core/knn", "version": 1}
    assert mae.values()["metric"] == {"name": "core/mae", "version": 1}
    assert len({chosen.identity for chosen in (plain, knn, mae)}) == 3
    tasks = prepare(request_of()).selection.tasks
    added = set(components_of(knn, knn.implementation(), tasks)) - set(
        components_of(plain, plain.implementation(), tasks)
    )
    assert [component.full_name for component in added] == ["core/knn"]


@pytest.mark.parametrize(("kind", "name"), [("probe", "knn"), ("metric", "mae")])
def test_a_protocol_with_its_own_probe_and_metric_takes_no_other(kind: str, name: str) -> None:
    with pytest.raises(ConfigError, match=f"has its own {kind}") as caught:
        choose_protocols(["neucobench-2026"], **{kind: name})
    assert caught.value.hint == f"use --{kind} with --protocol nested-cv"


def test_an_option_a_protocol_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(ConfigError, match="unknown option 'folsd'; did you mean 'folds'") as caught:
        NESTED_CV.with_options({"folsd": 3})
    assert "folds" in str(caught.value.hint)


def test_a_probes_parameters_change_the_digest_unless_they_are_the_defaults() -> None:
    def chosen(probe):
        (made,) = choose_protocols((), probe=probe)
        return made

    five, plain = chosen({"name": "knn", "neighbours": 5}), chosen("knn")
    assert five.values()["probe"] == {"name": "core/knn", "version": 1, "neighbours": 5}
    assert len({five.identity, plain.identity, NESTED_CV.identity}) == 3
    assert chosen({"name": "knn", "neighbours": "10"}).identity == plain.identity
    assert [c.full_name for c in components_of(five, five.implementation(), ())] == ["core/knn"]
    with pytest.raises(ConfigError, match="options of the protocol nested-cv"):
        chosen({"name": "knn", "neighbors": 5})


def digests(prepared, chosen=NESTED_CV) -> list[str]:
    return [task.digest for task in prepared.for_protocol(chosen).scoring.tasks]


def test_fault_62_groups_and_ids_left_out_make_other_labels(request_of, tmp_path: Path) -> None:
    places = "".join(f"c{n:02d},p{n % 5}\n" for n in range(20))
    (tmp_path / "places.csv").write_text("id,place\n" + places)
    (tmp_path / "left-out.txt").write_text("c15\n")
    plain = prepare(request_of())
    grouped = prepare(request_of(split=f"group:{tmp_path / 'places.csv'}:place"))
    fewer = prepare(request_of(exclude_file=tmp_path / "left-out.txt"))
    assert not set(digests(plain)) & set(digests(grouped))
    assert digests(plain, NEUCOBENCH) == digests(grouped, NEUCOBENCH)
    assert grouped.for_protocol(NESTED_CV).notes == ()
    assert "has no effect" in grouped.for_protocol(NEUCOBENCH).notes[0]
    for chosen in (NESTED_CV, NEUCOBENCH):
        same = [a == b for a, b in zip(digests(plain, chosen), digests(fewer, chosen), strict=True)]
        assert same == [False, True]  # c15 is labelled by the first task only


def test_fault_55_the_order_of_a_label_file_makes_other_labels_for_neuco_benchs_stream_only(
    request_of, tmp_path: Path
) -> None:
    before = prepare(request_of())
    file = tmp_path / "labels/height__regr.csv"
    header, *rows = file.read_text().splitlines()
    file.write_text("\n".join([header, *rows[::-1], ""]))
    after = prepare(request_of())
    assert digests(before) == digests(after)
    assert digests(before, NEUCOBENCH) != digests(after, NEUCOBENCH)


def test_partial_and_ranked_runs_are_never_found_for_each_other(request_of, tmp_path: Path) -> None:
    embed(tmp_path, range(2, 20))
    partial = prepare(request_of(allow_missing=True))
    lenient = prepare(request_of(lenient=True))
    assert partial.for_protocol(NEUCOBENCH).key != lenient.for_protocol(NEUCOBENCH).key


def test_without_a_protocol_the_default_one_scores() -> None:
    assert [chosen.identity for chosen in choose_protocols([])] == ["nested-cv@1"]


def test_fault_56_the_key_of_a_run_moves_with_what_its_scores_depend_on(
    request_of, tmp_path: Path
) -> None:
    (tmp_path / "left-out.txt").write_text("c03\n")
    (tmp_path / "groups.csv").write_text(
        "id,site\n" + "".join(f"c{n:02d},{n // 5}\n" for n in range(20))
    )
    requests = {
        "plain": request_of(),
        "a task": request_of(tasks=("height",)),
        "an id left out": request_of(exclude_file=tmp_path / "left-out.txt"),
        "groups": request_of(split=f"group:{tmp_path / 'groups.csv'}:site"),
        "what is written": request_of(fold_results=False),
    }
    keys = {
        name: prepare(request).for_protocol(NESTED_CV).key for name, request in requests.items()
    }
    keys["options"] = prepare(request_of()).for_protocol(NESTED_CV.with_options({"folds": 5})).key
    keys["protocol"] = prepare(request_of()).for_protocol(NEUCOBENCH).key
    embed(tmp_path, range(20), scale=0.25)
    keys["embeddings"] = prepare(request_of()).for_protocol(NESTED_CV).key
    embed(tmp_path, range(20))
    labels = tmp_path / "labels/height__regr.csv"
    labels.write_text(labels.read_text().replace("c04,4\n", "c04,5\n"))
    keys["a label"] = prepare(request_of()).for_protocol(NESTED_CV).key
    assert len(set(keys.values())) == len(keys)


def test_fault_56_the_key_of_a_run_stays_where_the_files_lie_elsewhere(
    request_of, tmp_path: Path
) -> None:
    before = prepare(request_of()).for_protocol(NESTED_CV).key
    (tmp_path / "elsewhere.csv").write_bytes((tmp_path / "e.csv").read_bytes())
    (tmp_path / "labels").rename(tmp_path / "moved")
    moved = request_of(
        embeddings=tmp_path / "elsewhere.csv",
        labels=tmp_path / "moved",
        output=tmp_path / "other",
        method="another",
        phase="another",
        allow_missing=True,
    )
    assert prepare(moved).for_protocol(NESTED_CV).key == before


def test_labels_outside_the_chosen_tasks_move_the_key_of_neuco_benchs_protocols_only(
    request_of, tmp_path: Path
) -> None:
    """They move its stream; the splits of nested-cv know nothing of them."""
    asked = request_of(tasks=("width",))
    before = [prepare(asked).for_protocol(chosen).key for chosen in (NESTED_CV, NEUCOBENCH)]
    embed(tmp_path, range(21))
    (tmp_path / "labels/depth__regr.csv").write_text("id,label\nc20,1\n")
    embedded = [prepare(asked).for_protocol(chosen).key for chosen in (NESTED_CV, NEUCOBENCH)]
    assert embedded[1] != before[1]
    embed(tmp_path, range(20))
    extended = prepare(request_of(tasks=("width",), allow_missing=True)).for_protocol(NESTED_CV).key
    assert extended == before[0]


def test_fault_56_the_key_of_a_run_does_not_depend_on_the_order_of_a_set(request_of) -> None:
    """Python orders a set by hashes that differ from process to process."""
    prepared = prepare(request_of())
    ids = [f"cube-{n}" for n in range(2000)]
    turned = [frozenset(ids), frozenset(reversed(ids))]
    assert list(turned[0]) != list(turned[1])
    one, other = (
        replace(prepared, selection=replace(prepared.selection, labelled_ids=labelled))
        for labelled in turned
    )
    assert one.for_protocol(NEUCOBENCH).key == other.for_protocol(NEUCOBENCH).key


def test_a_run_records_what_is_needed_to_repeat_its_split_and_its_exclusion(
    request_of, tmp_path: Path
) -> None:
    (tmp_path / "left-out.txt").write_text("c03\nc99\n")
    groups = tmp_path / "groups.csv"
    groups.write_text("id,site\n" + "".join(f"c{n:02d},{n // 5}\n" for n in range(20)))
    prepared = prepare(
        request_of(exclude_file=tmp_path / "left-out.txt", split=f"group:{groups}:site")
    )
    inputs = prepared.inputs
    digest = hashlib.sha256(groups.read_bytes()).hexdigest()
    assert prepared.partition.record(inputs) == {
        "rule": "group:groups.csv:site",
        "column": "site",
        "file": "groups.csv",
        "sha256": digest,
        "groups": 4,
    }
    assert inputs.exclude is not None
    assert (inputs.exclude["file"], inputs.exclude["rows_left_out"]) == ("left-out.txt", 1)
    prepared = prepare(request_of())
    assert prepared.partition.record(prepared.inputs) == {"rule": "random"}


def test_a_method_is_named_after_its_file_with_all_dots_but_the_suffix(request_of) -> None:
    assert request_of(embeddings="runs/clay-v1.5.csv.gz").method == "clay-v1.5"
    assert request_of(embeddings="parts/v0.2").method == "v0.2"


def test_a_task_has_the_name_of_its_label_file_under_neuco_benchs_protocols(
    request_of, tmp_path: Path
) -> None:
    prepared = prepare(request_of())
    names = [task.key for task in prepared.for_protocol(NEUCOBENCH).scoring.tasks]
    assert names == ["height", "width"]
    assert all(task.groups is None for task in prepared.for_protocol(NEUCOBENCH).scoring.tasks)


def test_rows_without_a_group_are_named_for_every_task(request_of, tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_text("id,site\nc00,a\nc01,b\n")
    with pytest.raises(IdError, match="labelled ids have no group") as caught:
        prepare(request_of(split=f"group:{tmp_path / 'groups.csv'}:site"))
    assert caught.value.problems == (
        "task height: 18 of 20 ids, such as c02, c03, c04",
        "task width: 8 of 10 ids, such as c02, c03, c04",
    )


def test_options_of_the_probe_need_a_probe() -> None:
    with pytest.raises(ConfigError, match="no probe is chosen"):
        choose_protocols([], options={"probe.neighbours": "3"})
    (chosen,) = choose_protocols([], probe="knn", options={"probe.neighbours": "3", "folds": "5"})
    assert chosen.values()["probe"] == {"name": "core/knn", "version": 1, "neighbours": 3}
    assert chosen.values()["folds"] == 5


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    stem=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+=-]{0,20}[A-Za-z0-9]", fullmatch=True),
    suffix=st.sampled_from([".csv", ".csv.gz", ".parquet", ".npz", ".CSV", ".Parquet"]),
)
def test_a_method_is_named_after_its_file_with_all_its_dots(stem: str, suffix: str) -> None:
    known = (".csv", ".csv.gz", ".parquet", ".npz")
    if stem.lower().endswith(known):
        return
    assert method_name(Path("folder") / f"{stem}{suffix}") == stem
