#!/bin/sh
# Runs every fuzz target of the module for a time: fuzz.sh 1m
set -eu
grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "== $(dirname "$file") $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${1:-1m}" "./$(dirname "$file")"
	done
done
