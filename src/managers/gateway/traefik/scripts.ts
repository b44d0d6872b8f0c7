// Shell commands run inside Traefik's container, with their arguments. Traefik reloads a changed file in its folder of routes by itself, and
// reads the static file at its start. New files are written under a name that it ignores, and then renamed.

import { KEPT, type Places, printFile } from '../inside.ts';

const FOLDER = '/etc/traefik';

export const DYNAMIC_FOLDER = `${FOLDER}/dynamic`;

export const PLACES: Places = { current: `${DYNAMIC_FOLDER}/phoenix.yml`, proven: `${KEPT}/traefik.yml` };

/** The static file, a copy of the last one with which Traefik came up, and a copy of the one with which it was started last. */
export const STATIC = {
  current: `${FOLDER}/traefik.yml`,
  proven: `${KEPT}/traefik-static.yml`,
  started: `${KEPT}/traefik-started.yml`,
} as const;

/** Address and port of Traefik's API, inside its container. */
export const API_ADDRESS = '127.0.0.1:8080';
const API = `http://${API_ADDRESS}/api`;

/** Marks the lines of the static file. */
export const STATIC_LINE = '~ ';

/**
 * Prints the checksums of the files, the dynamic file, the state of the unit, the static file, the configuration that Traefik has loaded, and its entry
 * points. Arguments: the dynamic file, its last good copy, then the three static ones.
 */
export const INSPECT = [
  `sha256sum "$1" "$2" "$3" "$4" "$5" ; ${printFile('$1')} ; systemctl is-active traefik ; ${printFile('$3', STATIC_LINE)}`,
  `curl -sS --max-time 10 ${API}/rawdata ; echo ; curl -sS --max-time 10 ${API}/entrypoints ; true`,
].join(' ; ');

export const INSPECT_ARGS = [PLACES.current, PLACES.proven, STATIC.current, STATIC.proven, STATIC.started];

/** Writes standard input. Arguments: the file, its folder. */
export const INSTALL = 'mkdir -p "$2" && cat > "$1.new" && chmod 644 "$1.new" && mv "$1.new" "$1"';

export const INSTALL_ARGS = [PLACES.current, DYNAMIC_FOLDER];
export const INSTALL_STATIC_ARGS = [STATIC.current, FOLDER];

/** Copies a file. Arguments: the file, the copy, the folder of the copy. */
export const BACK_UP = 'mkdir -p "$3" && cp "$1" "$2.new" && mv "$2.new" "$2"';

/** Copies the static file before the restart: Traefik is not restarted again for a file that it was started with. Arguments of BACK_UP. */
export const RESTART = `${BACK_UP} && systemctl restart traefik`;

/**
 * What Traefik logged about its files in the last minute, after a request that failed. Lines about single routers are left out: they may
 * repeat a secret.
 */
const LOGGED = "'Command error|building configuration|watcher callback|Cannot start the provider'";
const RECENT_LOG = `journalctl -q -u traefik --since=-1min -n 40 -o cat --no-pager -g ${LOGGED} ; exit 1`;

/** Exits 0 once Traefik answers. */
export const PROBE = `curl -fs --max-time 10 ${API}/entrypoints && exit 0 ; ${RECENT_LOG}`;

/**
 * Exits 0 once Traefik has loaded this version of the file: each version declares a middleware of another name. Argument: that name.
 */
export const CONFIG_LOADED = `curl -fs --max-time 10 "${API}/http/middlewares/$1@file" && exit 0 ; ${RECENT_LOG}`;

/** Restores the last good copy. Arguments: the file, the copy. */
export const RESTORE = 'cp "$2" "$1.new" && chmod 644 "$1.new" && mv "$1.new" "$1"';

/** Argument: the file. */
export const REMOVE = 'rm -f "$1"';

/** Restores the static file and restarts, unless it is the last good one or there is no copy. Arguments: the file, the copy. */
export const RESTORE_STATIC = `cmp -s "$1" "$2" && exit 0 ; test ! -e "$2" && exit 0 ; ${RESTORE} && systemctl restart traefik`;
