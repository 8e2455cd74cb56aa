#!/usr/bin/env bash
# Runs every fuzzer of the workspace, one after the other, for the time given.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}

grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' services | while read -r file; do
  grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | awk '{print $2}' | while read -r name; do
    echo "$name in $(dirname "$file")"
    go test "./$(dirname "$file")" -run '^$' -fuzz "^$name\$" -fuzztime "$time"
  done
done
