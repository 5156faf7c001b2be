#!/usr/bin/env bash
# Several encoders combined into one embedding of 64 dimensions, and what each adds to the others.
#
#     neuco data generate synthetic-earth -o earth --set cubes=200 --set size=32
#     bash fusion.sh earth
#
# KTH and Friends combined five foundation models in 2025, with an autoencoder: the plugin torch has it
# (--reducer kth-autoencoder). Here the parts are classical encoders, and PCA reduces them.
set -euo pipefail
earth=$1

for encoder in band-covariance wavelet-energies thumbnails; do
    neuco encode "$encoder" --dataset synthetic-earth --data "$earth" -o "$encoder.parquet"
done
neuco fusion make band-covariance.parquet wavelet-energies.parquet thumbnails.parquet \
    --dimension 64 -o fused.parquet
for file in band-covariance wavelet-energies thumbnails fused; do
    neuco evaluate "$file.parquet" --labels "$earth/labels" --tasks clouds-cover -o results
done
neuco leaderboard results
