#!/usr/bin/env bash
# Fetches the native parts that Rollcall loads at run time, by package name and with the ordinary
# clients, into .cache/ beside the sources:
#
#   onnxruntime  .cache/onnxruntime/libonnxruntime.so.1.29.0   needed to embed anything
#   milvus       .cache/milvus/engine/                         the engine that scripts/milvus.sh starts
#   libjpeg      the system's libturbojpeg                     JPEG pixels as Pillow decodes them
#   chromium     the system's browser                          tests of the pages; only when named
#   cuda         .cache/onnxruntime-gpu/                       for --device cuda: ONNX Runtime and NVIDIA's
#                                                              libraries, 1.3 GB; only when named
#
# Usage: scripts/setup.sh [--only onnxruntime|milvus|libjpeg|chromium|cuda] [--into DIR]
#
# A second run finds everything in place and does nothing. Wheels are checked against the digests
# below before anything of them is unpacked, and nothing is visible under its final name before it
# is whole. The exit status is 0 when ONNX Runtime (or what --only names) is there, 1 when it is not,
# 2 for a wrong argument.
set -euo pipefail

ONNXRUNTIME_VERSION=1.29.0
ONNXRUNTIME_X86_64=2b80d8c7ec2cc7438e4da3760b88c24568cba72c9ace96d668800a6c79419acb
ONNXRUNTIME_AARCH64=d2fb19e848f7c33ed8d3182b52504aaa11c5e8da438bbb47296f85b133cbcf6b
MILVUS_VERSION=2.3.5
MILVUS_X86_64=69515a0630ce29fd10e101fa442afea8ca1387b93a456cd9bd41fdf3deb93d04

# What ONNX Runtime needs for CUDA: its own package, the libraries of CUDA 13.0 that it is linked against,
# the compiler that cuBLAS and cuDNN call, and cuDNN, which it loads for convolutions. cuFFT, which it
# loads for Fourier transforms, is left out. The driver, libcuda.so.1, belongs to the machine.
CUDA_X86_64="onnxruntime-gpu $ONNXRUNTIME_VERSION 8ccd052ca4de21b2a335f3503a283126163b6fab9dba29d1d9cbf3fa55c51d28
nvidia-cuda-runtime 13.0.96 7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548
nvidia-cuda-nvrtc 13.0.88 ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575
nvidia-cublas 13.1.1.3 37936a16db8fe4ac1f065c2139360608a543a09275cb1a1af612e08cfa065436
nvidia-curand 10.4.0.35 1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc
nvidia-cudnn-cu13 9.26.0.51 9c976d539786698c71d6bcdbe2053b7485fae062ff7e1215d2f2ff67b1a2149a"

usage() {
	echo "usage: scripts/setup.sh [--only onnxruntime|milvus|libjpeg|chromium|cuda] [--into DIR]" >&2
	exit 2
}

cache=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.cache
only=
while [ $# -gt 0 ]; do
	case $1 in
	--only)
		only=${2:-}
		case $only in onnxruntime | milvus | libjpeg | chromium | cuda) ;; *) usage ;; esac
		shift 2
		;;
	--into)
		[ -n "${2:-}" ] || usage
		mkdir -p "$2"
		cache=$(cd "$2" && pwd)
		shift 2
		;;
	*) usage ;;
	esac
done

mkdir -p "$cache"
machine=$(uname -sm)
scratch=
trap '[ -z "$scratch" ] || rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if ! [ -w "$cache" ] || ! touch "$cache/setup.lock" 2>/dev/null; then
	echo "MISSING: $cache cannot be written by $(id -un): it belongs to $(stat -c %U "$cache"); run this as that user, or make the folder yours" >&2
	exit 1
fi
# Two runs at once would fetch everything twice. What is left of one that was killed is removed.
if command -v flock >/dev/null; then
	exec 9>"$cache/setup.lock"
	flock -n 9 || { echo "waiting for another run of setup.sh" && flock 9; }
	rm -rf "$cache"/setup.??????
fi

has=()
missing=()
have() { has+=("$1"); }
lack() { missing+=("$1"); }

# pip_says LOG gives the reason out of what pip said: that of a connection that failed is not in its error.
pip_says() {
	local broken
	broken=$(sed -n "s/.*after connection broken by '\(.*\)': .*/\1/p" "$1" | tail -n 1 | sed 's/<[^>]*>: //g')
	if [ -n "$broken" ]; then
		echo "no connection to the package index: $broken; check the network, https_proxy and PIP_CERT, then run this again"
	else
		grep -m 1 '^ERROR' "$1" || tail -n 1 "$1" | grep . || echo "it gave no reason: check free space in $cache"
	fi
}

# wheel NAME VERSION SHA256 PIP-ARGUMENT... fetches one wheel into a new $scratch folder and sets
# $fetched to it; on failure $why says what went wrong. The pip arguments fix the wheel's tags, so
# that one file with one digest comes whatever Python runs pip.
wheel() {
	local name=$1 version=$2 digest=$3 log got
	shift 3
	why="needs python3 with pip to fetch packages: install python3 and python3-pip, then run this again"
	python3 -m pip --version >/dev/null 2>&1 || return 1
	scratch=$(mktemp -d "$cache/setup.XXXXXX")
	log=$scratch/pip.log
	echo "fetching $name $version"
	why="pip could not fetch $name $version"
	if ! python3 -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps \
		--only-binary=:all: "$@" --dest "$scratch" "$name==$version" >"$log" 2>&1 9>&-; then
		why="$why: $(pip_says "$log")"
		return 1
	fi
	fetched=$(find "$scratch" -name '*.whl')
	got=$(sha256sum "$fetched" | cut -d ' ' -f 1)
	why="$(basename "$fetched") has SHA-256 $got, not the pinned $digest: it was not unpacked"
	[ "$got" = "$digest" ]
}

# unpack WHEEL DIR extracts a wheel, which is a zip archive; of a failure Python's last line says enough.
unpack() { python3 -m zipfile -e "$1" "$2" 2>&1 | tail -n 1 >&2; }

# unxz_to FILE OUT decompresses one xz stream, with Python where there is no xz.
unxz_to() {
	if command -v xz >/dev/null; then
		xz -dc <"$1" >"$2"
	else
		python3 -c 'import lzma, shutil, sys
with lzma.open(sys.argv[1]) as source, open(sys.argv[2], "wb") as target:
    shutil.copyfileobj(source, target, 1 << 20)' "$1" "$2"
	fi
}

onnxruntime() {
	local dir=$cache/onnxruntime lib=libonnxruntime.so.$ONNXRUNTIME_VERSION digest arch part
	case $machine in
	"Linux x86_64") arch=x86_64 digest=$ONNXRUNTIME_X86_64 ;;
	"Linux aarch64") arch=aarch64 digest=$ONNXRUNTIME_AARCH64 ;;
	*)
		why="no pinned wheel for $machine: install ONNX Runtime $ONNXRUNTIME_VERSION yourself and name its library with --onnxruntime"
		return 1
		;;
	esac
	[ -s "$dir/$lib" ] && [ "$(cat "$dir/wheel.sha256" 2>/dev/null)" = "$digest" ] && return 0
	wheel onnxruntime "$ONNXRUNTIME_VERSION" "$digest" --python-version 3.12 --implementation cp \
		--abi cp312 --platform "manylinux_2_28_$arch" || return 1
	why="could not unpack the onnxruntime wheel into $dir: check free space and permissions"
	unpack "$fetched" "$scratch/wheel" && mkdir -p "$dir" || return 1
	for part in LICENSE ThirdPartyNotices.txt "capi/$lib"; do
		mv -f "$scratch/wheel/onnxruntime/$part" "$dir/" || return 1
	done
	echo "$digest" >"$scratch/mark" && mv -f "$scratch/mark" "$dir/wheel.sha256"
}

milvus() {
	local dir=$cache/milvus/engine new file
	if [ "$machine" != "Linux x86_64" ]; then
		why="the packaged engine runs on Linux x86-64 only, this is $machine"
		return 1
	fi
	[ "$(cat "$dir/wheel.sha256" 2>/dev/null)" = "$MILVUS_X86_64" ] && return 0
	wheel milvus "$MILVUS_VERSION" "$MILVUS_X86_64" --python-version 3.12 --implementation py \
		--abi none --platform manylinux2014_x86_64 || return 1
	why="could not unpack the milvus wheel into $dir: it takes 250 MB; check free space and permissions"
	unpack "$fetched" "$scratch/wheel" && new=$scratch/engine && mkdir -p "$new/bin" || return 1
	echo "unpacking milvus $MILVUS_VERSION"
	for file in "$scratch"/wheel/milvus/data/bin/*.lzma; do # xz streams, despite their name
		unxz_to "$file" "$new/bin/$(basename "$file" .lzma)" || return 1
	done
	chmod 755 "$new"/bin/*
	cp "$scratch"/wheel/milvus/data/{config.yaml.template,glog.conf} "$scratch"/wheel/*.dist-info/LICENSE "$new/" &&
		echo "$MILVUS_X86_64" >"$new/wheel.sha256" && mkdir -p "$cache/milvus" || return 1
	[ ! -e "$dir" ] || mv "$dir" "$scratch/old" || return 1
	mv "$new" "$dir" || return 1
	why="the engine lacks a system library: $(LD_LIBRARY_PATH=$dir/bin ldd "$dir/bin/milvus" 2>&1 | grep 'not found' | head -n 3 | tr -s '\t\n' ' ')"
	! LD_LIBRARY_PATH=$dir/bin ldd "$dir/bin/milvus" 2>&1 | grep -q 'not found'
}

# cuda fetches package after package, so that a run that was ended goes on with the next.
cuda() {
	local dir=$cache/onnxruntime-gpu name version digest
	if [ "$machine" != "Linux x86_64" ]; then
		why="ONNX Runtime with CUDA is packaged for Linux x86-64 only, this is $machine"
		return 1
	fi
	while read -r name version digest; do
		[ "$(cat "$dir/$name.sha256" 2>/dev/null)" = "$digest" ] && continue
		wheel "$name" "$version" "$digest" --python-version 3.12 --implementation cp --abi cp312 \
			--platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux2014_x86_64 || return 1
		why="could not unpack $name $version into $dir: all of them take 2 GB, and half a GB more while they are fetched; check free space and permissions"
		unpack "$fetched" "$scratch/wheel" && mkdir -p "$dir/licenses/$name" || return 1
		# Not Python's own part, TensorRT's, the second compiler and the BLAS for programs that want one.
		find "$scratch/wheel" -name 'lib*.so*' ! -name '*_tensorrt.so' ! -name '*.alt.so*' ! -name 'libnvblas.so*' \
			-exec mv -f -t "$dir" {} + || return 1
		find "$scratch/wheel" \( -iname 'license*' -o -iname 'thirdpartynotices*' \) -type f \
			-exec mv -f -t "$dir/licenses/$name" {} + || return 1
		echo "$digest" >"$scratch/mark" && mv -f "$scratch/mark" "$dir/$name.sha256" || return 1
		rm -rf "$scratch"
	done <<<"$CUDA_X86_64"
}

turbojpeg_present() { PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -q 'libturbojpeg\.so\.0'; }

libjpeg() {
	turbojpeg_present && return 0
	why="install the package libturbojpeg0 (Debian; libturbojpeg on Ubuntu, libjpeg-turbo elsewhere)"
	command -v apt-get >/dev/null || return 1
	if [ "$(id -u)" != 0 ]; then
		why="as root: apt-get install libturbojpeg0"
		return 1
	fi
	echo "installing libturbojpeg0"
	why="apt-get could not install libturbojpeg0"
	{ apt-get -qq update && { apt-get -qq install -y --no-install-recommends libturbojpeg0 ||
		apt-get -qq install -y --no-install-recommends libturbojpeg; }; } >/dev/null 2>&1 9>&- && turbojpeg_present
}

chromium_present() { type -P chromium || type -P chromium-browser || type -P google-chrome; } >/dev/null # of the system: the function below has the same name

chromium() {
	chromium_present && return 0
	why="install the package chromium"
	command -v apt-get >/dev/null || return 1
	if [ "$(id -u)" != 0 ]; then
		why="as root: apt-get install chromium"
		return 1
	fi
	echo "installing chromium"
	why="apt-get could not install chromium"
	{ apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium; } >/dev/null 2>&1 9>&- && chromium_present
}

# part NAME WHAT CONSEQUENCE runs one part unless --only names another, and notes how it went.
part() {
	[ -z "$only" ] || [ "$only" = "$1" ] || return 0
	why=
	if "$1"; then have "$2"; else lack "$2: $why. Without it $3."; fi
	if [ -n "$scratch" ]; then rm -rf "$scratch"; fi
	scratch=
}

part onnxruntime "ONNX Runtime $ONNXRUNTIME_VERSION" "nothing can be embedded or audited"
part milvus "Milvus engine $MILVUS_VERSION" "tests against a real Milvus are skipped; the embedded store needs none"
part libjpeg "libturbojpeg" "JPEG files are decoded by Go's own decoder, whose pixels differ slightly"
[ "$only" != chromium ] || part chromium "Chromium" "the tests of the pages are skipped"
[ "$only" != cuda ] || part cuda "ONNX Runtime $ONNXRUNTIME_VERSION for CUDA 13.0, with cuDNN" "models run on the CPU"

[ ${#has[@]} = 0 ] || printf 'present: %s\n' "${has[@]}"
[ ${#missing[@]} = 0 ] || printf 'MISSING: %s\n' "${missing[@]}" >&2

required="ONNX Runtime"
[ -z "$only" ] || required=
[ ${#missing[@]} = 0 ] && exit 0
[ -z "$required" ] && exit 1
case ${missing[0]} in "$required"*) exit 1 ;; esac
