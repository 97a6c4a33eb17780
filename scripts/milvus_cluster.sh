#!/usr/bin/env bash
# Runs a Milvus cluster on one machine, each part a process of its own: etcd, Kafka, the coordinators,
# a proxy, a data node, an index node and two query nodes over one storage folder. For tests of what
# happens when a node is lost; it needs 2 GB of memory, java, mvn and, for etcd, apt-get.
#
# Usage: scripts/milvus_cluster.sh setup                     fetch etcd and Kafka by package name into .cache
#        scripts/milvus_cluster.sh start DIR [BASEPORT]      start all; DIR/port has the port for clients
#        scripts/milvus_cluster.sh kill  DIR PART            kill one part at once, such as querynode1
#        scripts/milvus_cluster.sh run   DIR PART            start that part again
#        scripts/milvus_cluster.sh stop  DIR                 kill all
#
# It takes the ports BASEPORT (10000) to BASEPORT+79. Everything listens on 127.0.0.1 or, as with
# scripts/milvus.sh, cannot be bound: keep it behind a firewall.
set -euo pipefail

ETCD_PACKAGE=etcd-server
KAFKA_VERSION=3.9.1

fail() {
	echo "milvus_cluster.sh: $*" >&2
	exit 1
}

usage() {
	echo "usage: scripts/milvus_cluster.sh setup | start DIR [BASEPORT] | kill DIR PART | run DIR PART | stop DIR" >&2
	exit 2
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
engine=${MILVUS_ENGINE:-$root/.cache/milvus/engine}
parts=$root/.cache/milvus-cluster
# part -> its role as `milvus run` has it; the order of start, and of the ports
roles=(mixcoord:mixture proxy:proxy datanode:datanode indexnode:indexnode querynode1:querynode querynode2:querynode)

setup() {
	mkdir -p "$parts"
	exec 9>"$parts/setup.lock"
	flock 9
	if [ ! -x "$parts/etcd/usr/bin/etcd" ]; then
		command -v apt-get >/dev/null || fail "etcd comes from Debian's package $ETCD_PACKAGE, and there is no apt-get"
		rm -rf "$parts/new" && mkdir "$parts/new"
		(cd "$parts/new" && { apt-get -qq download "$ETCD_PACKAGE" || { apt-get -qq update && apt-get -qq download "$ETCD_PACKAGE"; }; }) >/dev/null 2>&1 ||
			fail "apt-get could not download $ETCD_PACKAGE"
		dpkg-deb -x "$parts"/new/*.deb "$parts/new/etcd"
		rm -rf "$parts/etcd" && mv "$parts/new/etcd" "$parts/etcd"
	fi
	if [ ! -e "$parts/kafka/.whole" ]; then
		command -v mvn >/dev/null || fail "Kafka comes from Maven artifacts, and there is no mvn"
		rm -rf "$parts/kafka" "$parts/new" && mkdir -p "$parts/new"
		cat >"$parts/new/pom.xml" <<-XML
			<project><modelVersion>4.0.0</modelVersion><groupId>rollcall</groupId><artifactId>cluster</artifactId><version>1</version>
			<dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$KAFKA_VERSION</version></dependency></dependencies></project>
		XML
		mvn -q -B -f "$parts/new/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$parts/kafka" >"$parts/mvn.log" 2>&1 ||
			fail "mvn could not fetch Kafka $KAFKA_VERSION: see $parts/mvn.log"
		touch "$parts/kafka/.whole"
	fi
	rm -rf "$parts/new"
	command -v java >/dev/null || fail "Kafka needs java"
}

# spawn PART COMMAND...: start a process in the background with DIR/PART as its folder.
spawn() {
	local home=$dir/$1
	shift
	mkdir -p "$home"
	(cd "$home" && exec setsid "$@" >"$home/stdout.log" 2>"$home/stderr.log" </dev/null 9>&-) &
	echo $! >"$home/pid"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# await WHAT PORT: until something listens there.
await() {
	local tenths
	for ((tenths = 0; tenths < 600; tenths++)); do
		if answers "$2"; then return; fi
		sleep 0.1
	done
	fail "$1 does not listen on port $2 after 60 s: see $dir"
}

healthy() {
	timeout 2 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "GET /healthz HTTP/1.0\r\n\r\n" >&3 && tail -n 1 <&3 | grep -qx OK' _ "$1" 2>/dev/null
}

start_etcd() {
	spawn etcd "$parts/etcd/usr/bin/etcd" --data-dir data --listen-client-urls "http://127.0.0.1:$base" --advertise-client-urls "http://127.0.0.1:$base" \
		--listen-peer-urls "http://127.0.0.1:$((base + 1))" --initial-advertise-peer-urls "http://127.0.0.1:$((base + 1))" \
		--initial-cluster "default=http://127.0.0.1:$((base + 1))"
	await etcd "$base"
}

start_kafka() {
	local home=$dir/kafka
	mkdir -p "$home"
	cat >"$home/server.properties" <<-PROPERTIES
		process.roles=broker,controller
		node.id=1
		controller.quorum.voters=1@127.0.0.1:$((base + 3))
		listeners=PLAINTEXT://127.0.0.1:$((base + 2)),CONTROLLER://127.0.0.1:$((base + 3))
		controller.listener.names=CONTROLLER
		log.dirs=$home/data
		offsets.topic.replication.factor=1
		transaction.state.log.replication.factor=1
		transaction.state.log.min.isr=1
		message.max.bytes=67108864
		replica.fetch.max.bytes=67108864
		group.initial.rebalance.delay.ms=0
	PROPERTIES
	java -cp "$parts/kafka/*" kafka.tools.StorageTool format -t m2vNHrW4R4akEjM4bXgfxw -c "$home/server.properties" >"$home/format.log" 2>&1 ||
		fail "Kafka's folder could not be formatted: see $home/format.log"
	spawn kafka java -Xmx512m -cp "$parts/kafka/*" kafka.Kafka server.properties
	await Kafka $((base + 2))
}

# configure PART PORT writes a part's settings; it takes the ten ports from PORT.
configure() {
	local home=$dir/$1 names=(proxy_port proxy_internal_port root_coord_port query_coord_port query_node_port
		index_coord_port index_node_port data_coord_port data_node_port) fill=() i
	mkdir -p "$home"/{configs,logs,run} "$dir/storage"
	for i in "${!names[@]}"; do
		fill+=(-e "s#\{\{ ${names[i]}\b[^}]*\}\}#$(($2 + i))#")
	done
	fill+=(-e "s#localhost:\{\{ etcd_port\b[^}]*\}\}#127.0.0.1:$base#"
		-e "s#^    embed: true.*#    embed: false#"
		-e "s#\{\{ local_storage_dir\b[^}]*\}\}#$dir/storage#"
		-e "s#\{\{ rocksmq_data_dir\b[^}]*\}\}#$home/rocksmq#"
		-e "s#\{\{ etcd_data_dir\b[^}]*\}\}#$home/etcd#"
		-e "s#\{\{ system_log_path\b[^}]*\}\}#$home/logs#"
		-e "s#^  type: rocksmq#  type: kafka#"
		-e "s#^  ip:.*#  ip: 127.0.0.1#"
		-e "s#\{\{ *[a-z_]+(\([a-z]+\))?: *([^ }]*) *\}\}#\2#")
	sed -E "${fill[@]}" "$engine/config.yaml.template" >"$home/configs/milvus.yaml"
	if grep -n '{{' "$home/configs/milvus.yaml" >&2; then fail "the lines above are unfilled: this engine's template has other names"; fi
	printf '\nkafka:\n  brokerList: 127.0.0.1:%s\n' "$((base + 2))" >>"$home/configs/milvus.yaml"
	cp "$engine/glog.conf" "$home/configs/"
}

# start_part PART: one of the engine's.
start_part() {
	local i role port=$((base + 10)) flags=()
	for i in "${roles[@]}"; do
		if [ "${i%%:*}" = "$1" ]; then role=${i##*:} && break; fi
		port=$((port + 10))
	done
	[ -n "${role:-}" ] || fail "there is no part $1; there are ${roles[*]%%:*}"
	[ "$role" != mixture ] || flags=(-rootcoord=true -querycoord=true -datacoord=true -indexcoord=true)
	configure "$1" "$port"
	DEPLOY_MODE=CLUSTER METRICS_PORT=$((port + 9)) MILVUS_RUN_DIR=$dir/$1/run MILVUSCONF=$dir/$1/configs LD_LIBRARY_PATH=$engine/bin \
		PROXY_TIMETICKINTERVAL=${PROXY_TIMETICKINTERVAL:-20} COMMON_SESSION_TTL=${COMMON_SESSION_TTL:-5} \
		QUERYCOORD_AUTOBALANCE=true LOG_LEVEL=${LOG_LEVEL:-warn} \
		spawn "$1" "$engine/bin/milvus" run "$role" -alias "$1" "${flags[@]}"
	local seconds=$((SECONDS + 90))
	until healthy $((port + 9)); do
		kill -0 "$(cat "$dir/$1/pid")" 2>/dev/null || fail "$1 has ended: $(tail -n 3 "$dir/$1/stderr.log")"
		[ $SECONDS -lt $seconds ] || fail "$1 is not healthy after 90 s: see $dir/$1"
		sleep 0.1
	done
}

end() {
	local id
	id=$(cat "$dir/$1/pid" 2>/dev/null) || return 0
	kill -KILL "$id" 2>/dev/null || true
	while kill -0 "$id" 2>/dev/null; do sleep 0.05; done
	rm -f "$dir/$1/pid"
}

[ $# -ge 1 ] || usage
command=$1
if [ "$command" = setup ]; then
	setup
	exit
fi
[ $# -ge 2 ] || usage
dir=$(realpath -m "$2")
case $command in
start)
	[ -x "$engine/bin/milvus" ] || fail "no engine in $engine: run scripts/setup.sh --only milvus"
	[ -e "$parts/kafka/.whole" ] && [ -x "$parts/etcd/usr/bin/etcd" ] || fail "run scripts/milvus_cluster.sh setup first"
	base=${3:-10000}
	for ((i = base; i < base + 80; i++)); do ! answers "$i" || fail "port $i is taken: give another BASEPORT"; done
	mkdir -p "$dir"
	echo "$base" >"$dir/base"
	start_etcd
	start_kafka
	for i in "${roles[@]}"; do start_part "${i%%:*}"; done
	echo $((base + 20)) >"$dir/port"
	echo "started: port $(cat "$dir/port")"
	;;
kill)
	[ $# = 3 ] || usage
	end "$3"
	;;
run)
	[ $# = 3 ] || usage
	base=$(cat "$dir/base")
	start_part "$3"
	;;
stop) for i in querynode2 querynode1 indexnode datanode proxy mixcoord kafka etcd; do end "$i"; done ;;
*) usage ;;
esac
