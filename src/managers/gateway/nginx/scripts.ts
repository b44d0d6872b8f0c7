// What is done to nginx inside its container. A new file is first tried together with all the others, as nginx would read them,
// and only then put in the place of the old one.

import { KEPT, type Places } from '../inside.ts';

export const FOLDER = '/etc/nginx';

/** The feature `nginx_gateway` begins with a file of this name, until this one comes. */
const FILE = '00-gateway.conf';

export const PLACES: Places = { current: `${FOLDER}/conf.d/${FILE}`, proven: `${KEPT}/nginx.conf` };

/** Tells its version on standard error. Arguments: the file, the kept one. */
export const INSPECT = 'nginx -v ; sha256sum "$1" "$2" ; head -n 1 "$1" ; systemctl is-active nginx ; true';

/**
 * Tries the file from standard input in a copy of conf.d, with everything that is beside it, and swaps it in. The copy of
 * nginx.conf lies beside the real one, so that relative paths in it mean the same. Arguments: nginx's folder, that of challenges.
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

/** What is there already. */
export const RELOAD = 'nginx -t -q && systemctl reload-or-restart nginx';

/** Nothing to do where the swap did not come about. Arguments: the file, the kept one, nginx's folder. */
export const RESTORE = [
  'rm -rf "$3/phoenix-new" "$3/phoenix-new.conf" ; cmp -s "$1" "$2" && exit 0 ; test ! -e "$2" && exit 0 ; cp "$2" "$3/phoenix-back"',
  'mv "$3/phoenix-back" "$1"',
  'nginx -t -q',
  'systemctl reload-or-restart nginx',
].join(' && ');
