// Waits for HA where it manages a guest: then Proxmox's start and shutdown only ask HA for it and end at once (PVE/API2/LXC/Status.pm and Qemu.pm,
// `hastart` and `hastop`), and what follows them needs the guest to be running or stopped.

import type { Action } from '../../../model/action.ts';
import { nameOf } from '../../../model/ids.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { processFile } from '../observe/observation.ts';
import { action, guestName, type Program } from '../proxmox/command.ts';
import { type Acting, changingActions } from './every-action.ts';

/** HA looks every ten seconds; a start waits for its storages. The default limit of a start. */
const START_SECONDS = 180;
/** What a shutdown takes beside the time that it gives the guest: until HA looks, and to stop a guest that did not shut down. */
const BESIDE_SHUTDOWN_SECONDS = 180;
/** What a shutdown gives the guest where it does not say it. */
const SHUTDOWN_SECONDS = 120;

/** `acting` with waits. Its commands already have the declared limit of Proxmox tasks, which the waits follow. */
export function waitingForHa<Spec extends GuestSpec>(program: Program, acting: Acting<Spec>): Acting<Spec> {
  return changingActions(acting, (actions, { target, spec, before }, { host }) => {
    if (!host.managedBy.some(({ by }) => by === 'HA')) return actions;
    const startSeconds = Math.max(START_SECONDS, (spec ?? before)?.taskTimeoutSeconds ?? 0);
    const waiting = { program, id: Number(nameOf(target)), startSeconds };
    return actions.flatMap((one) => [one, ...waitAfter(one, waiting)]);
  });
}

interface Waiting {
  readonly program: Program;
  readonly id: number;
  readonly startSeconds: number;
}

function waitAfter({ do: what, impact, failure }: Action, { program, id, startSeconds }: Waiting): Action[] {
  if (what.kind !== 'command' || what.program !== program) return [];
  const [verb] = what.args;
  // Where the action itself may fail, since the guest's state is not known, its wait may as well.
  const alike = { impact, ...(failure === undefined ? {} : { failure }) };
  if (verb === 'start') return [{ ...untilRunning(program, id, startSeconds), ...alike }];
  return verb === 'shutdown' ? [{ ...untilStopped(program, id, stopSeconds(what.args)), ...alike }] : [];
}

function stopSeconds(args: readonly string[]): number {
  const at = args.indexOf('--timeout');
  return (at < 0 ? SHUTDOWN_SECONDS : Number(args[at + 1])) + BESIDE_SHUTDOWN_SECONDS;
}

function untilStopped(program: Program, id: number, seconds: number): Action {
  const limit = String(seconds);
  return action(`wait until HA has shut ${guestName(program, id)} down`, 'restart', {
    kind: 'command',
    program: program === 'pct' ? 'lxc-wait' : 'qm',
    args:
      program === 'pct' ? ['-n', String(id), '-s', 'STOPPED', '-t', limit] : ['wait', String(id), '--timeout', limit],
    timeoutSeconds: seconds + 30,
  });
}

function untilRunning(program: Program, id: number, seconds: number): Action {
  const summary = `wait until HA has started ${guestName(program, id)}`;
  if (program === 'pct') {
    const args = ['-n', String(id), '-s', 'RUNNING', '-t', String(seconds)];
    return action(summary, 'live', { kind: 'command', program: 'lxc-wait', args, timeoutSeconds: seconds + 30 });
  }
  // Nothing of qm waits for a start; the file is there while the machine runs.
  const intervalSeconds = 3;
  return {
    ...action(summary, 'live', {
      kind: 'command',
      program: 'test',
      args: ['-f', processFile(id)],
      timeoutSeconds: 30,
    }),
    until: { times: Math.ceil(seconds / intervalSeconds), intervalSeconds },
  };
}
