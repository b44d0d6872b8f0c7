#!/bin/sh
# Makes the archive that a release is installed from, for the machine that it runs on: `archive.sh VERSION FOLDER` writes
# phoenix-VERSION-linux-ARCH.tar.gz with the files of the commit, their packages, and the Node on PATH, which has to be the one of
# .node-version. The same commit with the same Node gives the same bytes.
set -eu
umask 022

version=$1
into=$(mkdir -p "$2" && cd "$2" && pwd)
cd "$(dirname "$0")/../.."
case $(uname -m) in
  x86_64) architecture=x64 ;;
  aarch64 | arm64) architecture=arm64 ;;
  *) echo "archive: there is no release for $(uname -m)" >&2; exit 1 ;;
esac
node=$(node -p process.execPath)
[ "$(node --version)" = "v$(cat .node-version)" ] || {
  echo "archive: node on PATH is $(node --version), and .node-version says $(cat .node-version)" >&2
  exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
top=$work/phoenix-$version
mkdir -p "$top/node/bin"
git archive --format=tar HEAD package.json package-lock.json LICENSE CHANGELOG.md src etc deploy | tar -xf - -C "$top"
(
  cd "$top"
  npm version --no-git-tag-version --allow-same-version --workspaces=false "$version" >/dev/null
  # What is built for one machine is left out: everything runs without it.
  npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error
)
cp "$node" "$top/node/bin/node"
# The license that Node asks to go along, where the installation has it.
license=$(dirname "$(dirname "$node")")/LICENSE
if [ -f "$license" ]; then cp "$license" "$top/node/LICENSE"; fi
chmod -R go-w,a+rX "$top"
file=phoenix-$version-linux-$architecture.tar.gz
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(git log -1 --format=%ct)" -C "$work" -cf - "phoenix-$version" |
  gzip -9n >"$into/$file.new"
mv "$into/$file.new" "$into/$file"
echo "$into/$file"
