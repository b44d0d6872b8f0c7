// Builds calls of Proxmox's two programs for guests. Arguments are always a list, and never contain a secret.

import type { Action, Command, Content, SecretReference } from '../../../model/action.ts';
import type { Impact } from '../../../model/plan.ts';

/** `pct` for containers, `qm` for VMs: most of their verbs are the same. */
export type Program = 'pct' | 'qm';

/** Time limits by verb, in seconds; verbs that copy disks get an hour. */
const TIMEOUTS: Readonly<Record<string, number>> = {
  clone: 3600,
  create: 3600,
  destroy: 900,
  rollback: 900,
  snapshot: 600,
  delsnapshot: 900,
  template: 900,
  start: 300,
  shutdown: 240,
};

/** Time for a clean shutdown before the guest is stopped, in seconds. */
const SHUTDOWN_SECONDS = 120;

/** Verbs that start a Proxmox task. Queries, and commands inside the guest, have their own limits. */
const TASKS: ReadonlySet<string> = new Set([...Object.keys(TIMEOUTS), 'set', 'resize', 'disk']);

export function call(program: Program, verb: string, id: number, args: readonly string[] = []): Command {
  return { kind: 'command', program, args: [verb, String(id), ...args], timeoutSeconds: TIMEOUTS[verb] ?? 120 };
}

/**
 * Standard input for an option without a value, which makes the program prompt twice for a password: without a terminal it reads both lines from
 * there. (pve-common, PVE/CLIHandler.pm, pve-password; PVE/PTY.pm, read_password)
 */
export function promptedTwice(secret: SecretReference): Content {
  const line: Content[] = [
    { from: 'secret', secret },
    { from: 'text', text: '\n' },
  ];
  return { from: 'joined', parts: [...line, ...line] };
}

export function action(summary: string, impact: Impact, what: Action['do']): Action {
  return { summary, impact, do: what };
}

/** `container 101` or `VM 1001`, for sentences. */
export function guestName(program: Program, id: number): string {
  return program === 'pct' ? `container ${id}` : `VM ${id}`;
}

export function startGuest(program: Program, id: number): Action {
  return action(`start ${guestName(program, id)}`, 'live', call(program, 'start', id));
}

/** Requests a clean shutdown; a guest that does not shut down in time is stopped. */
export function shutDown(program: Program, id: number): Action {
  const args = ['--forceStop', '1', '--timeout', String(SHUTDOWN_SECONDS)];
  return action(`shut ${guestName(program, id)} down`, 'restart', call(program, 'shutdown', id, args));
}

/**
 * The action with this time limit for its Proxmox tasks. Of a shutdown, half is for the guest itself, as without a declared limit: the rest is for
 * Proxmox to stop a guest that did not shut down.
 */
export function withTaskTimeout(one: Action, seconds: number): Action {
  return {
    ...one,
    do: one.do.kind === 'command' ? boundTask(one.do, seconds) : one.do,
    ...(one.undo === undefined ? {} : { undo: boundTask(one.undo, seconds) }),
  };
}

function boundTask(command: Command, seconds: number): Command {
  const { program, args } = command;
  const verb = args[0] ?? '';
  if (!((program === 'pct' || program === 'qm') && TASKS.has(verb))) return command;
  const isWaited = (at: number): boolean => verb === 'shutdown' && args[at - 1] === '--timeout';
  return {
    ...command,
    args: args.map((word, at) => (isWaited(at) ? String(Math.floor(seconds / 2)) : word)),
    timeoutSeconds: seconds,
  };
}

export function takeSnapshot(program: Program, id: number, name: string): Action {
  return action(`take snapshot ${name} of ${guestName(program, id)}`, 'live', call(program, 'snapshot', id, [name]));
}

export function dropSnapshot(program: Program, id: number, name: string): Action {
  return action(
    `remove snapshot ${name} of ${guestName(program, id)}`,
    'live',
    call(program, 'delsnapshot', id, [name]),
  );
}

/** Runs a program inside the guest as root, without the agent's environment. */
export function runInside(
  program: Program,
  id: number,
  argv: readonly string[],
  timeoutSeconds: number,
  stdin?: Content,
): Command {
  if (program === 'pct') {
    const args = ['exec', String(id), '--keep-env', '0', '--', ...argv];
    return { kind: 'command', program, args, timeoutSeconds, ...(stdin === undefined ? {} : { stdin }) };
  }
  const options = ['--timeout', String(timeoutSeconds), ...(stdin === undefined ? [] : ['--pass-stdin', '1'])];
  return {
    kind: 'command',
    program,
    args: ['guest', 'exec', String(id), ...options, '--', ...argv],
    // The program has its own timeout for the guest; allow time for it to report that.
    timeoutSeconds: timeoutSeconds + 30,
    answer: 'guest-exec',
    ...(stdin === undefined ? {} : { stdin }),
  };
}
