"""What the keys of an encode run depend on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from neucocore.components.discovery import Component
from neucocore.components.lookup import find
from neucocore.components.specs import DatasetSpec, EncoderSpec, Param
from neucocore.components.validation import validate_spec
from neucocore.encoding.request import EncodeRequest

COMBINED = EncoderSpec(
    name="combined",
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
        output=tmp_path / "out.npz",
    )


def test_the_code_of_the_encoders_used_is_part_of_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    combined = request(tmp_path, COMBINED)
    before = combined.features_key(())
    newer = find("encoder", "mean")
    newer = replace(newer, spec=replace(newer.spec, version=newer.spec.version + 1))
    monkeypatch.setattr("neucocore.encoding.request.find", lambda kind, name: newer)
    assert combined.features_key(()) != before


def test_the_encoders_used_are_those_set_and_not_the_defaults(tmp_path: Path) -> None:
    combined = request(tmp_path, COMBINED, parts=["random", "constant"])
    used = combined.cache_key_fields()["uses"]
    assert [identity["component"] for identity in used] == ["core/random", "core/constant"]


def test_an_encoder_that_uses_no_others_has_no_such_key_field(tmp_path: Path) -> None:
    assert "uses" not in request(tmp_path, replace(COMBINED, uses=None)).cache_key_fields()


def test_uses_must_name_a_list(tmp_path: Path) -> None:
    assert validate_spec(COMBINED) == []
    [problem] = validate_spec(replace(COMBINED, uses="others"))
    assert problem == "uses='others' is not the name of a parameter of type list"
