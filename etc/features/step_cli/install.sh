#!/bin/sh
# Smallstep's `step` command line, from Smallstep's package repository, told where the environment's authority is.
# Inputs: CA_URL, for example https://10.0.0.10:9000 (not configured when not given); from the node CA_ROOT_FINGERPRINT, the SHA-256
# of the authority's root certificate.
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

# By the fingerprint that the node gives: `step` takes no other root, whoever answers.
if [ -n "${CA_URL:-}" ]; then
  : "${CA_ROOT_FINGERPRINT:?step_cli needs the fingerprint of the root certificate, which the node gives}"
  tries=1
  until step ca bootstrap --force --ca-url "$CA_URL" --fingerprint "$CA_ROOT_FINGERPRINT" </dev/null; do
    if [ "$tries" -ge 10 ]; then
      echo "$CA_URL does not answer as the authority whose root the node trusts (SHA-256 $CA_ROOT_FINGERPRINT)" >&2
      exit 1
    fi
    tries=$((tries + 1))
    sleep 3
  done
fi
