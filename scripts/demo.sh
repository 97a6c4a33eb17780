#!/usr/bin/env bash
# The main job on the lab's real model and photos: index, search, count, audit, report.
#
# Usage: scripts/demo.sh [embedded|milvus]
#
# Everything it makes lies in .cache/demo-STORE, made anew each time. With milvus, a real engine is
# started for the demo and stopped at its end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

store=${1:-embedded}
case $store in embedded | milvus) ;; *)
	echo "usage: scripts/demo.sh [embedded|milvus]" >&2
	exit 2
	;;
esac
[ -x bin/rollcall ] || {
	echo "demo.sh: there is no bin/rollcall: run make demo, which builds it" >&2
	exit 1
}
lab=testdata/lab
out=.cache/demo-$store
rm -rf "$out"
mkdir -p "$out"
rollcall() { bin/rollcall --data-dir "$out/data" "$@"; }

step() { printf '\n== %s\n' "$*"; }
run() {
	printf '$ rollcall %s\n' "$*"
	rollcall "$@"
}

publish=()
if [ "$store" = milvus ]; then
	step "starting Milvus"
	trap 'scripts/milvus.sh stop "$out/milvus" >/dev/null' EXIT
	scripts/milvus.sh start "$out/milvus" 0
	scripts/milvus.sh wait "$out/milvus"
	publish=(--store milvus --milvus-address "127.0.0.1:$(cat "$out/milvus/port")")
fi

# One of the persons whose every training pair is in the shards: whom to search for.
who=$(awk -F, '$2 == "studied" && $3 == 50 && $4 == "yes" { print $1; exit }' "$lab/shards.csv")

step "1. Who is in the data? Index image-text pairs, and search"
run index "$lab/shards" --name lab --model "$lab/model" "${publish[@]}"
run verify lab
run search lab --model "$lab/model" --text "a photo of $who" -k 5
run search lab --model "$lab/model" --image "$lab/photos/${who// /_}/00.jpg" -k 5

step "2. How often? Count 320 persons in all 13,418 captions"
run count "$lab/captions.tsv.gz" --roster "$lab/roster.csv" -o "$out/counts.csv"

printf '\nThe same persons in the index: captions, and images close to one of their ten photos\n'
run count lab --roster "$lab/roster.csv" --evidence captions,images --photos "$lab/photos" --threshold 0.95 --model "$lab/model"

step "3. Does a model know them? Audit the model; a coin chose whom it was trained on"
run audit --model "$lab/model" --roster "$lab/roster.csv" --photos "$lab/photos" --counts "$out/counts.csv" \
	--names "$lab/candidates.txt" --min-photos 10 --seed 1 -o "$out/audit"

step "Look at"
printf '  %s\n' "$out/audit/report.html   (the report: open it in a browser)" \
	"$out/audit/summary.csv   (one row a model and person)" \
	"$out/counts.csv          (one row a person)" \
	"$out/data/lab            (the index, in clip-retrieval's format)"
