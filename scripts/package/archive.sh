#!/bin/sh
# Makes the archive that a release is installed from, for the machine that it runs on: `archive.sh VERSION FOLDER` writes
# phoenix-VERSION-linux-ARCH.tar.gz with what build.mjs makes of the commit, and the Node on PATH, which has to be the one of
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
mkdir "$work/sources"
git archive --format=tar HEAD | tar -xf - -C "$work/sources"
(
  cd "$work/sources"
  npm version --no-git-tag-version --allow-same-version --workspaces=false "$version" >/dev/null
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  node scripts/package/build.mjs "$top"
)
mkdir -p "$top/node/bin"
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
