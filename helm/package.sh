#!/bin/sh
# Packages every chart, dependencies first: helm/package.sh FOLDER. HELM is the helm to use.
set -eu
out=${1:?folder for the packages}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
for chart in auth users leads buyers analytics gateway leadmesh; do
    "${HELM:-helm}" package --dependency-update --destination "$out" "$here/$chart" >/dev/null
done
ls "$out"
