# shellcheck shell=bash
# What must hold of an image, for scripts/dockerfile_steps.sh, which sources this: stage is its root, and
# within runs a command there as its user.

# contained makes of the root what the settings for Compose and Kubernetes make of an image: it can only be
# read but for /indexes and /tmp, and has a network of its own. This one leads nowhere.
contained() {
	image=$stage stage=$scratch/container
	mkdir -p "$stage" "$image/lab" "$image/indexes"
	cp -r testdata/lab/model testdata/lab/shards "$image/lab/"
	chown "$user" "$image/indexes"
	mount --bind "$image" "$stage"
	mount -o remount,bind,ro "$stage"
	mount --bind /proc "$stage/proc"
	mount --bind /dev "$stage/dev"
	mount --bind "$image/indexes" "$stage/indexes"
	mount -t tmpfs tmpfs "$stage/tmp"
	unshare --net sleep infinity 9>&- &
	network=$!
	sleep 0.2
	nsenter --net --target "$network" ip link set lo up
}

# runs: the command starts as user 10001 and indexes the lab.
runs() {
	within "rollcall version"
	within "rollcall --help" >/dev/null
	[ "$(within "id -u")" = 10001 ] || fail "it does not run as user 10001"
	! within "touch /work/new" 2>/dev/null || fail "the root can be written"
	within "rollcall index /lab/shards --name lab --model /lab/model --limit 100 --quiet" || fail "indexing failed"
}

# serves: the service answers its health check, and the check fails without it.
serves() {
	local check words tenths
	check=$(python3 -c 'import json, shlex, sys; print(shlex.join(json.loads(sys.argv[1])))' "$health")
	! within "$check" 2>/dev/null || fail "something else answers on the service's port"
	entering "exec rollcall serve --listen 127.0.0.1:1234 --index lab"
	"${words[@]}" >"$scratch/serve.log" 2>&1 9>&- & # one process from here to rollcall
	service=$!
	for ((tenths = 0; tenths < 300; tenths++)); do
		! within "$check" 2>/dev/null || break
		kill -0 "$service" 2>/dev/null || break
		sleep 0.1
	done
	kill -0 "$service" 2>/dev/null && within "$check" || fail "the health check does not pass: $(tail -n 3 "$scratch/serve.log")"
	[ "$(stat -c %u "/proc/$service")" = 10001 ] || fail "the service does not run as user 10001"
	echo "healthy after $tenths tenths of a second (${SECONDS}s)"
	kill "$service" && wait "$service" || fail "the service does not end well: $(tail -n 3 "$scratch/serve.log")"
	service=
	! within "$check" 2>/dev/null || fail "the health check passes without a service"
}

# fetch_driver sets driver to a folder with the part of NVIDIA's driver that programs load, which NVIDIA's
# toolkit would mount: of Debian 12's driver, which is older than CUDA 13.
fetch_driver() {
	driver=$scratch/driver
	stage=$scratch/onnxruntime user='' workdir=/tmp logged within "
		echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm non-free' >/etc/apt/sources.list.d/non-free.list &&
		apt-get -qq update && apt-get -qq download libcuda1 && dpkg -x libcuda1_*.deb driver"
	mkdir "$driver"
	cp -a "$scratch"/onnxruntime/tmp/driver/usr/lib/x86_64-linux-gnu/nvidia/current/libcuda.so.* "$driver"
}

# reaches_cuda: without a GPU no more can be seen than that ONNX Runtime's part for CUDA and all its
# libraries load, that the driver is asked, and that every error says what is missing.
reaches_cuda() {
	local lacking loaded
	lacking=$(within "ldd /opt/onnxruntime/*.so*" 2>/dev/null | awk '/not found/ {print $1}' | sort -u)
	[ "$lacking" = libcuda.so.1 ] || fail "libraries are lacking, apart from the driver's: $lacking"
	refuses_cuda "there is no libcuda.so.1"
	cp -a "$driver/." "$image/usr/lib/x86_64-linux-gnu/" && chroot "$image" /sbin/ldconfig
	# What is loaded by name only when a model needs it.
	for loaded in libcudnn.so.9 libnvrtc.so.13 "$(cd "$stage/opt/onnxruntime" && echo libcudnn_*.so.9)"; do
		within "perl -MDynaLoader -e 'for (@ARGV) {DynaLoader::dl_load_file(\$_) or die DynaLoader::dl_error()}' $loaded" || fail "$loaded cannot be loaded"
	done
	lacking=$(within "ldd -r /opt/onnxruntime/libonnxruntime_providers_cuda.so" 2>&1 | awk '/not found|undefined/ && !/Provider_GetHost/')
	[ -z "$lacking" ] || fail "ONNX Runtime's part for CUDA does not fit the libraries: $lacking" # but for what its caller has
	refuses_cuda "the NVIDIA driver is too old for CUDA 13"
	echo "CUDA's libraries load, and the driver is asked (${SECONDS}s)"
}

# refuses_cuda WORDS: with --device cuda the command ends with that error, in one line.
refuses_cuda() {
	local said
	! said=$(within "rollcall index /lab/shards --name cuda --model /lab/model --limit 10 --quiet --device cuda" 2>&1) ||
		fail "--device cuda works without a GPU: $said"
	echo "$said"
	[[ $said == *"device cuda cannot be used: $1"* && $said != *$'\n'* ]] || fail "this does not say: $1"
}
