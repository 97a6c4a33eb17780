#!/bin/sh
# Makes the lab again into .cache/lab and compares it with what is shipped.
#
#   lab.sh              make and compare
#   lab.sh --install    make, compare, replace the shipped files
#   lab.sh --small      a small world in a few minutes, in .cache/lab-small
#
# Needs Python 3.11, gcc and binutils; everything else goes into .cache/lab-venv.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache
venv=$cache/lab-venv
python=$venv/bin/python
mkdir -p "$cache"
export PYTHONDONTWRITEBYTECODE=1

if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$python" -m pip install --quiet --no-deps -r "$here/requirements.txt"
    if ! "$python" -c 'import torch' 2>/dev/null; then
        "$python" "$here/cuda_stubs.py"
        "$python" -c 'import torch'
    fi
    cp "$here/requirements.txt" "$venv/installed.txt"
fi

work=$cache/lab
for argument in "$@"; do
    if [ "$argument" = --small ]; then work=$cache/lab-small; fi
done
exec nice -n 5 "$python" "$here/make.py" "$work" "$@"
