#!/bin/sh
# Smallstep's certificate authority: installed, initialised once, and kept running as a service. Keys and passwords never leave
# /etc/step-ca, which only its own user reads; the root certificate alone is published in /etc/step-ca/ssl.
# Inputs: CA_ROOT_NAME, CA_DNS_NAME, CA_PROVISIONER.
set -eu
export DEBIAN_FRONTEND=noninteractive
: "${CA_ROOT_NAME:?step_ca needs CA_ROOT_NAME: set step_ca.root_ca_name}"
: "${CA_DNS_NAME:?step_ca needs CA_DNS_NAME: set step_ca.dns_name}"
: "${CA_PROVISIONER:?step_ca needs CA_PROVISIONER: set step_ca.provisioner_name}"

if ! command -v step-ca >/dev/null 2>&1 || ! command -v step >/dev/null 2>&1; then
  apt-get update -q
  apt-get install -y -q --no-install-recommends ca-certificates curl openssl
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
  apt-get install -y -q --no-install-recommends step-ca step-cli
fi

if ! id step-ca >/dev/null 2>&1; then useradd --system --home-dir /etc/step-ca --shell /usr/sbin/nologin step-ca; fi
mkdir -p /etc/step-ca
export STEPPATH=/etc/step-ca

# Initialised in a folder of its own and moved into place as a whole: a run that is broken off leaves no half authority.
if [ ! -f /etc/step-ca/config/ca.json ]; then
  rm -rf /etc/step-ca.new
  mkdir -m 700 /etc/step-ca.new
  umask 077
  openssl rand -base64 48 >/etc/step-ca.new/password
  openssl rand -base64 48 >/etc/step-ca.new/provisioner-password
  address=$(hostname -I | cut -d ' ' -f 1)
  STEPPATH=/etc/step-ca.new step ca init --deployment-type standalone --name "$CA_ROOT_NAME" \
    --dns "$CA_DNS_NAME" --dns "$address" --address :9000 --provisioner "$CA_PROVISIONER" --acme \
    --password-file /etc/step-ca.new/password --provisioner-password-file /etc/step-ca.new/provisioner-password </dev/null
  sed -i 's#/etc/step-ca\.new/#/etc/step-ca/#g' /etc/step-ca.new/config/*.json
  for part in certs secrets db templates password provisioner-password; do
    if [ -e "/etc/step-ca.new/$part" ]; then
      rm -rf "/etc/step-ca/$part"
      mv "/etc/step-ca.new/$part" "/etc/step-ca/$part"
    fi
  done
  mv /etc/step-ca.new/config /etc/step-ca/config
  rm -rf /etc/step-ca.new
  umask 022
fi
for part in config certs secrets db templates password provisioner-password; do
  if [ -e "/etc/step-ca/$part" ]; then chown -R step-ca: "/etc/step-ca/$part"; fi
done
chmod 755 /etc/step-ca

cat >/etc/systemd/system/step-ca.service <<UNIT
[Unit]
Description=Certificate authority of the environment
After=network-online.target
Wants=network-online.target

[Service]
User=step-ca
Environment=STEPPATH=/etc/step-ca
ExecStart=$(command -v step-ca) /etc/step-ca/config/ca.json --password-file /etc/step-ca/password
ExecReload=/bin/kill -HUP \$MAINPID
Restart=on-failure
RestartSec=5
NoNewPrivileges=yes
ProtectSystem=full
ReadWritePaths=/etc/step-ca
ProtectHome=yes

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable step-ca
systemctl restart step-ca

if [ -d /etc/step-ca/ssl ]; then install -m 644 /etc/step-ca/certs/root_ca.crt /etc/step-ca/ssl/root_ca.crt; fi
curl -fsS --retry 20 --retry-all-errors --retry-delay 1 --cacert /etc/step-ca/certs/root_ca.crt \
  --resolve "$CA_DNS_NAME:9000:127.0.0.1" "https://$CA_DNS_NAME:9000/health" >/dev/null
