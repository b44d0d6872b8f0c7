// Waits for HA where it manages a guest: then Proxmox's start and shutdown only ask HA for it and end at once (PVE/API2/LXC/Status.pm and Qemu.pm,
// `hastart` and `hastop`), and what follows them needs the guest to be running or stopped.

import type { Action } from '../../../model/action.ts';
import { nameOf } from '../../../model/ids.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { action, guestName, type Program } from '../proxmox/command.ts';
import { type Acting, changingActions } from './every-action.ts';

/** HA looks every ten seconds; a start waits for its storages, a shutdown for the guest. */
const SECONDS = { start: 180, stop: 300 } as const;

export function waitingForHa<Spec extends GuestSpec>(program: Program, acting: Acting<Spec>): Acting<Spec> {
  return changingActions(acting, (actions, { target }, { host }) =>
    host.managedBy.some(({ by }) => by === 'HA')
      ? actions.flatMap((one) => [one, ...waitAfter(one, program, Number(nameOf(target)))])
      : actions,
  );
}

function waitAfter({ do: what, impact }: Action, program: Program, id: number): Action[] {
  if (what.kind !== 'command' || what.program !== program) return [];
  const [verb] = what.args;
  if (verb === 'start') return [{ ...untilRunning(program, id), impact }];
  return verb === 'shutdown' ? [{ ...untilStopped(program, id), impact }] : [];
}

function untilStopped(program: Program, id: number): Action {
  const seconds = String(SECONDS.stop);
  const args = program === 'pct' ? ['-n', String(id), '-s', 'STOPPED', '-t', seconds] : ['wait', String(id)];
  return action(`wait until HA has shut ${guestName(program, id)} down`, 'restart', {
    kind: 'command',
    program: program === 'pct' ? 'lxc-wait' : 'qm',
    args: program === 'pct' ? args : [...args, '--timeout', seconds],
    timeoutSeconds: SECONDS.stop + 30,
  });
}

function untilRunning(program: Program, id: number): Action {
  const summary = `wait until HA has started ${guestName(program, id)}`;
  if (program === 'pct') {
    const args = ['-n', String(id), '-s', 'RUNNING', '-t', String(SECONDS.start)];
    return action(summary, 'live', { kind: 'command', program: 'lxc-wait', args, timeoutSeconds: SECONDS.start + 30 });
  }
  // Nothing of qm waits for a start; the file is there while the machine runs.
  const intervalSeconds = 3;
  return {
    ...action(summary, 'live', {
      kind: 'command',
      program: 'test',
      args: ['-f', `/run/qemu-server/${id}.pid`],
      timeoutSeconds: 30,
    }),
    until: { times: SECONDS.start / intervalSeconds, intervalSeconds },
  };
}
