#!/bin/sh
# Installs the Debian packages that tests of real nodes, of shells, of proxies and of
# the Python client need, where that is possible, and says what will be skipped where
# it is not.
set -eu
packages="containerd runc nftables busybox-static iproute2 bash-completion zsh fish curl python3-kubernetes"

missing=""
for p in $packages; do
	dpkg -s "$p" >/dev/null 2>&1 || missing="$missing $p"
done 2>/dev/null
if [ -z "$missing" ]; then
	exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
	echo "tests of real nodes, shells and the Python client will be skipped: they need root and the packages$missing" >&2
	exit 0
fi
apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
	echo "tests of real nodes, shells and the Python client will be skipped: these packages could not be installed:$missing" >&2
