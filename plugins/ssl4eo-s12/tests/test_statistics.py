from __future__ import annotations

import pytest

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS, PRETRAINING_STATISTICS
from neucocore.builtin.encoders.mean import STATISTICS
from neucocore.plugin import BANDS, ChannelStatistics


@pytest.mark.parametrize("statistics", [PRETRAINING_STATISTICS, DOWNSTREAM_STATISTICS])
def test_every_band_has_a_mean_and_a_standard_deviation(statistics: ChannelStatistics) -> None:
    for modality, names in BANDS.items():
        assert len(statistics.mean[modality]) == len(statistics.std[modality]) == len(names)
        assert min(statistics.std[modality]) > 0


def test_the_statistics_of_the_mean_baseline_are_those_of_ssl4eo_s12() -> None:
    assert STATISTICS == PRETRAINING_STATISTICS
