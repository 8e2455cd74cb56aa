#!/usr/bin/env bash
# Runs the Go benchmarks of a commit and of the working tree, in turns, and
# compares them. COUNT (6) runs each; BENCH (.) selects.
set -euo pipefail
cd "$(dirname "$0")/.."
base=${1:-HEAD}
count=${COUNT:-6}

tree=.third_party/bench-base
git worktree remove --force "$tree" 2>/dev/null || true
git worktree add --detach "$tree" "$base" >/dev/null
trap 'git worktree remove --force "$tree"' EXIT
mkdir -p bench
: >bench/old.txt
: >bench/new.txt
for i in $(seq "$count"); do
  echo "run $i of $count"
  (cd "$tree" && go test -run '^$' -bench "${BENCH:-.}" -benchtime 0.5s work) >>bench/old.txt
  go test -run '^$' -bench "${BENCH:-.}" -benchtime 0.5s work >>bench/new.txt
done
benchstat bench/old.txt bench/new.txt
