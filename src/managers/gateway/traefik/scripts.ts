// What is done to Traefik inside its container. It watches the folder of its routes and takes a changed file over by itself; the
// static file it reads when it starts. New files are written under a name that it does not read, and renamed.

import { KEPT, type Places } from '../inside.ts';

const FOLDER = '/etc/traefik';

export const DYNAMIC_FOLDER = `${FOLDER}/dynamic`;

export const PLACES: Places = { current: `${DYNAMIC_FOLDER}/phoenix.yml`, proven: `${KEPT}/traefik.yml` };

/** Of the static file: the one that is read, a copy of the last with which Traefik came up, and of that with which it was last started. */
export const STATIC = {
  current: `${FOLDER}/traefik.yml`,
  proven: `${KEPT}/traefik-static.yml`,
  started: `${KEPT}/traefik-started.yml`,
} as const;

/** Where Traefik tells what it made of its files, on the loopback interface of its container. */
export const LOOPBACK = '127.0.0.1:8080';
const API = `http://${LOOPBACK}/api`;

/**
 * After the state of the unit: the first line of the static file, what Traefik has taken over, and its entry points.
 * Arguments: the file, the kept one, then the three static ones.
 */
export const LOOK = [
  'sha256sum "$1" "$2" "$3" "$4" "$5" ; head -n 1 "$1" ; echo ; systemctl is-active traefik ; head -n 1 "$3" ; echo',
  `curl -sS --max-time 10 ${API}/rawdata ; echo ; curl -sS --max-time 10 ${API}/entrypoints ; true`,
].join(' ; ');

export const LOOK_ARGS = [PLACES.current, PLACES.proven, STATIC.current, STATIC.proven, STATIC.started];

/** From standard input. Arguments: the file, its folder. */
export const INSTALL = 'mkdir -p "$2" && cat > "$1.new" && chmod 644 "$1.new" && mv "$1.new" "$1"';

export const INSTALL_ARGS = [PLACES.current, DYNAMIC_FOLDER];
export const INSTALL_STATIC_ARGS = [STATIC.current, FOLDER];

/** Keeps a copy of a file. Arguments: the file, the copy, its folder. */
export const NOTE = 'mkdir -p "$3" && cp "$1" "$2.new" && mv "$2.new" "$2"';

/** Notes first with which file, so that what has no effect is not done at each look. Arguments: as those of NOTE. */
export const RESTART = `${NOTE} && systemctl restart traefik`;

/**
 * Traefik's own last words on its files, where a question before them was not answered well. Nothing of single routers, whose words may
 * repeat what is secret.
 */
const ABOUT = "'Command error|building configuration|watcher callback|Cannot start the provider'";
const WORDS = `journalctl -q -u traefik --since=-1min -n 40 -o cat --no-pager -g ${ABOUT} ; exit 1`;

/** Ends well once Traefik answers. */
export const UP = `curl -fs --max-time 10 ${API}/entrypoints && exit 0 ; ${WORDS}`;

/** Ends well once Traefik knows the middleware that only this version of the file has. Argument: its name. */
export const TAKEN_OVER = `curl -fs --max-time 10 "${API}/http/middlewares/$1@file" && exit 0 ; ${WORDS}`;

/** Arguments: the file, the kept one. */
export const PUT_BACK = 'cp "$2" "$1.new" && chmod 644 "$1.new" && mv "$1.new" "$1"';

/** Argument: the file. */
export const TAKE_AWAY = 'rm -f "$1"';

/** Nothing to do where the file is the kept one, or none is kept. Arguments: the file, the kept one. */
export const PUT_STATIC_BACK = `cmp -s "$1" "$2" && exit 0 ; test ! -e "$2" && exit 0 ; ${PUT_BACK} && systemctl restart traefik`;
