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

source "$(dirname "${BASH_SOURCE[0]}")/venv.sh"

PACKAGES=(autofaiss==2.18.0 embedding-reader==1.8.1 pandas==2.3.3 faiss-cpu==1.15.1 pyarrow==15.0.2
	numpy==1.26.4 fire==0.6.0 fsspec==2026.9.0 schemathesis==4.32.5)

# The packages' own tests are a third of their size.
trim() { find "$venv" -type d \( -name tests -o -name include \) -path '*/site-packages/*' -prune -exec rm -rf {} +; }
make_venv py-venv trim "${PACKAGES[@]}"
