#!/bin/sh
# Settings and secrets of the service, made where there are none and never changed: `settings.sh [--dry-run] [PREFIX]`. For root alone.
set -eu

dry=no
if [ "${1-}" = --dry-run ]; then
  dry=yes
  shift
fi
settings=${1-}/etc/phoenix
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

say() { printf 'install: %s\n' "$1"; }

does() {
  if [ "$dry" = yes ]; then say "would $1"; return 1; fi
  say "$1"
}

# path: what is there stays. Content on standard input, whole or not at all.
keep_or_put() {
  if [ -e "$1" ]; then say "keep $1"; cat >/dev/null; return; fi
  if does "make $1"; then
    rm -f -- "$1.new"
    (umask 077 && cat >"$1.new")
    mv -f -- "$1.new" "$1"
  else
    cat >/dev/null
  fi
}

random() { od -An -tx1 -N32 /dev/urandom | tr -d ' \n'; }

# Below the second lie the secrets that a configuration may name by file:PATH.
for folder in "$settings" "$settings/secrets"; do
  if [ ! -d "$folder" ] && does "make $folder, for root alone"; then
    mkdir -p -- "$folder"
    chmod 0700 "$folder"
  fi
done
keep_or_put "$settings/env" <"$here/env.example"
random | keep_or_put "$settings/webhook-secret"
random | keep_or_put "$settings/admin-token"
keep_or_put "$settings/forge-token" </dev/null
