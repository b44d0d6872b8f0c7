#!/bin/sh
# Makes the guest trust the environment's certificate authority: its root certificate, as the node has it, goes into the system's
# store. Nothing is learnt from whoever answers at CA_URL: that has to show a certificate of this root.
# Inputs: CA_URL, for example https://10.0.0.10:9000; from the node CA_ROOT, the certificate, and CA_ROOT_FINGERPRINT, its SHA-256.
set -eu
export DEBIAN_FRONTEND=noninteractive
: "${CA_URL:?trusted_ca needs CA_URL: give a container the role \"ca\", or set bootstrap_ca_url}"
: "${CA_ROOT:?trusted_ca needs the root certificate, which the node gives}"
: "${CA_ROOT_FINGERPRINT:?trusted_ca needs the fingerprint of the root certificate, which the node gives}"

if ! command -v curl >/dev/null 2>&1 || ! command -v update-ca-certificates >/dev/null 2>&1; then
  apt-get update -q
  apt-get install -y -q --no-install-recommends ca-certificates curl
fi

root=$(mktemp)
trap 'rm -f "$root"' EXIT
printf '%s\n' "$CA_ROOT" >"$root"
given=$(sed '/^-----/d' "$root" | base64 -d | sha256sum | cut -d ' ' -f 1)
if [ "$given" != "$CA_ROOT_FINGERPRINT" ]; then
  echo "the root certificate that came here is not the node's: its SHA-256 is $given, not $CA_ROOT_FINGERPRINT" >&2
  exit 1
fi

refuse() {
  echo "what answers at $CA_URL is not the authority whose root the node trusts (SHA-256 $CA_ROOT_FINGERPRINT): nothing was installed" >&2
  exit 1
}

# The authority may still be coming up. A certificate that does not fit will not fit later; a handshake that fails (35) may be either.
tries=1
until curl -fsS --max-time 30 --cacert "$root" "$CA_URL/health" >/dev/null; do
  code=$?
  case $code in 51 | 60 | 83 | 90) refuse ;; esac
  if [ "$tries" -ge 10 ]; then
    if [ "$code" -eq 35 ]; then refuse; fi
    echo "nothing answers at $CA_URL (curl ended with $code): nothing was installed" >&2
    exit 1
  fi
  tries=$((tries + 1))
  sleep 3
done
install -m 644 "$root" /usr/local/share/ca-certificates/phoenix-root-ca.crt
update-ca-certificates
curl -fsS --max-time 30 "$CA_URL/health" >/dev/null
