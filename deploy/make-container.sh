#!/bin/sh
# Makes an unprivileged container on this Proxmox node with the agent in it, which reaches the node by one key for one forced command; or updates
# the one that it made. Run as root on the node, with the archive of a release. What is there stays as it is.
set -eu
umask 022

usage() {
  cat <<'TEXT'
usage: sh make-container.sh --archive FILE --sha256 HEX [option ...] [-- answer ...]

  --archive FILE     the archive of a release (phoenix-VERSION-linux-ARCH.tar.gz)
  --sha256 HEX       what it must be, from SHA256SUMS of the release
  --id NUMBER        id of the container; the next free one when not given
  --storage ID       storage of its disk; local-lvm when not given
  --bridge NAME      vmbr0 when not given
  --address CIDR     its address, with --gateway; by DHCP when not given
  --gateway ADDRESS
  --node ADDRESS     how the container reaches this node; the address of the bridge when not given
  --dry-run          say what would be done, and do nothing
  --prefix DIR       the files of the node are below DIR, for a try
  --remove           take the container away, its key and the forced command

What comes after -- is handed to "phoenix setup-agent" in the container, which asks for nothing that is answered there.
TEXT
}

fail() {
  printf 'make-container: %s\n' "$1" >&2
  exit "$2"
}

say() { printf 'make-container: %s\n' "$1"; }

does() {
  if [ "$dry" = yes ]; then say "would $1"; return 1; fi
  say "$1"
}

# Its own container carries this tag; no other is ever touched.
tag=phoenix-agent
mark=phoenix-container

# The id of the container that this script made; nothing where there is none.
made() { grep -lE "^tags: (.*;)?$tag(;.*)?\$" "$prefix"/etc/pve/lxc/*.conf 2>/dev/null | sed 's|.*/\([0-9]*\)\.conf$|\1|' | head -n 1; }

inside() { pct exec "$id" -- "$@"; }

# path: standard input becomes that file in the container, for root alone.
put_inside() {
  # shellcheck disable=SC2016
  inside sh -c 'umask 077 && cat >"$1.new" && mv -f "$1.new" "$1"' sh "$1"
}

take_key_away() {
  [ -e "$keys" ] || return 0
  if grep -q " $mark\$" "$keys"; then
    grep -v " $mark\$" "$keys" >"$keys.new" || true
    chmod 0600 "$keys.new"
    mv -f "$keys.new" "$keys"
  fi
}

remove() {
  id=$(made)
  if [ -n "$id" ]; then
    if does "stop and destroy container $id, which has the tag $tag"; then
      pct stop "$id" 2>/dev/null || true
      pct destroy "$id" --purge 1
    fi
  else
    say "there is no container with the tag $tag"
  fi
  if [ -e "$keys" ] && grep -q " $mark\$" "$keys" && does "take its key out of $keys"; then take_key_away; fi
  # Others may have keys for the same command.
  if [ -e "$shell" ] && ! grep -qs phoenix-shell "$keys" "${keys%2}" && does "take $shell away"; then rm -rf -- "$shell"; fi
}

make_container() {
  template=$(pveam list local 2>/dev/null | sed -n 's|^\(local:vztmpl/debian-13-standard[^ ]*\).*|\1|p' | sort -V | tail -n 1)
  if [ -z "$template" ]; then
    if does 'fetch the newest template of Debian 13'; then
      pveam update >/dev/null
      name=$(pveam available --section system | sed -n 's|^system *\(debian-13-standard[^ ]*\).*|\1|p' | sort -V | tail -n 1)
      [ -n "$name" ] || fail 'pveam knows no template of Debian 13: pveam available --section system' 3
      pveam download local "$name"
      template=local:vztmpl/$name
    else
      template=local:vztmpl/debian-13-standard
    fi
  fi
  [ -n "$id" ] || id=$(pvesh get /cluster/nextid)
  network=name=eth0,bridge=$bridge,ip=${address:-dhcp}${gateway:+,gw=$gateway}
  if does "make the unprivileged container $id from $template on $storage ($network)"; then
    pct create "$id" "$template" --hostname phoenix --unprivileged 1 --features nesting=1 --cores 2 --memory 1024 --swap 512 \
      --rootfs "$storage:8" --net0 "$network" --onboot 1 --tags "$tag" --description 'The agent of Phoenix, made by make-container.sh.'
  fi
}

start_container() {
  if [ "$(pct status "$id")" != 'status: running' ] && does "start container $id"; then pct start "$id"; fi
  tries=0
  # A name server that does not answer takes ten seconds to say so.
  until inside timeout 2 getent hosts deb.debian.org >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 30 ] || fail "container $id finds no name of the network after a minute: see its address, gateway and name servers (pct config $id), then call this again" 3
    sleep 1
  done
}

# Never to write more into the node than the forced command, and the line with the key.
let_in() {
  work=$(mktemp -d)
  trap 'rm -rf -- "$work"' EXIT
  tar -xzf "$archive" -C "$work" --strip-components=1 --no-same-owner --wildcards '*/deploy/ssh/*'
  install -d -m 0755 "$shell"
  install -m 0755 "$work/deploy/ssh/phoenix-shell" "$shell/"
  for part in programs scripts session.pl; do install -m 0644 "$work/deploy/ssh/$part" "$shell/"; done
  public=$(inside sh -c 'test -e /etc/phoenix/ssh-key || ssh-keygen -q -t ed25519 -N "" -C phoenix -f /etc/phoenix/ssh-key; cut -d " " -f 1,2 /etc/phoenix/ssh-key.pub')
  case $public in 'ssh-ed25519 '[A-Za-z0-9+/]*) ;; *) fail "container $id shows no key of its own" 3 ;; esac
  line="${address:+from=\"${address%/*}\",}restrict,command=\"exec $shell/phoenix-shell\" $public $mark"
  install -d -m 0700 "$(dirname "$keys")"
  take_key_away
  (umask 077 && printf '%s\n' "$line" >>"$keys")
}

main() {
  dry=no removes=no archive='' sha256='' id='' storage=local-lvm bridge=vmbr0 address='' gateway='' node='' prefix=''
  while [ "$#" -gt 0 ]; do
    case $1 in
      --dry-run) dry=yes ;;
      --remove) removes=yes ;;
      --archive | --sha256 | --id | --storage | --bridge | --address | --gateway | --node | --prefix)
        [ "$#" -ge 2 ] || fail "$1 needs a value" 2
        case $1 in
          --archive) archive=$2 ;;
          --sha256) sha256=$2 ;;
          --id) id=$2 ;;
          --storage) storage=$2 ;;
          --bridge) bridge=$2 ;;
          --address) address=$2 ;;
          --gateway) gateway=$2 ;;
          --node) node=$2 ;;
          --prefix) prefix=${2%/} ;;
        esac
        case $2 in '' | *[!A-Za-z0-9_./:-]*) fail "$1 cannot be $2" 2 ;; esac
        shift
        ;;
      --help) usage; exit 0 ;;
      --) shift; break ;;
      *) usage >&2; fail "there is no option $1" 2 ;;
    esac
    shift
  done
  shell=$prefix/usr/local/lib/phoenix
  keys=$prefix/root/.ssh/authorized_keys2
  case $id in *[!0-9]*) fail '--id needs a number' 2 ;; esac
  [ "$(id -u)" -eq 0 ] || fail 'run it as root on the Proxmox node' 2
  command -v pct >/dev/null || fail 'there is no pct here: run it on the Proxmox node' 3
  if [ "$removes" = yes ]; then remove; return; fi
  if [ -z "$archive" ] || [ -z "$sha256" ]; then usage >&2; fail 'give --archive and --sha256 of a release' 2; fi
  [ -f "$archive" ] || fail "there is no archive $archive" 2
  actual=$(sha256sum <"$archive")
  [ "${actual%% *}" = "$sha256" ] || fail "$archive is not what it must be: its SHA-256 is ${actual%% *}; nothing was done" 4

  found=$(made)
  if [ -n "$found" ]; then
    [ -z "$id" ] || [ "$id" = "$found" ] || fail "container $found is the agent's already: leave --id out to update it, or take it away with --remove" 2
    id=$found
    say "keep container $id, which has the tag $tag"
  else
    make_container
  fi
  if [ "$dry" = yes ]; then
    say "would install Redis, ssh and Phoenix in container $id, let its key start phoenix-shell on this node, and make the settings"
    return
  fi
  start_container
  if [ -z "$node" ]; then
    node=$(ip -j address show dev "$bridge" | sed -n 's/.*"family":"inet","local":"\([0-9.]*\)".*/\1/p' | head -n 1)
    [ -n "$node" ] || fail "$bridge has no IPv4 address: say with --node how the container reaches this node" 2
  fi

  say "install Redis, ssh and Phoenix in container $id"
  inside sh -c 'export DEBIAN_FRONTEND=noninteractive; apt-get update -q && apt-get install -y -q --no-install-recommends redis-server openssh-client ca-certificates && systemctl disable --now redis-server'
  pct push "$id" "$archive" /root/phoenix.tar.gz
  tar -xzf "$archive" -O --wildcards '*/deploy/install.sh' | put_inside /root/install.sh
  inside sh /root/install.sh --archive /root/phoenix.tar.gz --sha256 "$sha256"
  inside rm -f /root/phoenix.tar.gz /root/install.sh

  say "let its key start phoenix-shell on this node, and nothing else"
  let_in
  # By that key and the node's own, and by nothing else (deploy/container/ssh_config).
  tar -xzf "$archive" -O --wildcards '*/deploy/container/ssh_config' |
    sed -e 's|/run/secrets/ssh_key|/etc/phoenix/ssh-key|' -e 's|/run/secrets/ssh_known_hosts|/etc/phoenix/ssh-known-hosts|' -e "s|^Host \\*|Host $node|" |
    put_inside /etc/ssh/ssh_config.d/phoenix.conf
  printf '%s %s\n' "$node" "$(cut -d ' ' -f 1,2 "$prefix/etc/ssh/ssh_host_ed25519_key.pub")" | put_inside /etc/phoenix/ssh-known-hosts
  inside sed -i "s|^PHOENIX_HOST=local\$|PHOENIX_HOST=ssh://root@$node|" /etc/phoenix/env

  if [ "$#" -gt 0 ] || [ -t 0 ]; then
    inside phoenix setup-agent "$@"
    inside systemctl enable --now phoenix
    say "the agent runs in container $id"
  else
    say "what is left: pct exec $id -- phoenix setup-agent, then pct exec $id -- systemctl enable --now phoenix"
  fi
}

main "$@"
