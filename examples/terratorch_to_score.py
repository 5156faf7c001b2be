"""Score embeddings that TerraTorch has written: a folder of Parquet parts, or one layer of it.

python terratorch_to_score.py terratorch/ survey.csv
python terratorch_to_score.py terratorch:layer_11 survey.csv
"""

import sys

import neucocore as nc

embeddings, labels = sys.argv[1:]
loaded = nc.load_embeddings(embeddings)
print(f"{len(loaded.ids)} embeddings with {loaded.dimension} dimensions")
(report,) = nc.evaluate(embeddings, labels=labels, method="terratorch", output="results")
for row in report.rows():
    interval = "-" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}"
    print(f"{row['task']:20} {row['metric']:18} {row['score']:7.3f}   {interval}")
