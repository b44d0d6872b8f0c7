#!/bin/sh
# Brings the release of a program that tests run into a folder: `release.sh traefik|gitea FOLDER`. It is checked against the checksums
# that are released beside it before anything of it is kept.
set -eu

program=$1
into=$(cd "$2" && pwd)
case $(uname -m) in
  x86_64) architecture=amd64 ;;
  aarch64 | arm64) architecture=arm64 ;;
  *)
    echo "$program: there is no release for $(uname -m)" >&2
    exit 1
    ;;
esac
case $program in
  traefik)
    # The version that feature traefik installs.
    version=$(sed -n 's/^version=//p' "$(dirname "$0")/../etc/features/traefik/install.sh")
    release=https://github.com/traefik/traefik/releases/download/$version
    file=traefik_${version}_linux_$architecture.tar.gz
    checksums=traefik_${version}_checksums.txt
    ;;
  gitea)
    # The version that tests are written against.
    version=1.26.0
    release=https://github.com/go-gitea/gitea/releases/download/v$version
    file=gitea-$version-linux-$architecture
    checksums=$file.sha256
    ;;
  *)
    echo "there is no release of $program here" >&2
    exit 2
    ;;
esac

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
curl -fsSL --retry 3 "$release/$file" -o "$folder/$file"
curl -fsSL --retry 3 "$release/$checksums" -o "$folder/checksums.txt"
cd "$folder"
grep "  *\(\./\)\{0,1\}$file\$" checksums.txt >checksum || {
  echo "$program: the release names no checksum of $file" >&2
  exit 1
}
sha256sum --check --status checksum || {
  echo "$program: $file is not what the checksums of its release say" >&2
  exit 1
}
case $file in
  *.tar.gz) tar -xzf "$file" "$program" ;;
  *) mv "$file" "$program" ;;
esac
install -m 755 "$program" "$into/$program"
