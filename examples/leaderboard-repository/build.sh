#!/bin/sh
# Check every pack and write the leaderboard to site/; used by the workflow, and locally.
set -eu
neuco results check packs/*.neuco.zip
mkdir -p site
neuco report packs -o site/index.html --title Leaderboard --force
neuco leaderboard packs --format long >site/leaderboard.csv
neuco leaderboard packs --format bibtex >site/references.bib
cp packs/*.neuco.zip site/
