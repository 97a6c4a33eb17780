#!/usr/bin/env bash
# Builds docker/Dockerfile or docker/Dockerfile.gpu without Docker: reads the instructions and carries them
# out, by chroot, in roots made by debootstrap, then runs the result as its user (scripts/image_checks.sh).
# Debian's own root stands in for the images that FROM names: golang:V for the V of the Go on this machine,
# and debian:12. Roots are kept in .cache; modules and compiled packages are this machine's own.
#
# Usage: scripts/dockerfile_steps.sh [DOCKERFILE]     as root, with unshare, nsenter and ip; fails
# when a step does, and ends with 77 where a machine allows no roots or networks of their own
#
# It needs 3 GB of disk; for Dockerfile.gpu 5 GB, and 1.3 GB of downloads.
set -euo pipefail
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
	echo "dockerfile_steps.sh: $*" >&2
	exit 1
}

# able says what this machine lacks for it.
able() {
	local tool
	for tool in chroot unshare nsenter ip flock apt-get python3 go; do
		command -v "$tool" >/dev/null || { echo "not done: there is no $tool here"; return 1; }
	done
	[ "$(id -u)" = 0 ] || { echo "not done: chroot is root's"; return 1; }
	unshare --net --mount sh -c 'mount --bind /proc /mnt && ip link set lo up' 2>/dev/null ||
		{ echo "not done: this machine allows no mounts, or no networks of their own"; return 1; }
}

# What is mounted here is seen by this process alone and goes with it, however it ends.
if [ "${1:-}" != --apart ]; then
	able || exit 77
	exec unshare --mount --propagation private scripts/dockerfile_steps.sh --apart "$@"
fi
dockerfile=${2:-docker/Dockerfile}
cache=$PWD/.cache/dockerfile-steps
trusted=/etc/ssl/certs/this-machine.crt # in a root: the authorities that this machine trusts
mkdir -p "$cache" "$(go env GOCACHE)" "$(go env GOMODCACHE)"
exec 9>"$cache/lock"
flock -n 9 || fail "another run is under way"
rm -rf --one-file-system "$cache"/run.* # of a run that was killed
scratch=$(mktemp -d "$cache/run.XXXXXX")
chmod 755 "$scratch"
network='' service=''

# away says what a step that failed has said, ends the processes, unmounts what was mounted below the
# scratch folder, and removes it.
away() {
	local status=$? process
	[ "$status" = 0 ] || [ ! -e "$scratch/step.log" ] || tail -n 20 "$scratch/step.log" >&2
	for process in $service $network; do
		kill "$process" 2>/dev/null && wait "$process" 2>/dev/null || true
	done
	stage=$scratch
	leave || return # what is mounted there would be removed too
	rm -rf --one-file-system "$scratch"
}
trap away EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# debootstrap is Debian's tool, installed or out of its package.
debootstrap() {
	if command -v /usr/sbin/debootstrap >/dev/null; then
		/usr/sbin/debootstrap "$@"
		return
	fi
	(cd "$scratch" && apt-get -qq download debootstrap && dpkg -x debootstrap_*.deb debootstrap)
	DEBOOTSTRAP_DIR=$scratch/debootstrap/usr/share/debootstrap "$scratch/debootstrap/usr/sbin/debootstrap" "$@"
}

# kept NAME COMMAND... unpacks the root of that name, made by the command when there is none of this
# month: an image too has security updates only when it is made anew.
kept() {
	local archive
	archive=$cache/$1-$(date +%Y-%m).tar
	mkdir -p "$stage"
	if [ ! -e "$archive" ]; then
		"${@:2}"
		leave
		rm -f "$cache/$1"-*.tar
		tar -C "$stage" -cf "$archive.new" .
		mv "$archive.new" "$archive"
	else
		tar -C "$stage" -xf "$archive"
	fi
}

# enter and leave mount what a root needs to run, and unmount it.
enter() {
	mount --bind /proc "$stage/proc"
	mount --bind /dev "$stage/dev"
	mkdir -p "$stage/root/.cache/go-build" "$stage/root/go/pkg/mod"
	mount --bind "$(go env GOCACHE)" "$stage/root/.cache/go-build"
	mount --bind "$(go env GOMODCACHE)" "$stage/root/go/pkg/mod"
}

leave() {
	local mounted
	for mounted in $(awk -v under="$stage/" 'index($2, under) == 1 {print $2}' /proc/mounts | sort -r); do
		umount "$mounted" || return 1
	done
}

# logged COMMAND... keeps what it says for the case that it fails.
logged() {
	"$@" >"$scratch/step.log" 2>&1
	rm "$scratch/step.log"
}

# debian makes a root of Debian that reaches the package registries as this machine does.
debian() {
	logged debootstrap --variant=minbase bookworm "$stage"
	rm -f "$stage/etc/apt/sources.list" "$stage"/var/cache/apt/archives/*.deb
	cp -a /etc/apt/. "$stage/etc/apt/"
	cp /etc/resolv.conf /etc/hosts "$stage/etc/"
	[ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$stage/etc/"
	mkdir -p "$stage/etc/ssl/certs"
	cp -L "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$stage$trusted"
}

# golang adds what the image of that name has.
golang() {
	kept debian debian
	enter
	logged within "apt-get -qq update && apt-get -qq install -y --no-install-recommends gcc g++ libc6-dev make git ca-certificates && apt-get clean"
	cp -a "$(go env GOROOT)" "$stage/usr/local/go"
}

# from IMAGE NAME begins a stage.
from() {
	stage=$scratch/$2
	workdir=/ user='' home=/root
	environment=("SSL_CERT_FILE=$trusted" "PIP_CERT=$trusted" "REQUESTS_CA_BUNDLE=$trusted" DEBIAN_FRONTEND=noninteractive
		"GOPROXY=$(go env GOPROXY)" PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
	echo "== FROM $1 AS $2 (${SECONDS}s)"
	case $1 in
	golang:*-bookworm)
		local version=${1#golang:}
		[ "$(go env GOVERSION)" = "go${version%-bookworm}" ] || fail "$1: this machine has $(go env GOVERSION)"
		kept "golang-${version%-bookworm}" golang
		;;
	debian:12*) kept debian debian ;;
	*) fail "there is no stand-in for the image $1" ;;
	esac
	enter
}

# entering COMMAND sets words to a command line that runs a shell command in the stage, as its user, with
# its variables.
entering() {
	words=(chroot)
	[ -z "$network" ] || words=(nsenter --net --target "$network" chroot)
	[ -z "$user" ] || words+=("--userspec=$user")
	words+=("$stage" /usr/bin/env -u PIP_FIND_LINKS -u SSL_CERT_DIR "${environment[@]}" "HOME=$home" /bin/sh -c "cd '$workdir' && $1")
}

# within COMMAND runs it.
within() {
	local words
	entering "$1"
	"${words[@]}"
}

# copy [--from=STAGE] SOURCE... TARGET, as COPY does; between stages by links, since a library of CUDA is
# half a gigabyte.
copy() {
	local source=$PWD target one way=-r
	if [[ $1 == --from=* ]]; then
		source=$scratch/${1#--from=} way=-rl
		shift
	fi
	target=${*: -1}
	[[ $target == /* ]] || target=$workdir/$target
	for one in "${@:1:$#-1}"; do
		if [ "$source/$one" = "$PWD/." ]; then
			tar -c ${ignored[@]+"${ignored[@]/#/--exclude=./}"} . | tar -x --no-same-owner -C "$stage/$target"
		elif [ -d "$source/$one" ]; then
			mkdir -p "$stage/$target"
			cp "$way" "$source/$one/." "$stage/$target"
		else
			[[ $target == */ ]] && mkdir -p "$stage/$target" || mkdir -p "$stage/$(dirname "$target")"
			cp "$way" "$source/$one" "$stage/$target"
		fi
	done
}

# step INSTRUCTION ARGUMENTS carries out one instruction.
step() {
	case $1 in
	FROM)
		read -r -a words <<<"$2"
		from "${words[0]}" "${words[2]:-final}"
		;;
	RUN)
		echo "== RUN $2 (${SECONDS}s)"
		logged within "$2"
		;;
	COPY) echo "== COPY $2 (${SECONDS}s)" && eval "copy $2" ;;
	WORKDIR) workdir=$2 && mkdir -p "$stage/$2" ;;
	ENV) eval "environment+=($2)" ;;
	USER) user=$2 home=/work ;;
	HEALTHCHECK) health=${2#*CMD } ;;
	EXPOSE | ENTRYPOINT | CMD) ;;
	*) fail "the instruction $1 is not known here" ;;
	esac
}

mapfile -t ignored < <(grep -v '^#' "$dockerfile.dockerignore")
instruction=
while IFS= read -r line || [ -n "$line" ]; do
	[[ $line =~ ^[[:space:]]*(#|$) ]] && continue
	instruction+=${line%\\}
	if [[ $line == *\\ ]]; then continue; fi
	step "${instruction%% *}" "${instruction#* }"
	instruction=
done <"$dockerfile"

source scripts/image_checks.sh
leave # an image has nothing that is mounted
echo "== the result, as user $user (${SECONDS}s)"
[[ " ${environment[*]} " != *" NVIDIA_VISIBLE_DEVICES="* ]] || fetch_driver # while there is a network
contained
runs
serves
[ -z "${driver:-}" ] || reaches_cuda
