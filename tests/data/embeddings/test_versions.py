from __future__ import annotations

from neucocore.data.embeddings.versions import version_findings


def test_mixed_versions_are_counted():
    extra = {"model_version": ["v1"] * 80 + ["v1.1"] * 20, "tile": ["a", "b"] * 50}
    (finding,) = version_findings(extra, {})
    assert finding.level == "warning"
    assert "v1 (80 rows), v1.1 (20 rows)" in finding.message
    (finding,) = version_findings(extra, {"product": {"name": "TESSERA"}})
    assert finding.level == "error"
    assert "do not mix" in finding.message
    assert version_findings({"version": ["v1"] * 9 + [None]}, {}) == []


def test_years_of_product_and_observation():
    extra = {"product_year": [2020, 2021, 2022], "observation_year": ["2020", "2020-05-01", ""]}
    (finding,) = version_findings(extra, {})
    assert finding.count == 1
    assert "2021 and 2020" in finding.message
