#!/usr/bin/env bash
# Makes .cache/py-venv: the Python packages that read the same files as Rollcall, for the tests that
# hold against them. Usage: scripts/python_peers.sh
#
#   autofaiss, embedding-reader, pandas   read an embedding folder
#   schemathesis, requests                ask the service
#
# A second run finds everything in place and does nothing. Versions are pinned, wheels come by
# package name, and the environment is not visible under its name before it is whole: 290 MB, half
# a minute.
set -euo pipefail

PACKAGES=(autofaiss==2.18.0 embedding-reader==1.8.1 pandas==2.3.3 faiss-cpu==1.15.1 pyarrow==15.0.2
	numpy==1.26.4 fire==0.6.0 fsspec==2026.9.0 schemathesis==4.32.5)

cache=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.cache
venv=$cache/py-venv
mark=$venv/packages.txt
mkdir -p "$cache"

# Two runs at once would install everything twice.
if command -v flock >/dev/null; then
	exec 9>"$cache/python_peers.lock"
	flock 9
fi
[ "$(cat "$mark" 2>/dev/null)" = "${PACKAGES[*]}" ] && exit 0

if ! python3 -m venv --help >/dev/null 2>&1; then
	echo "python3 with venv is needed: install python3 and python3-venv" >&2
	exit 1
fi
rm -rf "$venv"
trap '[ -e "$mark" ] || rm -rf "$venv"' EXIT
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile "${PACKAGES[@]}" 9>&-
# The packages' own tests are a third of their size.
find "$venv" -type d \( -name tests -o -name include \) -path '*/site-packages/*' -prune -exec rm -rf {} +
echo "${PACKAGES[*]}" >"$mark.new"
mv "$mark.new" "$mark"
