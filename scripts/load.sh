#!/usr/bin/env bash
# Serves an embedding folder and asks it from many clients: rates, latencies, memory, a flood.
# Usage: scripts/load.sh FOLDER QUERIES.npy [ROWS]
#
# FOLDER has codes and Arrow metadata (rollcall derive), QUERIES.npy float32 vectors, ROWS how many
# rows there are (1000000). One line of JSON a load; the clients run on the same cores. Against
# another service with clip-retrieval's routes: go run ./scripts/load -url http://... -index NAME.
set -euo pipefail

[ $# -ge 2 ] || { sed -n '2,4p' "$0" >&2; exit 2; }
folder=$(realpath "$1") queries=$(realpath "$2") rows=${3:-1000000}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'kill "$service" 2>/dev/null; wait 2>/dev/null; rm -rf "$scratch"' EXIT
service=
go build -o "$scratch/rollcall" ./cmd/rollcall
go build -o "$scratch/load" ./scripts/load

"$scratch/rollcall" --data-dir "$scratch" --quiet serve --listen 127.0.0.1:18999 --index "folder=$folder" &
service=$!
ask() { "$scratch/load" -url http://127.0.0.1:18999 -queries "$queries" -of "$rows" -pid "$service" "$@"; }
for _ in $(seq 100); do
	(echo >/dev/tcp/127.0.0.1/18999) 2>/dev/null && break
	sleep 0.1
done

ask -name "one client" -clients 1 -for 6s
ask -name "64 clients, a minute" -clients 64 -for 60s
ask -name "1,000 rows of metadata" -clients 1 -rows 1000 -for 5s
ask -name "100,000 requests" -clients 64 -for 30m -requests 100000
[ "$(wc -l <"$scratch/queries.jsonl")" -ge 100000 ] || { echo "the query log lacks lines" >&2; exit 1; }
ask -name "a flood of 2,000 clients" -clients 2000 -for 15s
ask -name "after the flood" -clients 8 -for 3s
