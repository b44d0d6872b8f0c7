// Scripts for nginx inside its container. A new file is first tested together with all other files, as nginx would read them, and only then replaces
// the old one.

import { KEPT, type Places, printFile } from '../inside.ts';

export const FOLDER = '/etc/nginx';

/** The feature `nginx_gateway` creates a first file of this name, which Phoenix's replaces. */
const FILE = '00-gateway.conf';

export const PLACES: Places = { current: `${FOLDER}/conf.d/${FILE}`, proven: `${KEPT}/nginx.conf` };

/** nginx prints its version on standard error. Arguments: the file, the proven copy. */
export const INSPECT = `nginx -v ; sha256sum "$1" "$2" ; ${printFile('$1')} ; systemctl is-active nginx ; true`;

/**
 * Tests the file from standard input in a copy of conf.d with all its other files, and then installs it. The copy of nginx.conf is beside the real
 * one, so that relative paths in it mean the same. Arguments: nginx's folder, that of challenges.
 */
export const INSTALL = [
  'mkdir -p "$2/.well-known/acme-challenge"',
  'rm -rf "$1/phoenix-new"',
  'mkdir -p "$1/conf.d" "$1/phoenix-new/conf.d"',
  'cp -a "$1/conf.d/." "$1/phoenix-new/conf.d"',
  'cat > "$1/phoenix-new/conf.d/00-gateway.conf"',
  `sed -e 's#\\([ /]\\)conf[.]d/#\\1phoenix-new/conf.d/#g' "$1/nginx.conf" > "$1/phoenix-new.conf"`,
  'nginx -t -q -c "$1/phoenix-new.conf"',
  'mv "$1/phoenix-new/conf.d/00-gateway.conf" "$1/conf.d/00-gateway.conf"',
  'rm -rf "$1/phoenix-new" "$1/phoenix-new.conf"',
  'systemctl reload-or-restart nginx',
].join(' && ');

/** Tests and loads the installed files. */
export const RELOAD = 'nginx -t -q && systemctl reload-or-restart nginx';

/** Restores the proven copy; does nothing if the new file was never installed. Arguments: the file, the proven copy, nginx's folder. */
export const RESTORE = [
  'rm -rf "$3/phoenix-new" "$3/phoenix-new.conf" ; cmp -s "$1" "$2" && exit 0 ; test ! -e "$2" && exit 0 ; cp "$2" "$3/phoenix-back"',
  'mv "$3/phoenix-back" "$1"',
  'nginx -t -q',
  'systemctl reload-or-restart nginx',
].join(' && ');
