#!/bin/sh
# Ollama as a service on port 11434, from its released archive. It uses the GPUs that the guest has.
set -eu
export DEBIAN_FRONTEND=noninteractive

if ! command -v ollama >/dev/null 2>&1; then
  apt-get update -q
  apt-get install -y -q --no-install-recommends ca-certificates curl
  archive=$(mktemp)
  trap 'rm -f "$archive"' EXIT
  curl -fsSL --retry 3 https://ollama.com/download/ollama-linux-amd64.tgz -o "$archive"
  tar -xzf "$archive" -C /usr
fi
if ! id ollama >/dev/null 2>&1; then useradd --system --create-home --home-dir /var/lib/ollama --shell /usr/sbin/nologin ollama; fi

cat >/etc/systemd/system/ollama.service <<'UNIT'
[Unit]
Description=Ollama
After=network-online.target
Wants=network-online.target

[Service]
User=ollama
Environment=HOME=/var/lib/ollama OLLAMA_HOST=0.0.0.0:11434
ExecStart=/usr/bin/ollama serve
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable ollama
systemctl restart ollama
curl -fsS --retry 20 --retry-all-errors --retry-delay 1 http://127.0.0.1:11434/api/version >/dev/null
