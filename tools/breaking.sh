#!/usr/bin/env bash
# Compares the contract with the one of the commit this work is based on: the
# public packages file by file, the on-disk records by wire format.
set -euo pipefail
cd "$(dirname "$0")/.."

base=$(git merge-base HEAD origin/main 2>/dev/null || true)
if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then
  base=$(git rev-parse --verify --quiet HEAD~1 || true)
fi
if [ -z "$base" ]; then
  echo "breaking: no earlier commit to compare with"
  exit 0
fi

against=.third_party/against
rm -rf "$against"
mkdir -p "$against/.third_party"
git archive "$base" proto buf.yaml | tar -x -C "$against"
cp -r .third_party/protos "$against/.third_party/"

buf breaking . --against "$against" --path proto
storage='{"version":"v2","modules":[{"path":"proto"},{"path":".third_party/protos"}],"breaking":{"use":["WIRE"]}}'
buf breaking . --against "$against" --config "$storage" --against-config "$storage" --path proto/throughline/storage
