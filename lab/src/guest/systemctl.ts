// `systemctl` of a guest, for the services that its scripts installed.

import type { GuestProgram } from '../proxmox/guest/place.ts';
import { failed, ok } from '../tree/tree.ts';
import { loadNginx } from './nginx.ts';
import { runningTraefik, startTraefik } from './traefik/unit.ts';
import { enable, stateOf, switchUnit } from './units.ts';

export const systemctl: GuestProgram = (inside, words) => {
  const [verb = '', ...names] = words.filter((word) => !word.startsWith('-'));
  if (verb === 'daemon-reload') return ok();
  const now = words.includes('--now');
  for (const name of names.map((each) => each.replace(/\.service$/, ''))) {
    const state = stateOf(inside, name);
    if (verb === 'is-active') {
      const active = state?.active === true && (name !== 'traefik' || runningTraefik(inside) !== null);
      return { rc: active ? 0 : 3, stdout: active ? 'active\n' : 'inactive\n', stderr: '' };
    }
    if (state === undefined) return failed(`Failed to ${verb} ${name}.service: Unit ${name}.service not found.`, 5);
    if (verb === 'enable' || verb === 'disable') enable(inside, name, verb === 'enable');
    else if (!/^(start|stop|restart|reload|reload-or-restart|try-restart)$/.test(verb)) {
      return failed(`Unknown command verb '${verb}'.`);
    }
    if (verb === 'reload' && !state.active) return failed(`${name}.service is not active, cannot reload.`);
    const on =
      verb === 'stop' ? false : verb !== 'enable' && verb !== 'disable' ? true : now ? verb === 'enable' : null;
    if (on === null) continue;
    const complaint = on && name === 'nginx' ? loadNginx(inside) : null;
    if (complaint !== null) {
      // After a failed reload the old workers keep running.
      if (!state.active) switchUnit(inside, name, false);
      return failed(`Job for ${name}.service failed because the control process exited with error code.\n${complaint}`);
    }
    switchUnit(inside, name, on);
    // A unit of type simple counts as started once its program runs, even if it exits at once.
    const starts = name === 'traefik' && on && (verb !== 'start' || !state.active);
    if (starts && startTraefik(inside) !== null) switchUnit(inside, name, false);
  }
  return ok();
};
