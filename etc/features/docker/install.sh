#!/bin/sh
# Docker Engine with the compose plugin, from Docker's own package repository. The daemon listens on its local socket only.
set -eu
export DEBIAN_FRONTEND=noninteractive

if ! command -v curl >/dev/null 2>&1; then
  apt-get update -q
  apt-get install -y -q --no-install-recommends ca-certificates curl
fi
. /etc/os-release
case $ID in
  debian | ubuntu) ;;
  *)
    echo "docker: $ID is neither Debian nor Ubuntu" >&2
    exit 1
    ;;
esac

install -m 755 -d /etc/apt/keyrings
curl -fsSL --retry 3 "https://download.docker.com/linux/$ID/gpg" -o /etc/apt/keyrings/docker.asc.new
mv /etc/apt/keyrings/docker.asc.new /etc/apt/keyrings/docker.asc
cat >/etc/apt/sources.list.d/docker.sources <<SOURCES
Types: deb
URIs: https://download.docker.com/linux/$ID
Suites: $VERSION_CODENAME
Components: stable
Signed-By: /etc/apt/keyrings/docker.asc
SOURCES

apt-get update -q
apt-get install -y -q --no-install-recommends containerd.io docker-buildx-plugin docker-ce docker-ce-cli docker-compose-plugin

# Logs that grow without end fill the disk of a small guest.
if [ ! -e /etc/docker/daemon.json ]; then
  mkdir -p /etc/docker
  printf '%s\n' '{ "log-driver": "json-file", "log-opts": { "max-size": "10m", "max-file": "3" } }' >/etc/docker/daemon.json
  systemctl restart docker
fi
systemctl enable --now docker
docker version >/dev/null
