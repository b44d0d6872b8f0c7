#!/bin/sh
# Makes the guest trust the environment's certificate authority: its root certificates go into the system's store.
# The first contact cannot be verified against anything, so what is trusted is what answers at CA_URL inside the own network.
# Inputs: CA_URL, for example https://10.0.0.10:9000.
set -eu
export DEBIAN_FRONTEND=noninteractive
: "${CA_URL:?trusted_ca needs CA_URL: give a container the role \"ca\", or set bootstrap_ca_url}"

if ! command -v curl >/dev/null 2>&1 || ! command -v update-ca-certificates >/dev/null 2>&1; then
  apt-get update -q
  apt-get install -y -q --no-install-recommends ca-certificates curl
fi

roots=$(mktemp)
trap 'rm -f "$roots"' EXIT
curl -fsS --insecure --retry 10 --retry-all-errors --retry-delay 3 --max-time 30 "$CA_URL/roots.pem" -o "$roots"
if ! grep -q 'BEGIN CERTIFICATE' "$roots"; then
  echo "$CA_URL/roots.pem holds no certificate" >&2
  exit 1
fi
install -m 644 "$roots" /usr/local/share/ca-certificates/phoenix-root-ca.crt
update-ca-certificates
curl -fsS --max-time 30 "$CA_URL/health" >/dev/null
