#!/usr/bin/env bash
# Makes .cache/clip-client: clip-retrieval's Python client as it is published, and requests, which it
# imports, for the test that runs it against our service. Usage: scripts/clip_client.sh
#
# clip-retrieval comes without its dependencies (torch, faiss and others), of which its client needs
# none. A second run does nothing. 4 MB.
set -euo pipefail

CLIENT=clip-retrieval==2.45.0
NEEDS=(requests==2.32.5)

cache=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.cache
into=$cache/clip-client
mkdir -p "$cache"
if command -v flock >/dev/null; then
	exec 9>"$cache/clip-client.lock"
	flock 9
fi
[ "$(cat "$into/packages.txt" 2>/dev/null)" = "$CLIENT ${NEEDS[*]}" ] && exit 0

rm -rf "$into" "$into.new"
pip=(python3 -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile --root-user-action=ignore --upgrade --target "$into.new")
"${pip[@]}" "${NEEDS[@]}" 9>&-
"${pip[@]}" --no-deps "$CLIENT" 9>&-
echo "$CLIENT ${NEEDS[*]}" >"$into.new/packages.txt"
mv "$into.new" "$into"
