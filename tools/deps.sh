#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what building and testing need and this machine lacks: Debian packages, then the npm packages of
# package-lock.json. Does nothing, in a few milliseconds, when everything is there. `deps.sh bench` adds the load
# generators that only `make bench` uses.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(
  clang-19 lld-19 libclang-rt-19-dev clang-format-19 clang-tidy-19   # compiler, sanitizers, format, lint
  cmake ninja-build ccache pkg-config binutils                       # build; binutils: nm for the structure tests
  libboost1.81-dev libboost-json1.81-dev libfmt-dev libtomlplusplus-dev libcli11-dev
  libcurl4-openssl-dev libssl-dev zlib1g-dev libseccomp-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  libatomic1 ca-certificates curl                                    # libatomic1: Node's executable loads it
)
[ "${1:-}" = bench ] && packages+=(wrk hey)
# npm may come from elsewhere (NodeSource's nodejs contains it and conflicts with Debian's package).
command -v npm >/dev/null || packages+=(nodejs npm)

installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
  [[ $'\n'$installed$'\n' == *$'\n'"$package installed"$'\n'* ]] || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
  install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" != 0 ]; then
    printf 'make deps: Debian packages are missing, and installing them takes root. Run this, then make again:\n\n' >&2
    printf '  sudo sh -c "%s"\n' "$install" >&2
    exit 1
  fi
  echo "make deps: installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

# The stamp lies in node_modules, so that it goes when node_modules goes.
stamp=node_modules/.mayfly-deps
want=$(sha256sum < package-lock.json)
if [ "$(cat "$stamp" 2>/dev/null)" != "$want" ]; then
  echo "make deps: installing the npm packages of package-lock.json"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  printf '%s\n' "$want" > "$stamp"
fi
