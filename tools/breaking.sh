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

buf breaking proto --against "$against/proto"
# Records only promise their wire format.
buf build proto -o .third_party/now.binpb
(cd "$against" && buf build proto -o ../base.binpb)
wire='{"version":"v2","breaking":{"use":["WIRE"]}}'
buf breaking .third_party/now.binpb --against .third_party/base.binpb \
  --config "$wire" --against-config "$wire" --path throughline/storage
