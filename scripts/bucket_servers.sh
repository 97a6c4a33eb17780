#!/usr/bin/env bash
# Makes .cache/buckets: a server for each kind of bucket that Rollcall reads and writes, for the test
# that does both. Usage: scripts/bucket_servers.sh
#
#   versitygw         s3://      a gateway that serves a folder as S3
#   fake-gcs-server   gs://      Google Cloud Storage for tests
#   azurite           azblob://  Microsoft's own emulator of Azure Blob Storage
#
# Two are built from Go modules, the third comes from npm and needs Node.js. Versions are pinned; a
# second run does nothing. 200 MB and some minutes, most of them building.
set -euo pipefail

VERSITY=github.com/versity/versitygw/cmd/versitygw@v1.8.0
FAKE_GCS=github.com/fsouza/fake-gcs-server@v1.56.1
AZURITE=azurite@3.37.0

cache=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.cache
into=$cache/buckets
mkdir -p "$cache"
if command -v flock >/dev/null; then
	exec 9>"$cache/buckets.lock"
	flock 9
fi
[ "$(cat "$into/packages.txt" 2>/dev/null)" = "$VERSITY $FAKE_GCS $AZURITE" ] && exit 0

rm -rf "$into" "$into.new"
mkdir -p "$into.new"
# From another folder: the module's go.mod has no part in what these need.
for module in "$VERSITY" "$FAKE_GCS"; do
	(cd "$into.new" && GOFLAGS='' GOBIN=$into.new go install "$module") 9>&-
done
npm install --silent --no-audit --no-fund --omit=dev --omit=optional --prefix "$into.new" "$AZURITE" 9>&-
echo "$VERSITY $FAKE_GCS $AZURITE" >"$into.new/packages.txt"
mv "$into.new" "$into"
