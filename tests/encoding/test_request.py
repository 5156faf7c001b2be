"""What the key of an encode run depends on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from neucocore.components.discovery import Component
from neucocore.components.lookup import find
from neucocore.components.specs import DatasetSpec, EncoderSpec, Param
from neucocore.components.validation import validate_spec
from neucocore.encoding.request import EncodeRequest

MADE_OF_OTHERS = EncoderSpec(
    name="made-of-others",
    summary="test",
    factory="test:Test",
    params=(Param("parts", "list", ("mean",), "names"),),
    uses="parts",
)


def request(tmp_path: Path, spec: EncoderSpec, **params: list[str]) -> EncodeRequest:
    data = DatasetSpec(name="none", summary="test", factory="test:Test")
    return EncodeRequest(
        dataset=Component(data, "test", "test", ""),
        data=tmp_path,
        dataset_params={},
        encoder=Component(spec, "test", "test", ""),
        encoder_params=params,
        reducer=None,
        ids=("a",),
        out=tmp_path / "out.npz",
    )


def test_the_code_of_the_encoders_used_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request(tmp_path, MADE_OF_OTHERS)
    before = asked.features_key(())
    newer = find("encoder", "mean")
    newer = replace(newer, spec=replace(newer.spec, version=newer.spec.version + 1))
    monkeypatch.setattr("neucocore.encoding.request.find", lambda kind, name: newer)
    assert asked.features_key(()) != before


def test_the_encoders_named_count_and_not_the_defaults(tmp_path: Path) -> None:
    named = request(tmp_path, MADE_OF_OTHERS, parts=["random", "constant"])
    used = named.cache_key_fields()["uses"]
    assert [producer["component"] for producer in used] == ["core/random", "core/constant"]


def test_an_encoder_of_its_own_says_nothing_about_others(tmp_path: Path) -> None:
    assert "uses" not in request(tmp_path, replace(MADE_OF_OTHERS, uses=None)).cache_key_fields()


def test_uses_must_name_a_list(tmp_path: Path) -> None:
    assert validate_spec(MADE_OF_OTHERS) == []
    [problem] = validate_spec(replace(MADE_OF_OTHERS, uses="others"))
    assert problem == "uses='others' names no parameter of type list"
