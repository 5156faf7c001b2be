#!/usr/bin/env bash
# A downloaded product, sampled at your points and scored on your labels.
#
#     bash product_at_points.sh aef/2021/36S/tile.tiff survey.csv
#
# survey.csv has the columns id, lon and lat, and one column for each thing that is known about a point.
# docs/products.md lists the products that are known, and where to get their tiles.
set -euo pipefail
tile=$1
survey=$2

neuco sample aef "$tile" --points "$survey" -o aef.parquet
neuco validate aef.parquet --labels "$survey"
neuco evaluate aef.parquet --labels "$survey" -o results
