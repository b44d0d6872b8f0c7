#!/bin/sh
# What every guest has: current package lists, tools that other features rely on, and the time zone.
# Inputs: TIMEZONE, for example Europe/Berlin (left as it is when not given).
set -eu
export DEBIAN_FRONTEND=noninteractive

apt-get update -q
apt-get install -y -q --no-install-recommends ca-certificates curl gnupg jq openssl

if [ -n "${TIMEZONE:-}" ]; then
  if [ ! -f "/usr/share/zoneinfo/$TIMEZONE" ]; then apt-get install -y -q --no-install-recommends tzdata; fi
  if [ ! -f "/usr/share/zoneinfo/$TIMEZONE" ]; then
    echo "there is no time zone $TIMEZONE" >&2
    exit 1
  fi
  ln -sfn "/usr/share/zoneinfo/$TIMEZONE" /etc/localtime
  echo "$TIMEZONE" >/etc/timezone
fi
