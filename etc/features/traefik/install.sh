#!/bin/sh
# Traefik as the inner proxy: the released binary, checked against the checksums of its release, as a service that reads its routes
# from the files in /etc/traefik/dynamic. Its own state is told on the loopback interface only.
set -eu
export DEBIAN_FRONTEND=noninteractive

version=v3.7.13
case $(uname -m) in
  x86_64) architecture=amd64 ;;
  aarch64) architecture=arm64 ;;
  *)
    echo "traefik: there is no release for $(uname -m)" >&2
    exit 1
    ;;
esac

if ! traefik version 2>/dev/null | grep -q "^Version: *${version#v}\$"; then
  if ! command -v curl >/dev/null 2>&1; then
    apt-get update -q
    apt-get install -y -q --no-install-recommends ca-certificates curl
  fi
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  archive=traefik_${version}_linux_$architecture.tar.gz
  release=https://github.com/traefik/traefik/releases/download/$version
  curl -fsSL --retry 3 "$release/$archive" -o "$folder/$archive"
  curl -fsSL --retry 3 "$release/traefik_${version}_checksums.txt" -o "$folder/checksums.txt"
  (cd "$folder" && grep "  *\(\./\)\{0,1\}$archive\$" checksums.txt | sha256sum --check --status -)
  tar -xzf "$folder/$archive" -C "$folder" traefik
  install -m 755 "$folder/traefik" /usr/local/bin/traefik
fi

# Certificates in /etc/traefik/certs are for the group www-data, as those of the gateway are.
if ! id traefik >/dev/null 2>&1; then useradd --system --home-dir /etc/traefik --shell /usr/sbin/nologin traefik; fi
mkdir -p /etc/traefik/dynamic /etc/traefik/certs

# What it starts with until gateway/traefik writes its own: that one knows the gateway's address. What is there already stays.
if [ ! -f /etc/traefik/traefik.yml ]; then
cat >/etc/traefik/traefik.yml <<'CONF'
# Kept by Phoenix, until the environment's own is written here.
entryPoints:
  web:
    address: ":80"
  websecure:
    address: ":443"
  traefik:
    address: 127.0.0.1:8080
providers:
  file:
    directory: /etc/traefik/dynamic
    watch: true
api:
  insecure: true
ping: {}
log:
  level: INFO
  noColor: true
CONF
fi
cat >/etc/systemd/system/traefik.service <<'UNIT'
[Unit]
Description=Inner proxy of the environment
After=network-online.target
Wants=network-online.target

[Service]
User=traefik
SupplementaryGroups=www-data
ExecStart=/usr/local/bin/traefik --configFile=/etc/traefik/traefik.yml
Restart=on-failure
RestartSec=5
AmbientCapabilities=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=yes

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable traefik
systemctl restart traefik
# A file of somebody's own may have no ping: then it is enough that it runs.
curl -fsS --retry 20 --retry-all-errors --retry-delay 1 http://127.0.0.1:8080/ping >/dev/null || systemctl is-active traefik
