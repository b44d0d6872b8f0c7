#!/bin/sh
# The last thing in a VM that becomes a template: it forgets who it is, so that each clone gets an identity, host keys and a first
# boot of its own.
set -eu

if command -v cloud-init >/dev/null 2>&1; then cloud-init clean --logs; fi
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/ssh/ssh_host_*
sync
