#!/bin/sh
# Brings the released Traefik, in the version that feature traefik installs, into a folder: `traefik.sh FOLDER`. The archive is checked
# against the checksums of its release before anything of it is kept.
set -eu

into=$(cd "$1" && pwd)
version=$(sed -n 's/^version=//p' "$(dirname "$0")/../etc/features/traefik/install.sh")
case $(uname -m) in
  x86_64) architecture=amd64 ;;
  aarch64 | arm64) architecture=arm64 ;;
  *)
    echo "traefik: there is no release for $(uname -m)" >&2
    exit 1
    ;;
esac

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
archive=traefik_${version}_linux_$architecture.tar.gz
release=https://github.com/traefik/traefik/releases/download/$version
curl -fsSL --retry 3 "$release/$archive" -o "$folder/$archive"
curl -fsSL --retry 3 "$release/traefik_${version}_checksums.txt" -o "$folder/checksums.txt"
cd "$folder"
grep "  *\(\./\)\{0,1\}$archive\$" checksums.txt >checksum || {
  echo "traefik: the release names no checksum of $archive" >&2
  exit 1
}
sha256sum --check --status checksum || {
  echo "traefik: $archive is not what the checksums of its release say" >&2
  exit 1
}
tar -xzf "$archive" traefik
install -m 755 traefik "$into/traefik"
