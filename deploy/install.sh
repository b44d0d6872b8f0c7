#!/bin/sh
# Installs Phoenix on a Proxmox host or any Debian, or updates it: from the archive of a release, or from a checkout that this script lies
# in. Safe to run again: settings, secrets and the ledger stay as they are. A release's own copy of this script fetches its archive, and knows
# what that must be; nothing of it is unpacked before.
set -eu
umask 022

# Filled in when a release is made (scripts/package/installer.sh).
release=
sha256_x64=
sha256_arm64=

# The repository that deploy/systemd/env.example names until it is set.
example=PHOENIX_REPO_URL=https://github.com/you/environment.git

usage() {
  cat <<'TEXT'
usage: sh install.sh [option ...] [-- answer ...]

  --dry-run        say what would be done, and do nothing
  --archive FILE   install this archive of a release, which was fetched before
  --sha256 HEX     what that archive must be
  --node PATH      from a checkout: the Node 24 or newer to run with; the one on PATH when not given
  --prefix DIR     put everything below DIR, and tell systemd nothing
  --uninstall      take Phoenix away; its settings, secrets and data stay
  --purge          with --uninstall: take these away as well

What comes after -- is handed to "phoenix setup-agent", which makes the settings and asks for nothing that is answered there.
TEXT
}

fail() {
  printf 'install: %s\n' "$1" >&2
  exit "$2"
}

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

# --- what is installed from: $source is a folder with the product, $node the Node to run with ---

take_checkout() {
  source=$1
  if [ -z "$node" ]; then node=$(command -v node || true); fi
  case $node in
    /*[!A-Za-z0-9_./+@-]*) fail "systemd cannot be given the path $node: use --node with one of letters and digits" 2 ;;
    /*) ;;
    *) fail 'Node 24 is missing: install it (https://nodejs.org/en/download), or name it with --node PATH' 3 ;;
  esac
  found=$("$node" --version 2>/dev/null) || fail "$node does not run" 3
  major=${found#v}
  major=${major%%.*}
  case $major in '' | *[!0-9]*) fail "$node says that it is $found, which is no version of Node" 3 ;; esac
  [ "$major" -ge 24 ] || fail "$node is $found; Phoenix needs Node 24 or newer" 3
  PATH=$(dirname -- "$node"):$PATH
  export PATH
  command -v npm >/dev/null || fail 'npm is missing: it comes with Node' 3
  for part in package.json package-lock.json LICENSE CHANGELOG.md src etc deploy scripts; do
    [ -e "$source/$part" ] || fail "$source is not Phoenix: $part is missing" 2
  done
  work=$(mktemp -d)
  trap 'rm -rf -- "$work"' EXIT
}

take_archive() {
  [ -z "$node" ] || fail '--node is for a checkout: an archive brings its own' 2
  case $(uname -m) in
    x86_64) architecture=x64 expected=$sha256_x64 ;;
    aarch64 | arm64) architecture=arm64 expected=$sha256_arm64 ;;
    *) fail "there is no release for $(uname -m): install from a checkout with --node" 3 ;;
  esac
  work=$(mktemp -d)
  trap 'rm -rf -- "$work"' EXIT
  if [ -n "$archive" ]; then
    [ -f "$archive" ] || fail "there is no archive $archive" 2
    [ -z "$sha256" ] || expected=$sha256
  else
    archive=$work/phoenix.tar.gz
    address=$release-linux-$architecture.tar.gz
    say "fetch $address"
    if command -v curl >/dev/null; then
      curl --fail --silent --show-error --location --proto '=https' --retry 3 --output "$archive" -- "$address" || fail "$address could not be fetched: see above, and try again" 3
    elif command -v wget >/dev/null; then
      wget --quiet --https-only --output-document="$archive" -- "$address" || fail "$address could not be fetched; try again" 3
    else
      fail 'neither curl nor wget is here: apt-get install curl' 3
    fi
  fi
  [ -n "$expected" ] || fail "say with --sha256 what $archive must be: SHA256SUMS of its release has it" 2
  actual=$(sha256sum <"$archive")
  actual=${actual%% *}
  [ "$actual" = "$expected" ] ||
    fail "$archive is not the archive of this release: its SHA-256 is $actual and must be $expected; nothing was installed" 4
  mkdir -- "$work/unpacked"
  tar -xzf "$archive" -C "$work/unpacked" --strip-components=1 --no-same-owner || fail "$archive cannot be unpacked; nothing was installed" 3
  source=$work/unpacked
  for part in package.json dist/main.js etc deploy/systemd/phoenix.service deploy/systemd/settings.sh; do
    [ -e "$source/$part" ] || fail "$archive is not Phoenix: $part is missing; nothing was installed" 2
  done
  "$source/node/bin/node" --version >/dev/null 2>&1 || fail "the Node in $archive does not run on this machine ($(uname -m)); nothing was installed" 3
  node=$code/node/bin/node
}

version_in() { sed -n 's/^  "version": "\([^"]*\)",*$/\1/p' "$1/package.json"; }

# one, other: whether one is newer. A candidate such as 1.3.0-rc.1 is older than its release, which sort takes from a tilde.
is_newer() {
  one=$(sortable "$1")
  other=$(sortable "$2")
  [ "$one" != "$other" ] && [ "$(printf '%s\n%s\n' "$one" "$other" | sort -V | tail -n 1)" = "$one" ]
}
sortable() { printf '%s\n' "$1" | sed 's/+.*//; s/-/~/'; }

# The ledger and the notes of a newer version may hold what an older one cannot read. An uninstalled one leaves them.
refuse_downgrade() {
  back="to go back, bring back a copy of $data/redis from before the update"
  if [ -e "$code/package.json" ]; then
    installed=$(version_in "$code")
    if is_newer "$installed" "$1"; then
      fail "Phoenix $installed is installed, and $1 is older, which may not be able to read the ledger of a newer one; $back, run this script with --uninstall, then install $1" 4
    fi
  fi
  if [ -e "$data/redis/used-by" ]; then
    read -r used <"$data/redis/used-by" || used=''
    if [ -n "$used" ] && is_newer "$used" "$1"; then
      fail "the ledger in $data/redis was used by Phoenix $used, and $1 is older, which may not be able to read it; $back, or move that folder away, then install $1" 4
    fi
  fi
}

# --- code: made whole beside the old one, then swapped; the old one stays as phoenix.old ---

# Beside the checkout, which stays as it is.
build_checkout() {
  for part in package.json package-lock.json LICENSE CHANGELOG.md src etc deploy scripts; do cp -R -- "$source/$part" "$work/$part"; done
  say 'build it: npm ci takes about half a minute'
  (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
    fail "npm ci failed, so $code stays as it was: see above" 3
  "$node" "$work/scripts/package/build.mjs" "$code.new" || fail "the build failed, so $code stays as it was: see above" 3
}

install_code() {
  if does "put Phoenix $version into $code"; then
    rm -rf -- "$code.new"
    mkdir -p -- "$code.new"
    if [ -n "$archive" ]; then
      cp -R -- "$source/." "$code.new"
    else
      build_checkout
    fi
    chmod -R go-w,a+rX "$code.new"
    rm -rf -- "$code.old"
    if [ -e "$code" ]; then mv -- "$code" "$code.old"; fi
    mv -- "$code.new" "$code"
  fi
  if does "put the command phoenix into $command"; then
    # As in the unit: what was compiled before is taken from there, also the file that the command begins with.
    printf '#!/bin/sh\nexport NODE_COMPILE_CACHE=%s/node_modules/.cache/phoenix\nexec %s -- %s/dist/main.js "$@"\n' \
      "$code" "$node" "$code" | put "$command" 0755
  fi
}

install_service() {
  if does "put the service into $unit"; then
    sed -e "s|^ExecStart=/usr/bin/node \(.*\)/opt/phoenix/|ExecStart=$node \1$code/|" \
      -e "s|^Environment=NODE_COMPILE_CACHE=/opt/phoenix/|Environment=NODE_COMPILE_CACHE=$code/|" "$source/deploy/systemd/phoenix.service" |
      put "$unit" 0644
    if has_systemd; then systemctl daemon-reload; fi
  fi
  # One that does not run is not started.
  if has_systemd && systemctl is-active --quiet phoenix && does 'restart the service, which runs'; then systemctl restart phoenix; fi
}

# Not in a folder, and not where systemd does not run, as in a chroot.
has_systemd() { [ -z "$prefix" ] && [ -d /run/systemd/system ]; }

uninstall() {
  if has_systemd && [ -e "$unit" ] && does 'stop the service'; then systemctl disable --now phoenix; fi
  for path in "$unit" "$command" "$code" "$code.old"; do
    if [ -e "$path" ] && does "take $path away"; then rm -rf -- "$path"; fi
  done
  if has_systemd && [ "$dry" = no ]; then
    systemctl daemon-reload
    # One that failed is remembered otherwise.
    systemctl reset-failed phoenix 2>/dev/null || true
  fi
  for path in "$settings" "$data"; do
    [ -e "$path" ] || continue
    if [ "$purge" = yes ]; then
      if does "take $path away"; then rm -rf -- "$path"; fi
    else
      say "keep $path (--purge takes it away)"
    fi
  done
  [ ! -e "$prefix/var/lib/phoenix" ] || say "keep $prefix/var/lib/phoenix, with what Phoenix noted of this host and the keys that it made"
}

# sentence, further lines: one step that is left, numbered.
step() {
  if [ "$steps" -eq 0 ]; then printf '\nWhat is left to do:\n'; fi
  steps=$((steps + 1))
  printf '  %s. %s\n' "$steps" "$1"
  shift
  for line in "$@"; do printf '     %s\n' "$line"; done
}

# Only what is not done yet: after an update there is nothing.
next_steps() {
  steps=0
  if ! command -v redis-server >/dev/null && ! grep -qs '^REDIS_URL=.' "$settings/env"; then
    step 'apt-get install redis-server && systemctl disable --now redis-server' \
      "(the agent starts a private one; nothing is needed where $settings/env has a REDIS_URL)"
  fi
  if [ ! -e "$settings/env" ] || grep -qsF "$example" "$settings/env"; then
    step 'phoenix setup-agent' "(asks for the repository and the forge's token, makes the webhook where it may, and checks everything)"
  fi
  if ! has_systemd || ! systemctl is-enabled --quiet phoenix || ! systemctl is-active --quiet phoenix; then
    step 'systemctl enable --now phoenix'
  fi
  if [ "$steps" -eq 0 ]; then say "Phoenix $version runs; its log: journalctl -u phoenix -f"; fi
}

main() {
  dry=no prefix='' node='' archive='' sha256='' work='' removes=no purge=no
  while [ "$#" -gt 0 ]; do
    case $1 in
      --dry-run) dry=yes ;;
      --uninstall) removes=yes ;;
      --purge) purge=yes ;;
      --prefix | --node | --archive | --sha256)
        [ "$#" -ge 2 ] || fail "$1 needs a value" 2
        case $1 in
          --prefix) prefix=${2%/} ;;
          --node) node=$2 ;;
          --archive) archive=$2 ;;
          --sha256) sha256=$2 ;;
        esac
        shift
        ;;
      --help) usage; exit 0 ;;
      --) shift; break ;;
      *) usage >&2; fail "there is no option $1" 2 ;;
    esac
    shift
  done
  case $prefix in '' | /*) ;; *) fail '--prefix needs an absolute path' 2 ;; esac
  [ "$purge" = no ] || [ "$removes" = yes ] || fail '--purge goes with --uninstall' 2
  case $sha256 in *[!0-9a-f]*) fail '--sha256 needs 64 digits, 0 to 9 and a to f' 2 ;; esac
  if [ "$dry" = no ] && [ -z "$prefix" ]; then [ "$(id -u)" -eq 0 ] || fail 'run it as root' 2; fi

  code=$prefix/opt/phoenix
  settings=$prefix/etc/phoenix
  data=$prefix/var/lib/phoenix/agent
  unit=$prefix/etc/systemd/system/phoenix.service
  command=$prefix/usr/local/bin/phoenix
  if [ "$removes" = yes ]; then uninstall; return; fi

  # Read from a pipe, the script lies nowhere.
  case $0 in *install.sh) checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) ;; *) checkout=/nowhere ;; esac
  if [ -n "$archive" ] || [ -n "$release" ]; then
    take_archive
  elif [ -e "$checkout/scripts/package/build.mjs" ]; then
    [ "$checkout" != "$code" ] || fail "run it from a checkout elsewhere, not from $code, which it replaces" 2
    take_checkout "$checkout"
  else
    fail 'this copy of the script belongs to no release: take the install.sh of a release, run it from a checkout, or name an archive with --archive' 2
  fi
  version=$(version_in "$source")
  refuse_downgrade "$version"
  install_code
  if [ "$dry" = yes ]; then
    sh "$source/deploy/systemd/settings.sh" --dry-run "$prefix"
  else
    sh "$source/deploy/systemd/settings.sh" "$prefix"
  fi
  install_service
  if [ "$#" -gt 0 ]; then
    if does 'make the settings, with the answers given'; then "$command" setup-agent --env-file "$settings/env" "$@"; fi
  else
    next_steps
  fi
}

main "$@"
