// What is done to Traefik inside its container. It watches the folder and takes a changed file over by itself; the new file is
// written under a name that it does not read, and renamed.

import { KEPT, type Places } from '../inside.ts';

const FOLDER = '/etc/traefik/dynamic';

export const PLACES: Places = { current: `${FOLDER}/phoenix.yml`, proven: `${KEPT}/traefik.yml` };

/** Where Traefik tells what it made of its files, on the loopback interface of its container. */
const API = 'http://127.0.0.1:8080/api';

/** The last line is what Traefik has taken over. Arguments: the file, the kept one. */
export const LOOK = `sha256sum "$1" "$2" ; head -n 1 "$1" ; systemctl is-active traefik ; curl -sS --max-time 10 ${API}/rawdata ; true`;

/** From standard input. Arguments: the file, its folder. */
export const INSTALL = 'mkdir -p "$2" && cat > "$1.new" && chmod 644 "$1.new" && mv "$1.new" "$1"';

export const INSTALL_ARGS = [PLACES.current, FOLDER];

export const RESTART = 'systemctl restart traefik';

/** Ends well once Traefik knows the middleware that only this version of the file has. Argument: its name. */
export const TAKEN_OVER = `curl -fsS --max-time 10 "${API}/http/middlewares/$1@file"`;

/** Arguments: the file, the kept one. */
export const PUT_BACK = 'cp "$2" "$1.new" && chmod 644 "$1.new" && mv "$1.new" "$1"';

/** Argument: the file. */
export const TAKE_AWAY = 'rm -f "$1"';
