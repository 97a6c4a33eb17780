# shellcheck shell=bash
# Virtual environments below .cache, for the scripts that source this.

# make_venv NAME FINISH ARGUMENT... makes .cache/NAME, sets $venv to its path, and has pip install
# what the arguments say: pinned packages, so that the same arguments are the same environment. FINISH is
# a function that does what else there is to do. What fails before that is done leaves no environment
# behind; when it was made of the same arguments already, nothing happens.
make_venv() {
	local name=$1 finish=$2 cache
	shift 2
	cache=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.cache
	venv=$cache/$name
	mark=$venv/packages.txt
	mkdir -p "$cache"
	# Two runs at once would install everything twice.
	if command -v flock >/dev/null; then
		exec 9>"$cache/$name.lock"
		flock 9
	fi
	[ "$(cat "$mark" 2>/dev/null)" = "$*" ] && return
	if ! python3 -m venv --help >/dev/null 2>&1; then
		echo "python3 with venv is needed: install python3 and python3-venv" >&2
		return 1
	fi
	rm -rf "$venv"
	trap '[ -e "$mark" ] || rm -rf "$venv"' EXIT
	python3 -m venv "$venv"
	"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile "$@" 9>&-
	"$finish" 9>&-
	echo "$*" >"$mark.new"
	mv "$mark.new" "$mark"
}
