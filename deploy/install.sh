#!/bin/sh
# Installs Phoenix on a Proxmox host from a checkout, or updates it. Safe to run again: settings and secrets that are there stay as
# they are, and nothing is started.
set -eu
umask 022

usage() {
  cat <<'TEXT'
usage: sh deploy/install.sh [--dry-run] [--prefix DIR] [--node PATH]

  --dry-run      say what would be done, and do nothing
  --prefix DIR   put everything below DIR, and tell systemd nothing
  --node PATH    the Node 24 or newer to run with; the one on PATH when not given
TEXT
}

fail() {
  printf 'install: %s\n' "$1" >&2
  exit "$2"
}

dry=no
prefix=
node=
while [ "$#" -gt 0 ]; do
  case $1 in
    --dry-run) dry=yes ;;
    --prefix | --node)
      [ "$#" -ge 2 ] || fail "$1 needs a value" 2
      if [ "$1" = --prefix ]; then prefix=${2%/}; else node=$2; fi
      shift
      ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
case $prefix in '' | /*) ;; *) fail '--prefix needs an absolute path' 2 ;; esac

checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
code=$prefix/opt/phoenix
settings=$prefix/etc/phoenix
unit=$prefix/etc/systemd/system/phoenix.service
command=$prefix/usr/local/bin/phoenix

# --- what it needs ---

for part in package.json package-lock.json src/main.ts etc deploy/systemd/phoenix.service; do
  [ -e "$checkout/$part" ] || fail "$checkout is no checkout of Phoenix: $part is missing" 2
done
[ "$checkout" != "$code" ] || fail "run it from a checkout elsewhere, not from $code, which it replaces" 2
if [ -z "$node" ]; then node=$(command -v node || true); fi
case $node in
  /*[!A-Za-z0-9_./+@-]*) fail "systemd cannot be given the path $node: use --node with one of letters and digits" 2 ;;
  /*) ;;
  *) fail 'Node 24 is missing: install it (https://nodejs.org/en/download), or name it with --node PATH' 3 ;;
esac
version=$("$node" --version 2>/dev/null) || fail "$node does not run" 3
major=${version#v}
major=${major%%.*}
case $major in '' | *[!0-9]*) fail "$node says that it is $version, which is no version of Node" 3 ;; esac
[ "$major" -ge 24 ] || fail "$node is $version; Phoenix needs Node 24 or newer" 3
PATH=$(dirname -- "$node"):$PATH
export PATH
command -v npm >/dev/null || fail 'npm is missing: it comes with Node' 3
if [ "$dry" = no ] && [ -z "$prefix" ]; then
  [ "$(id -u)" -eq 0 ] || fail 'run it as root' 2
fi

# --- how each thing is done, or said ---

say() { printf 'install: %s\n' "$1"; }

does() {
  if [ "$dry" = yes ]; then say "would $1"; return 1; fi
  say "$1"
}

# path, mode: standard input becomes that file, whole or not at all.
put() {
  mkdir -p -- "$(dirname -- "$1")"
  rm -f -- "$1.new"
  (umask 077 && cat >"$1.new")
  chmod "$2" "$1.new"
  mv -f -- "$1.new" "$1"
}

# path: what is there stays. Content on standard input.
keep_or_put() {
  if [ -e "$1" ]; then say "keep $1"; cat >/dev/null; return; fi
  if does "make $1"; then put "$1" 0600; else cat >/dev/null; fi
}

random() { od -An -tx1 -N32 /dev/urandom | tr -d ' \n'; }

# --- code: made whole beside the old one, then swapped; the old one stays as phoenix.old ---

if does "put Phoenix into $code, with the packages of its lock file"; then
  rm -rf -- "$code.new"
  mkdir -p -- "$code.new"
  for part in package.json package-lock.json src etc deploy; do cp -R -- "$checkout/$part" "$code.new/$part"; done
  # Settings of a compose file in this checkout are no part of the product.
  rm -rf -- "$code.new/deploy/.env" "$code.new/deploy/.env.agent" "$code.new/deploy/secrets"
  chmod -R go-w,a+rX "$code.new"
  (cd "$code.new" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error) ||
    fail "npm ci failed, so $code stays as it was: see above" 3
  rm -rf -- "$code.old"
  if [ -e "$code" ]; then mv -- "$code" "$code.old"; fi
  mv -- "$code.new" "$code"
fi

if does "put the command phoenix into $command"; then
  printf '#!/bin/sh\nexec %s -- %s/src/main.ts "$@"\n' "$node" "$code" | put "$command" 0755
fi

# --- settings and secrets: for root alone, and never changed ---

# Below the second lie the secrets that a configuration may name by file:PATH.
for folder in "$settings" "$settings/secrets"; do
  if [ ! -d "$folder" ] && does "make $folder, for root alone"; then
    mkdir -p -- "$folder"
    chmod 0700 "$folder"
  fi
done
keep_or_put "$settings/env" <"$checkout/deploy/systemd/env.example"
random | keep_or_put "$settings/webhook-secret"
random | keep_or_put "$settings/admin-token"
keep_or_put "$settings/forge-token" </dev/null

# --- the service ---

if does "put the service into $unit"; then
  sed -e "s|^ExecStart=/usr/bin/node \(.*\)/opt/phoenix/|ExecStart=$node \1$code/|" \
    -e "s|^Environment=NODE_COMPILE_CACHE=/opt/phoenix/|Environment=NODE_COMPILE_CACHE=$code/|" "$checkout/deploy/systemd/phoenix.service" |
    put "$unit" 0644
  if [ -z "$prefix" ]; then systemctl daemon-reload; fi
fi
command -v redis-server >/dev/null || say 'redis-server is missing here: see step 1'

cat <<TEXT

What is left to do:
  1. apt-get install redis-server && systemctl disable --now redis-server
     (the agent starts a private one; nothing is needed where $settings/env has a REDIS_URL)
  2. set PHOENIX_REPO_URL and PHOENIX_FORGE in $settings/env
  3. write the forge's token into $settings/forge-token (commit statuses and pull requests: write, contents: read)
  4. let your shell find the secrets, and check everything:
       export PHOENIX_ADMIN_TOKEN_FILE=$settings/admin-token
       export PHOENIX_WEBHOOK_SECRET_FILE=$settings/webhook-secret PHOENIX_FORGE_TOKEN_FILE=$settings/forge-token
       phoenix doctor --env-file $settings/env
  5. systemctl enable --now phoenix      (after an update: systemctl restart phoenix)
  6. at the forge, point a webhook at https://…/webhooks with the secret of $settings/webhook-secret
TEXT
