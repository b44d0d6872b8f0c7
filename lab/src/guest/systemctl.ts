// `systemctl` of a guest, for the services that its scripts installed.

import type { GuestProgram, Inside } from '../proxmox/guest/place.ts';
import { each, failed, type Outcome, ok } from '../tree/tree.ts';
import { loadNginx } from './nginx.ts';
import { runningTraefik, startTraefik } from './traefik/unit.ts';
import { enable, stateOf, switchUnit } from './units.ts';

/** Verbs that leave a unit running; `stop` does not. */
const STARTING = /^(start|restart|reload|reload-or-restart|try-restart)$/;

export const systemctl: GuestProgram = (inside, words) => {
  const [verb = '', ...names] = words.filter((word) => !word.startsWith('-'));
  if (verb === 'daemon-reload') return ok();
  const units = names.map((name) => name.replace(/\.service$/, ''));
  if (verb === 'is-active') return units[0] === undefined ? ok() : activity(inside, units[0]);
  return each(units, (name) => change(inside, name, verb, words.includes('--now')));
};

function activity(inside: Inside, name: string): Outcome {
  const isActive = stateOf(inside, name)?.active === true && (name !== 'traefik' || runningTraefik(inside) !== null);
  return { rc: isActive ? 0 : 3, stdout: isActive ? 'active\n' : 'inactive\n', stderr: '' };
}

/** Enables, disables, starts or stops one unit; undefined when that succeeded. */
function change(inside: Inside, name: string, verb: string, now: boolean): Outcome | undefined {
  const state = stateOf(inside, name);
  if (state === undefined) return failed(`Failed to ${verb} ${name}.service: Unit ${name}.service not found.`, 5);
  if (verb === 'enable' || verb === 'disable') {
    enable(inside, name, verb === 'enable');
    if (!now) return undefined;
  } else if (verb !== 'stop' && !STARTING.test(verb)) return failed(`Unknown command verb '${verb}'.`);
  if (verb === 'reload' && !state.active) return failed(`${name}.service is not active, cannot reload.`);
  if (verb !== 'stop' && verb !== 'disable') return start(inside, name, verb, state.active);
  switchUnit(inside, name, false);
  return undefined;
}

function start(inside: Inside, name: string, verb: string, wasActive: boolean): Outcome | undefined {
  const complaint = name === 'nginx' ? loadNginx(inside) : null;
  if (complaint !== null) {
    // After a failed reload the old workers keep running.
    if (!wasActive) switchUnit(inside, name, false);
    return failed(`Job for ${name}.service failed because the control process exited with error code.\n${complaint}`);
  }
  switchUnit(inside, name, true);
  // A unit of type simple counts as started once its program runs, even if it exits at once.
  const startsProgram = name === 'traefik' && (verb !== 'start' || !wasActive);
  if (startsProgram && startTraefik(inside) !== null) switchUnit(inside, name, false);
  return undefined;
}
