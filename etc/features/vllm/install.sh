#!/bin/sh
# vLLM in a Python environment of its own, /opt/vllm, and as a service that serves one model. It uses the GPUs that the guest has.
# Inputs: VLLM_MODEL, and VLLM_ARGS, further arguments of `vllm serve`, one a line. Without a model it is installed only.
set -eu
export DEBIAN_FRONTEND=noninteractive

version=0.10.2
if ! /opt/vllm/bin/python -c "import importlib.metadata as m, sys; sys.exit(m.version('vllm') != '$version')" 2>/dev/null; then
  apt-get update -q
  apt-get install -y -q --no-install-recommends build-essential ca-certificates python3-dev python3-venv
  python3 -m venv /opt/vllm
  /opt/vllm/bin/pip install --quiet --upgrade pip
  /opt/vllm/bin/pip install --quiet "vllm==$version"
fi
/opt/vllm/bin/vllm --version

if [ -z "${VLLM_MODEL:-}" ]; then
  # A clone of a guest that serves something may be there to serve nothing.
  if [ -e /etc/systemd/system/vllm.service ]; then
    systemctl disable --now vllm
    rm -f /etc/systemd/system/vllm.service
    systemctl daemon-reload
  fi
  exit 0
fi

if ! id vllm >/dev/null 2>&1; then useradd --system --create-home --home-dir /var/lib/vllm --shell /usr/sbin/nologin vllm; fi
mkdir -p /etc/vllm
printf '%s\n' "$VLLM_MODEL" >/etc/vllm/model
printf '%s\n' "${VLLM_ARGS:-}" >/etc/vllm/arguments

# Arguments stay words of their own: neither a shell nor systemd reads what is in them.
cat >/usr/local/bin/vllm-serve <<'SERVE'
#!/bin/sh
# Serves the model named in /etc/vllm/model with the arguments in /etc/vllm/arguments, one a line.
set -eu
set -- serve "$(cat /etc/vllm/model)"
while IFS= read -r argument; do
  [ -z "$argument" ] || set -- "$@" "$argument"
done </etc/vllm/arguments
exec /opt/vllm/bin/vllm "$@"
SERVE
chmod 755 /usr/local/bin/vllm-serve

cat >/etc/systemd/system/vllm.service <<'UNIT'
[Unit]
Description=vLLM
After=network-online.target
Wants=network-online.target

[Service]
User=vllm
Environment=HOME=/var/lib/vllm
ExecStart=/usr/local/bin/vllm-serve
Restart=on-failure
RestartSec=10

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable vllm
# The model may take an hour to load: whether it answers is asked by a health check of the guest.
systemctl restart vllm
