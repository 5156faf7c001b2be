"""What a byte buys: scores of one embedding at several sizes, and the smallest that is enough.

python sizes.py embeddings.parquet survey.csv
"""

import sys

import neucocore as nc

embeddings, labels = sys.argv[1:]
curve = nc.sweep(
    (embeddings,),
    labels=labels,
    families=("pca",),
    dims=("8", "32"),
    bits=("32", "8"),
    output="sizes",
)
for row in curve.rows:
    print(
        f"{row['task']:20} {row['bytes']:6.0f} bytes: {row['score']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
    )
for found in curve.sizes:
    enough = found.within.enough
    text = (
        "no size is shown to be enough"
        if enough is None
        else f"{found.amounts[enough]:.0f} bytes are enough"
    )
    print(f"{found.target}, {found.family}: {text} (margin {found.margin})")
