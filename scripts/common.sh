# shellcheck shell=bash
# Sourced by run, wobble and test: what must be installed, the data folder and its users, the build. All it says goes to stderr, so that the
# stdout of `wobble run --json` stays one object.
set -euo pipefail
umask 022

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
no_install=
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 NPM_CONFIG_UPDATE_NOTIFIER=false

say() { printf '%s\n' "$@" >&2; }
die() { local code=$1; shift; say "$@"; exit "$code"; }
is_root() { [ "$(id -u)" = 0 ]; }

# The same order as the Runner's DataFolder: --data, the setting (environment, then appsettings.json), the default.
use_data_folder() {
    local named=${1:-${DataFolder:-}}
    [ -n "$named" ] || named=$(sed -n 's/^ *"DataFolder": *"\([^"]*\)".*/\1/p' "$repository/appsettings.json")
    [ -n "$named" ] || if is_root; then named=/var/lib/wobble; else named=${XDG_DATA_HOME:-$HOME/.local/share}/wobble; fi
    DataFolder=$(realpath -m -- "$named")
    export DataFolder
}

# ---- packages

# Names of a set's packages; the set `targets` is what the manifests of servers, apps and drivers name.
packages_of() {
    if [ "$1" = targets ]; then
        find "$repository/src/TargetApps" -name '*.json' -exec cat {} + | tr -d '\n' | grep -oE '"packages": *(\[[^]]*\]|\{[^}]*\})' | grep -oE '\[[^]]*\]' | grep -oE '"[a-z0-9][a-z0-9.+-]*"' | tr -d '"' | sort -u || true
    else
        awk -v wanted="$1" '$1 == wanted { print $2 }' "$repository/src/TargetApps/packages"
    fi
}

missing_of() {
    local names installed name
    names=$(for set in "$@"; do packages_of "$set"; done)
    # shellcheck disable=SC2086
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $names 2>/dev/null | sed -n 's/^installed //p') || true
    for name in $names; do
        # Node.js often comes from elsewhere, its npm in the same package.
        if [ "$name" = nodejs ] || [ "$name" = npm ]; then command -v "${name%js}" >/dev/null && continue; fi
        printf '%s\n' "$installed" | grep -qxF "$name" || printf '%s\n' "$name"
    done
}

# Installs what is missing of the sets; with --no-install refuses and names it.
require_packages() {
    local missing
    command -v dpkg-query >/dev/null || die 1 "Wobble needs Debian 12, or a system made from it: dpkg-query was not found."
    missing=$(missing_of "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    [ -z "$no_install" ] || die 1 "Missing Debian packages: $missing" "" "Install them, or start without --no-install:" "  apt-get install --no-install-recommends $missing"
    say "Installing Debian packages: $missing"
    # shellcheck disable=SC2086
    if is_root; then
        bash "$repository/scripts/install-packages" $missing
    elif command -v sudo >/dev/null; then
        sudo bash "$repository/scripts/install-packages" $missing
    else
        die 1 "That needs root, and sudo is not here. As root:" "  apt-get install --no-install-recommends $missing"
    fi || die 1 "The packages could not be installed: see above. As root, by hand:" "  apt-get install --no-install-recommends $missing"
}

# ---- data folder and users

# As root the database and the Dashboard run as `wobble`, the stack under test and its load as `wobble-run`.
use_system_users() {
    local user
    for user in wobble wobble-run; do
        getent passwd "$user" >/dev/null && continue
        say "Creating the system user $user"
        useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$user" || die 1 "The system user $user could not be created: see above."
    done
}

as_wobble() { setpriv --reuid=wobble --regid=wobble --clear-groups -- "$@"; }

# The name of a build: the stamp of its sources.
is_stamp() { [[ $1 =~ ^[0-9a-f]{16}$ ]]; }

# A name in the data folder, where it holds something and nothing that Wobble made. Builds before the file wobble-data left the others. The Runner's DataFolder looks at the same.
strange_in_data_folder() {
    local mark build
    for mark in wobble-data up.lock database-schema database/password benchmark/lock; do [ ! -e "$DataFolder/$mark" ] || return 0; done
    for build in "$DataFolder"/app/*/; do ! is_stamp "$(basename -- "$build")" || return 0; done
    find "$DataFolder" -mindepth 1 -maxdepth 1 ! -name lost+found -printf '%f\n' -quit
}

make_data_folder() {
    local folder=/ part strange
    mkdir -p -- "$DataFolder" 2>/dev/null && [ -w "$DataFolder" ] ||
        die 1 "The data folder $DataFolder can't be written by $(id -un). Name another: --data DIR (or the setting DataFolder)."
    # Its mode is about to change, and what is old in it will be removed.
    strange=$(strange_in_data_folder)
    [ -z "$strange" ] || die 1 "The data folder $DataFolder is not Wobble's: it holds '$strange', and nothing that Wobble made." "Name an empty or a new folder: --data DIR (or the setting DataFolder)."
    chmod 711 -- "$DataFolder" || die 1 "The data folder $DataFolder belongs to another user. Name another: --data DIR (or the setting DataFolder)."
    [ -e "$DataFolder/wobble-data" ] || : >"$DataFolder/wobble-data"
    is_root || return 0
    use_system_users
    while IFS= read -r part; do
        folder=${folder%/}/$part
        as_wobble test -x "$folder" || die 1 "The data folder $DataFolder can't be reached by the users wobble and wobble-run, which run the database and the stacks:" \
            "they may not enter $folder (mode $(stat -c '%a, owner %U' -- "$folder"))." "Name a folder that all may enter (--data /var/lib/wobble), or open that one: chmod o+x $folder"
    done < <(printf '%s\n' "${DataFolder#/}" | tr '/' '\n')
}

# ---- the .NET SDK and the build

find_dotnet() {
    local dotnet
    dotnet=$(command -v dotnet || { [ -x "${DOTNET_ROOT:-$HOME/.dotnet}/dotnet" ] && echo "${DOTNET_ROOT:-$HOME/.dotnet}/dotnet"; }) || say_how_to_get_dotnet
    DOTNET_ROOT=$(dirname "$(readlink -f "$dotnet")")
    export DOTNET_ROOT
}

require_sdk() {
    (cd "$repository" && "$DOTNET_ROOT/dotnet" --version >/dev/null 2>&1) || say_how_to_get_dotnet
}

say_how_to_get_dotnet() {
    die 1 "Wobble needs the .NET SDK 10, which was not found (dotnet on the PATH, or in DOTNET_ROOT). Debian has no package of it; Microsoft's installer puts it in a folder:" \
        "  curl -fsSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0" \
        "  export PATH=\"\$HOME/.dotnet:\$PATH\"" "Other ways: https://learn.microsoft.com/dotnet/core/install/linux-debian"
}

# Where the SDK is in root's home, the unprivileged users can't start the runtime there: they get a copy of it.
use_reachable_runtime() {
    local version copy framework
    is_root || return 0
    as_wobble test -x "$DOTNET_ROOT/dotnet" && { remove_old_runtimes; return 0; }
    version=$(ls -v "$DOTNET_ROOT/shared/Microsoft.AspNetCore.App" | grep '^10\.' | tail -1)
    copy=$DataFolder/dotnet-$version
    if [ ! -d "$copy" ]; then
        say "Copying the .NET runtime $version from $DOTNET_ROOT, which other users may not enter, to $copy"
        rm -rf -- "$copy.new"
        for framework in Microsoft.NETCore.App Microsoft.AspNetCore.App; do
            mkdir -p -- "$copy.new/shared/$framework"
            cp -R -- "$DOTNET_ROOT/shared/$framework/$version" "$copy.new/shared/$framework/"
        done
        cp -R -- "$DOTNET_ROOT/host" "$DOTNET_ROOT/dotnet" "$copy.new/"
        chmod -R a+rX -- "$copy.new"
        mv -T -- "$copy.new" "$copy"
    fi
    DOTNET_ROOT=$copy
    remove_old_runtimes
}

# Copies of other versions that no process runs from.
remove_old_runtimes() {
    local old
    for old in "$DataFolder"/dotnet-10.*[0-9]/; do
        [ "${old%/}" = "$DOTNET_ROOT" ] || [ ! -d "$old" ] || grep -qsF -m 1 "$old" /proc/[0-9]*/maps || rm -rf -- "$old"
    done
}

# Names the sources: their contents, and the commit, which each run records.
stamp_of_sources() {
    cd "$repository"
    { git rev-parse HEAD 2>/dev/null || true
      find src wwwroot Directory.*.props global.json appsettings.json package.json package-lock.json \
        \( -name bin -o -name obj -o -name lib -o -name __pycache__ \) -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; } | sha256sum | cut -c1-16
}

# Publishes the named projects (Runner, Dashboard) into a folder of this build, unless they are there, and sets `app` to it. A build is never changed
# once it is there, so what runs from an older one goes on undisturbed.
publish() {
    local project stamp revision= changes=
    stamp=$(stamp_of_sources)
    app=$DataFolder/app/$stamp
    for project in "$@"; do [ -d "$app/$project" ] || break; done
    [ -d "$app/$project" ] && return 0

    require_sdk
    exec 9<"$repository/scripts/common.sh"
    flock -n 9 || { say "Another build of this clone goes on: waiting for it."; flock 9; }
    mkdir -p -- "$app" "$DataFolder/logs"
    chmod 755 -- "$DataFolder/app" "$app"
    chmod 700 -- "$DataFolder/logs"
    if revision=$(git -C "$repository" rev-parse HEAD 2>/dev/null); then
        changes=$(git -C "$repository" status --porcelain -- src wwwroot Directory.Build.props Directory.Packages.props)
        [ -z "$changes" ] || revision+=-changed
    fi
    for project in "$@"; do
        [ -d "$app/$project" ] && continue
        say "Building the $project"
        publish_one "$project" "$revision" >"$DataFolder/logs/build.log" 2>&1 || {
            grep -E 'error|No space left' "$DataFolder/logs/build.log" | sort -u | head -20 >&2 || tail -20 "$DataFolder/logs/build.log" >&2
            df -Pk "$DataFolder" | awk 'NR == 2 && $4 < 200000 { printf "Only %d MB are free on %s.\n", $4 / 1024, $6 }' >&2
            die 1 "The $project could not be built; all of it: $DataFolder/logs/build.log"
        }
        chmod -R a+rX -- "$app/$project.new"
        mv -T -- "$app/$project.new" "$app/$project"
    done
    exec 9<&-
    remove_old_builds
}

publish_one() {
    local project=$1 runtime=linux-x64 options=(--nologo -v quiet -c Release -nodeReuse:false)
    # ./test builds with the analyzers; without them and with no compiler left running, this is the build to wait for.
    options+=(-p:RunAnalyzers=false "-p:UseSharedCompilation=${UseSharedCompilation:-false}")
    [ -z "$2" ] || options+=("-p:SourceRevisionId=$2")
    [ "$(uname -m)" = x86_64 ] || runtime=linux-arm64
    cd "$repository"
    rm -rf -- "$app/$project.new"
    # Code compiled ahead makes starts quicker; where its compiler can't be restored, the rest still can.
    if "$DOTNET_ROOT/dotnet" restore "src/$project" -v quiet -r "$runtime" -p:PublishReadyToRun=true -nodeReuse:false; then
        options+=(-r "$runtime" --self-contained false -p:PublishReadyToRun=true)
    else
        "$DOTNET_ROOT/dotnet" restore "src/$project" -v quiet -nodeReuse:false
    fi
    "$DOTNET_ROOT/dotnet" publish "src/$project" --no-restore "${options[@]}" -o "$app/$project.new"
}

# Builds of other sources that no process runs from.
remove_old_builds() {
    local build
    for build in "$DataFolder"/app/*/; do
        is_stamp "$(basename -- "$build")" || continue
        [ "${build%/}" = "$app" ] || grep -qsF "$build" /proc/[0-9]*/cmdline || rm -rf -- "$build"
    done
}
