#!/bin/sh
# Smallstep's `step` command line, from Smallstep's package repository, told where the environment's authority is.
# Inputs: CA_URL, for example https://10.0.0.10:9000 (not configured when not given).
set -eu
export DEBIAN_FRONTEND=noninteractive

if ! command -v step >/dev/null 2>&1; then
  apt-get update -q
  apt-get install -y -q --no-install-recommends ca-certificates curl
  install -m 755 -d /etc/apt/keyrings
  curl -fsSL --retry 3 https://packages.smallstep.com/keys/apt/repo-signing-key.gpg -o /etc/apt/keyrings/smallstep.asc
  cat >/etc/apt/sources.list.d/smallstep.sources <<'SOURCES'
Types: deb
URIs: https://packages.smallstep.com/stable/debian
Suites: debs
Components: main
Signed-By: /etc/apt/keyrings/smallstep.asc
SOURCES
  apt-get update -q
  apt-get install -y -q --no-install-recommends step-cli
fi

if [ -n "${CA_URL:-}" ]; then
  roots=$(mktemp)
  trap 'rm -f "$roots"' EXIT
  curl -fsS --insecure --retry 10 --retry-all-errors --retry-delay 3 --max-time 30 "$CA_URL/roots.pem" -o "$roots"
  step ca bootstrap --force --ca-url "$CA_URL" --fingerprint "$(step certificate fingerprint "$roots")" </dev/null
fi
