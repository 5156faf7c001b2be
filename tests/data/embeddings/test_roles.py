"""What counts as a dimension, by names and types of columns (faults 73 and 74)."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.data.embeddings.layouts import Column
from neucocore.data.embeddings.roles import Roles, assign_roles
from neucocore.data.embeddings.table import ReadOptions

METADATA = [
    *("label", "lon", "lat", "year", "fold", ".geo", "class", "country", "ndvi_mean", "elevation"),
    *("centre_lat", "product_id", "cloud_cover", "geometry", "Unnamed: 0", "target", "population"),
]
PROPERTY = settings(derandomize=True, max_examples=60, deadline=None)
stems = st.sampled_from(["", "A", "B", "b", "embedding_", "emb-", "feat.", "dim ", "e", "Größe_"])


def columns(*names: str, kind="number") -> list[Column]:
    return [Column(name, "text" if name == "id" else kind) for name in names]


def roles(table: list[Column], **options) -> Roles:
    return assign_roles(table, ReadOptions(**options))


def errors(found: Roles) -> list[str]:
    return [f.message for f in found.findings if f.level == "error"]


def hint(found: Roles) -> str:
    return next(f.hint or "" for f in found.findings if f.level == "error")


def follow(table: list[Column], text: str) -> Roles:
    """Read a table again with the options of a hint."""
    words = shlex.split(text.partition(" or ")[0])
    return roles(table, **{words[0].removeprefix("--"): words[1]})


@st.composite
def numbered(draw) -> tuple[str, list[str]]:
    """Draw the names of a complete run of numbered columns."""
    stem, d, start = draw(stems), draw(st.integers(2, 30)), draw(st.sampled_from([0, 1]))
    width = draw(st.sampled_from([1, 2, 3]))
    return stem, [f"{stem}{number:0{width}d}" for number in range(start, start + d)]


@PROPERTY
@given(
    run=numbered(),
    extra=st.lists(st.sampled_from(METADATA), unique=True, max_size=6),
    typed=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_fault_73_one_complete_run_is_the_vector_in_any_order(run, extra, typed, order):
    _, names = run
    table = [*columns("id", *names, *extra, kind="number" if typed else None)]
    order.shuffle(table)
    found = roles(table)
    assert errors(found) == []
    assert found.names == tuple(names)
    assert {table[p].name for p in found.metadata} == set(extra)
    (note,) = found.note(table, len(names)) or [None]
    assert (note is None) == (extra == [])
    assert note is None or all(repr(name) in note.message for name in extra)


@PROPERTY
@given(run=numbered(), gap=st.integers(1, 28), order=st.randoms(use_true_random=False))
def test_fault_73_a_gap_is_refused_and_the_hint_selects_the_columns(run, gap, order):
    _, names = run
    missing = names[1 + gap % (len(names) - 1) if len(names) > 2 else 0]
    kept = [name for name in names if name != missing]
    if len(kept) < 2 or missing == names[-1]:
        return
    table = columns("id", *kept, "label")
    order.shuffle(table)
    found = roles(table)
    if missing == names[0] and names[0].endswith("0"):
        return  # 1..d remains
    assert "gaps" in errors(found)[0]
    again = follow(table, hint(found))
    assert errors(again) == []
    assert again.names == tuple(kept)


@PROPERTY
@given(first=numbered(), second=numbered())
def test_fault_73_two_stems_are_refused_and_the_hint_selects_one(first, second):
    (stem, names), (other, others) = first, second
    if stem == other:
        return
    table = columns("id", *names, *others)
    found = roles(table)
    assert "several runs" in errors(found)[0] or "named like" in errors(found)[0]
    if "several runs" in errors(found)[0]:
        again = follow(table, hint(found))
        assert again.names == tuple(names)


@PROPERTY
@given(
    names=st.lists(
        st.from_regex(r"[a-z]{2,6}_(mean|p10|p90|std)", fullmatch=True), min_size=2, unique=True
    ),
)
def test_fault_73_columns_without_a_stem_are_refused_and_the_hint_selects_them(names):
    table = columns("id", *names, "lon", "label")
    found = roles(table)
    assert not found.has_vectors or errors(found)
    if "unclear which columns" in errors(found)[0] and len(names) <= 24:
        again = follow(table, hint(found))
        assert errors(again) == []
        assert set(again.names) == set(names)


@pytest.mark.parametrize(
    ("names", "message", "pasted"),
    [
        (("B2", "B3", "B4", "B8", "B8A", "B11"), "named like the dimensions B2..B11", "B*"),
        (("B1", "B2", "B8A"), "without a number: 'B8A'", "B1,B2"),
        (
            ("embedding_0", "embedding_1", "embedding_norm"),
            "'embedding_norm'",
            "embedding_0,embedding_1",
        ),
        (("embedding_0", "embedding_1", "embedding"), "without a number: 'embedding'", None),
        (("ndvi_mean", "vv_p10"), "unclear which columns", "ndvi_mean,vv_p10"),
        (("ndvi_mean", "vv_p10", "lon", "label"), "unclear", "ndvi_mean,vv_p10"),
        (("pop_2000", "pop_2010"), "gaps between 1 and 2010", "pop_*"),
        (("0", "1", "2", "8A"), "'8A'", "0,1,2"),
        (("b2000", "b2010", "e0", "e1", "e2"), "several runs", "e*"),
    ],
)
def test_fault_73_unclear_tables_are_refused_with_the_option_to_paste(names, message, pasted):
    found = roles(columns("id", *names))
    assert message in " ".join(errors(found))
    if pasted is not None:
        assert hint(found) == f"--vector {shlex.quote(pasted)}"


@pytest.mark.parametrize("other", ["Area", "year_2020", "Altitude", "wgs84", "label", "a", "2020"])
def test_fault_73_other_names_do_not_share_the_stem(other):
    found = roles(columns("id", "A00", "A01", "A02", other))
    assert errors(found) == []
    assert found.names == ("A00", "A01", "A02")


def test_fault_73_a_column_of_text_is_no_part_of_a_run():
    table = [Column("id", "text"), *columns("A0", "A1"), Column("tag_0", "text"),
             Column("tag_1", "text")]  # fmt: skip
    assert roles(table).names == ("A0", "A1")


LIST = Column("v", "list")


@pytest.mark.parametrize("kind", ["list", "text-list"])
def test_fault_74_the_only_list_is_the_vector_where_no_columns_are_numbered(kind):
    found = roles([Column("id", "text"), Column("v", kind), *columns("lon", "label")])
    assert (found.vector, errors(found)) == (1, [])
    found = roles([Column("id", "text"), Column("v", kind), *columns("A0", "A1")])
    assert (
        "several columns may hold the vectors: 'v', and numbered columns A0..A1"
        in (errors(found)[0])
    )
    assert hint(found) == "--vector v or --vector 'A*'"


@pytest.mark.parametrize("name", ["embedding", "embeddings", "vector"])
def test_fault_74_a_list_with_a_usual_name_is_the_vector(name):
    table = [Column("id", "text"), LIST, Column(name, "list"), Column("bbox", "list")]
    assert roles(table).vector == 2


def test_fault_74_several_lists_are_refused():
    found = roles([Column("id", "text"), LIST, Column("w", "list")])
    assert hint(found) == "--vector v or --vector w"
    assert roles([Column("id", "text"), LIST, Column("bbox", "list")]).vector == 1
    both = [Column("id", "text"), Column("embedding", "list"), Column("embeddings", "list")]
    assert "several columns" in errors(roles(both))[0]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("text-vector", "the vector is text in one cell of column 'embedding'"),
        ("binary", "holds bytes"),
        ("nested", "not a list of numbers"),
    ],
)
def test_fault_74_vectors_that_cannot_be_read_are_called_what_they_are(kind, message):
    for options in ({}, {"vector": "embedding"}):
        found = roles([Column("id", "text"), Column("embedding", kind, kind)], **options)
        assert message in errors(found)[0]
        assert hint(found)


def test_named_columns_are_taken_in_the_order_of_the_names():
    table = columns("id", "B11", "B2", "B8A", "lon")
    assert roles(table, vector="B*").names == ("B2", "B8A", "B11")
    assert roles(table, vector="lon,B2").names == ("lon", "B2")
    assert roles(table, vector="B?,lon").names == ("B2", "lon")
    assert roles(columns("id", "a,b", "c"), vector="a,b").names == ("a,b",)
    assert "no such column" in errors(roles(table, vector="Z*"))[0]
    assert "did you mean 'B8A'" in hint(roles(table, vector="B8B"))


def test_the_id_is_named_or_known():
    table = [Column("name", "text"), *columns("0", "1")]
    found = roles(table)
    assert hint(found).startswith("--id name")
    assert roles(table, id="name").id == 0
    assert "no column 'nam' for the ids" in errors(roles(table, id="nam"))[0]
    for name in ("system:index", "unique_id", "file_id", "source_url", "cell_id", "filenames"):
        known = [Column(name, "text"), *columns("0", "1")]
        assert roles(known).id == 0
        assert f"id from {name!r}" in roles(known).note(known, 2)[0].message
        assert roles([Column("id", "text"), *known]).id == 0
    two = [Column("cell_id", "text"), Column("file_id", "text"), *columns("0", "1")]
    assert hint(roles(two)) in ("--id file_id", "--id cell_id")
    lists = [Column("id", "list"), *columns("0", "1")]
    assert "holds lists, not ids" in errors(roles(lists))[0]
