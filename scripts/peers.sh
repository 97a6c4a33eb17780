#!/usr/bin/env bash
# Fetches what tests hold Rollcall against: Python packages that read the same files, the published
# client of clip-retrieval, PyTorch and open_clip, whose models are exported, servers of buckets,
# Chromium, which opens reports and pages, and what a Milvus cluster is made of. Usage: scripts/peers.sh
#
# A part that cannot be had is said, and its tests are skipped with the reason (or fail, with
# ROLLCALL_REQUIRE_ALL=1). The product needs none of them. A second run does nothing.
set -uo pipefail
here=$(dirname "${BASH_SOURCE[0]}")

# part NAME COMMAND... runs one part and says when it is missing.
part() {
	local name=$1
	shift
	"$@" || echo "MISSING: $name; tests against it are skipped" >&2
}

part "Python packages" "$here/python_peers.sh"
part "clip-retrieval's client" "$here/clip_client.sh"
part "face models" "$here/face_models.sh"
part "PyTorch and open_clip" "$here/exporter_venv.sh"
part "img2dataset" "$here/img2dataset_venv.sh"
part "servers of buckets" "$here/bucket_servers.sh"
part "Chromium" "$here/setup.sh" --only chromium
part "etcd and Kafka" "$here/milvus_cluster.sh" setup
