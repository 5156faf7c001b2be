from __future__ import annotations

from contextlib import suppress

import pytest
import torch

from neuco_plugin_torch.device import device_of, name_of, one_thread, reproducible
from neuco_plugin_torch.energy import gpu_joules

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


@without_gpu
def test_cuda_without_a_gpu_uses_the_cpu_with_a_warning() -> None:
    with pytest.warns(RuntimeWarning, match="finds no GPU, the CPU is used"):
        assert device_of("cuda").type == "cpu"


@without_gpu
def test_auto_uses_the_cpu_without_a_warning() -> None:
    assert name_of(device_of("auto")) == "cpu"


def test_the_cpu_has_no_energy_counter() -> None:
    assert gpu_joules(torch.device("cpu")) is None


def test_seeded_numbers_are_reproducible_and_the_state_of_torch_is_restored() -> None:
    before = torch.get_rng_state()
    with reproducible(3):
        first = torch.rand(5)
    with reproducible(3):
        again = torch.rand(5)
    with reproducible(4):
        other = torch.rand(5)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_number_of_threads_is_restored_after_an_error() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with suppress(KeyError), one_thread():
            assert torch.get_num_threads() == 1
            raise KeyError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
