# Shared by the scripts in this folder; sourced, never run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
artifacts=$root/artifacts
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

say() { printf '%s\n' "$*" >&2; }
fail() { say "$1"; exit "${2:-3}"; }

as_root() { if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi; }

# need_dotnet: the one thing that these scripts do not install.
need_dotnet() {
  command -v dotnet >/dev/null || fail "dotnet is missing: install the .NET 10 SDK and put it on PATH, then run this again"
  dotnet --list-sdks | grep -q '^10\.' || fail "the .NET 10 SDK is missing ($(dotnet --version 2>/dev/null || true) found): install it, then run this again"
}

# install_packages WHY PACKAGE...: installs Debian packages after saying so; fails where it cannot.
install_packages() {
  local why=$1; shift
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [[ ${#missing[@]} -eq 0 ]] && return 0
  command -v apt-get >/dev/null || fail "$why needs ${missing[*]}, and there is no apt-get here: install them, then run this again"
  say "installing ${missing[*]} with apt-get ($why)"
  # The packaged cluster is not wanted: replayvmm runs a private server of its own.
  if [[ " ${missing[*]} " == *" postgresql "* ]]; then
    as_root mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.d/replayvmm.conf >/dev/null
  fi
  apt_update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >"$artifacts/apt.log" 2>&1 \
    || { tail -5 "$artifacts/apt.log" >&2; return 1; }
}

# apt_update: once an invocation.
apt_updated=
apt_update() {
  [[ -n $apt_updated ]] && return 0
  mkdir -p "$artifacts"
  as_root apt-get update >"$artifacts/apt-update.log" 2>&1 || say "apt-get update failed; going on with the package lists that are here"
  apt_updated=1
}

need_postgresql() {
  if ! command -v initdb >/dev/null && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
    mkdir -p "$artifacts"
    install_packages "the event store" postgresql || fail "PostgreSQL could not be installed: see $artifacts/apt.log"
  fi
}
