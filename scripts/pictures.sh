#!/bin/sh
# Takes the pictures of the documents anew, from a demo of the program that was built: `scripts/pictures.sh [PROGRAM]`.
set -eu
cd "$(dirname "$0")/.."
program=${1:-${CARGO_TARGET_DIR:-target}/debug/langso}
shots=$(mktemp -d)
trap 'rm -rf "$shots"' EXIT
LANGSO_WALKS=reporting node tests/browser/run.mjs "$program" "$shots"
cp "$shots/reporting-unit-phone.png" docs/images/bao-cao-xa.png
cp "$shots/reporting-criterion-phone.png" docs/images/bao-cao-tieu-chi.png
