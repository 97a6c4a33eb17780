#!/usr/bin/env bash
# Runs a standalone Milvus engine (unpacked by scripts/setup.sh) on its own folder and ports, for
# tests, for trying Rollcall out, and for one machine's worth of data.
#
# Usage: scripts/milvus.sh start  DIR [BASEPORT]   start; 0 or nothing: what DIR used before, else a free one
#        scripts/milvus.sh wait   DIR              until it is healthy, at most WAIT_SECONDS (180)
#        scripts/milvus.sh stop   DIR              ask it to stop; after STOP_SECONDS (30) kill it
#        scripts/milvus.sh kill   DIR              kill it at once, as a power cut would
#        scripts/milvus.sh status DIR              one line; exit status 0 when it runs
#
# DIR keeps everything: data, logs, pid (the process) and port (the port for clients). BASEPORT is the
# port for clients; the eleven ports after it are the engine's own, the tenth its health page. The
# embedded etcd listens on 127.0.0.1 only. The engine's other ports listen on every interface and
# cannot be bound to one: keep them behind a firewall.
#
# Any setting of the engine's configuration can be given in the environment by its upper-case name
# with _ for the dots: PROXY_TIMETICKINTERVAL=200. MILVUS_ENGINE names another unpacked engine.
set -euo pipefail

usage() {
	echo "usage: scripts/milvus.sh start|wait|stop|kill|status DIR [BASEPORT]" >&2
	exit 2
}

fail() {
	echo "milvus.sh: $*" >&2
	exit 1
}

[ $# -ge 2 ] && [ $# -le 3 ] || usage
command=$1
dir=$(realpath -m "$2")
base=${3:-0}
engine=${MILVUS_ENGINE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.cache/milvus/engine}

# pid prints the running engine's process id. A recorded id that now belongs to another program, or
# to a process that is gone but not yet reaped, is not running.
pid() {
	local id
	id=$(cat "$dir/pid" 2>/dev/null) && [ -n "$id" ] || return 1
	tr '\0' ' ' 2>/dev/null <"/proc/$id/cmdline" | grep -q 'milvus run standalone' && echo "$id"
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# range_free PORT: nothing listens on PORT and the eleven ports after it.
range_free() {
	local port
	for ((port = $1; port < $1 + 12; port++)); do
		if listening "$port"; then return 1; fi
	done
}

# choose_base settles $base. Ports from 32768 on are left to outgoing connections.
choose_base() {
	local try
	[[ $base =~ ^[0-9]+$ ]] && [ "$base" -le 65524 ] || fail "BASEPORT $base is not a number from 0 to 65524"
	if [ "$base" = 0 ] && [ -s "$dir/port" ]; then base=$(cat "$dir/port"); fi
	if [ "$base" != 0 ]; then
		range_free "$base" || fail "a port from $base to $((base + 11)) is taken: give another BASEPORT, or 0 for a free one"
		return
	fi
	for ((try = 0; try < 50; try++)); do
		base=$((20000 + (RANDOM % 1000) * 12))
		if range_free "$base"; then return; fi
	done
	fail "found no twelve free ports in a row from 20000 to 32000: give a BASEPORT"
}

# configure writes the engine's two configuration files. The template's holes read
# {{ name(type): default }}.
configure() {
	local names=(proxy_port proxy_internal_port root_coord_port query_coord_port query_node_port
		index_coord_port index_node_port data_coord_port data_node_port health etcd_port)
	local fill=() i
	for i in "${!names[@]}"; do
		fill+=(-e "s#\{\{ ${names[i]}\b[^}]*\}\}#$((base + i))#")
	done
	fill+=(-e "s#\{\{ etcd_log_path\b[^}]*\}\}#$dir/logs/etcd.log#"
		-e "s#\{\{ etcd_data_dir\b[^}]*\}\}#$dir/data/etcd#"
		-e "s#\{\{ local_storage_dir\b[^}]*\}\}#$dir/data#"
		-e "s#\{\{ rocksmq_data_dir\b[^}]*\}\}#$dir/data/rocksmq#"
		-e "s#\{\{ system_log_path\b[^}]*\}\}#$dir/logs#"
		-e "s#^  ip:.*#  ip: 127.0.0.1#"
		-e "s#\{\{ *[a-z_]+(\([a-z]+\))?: *([^ }]*) *\}\}#\2#")
	sed -E "${fill[@]}" "$engine/config.yaml.template" >"$dir/configs/milvus.yaml"
	if grep -n '{{' "$dir/configs/milvus.yaml" >&2; then fail "the lines above are unfilled: this engine's template has other names"; fi
	cp "$engine/glog.conf" "$dir/configs/"
	local client=http://127.0.0.1:$((base + 10)) peer=http://127.0.0.1:$((base + 11))
	cat >"$dir/configs/etcd.yaml" <<-YAML
		name: milvus
		data-dir: $dir/data/etcd
		listen-client-urls: $client
		advertise-client-urls: $client
		listen-peer-urls: $peer
		initial-advertise-peer-urls: $peer
		initial-cluster: milvus=$peer
		quota-backend-bytes: 4294967296
		auto-compaction-mode: revision
		auto-compaction-retention: '1000'
	YAML
}

start() {
	local id
	if id=$(pid); then
		echo "already running: pid $id, port $(cat "$dir/port")"
		return
	fi
	[ -x "$engine/bin/milvus" ] || fail "no engine in $engine: run scripts/setup.sh --only milvus"
	mkdir -p "$dir"/{configs,logs,data,run}
	choose_base
	configure
	cd "$dir"
	# A short time tick makes strongly consistent reads quick. After a kill the engine starts again
	# when its old session has ended; but an engine that a busy machine starves for that long ends
	# itself. Without a stop time-out a loaded collection holds the stop for a minute.
	PROXY_TIMETICKINTERVAL=${PROXY_TIMETICKINTERVAL:-20} \
		COMMON_SESSION_TTL=${COMMON_SESSION_TTL:-20} \
		COMMON_GRACEFULSTOPTIMEOUT=${COMMON_GRACEFULSTOPTIMEOUT:-3} \
		DEPLOY_MODE=STANDALONE METRICS_PORT=$((base + 9)) MILVUS_RUN_DIR=$dir/run MILVUSCONF=$dir/configs \
		ETCD_CONFIG_PATH=$dir/configs/etcd.yaml LD_LIBRARY_PATH=$engine/bin \
		setsid "$engine/bin/milvus" run standalone >"$dir/logs/stdout.log" 2>"$dir/logs/stderr.log" </dev/null &
	id=$!
	echo "$base" >"$dir/port"
	echo "$id" >"$dir/pid"
	until pid >/dev/null; do # the new process is not the engine yet
		kill -0 "$id" 2>/dev/null || fail "the engine did not start: $(tail -n 3 "$dir/logs/stderr.log")"
		sleep 0.02
	done
	echo "started: pid $id, port $base, health http://127.0.0.1:$((base + 9))/healthz"
}

healthy() {
	timeout 2 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "GET /healthz HTTP/1.0\r\n\r\n" >&3 &&
		tail -n 1 <&3 | grep -qx OK' _ "$1" 2>/dev/null
}

await() {
	local health limit=$((SECONDS + ${WAIT_SECONDS:-180}))
	[ -s "$dir/port" ] || fail "nothing was started in $dir"
	health=$(($(cat "$dir/port") + 9))
	until healthy "$health"; do
		pid >/dev/null || fail "the engine in $dir has ended: $(tail -n 3 "$dir/logs/stderr.log")"
		[ "$SECONDS" -lt "$limit" ] || fail "the engine in $dir is not healthy after ${WAIT_SECONDS:-180} s: see $dir/logs"
		sleep 0.1
	done
	echo "healthy: port $(cat "$dir/port")"
}

# end SIGNAL: send it and wait until the process is gone and its ports are free, which they are a
# little later.
end() {
	local id tenths
	if ! id=$(pid); then
		echo "not running"
		rm -f "$dir/pid"
		return
	fi
	kill "-$1" "$id"
	for ((tenths = 0; tenths < ${STOP_SECONDS:-30} * 10; tenths++)); do
		if ! pid >/dev/null && range_free "$(cat "$dir/port")"; then
			rm -f "$dir/pid"
			echo "stopped"
			return
		fi
		sleep 0.1
	done
	[ "$1" != KILL ] || fail "pid $id outlives SIGKILL"
	echo "still running after ${STOP_SECONDS:-30} s: killing it"
	end KILL
}

status() {
	local id
	id=$(pid) || {
		echo "not running"
		exit 1
	}
	echo "running: pid $id, port $(cat "$dir/port"), $(($(awk '/^VmRSS/ {print $2}' "/proc/$id/status") / 1024)) MiB"
}

case $command in
start) start ;;
wait) await ;;
stop) end TERM ;;
kill) end KILL ;;
status) status ;;
*) usage ;;
esac
