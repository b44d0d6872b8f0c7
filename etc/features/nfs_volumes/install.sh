#!/bin/sh
# Mounts folders of an NFS server, now and at every boot. Only lines of /etc/fstab that carry its mark are ever changed.
# Inputs: NFS_VOLUMES, lines of `server:/path /mount/point`.
set -eu
export DEBIAN_FRONTEND=noninteractive
: "${NFS_VOLUMES:?nfs_volumes needs NFS_VOLUMES}"

if ! command -v mount.nfs >/dev/null 2>&1; then
  apt-get update -q
  apt-get install -y -q --no-install-recommends nfs-common
fi

mark='x-phoenix'
# What was mounted for Phoenix and is declared no more, or from elsewhere, goes first; what is in use is not torn away.
grep ",$mark " /etc/fstab | while read -r source point _; do
  if ! echo "$NFS_VOLUMES" | grep -qxF "$source $point" && mountpoint -q "$point"; then umount "$point"; fi
done
grep -v ",$mark " /etc/fstab >/etc/fstab.new || true
echo "$NFS_VOLUMES" | while read -r source point; do
  [ -n "$source" ] || continue
  mkdir -p "$point"
  echo "$source $point nfs defaults,_netdev,nofail,$mark 0 0" >>/etc/fstab.new
done
mv /etc/fstab.new /etc/fstab
if command -v systemctl >/dev/null 2>&1; then systemctl daemon-reload; fi

echo "$NFS_VOLUMES" | while read -r source point; do
  [ -n "$source" ] || continue
  mountpoint -q "$point" || mount "$point"
done
