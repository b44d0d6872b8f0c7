#!/bin/sh
# Makes a Debian package of the archive of a release: `deb.sh ARCHIVE FOLDER`. It holds what install.sh puts in place, at the same paths, but for
# the command (/usr/bin) and the unit (/usr/lib/systemd/system); dpkg keeps the settings, and refuses a downgrade.
set -eu
umask 022

archive=$1
into=$(mkdir -p "$2" && cd "$2" && pwd)
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
name=$(basename "$archive" .tar.gz)
version=${name#phoenix-}
version=${version%-linux-*}
case $name in
  *-linux-x64) architecture=amd64 ;;
  *-linux-arm64) architecture=arm64 ;;
  *) echo "deb: $archive is no archive of a release" >&2; exit 1 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root/DEBIAN" "$root/opt/phoenix" "$root/usr/bin" "$root/usr/lib/systemd/system"
tar -xzf "$archive" -C "$root/opt/phoenix" --strip-components=1 --no-same-owner
printf '#!/bin/sh\nexport NODE_COMPILE_CACHE=/opt/phoenix/node_modules/.cache/phoenix\nexec /opt/phoenix/node/bin/node -- /opt/phoenix/dist/main.js "$@"\n' \
  >"$root/usr/bin/phoenix"
chmod 0755 "$root/usr/bin/phoenix"
sed 's|^ExecStart=/usr/bin/node |ExecStart=/opt/phoenix/node/bin/node |' "$root/opt/phoenix/deploy/systemd/phoenix.service" \
  >"$root/usr/lib/systemd/system/phoenix.service"
for script in preinst postinst prerm postrm; do install -m 0755 "$here/debian/$script" "$root/DEBIAN/$script"; done
sed -e "s|@VERSION@|$(printf %s "$version" | sed 's|-|~|')|" -e "s|@ARCHITECTURE@|$architecture|" \
  -e "s|@SIZE@|$(du -sk "$root/opt" | cut -f 1)|" "$here/debian/control" >"$root/DEBIAN/control"
# As old as the archive says, so that the same archive gives the same package.
SOURCE_DATE_EPOCH=$(stat -c %Y "$root/opt/phoenix/package.json")
export SOURCE_DATE_EPOCH
dpkg-deb --build --root-owner-group -Zzstd "$root" "$into/phoenix_${version}_$architecture.deb" >/dev/null
echo "$into/phoenix_${version}_$architecture.deb"
