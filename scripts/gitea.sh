#!/bin/sh
# Brings the released Gitea that tests are written against into a folder: `gitea.sh FOLDER`. It is checked against the checksum that is
# released beside it before it is kept.
set -eu

into=$(cd "$1" && pwd)
version=1.26.0
case $(uname -m) in
  x86_64) architecture=amd64 ;;
  aarch64 | arm64) architecture=arm64 ;;
  *)
    echo "gitea: there is no release for $(uname -m)" >&2
    exit 1
    ;;
esac

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
file=gitea-$version-linux-$architecture
release=https://github.com/go-gitea/gitea/releases/download/v$version
curl -fsSL --retry 3 "$release/$file" -o "$folder/$file"
curl -fsSL --retry 3 "$release/$file.sha256" -o "$folder/checksums.txt"
cd "$folder"
grep "  *$file\$" checksums.txt >checksum || {
  echo "gitea: the release names no checksum of $file" >&2
  exit 1
}
sha256sum --check --status checksum || {
  echo "gitea: $file is not what the checksum of its release says" >&2
  exit 1
}
install -m 755 "$file" "$into/gitea"
