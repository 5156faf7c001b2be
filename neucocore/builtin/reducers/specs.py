"""The built-in reducers, described without importing them."""

from __future__ import annotations

from neucocore.components.specs import Param, ReducerSpec


def reducer_specs() -> list[ReducerSpec]:
    """Return the standard reducers: fewer columns, or fewer bits per number."""
    return [
        ReducerSpec(
            name="pca",
            summary="principal components: the directions of largest variance",
            factory="neucocore.builtin.reducers.pca:PCA",
            license="Apache-2.0",
        ),
        ReducerSpec(
            name="projection",
            summary="random projection: keeps distances on average, independent of the data",
            factory="neucocore.builtin.reducers.projection:RandomProjection",
            params=(Param("seed", "int", 42, "random seed of the directions"),),
            needs_fit=False,
            license="Apache-2.0",
        ),
        ReducerSpec(
            name="float16",
            summary="half precision: 16 bits per number",
            factory="neucocore.builtin.reducers.quantise:Float16",
            needs_fit=False,
            bits=16,
            keeps_dimensions=True,
            license="Apache-2.0",
        ),
        ReducerSpec(
            name="int8",
            summary="256 equal levels over the range of each column: 8 bits per number",
            factory="neucocore.builtin.reducers.quantise:Uniform",
            bits=8,
            keeps_dimensions=True,
            license="Apache-2.0",
        ),
        ReducerSpec(
            name="int4",
            summary="16 equal levels over the range of each column: 4 bits per number",
            factory="neucocore.builtin.reducers.quantise:int4",
            bits=4,
            keeps_dimensions=True,
            license="Apache-2.0",
        ),
        ReducerSpec(
            name="int2",
            summary="4 equal levels over the range of each column: 2 bits per number",
            factory="neucocore.builtin.reducers.quantise:int2",
            bits=2,
            keeps_dimensions=True,
            license="Apache-2.0",
        ),
        *(
            ReducerSpec(
                name=f"normal{bits}",
                summary=f"{2**bits} equal levels by the standard deviation of each column: {bits} "
                f"{'bit' if bits == 1 else 'bits'} per number",
                factory=f"neucocore.builtin.reducers.quantise:{factory}",
                bits=bits,
                keeps_dimensions=True,
                license="Apache-2.0",
            )
            for bits, factory in (
                (8, "NormalSteps"),
                (4, "normal4"),
                (2, "normal2"),
                (1, "normal1"),
            )
        ),
        ReducerSpec(
            name="one-bit",
            summary="whether a number is above the mean of its column: 1 bit per number",
            factory="neucocore.builtin.reducers.quantise:OneBit",
            bits=1,
            keeps_dimensions=True,
            license="Apache-2.0",
        ),
    ]
