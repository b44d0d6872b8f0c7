#!/bin/sh
# nginx as the gateway of the environment. Until sites are written to /etc/nginx/conf.d it answers ACME challenges on port 80 and
# refuses everything else: no unknown name gets a page or a certificate.
set -eu
export DEBIAN_FRONTEND=noninteractive

if ! command -v nginx >/dev/null 2>&1; then
  apt-get update -q
  apt-get install -y -q --no-install-recommends nginx
fi
rm -f /etc/nginx/sites-enabled/default
mkdir -p /var/www/acme/.well-known/acme-challenge /etc/nginx/ssl

# The file is Phoenix's own: gateway/nginx replaces it.
if [ ! -f /etc/nginx/conf.d/00-gateway.conf ]; then
cat >/etc/nginx/conf.d/00-gateway.conf <<'CONF'
# Kept by Phoenix, until the gateway's sites are written here.
server_tokens off;

server {
  listen 80 default_server;
  location ^~ /.well-known/acme-challenge/ {
    root /var/www/acme;
    default_type text/plain;
    try_files $uri =404;
  }
  location / {
    return 444;
  }
}

server {
  listen 443 ssl default_server;
  ssl_reject_handshake on;
}
CONF
fi
nginx -t
systemctl enable nginx
systemctl reload-or-restart nginx
