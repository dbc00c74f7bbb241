# shellcheck shell=bash
# Sourced by bench/viewers and bench/observer: sets app to the published build and DataFolder to a folder that goes when the bench ends.
echo "$(date -u +%F) · $(nproc) cores · $(uname -r) · .NET $(dotnet --version) · $(git describe --always --dirty 2>/dev/null || echo '?')"
. scripts/common.sh
use_data_folder "${DataFolder:-}"
find_dotnet
require_packages stack targets build
# Debian's python3, not another on the PATH: it has Debian's modules.
/usr/bin/python3 -c 'import aiohttp, msgpack' 2>/dev/null || die 1 "This bench needs the Debian packages python3-aiohttp and python3-msgpack:" "  apt-get install --no-install-recommends python3-aiohttp python3-msgpack"
make_data_folder
publish Runner Dashboard
use_reachable_runtime
DataFolder=$(mktemp -d -t wobble-bench-XXXXXX)
trap 'rm -rf -- "$DataFolder"' EXIT
make_data_folder
