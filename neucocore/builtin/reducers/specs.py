"""The built-in reducers, described without importing them."""

from __future__ import annotations

from neucocore.components.specs import Param, ReducerSpec


def reducer_specs() -> list[ReducerSpec]:
    """Return the standard reducers: two that drop columns, four that drop bits."""
    return [
        ReducerSpec(
            name="pca",
            summary="the directions of largest variance, at most as many as rows and columns",
            factory="neucocore.builtin.reducers.pca:PCA",
            license="Apache-2.0",
        ),
        ReducerSpec(
            name="projection",
            summary="random directions that keep distances on average, whatever the data",
            factory="neucocore.builtin.reducers.projection:RandomProjection",
            params=(Param("seed", "int", 42, "another seed gives other directions"),),
            needs_fit=False,
            license="Apache-2.0",
        ),
        ReducerSpec(
            name="float16",
            summary="half precision, 16 bits a number",
            factory="neucocore.builtin.reducers.quantise:Float16",
            needs_fit=False,
            bits=16,
            license="Apache-2.0",
        ),
        ReducerSpec(
            name="int8",
            summary="256 equal steps over each column's range, 8 bits a number",
            factory="neucocore.builtin.reducers.quantise:Uniform",
            bits=8,
            license="Apache-2.0",
        ),
        ReducerSpec(
            name="int4",
            summary="16 equal steps over each column's range, 4 bits a number",
            factory="neucocore.builtin.reducers.quantise:int4",
            bits=4,
            license="Apache-2.0",
        ),
        ReducerSpec(
            name="one-bit",
            summary="above each column's mean or not, 1 bit a number",
            factory="neucocore.builtin.reducers.quantise:OneBit",
            bits=1,
            license="Apache-2.0",
        ),
    ]
