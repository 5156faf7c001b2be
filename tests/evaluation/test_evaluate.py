"""What of the embeddings and labels is scored, and what the key of a run depends on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from neucocore.errors import ConfigError, IdError
from neucocore.evaluation.evaluate import (
    EvaluateRequest,
    Switches,
    components_of,
    prepare,
    protocols_of,
)
from neucocore.evaluation.protocols import protocol

ROBUST = protocol("robust")
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

    def make(**fields) -> EvaluateRequest:
        request = EvaluateRequest(tmp_path / "e.csv", tmp_path / "labels", tmp_path / "out", "e")
        return replace(request, **fields)

    return make


def embed(folder: Path, numbers, scale: float = 0.5) -> None:
    rows = "".join(f"c{n:02d},{n * scale}\n" for n in numbers)
    (folder / "e.csv").write_text("id,0\n" + rows)


def rows_of(prepared) -> dict[str, list[str]]:
    return {task.key: list(task.ids) for task in prepared.selection.tasks}


def test_ids_left_out_have_neither_embeddings_nor_labels(request_of, tmp_path: Path) -> None:
    (tmp_path / "left-out.txt").write_text("c01\nc15\n")
    prepared = prepare(request_of(exclude=tmp_path / "left-out.txt"))
    kept = [f"c{n:02d}" for n in range(20) if n not in (1, 15)]
    assert list(prepared.embeddings.ids) == kept
    assert prepared.embeddings.matrix[:, 0].tolist() == [int(cube[1:]) * 0.5 for cube in kept]
    assert rows_of(prepared) == {"height": kept, "width": [c for c in kept if c < "c10"]}
    assert any("2 embeddings left out" in text for text in prepared.warnings)
    assert not prepared.partial


@pytest.mark.parametrize(
    ("text", "left"),
    [("", 20), ("c01\nc01\nc01.zarr.zip\n", 19)],
    ids=["none at all", "one named thrice"],
)
def test_a_list_of_ids_to_leave_out_may_be_empty_or_repeat_itself(
    request_of, tmp_path: Path, text: str, left: int
) -> None:
    (tmp_path / "left-out.txt").write_text(text)
    assert len(prepare(request_of(exclude=tmp_path / "left-out.txt")).embeddings.ids) == left


def test_ids_left_out_may_lack_an_embedding(request_of, tmp_path: Path) -> None:
    (tmp_path / "left-out.txt").write_text("c01\nc15\n")
    embed(tmp_path, [n for n in range(20) if n not in (1, 15)])
    prepared = prepare(request_of(exclude=tmp_path / "left-out.txt"))
    assert (len(rows_of(prepared)["height"]), prepared.partial) == (18, False)


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
    assert prepared.partial
    height = next(task for task in prepared.selection.tasks if task.key == "height")
    assert height.ids == tuple(f"c{n:02d}" for n in range(2, 20))
    assert height.y.ravel().tolist() == list(range(2, 20))
    assert "2 labelled ids have no embedding; their labels are left out" in prepared.warnings


def test_nothing_missing_makes_no_partial_run(request_of) -> None:
    assert not prepare(request_of(allow_missing=True)).partial


def test_neuco_benchs_own_reading_intersects_the_ids_and_is_ranked(
    request_of, tmp_path: Path
) -> None:
    embed(tmp_path, range(2, 20))
    assert not prepare(request_of(lenient=True)).partial


def test_a_task_without_any_embedding_is_not_scored(request_of, tmp_path: Path) -> None:
    embed(tmp_path, range(10, 20))
    assert set(rows_of(prepare(request_of(allow_missing=True)))) == {"height"}


def test_embeddings_without_any_label_are_refused(request_of, tmp_path: Path) -> None:
    embed(tmp_path, range(50, 60))
    with pytest.raises(IdError, match="is among the 10 embeddings") as caught:
        prepare(request_of(allow_missing=True))
    assert "neuco validate" in str(caught.value.hint)


def test_fault_06_embeddings_without_a_label_are_counted(request_of, tmp_path: Path) -> None:
    embed(tmp_path, range(25))
    prepared = prepare(request_of())
    assert "5 of 25 embeddings have no label in any task" in prepared.warnings


def test_a_probe_and_a_metric_of_ones_own_change_the_digest(request_of) -> None:
    plain, knn, mae = (
        protocols_of(["robust"], probe=probe, metric=metric)[0]
        for probe, metric in ((None, None), ("knn", None), (None, "mae"))
    )
    assert plain.identity == "robust@1"
    assert knn.values()["probe"] == "core/knn"
    assert mae.values()["metric"] == "core/mae"
    assert len({chosen.identity for chosen in (plain, knn, mae)}) == 3
    tasks = prepare(request_of()).selection.tasks
    added = set(components_of(knn, tasks)) - set(components_of(plain, tasks))
    assert [component.full_name for component in added] == ["core/knn"]


@pytest.mark.parametrize(("kind", "name"), [("probe", "knn"), ("metric", "mae")])
def test_a_protocol_with_its_own_probe_and_metric_takes_no_other(kind: str, name: str) -> None:
    with pytest.raises(ConfigError, match=f"has its own {kind}") as caught:
        protocols_of(["neucobench-2026"], **{kind: name})
    assert caught.value.hint == f"--protocol robust --{kind} {name}"


def test_an_option_a_protocol_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(ConfigError, match="no option 'folsd'") as caught:
        ROBUST.with_options({"folsd": 3})
    assert "folds" in str(caught.value.hint)


def test_a_probes_parameters_change_the_digest_unless_they_are_the_defaults() -> None:
    def chosen(probe):
        (made,) = protocols_of((), probe=probe)
        return made

    five, plain = chosen({"name": "knn", "neighbours": 5}), chosen("knn")
    assert five.values()["probe"] == {"name": "core/knn", "neighbours": 5}
    assert len({five.identity, plain.identity, ROBUST.identity}) == 3
    assert chosen({"name": "knn", "neighbours": "10"}).identity == plain.identity
    assert [c.full_name for c in components_of(five, ())] == ["core/knn"]
    with pytest.raises(ConfigError, match="parameters of core/knn"):
        chosen({"name": "knn", "neighbors": 5})


def digests(prepared, chosen=ROBUST) -> list[str]:
    return [task.digest for task in prepared.given(chosen).tasks]


def test_fault_62_groups_and_ids_left_out_make_other_labels(request_of, tmp_path: Path) -> None:
    places = "".join(f"c{n:02d},p{n % 5}\n" for n in range(20))
    (tmp_path / "places.csv").write_text("id,place\n" + places)
    (tmp_path / "left-out.txt").write_text("c15\n")
    plain = prepare(request_of())
    grouped = prepare(request_of(groups=f"{tmp_path / 'places.csv'}:place"))
    fewer = prepare(request_of(exclude=tmp_path / "left-out.txt"))
    assert not set(digests(plain)) & set(digests(grouped))
    assert digests(plain, NEUCOBENCH) == digests(grouped, NEUCOBENCH)
    assert grouped.ignored(ROBUST) == []
    assert "--groups has no effect" in grouped.ignored(NEUCOBENCH)[0]
    for chosen in (ROBUST, NEUCOBENCH):
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
    assert partial.key(NEUCOBENCH) != lenient.key(NEUCOBENCH)


def test_without_a_protocol_the_robust_one_scores() -> None:
    assert [chosen.identity for chosen in protocols_of([])] == ["robust@1"]


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
        "an id left out": request_of(exclude=tmp_path / "left-out.txt"),
        "groups": request_of(groups=f"{tmp_path / 'groups.csv'}:site"),
        "what is written": request_of(switches=Switches(fold_results=False)),
    }
    keys = {name: prepare(request).key(ROBUST) for name, request in requests.items()}
    keys["options"] = prepare(request_of()).key(ROBUST.with_options({"folds": 5}))
    keys["protocol"] = prepare(request_of()).key(NEUCOBENCH)
    embed(tmp_path, range(20), scale=0.25)
    keys["embeddings"] = prepare(request_of()).key(ROBUST)
    embed(tmp_path, range(20))
    labels = tmp_path / "labels/height__regr.csv"
    labels.write_text(labels.read_text().replace("c04,4\n", "c04,5\n"))
    keys["a label"] = prepare(request_of()).key(ROBUST)
    assert len(set(keys.values())) == len(keys)


def test_fault_56_the_key_of_a_run_stays_where_the_files_lie_elsewhere(
    request_of, tmp_path: Path
) -> None:
    before = prepare(request_of()).key(ROBUST)
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
    assert prepare(moved).key(ROBUST) == before


def test_labels_outside_the_chosen_tasks_move_the_key_of_neuco_benchs_protocols_only(
    request_of, tmp_path: Path
) -> None:
    """They move its stream; the splits of robust know nothing of them."""
    asked = request_of(tasks=("width",))
    before = [prepare(asked).key(chosen) for chosen in (ROBUST, NEUCOBENCH)]
    embed(tmp_path, range(21))
    (tmp_path / "labels/depth__regr.csv").write_text("id,label\nc20,1\n")
    embedded = [prepare(asked).key(chosen) for chosen in (ROBUST, NEUCOBENCH)]
    assert embedded[1] != before[1]
    embed(tmp_path, range(20))
    extended = prepare(replace(asked, allow_missing=True)).key(ROBUST)
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
    assert one.key(NEUCOBENCH) == other.key(NEUCOBENCH)
