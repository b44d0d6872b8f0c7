// Says of a start or a shutdown which pending changes it brings into force: a person may have made them, and they are not what the step is about.

import type { Action } from '../../../model/action.ts';
import type { GuestSpec } from '../guest-spec.ts';
import type { Program } from '../proxmox/command.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import { type Acting, changingActions } from './every-action.ts';

/**
 * Where Proxmox applies what is pending: a VM at the end of its shutdown or at its start, a container at its start.
 * (qemu-server, PVE/QemuServer.pm, vm_stop_cleanup and vm_start_nolock; pve-container, PVE/LXC.pm, vm_start)
 */
const APPLIES: Readonly<Record<Program, readonly string[]>> = { pct: ['start'], qm: ['shutdown', 'start'] };

/** `acting` whose first action that brings pending changes into force names their options. Values stay out: one may be a password. */
export function namingPending<Spec extends GuestSpec>(program: Program, acting: Acting<Spec>): Acting<Spec> {
  const naming = changingActions(acting, (actions, _, { conf }) =>
    conf === null ? actions : withPending(program, conf, actions),
  );
  // After a rollback, what is pending is that of the snapshot.
  return { ...naming, rollback: acting.rollback };
}

function withPending(program: Program, conf: GuestConf, actions: readonly Action[]): readonly Action[] {
  const options = pendingOptions(conf, actions);
  const at = actions.findIndex((one) => APPLIES[program].includes(verbOf(program, one)));
  // A VM that is suspended to a disk goes on as it was, and the changes stay pending; those of a guest that is destroyed go with it.
  const isDestroyed = actions.some((one) => verbOf(program, one) === 'destroy');
  if (options.length === 0 || isDestroyed || conf.settings['lock'] === 'suspended') return actions;
  const words = `which brings into force the pending ${options.length === 1 ? 'change' : 'changes'} of ${options.join(', ')}`;
  return actions.map((one, index) => (index === at ? { ...one, summary: `${one.summary}, ${words}` } : one));
}

/** Options whose value is a list of other options. */
const LISTS: ReadonlySet<string> = new Set(['--delete', '--revert']);

/** Without those that the actions set, delete or revert themselves. */
function pendingOptions({ pending, pendingDeletes }: GuestConf, actions: readonly Action[]): string[] {
  const words = actions.flatMap(({ do: what }) => (what.kind === 'command' ? what.args : []));
  const listed = words.flatMap((word, at) => (LISTS.has(words[at - 1] ?? '') ? word.split(',') : []));
  const isOwn = (key: string): boolean => words.includes(`--${key}`) || listed.includes(key);
  return [...new Set([...Object.keys(pending), ...pendingDeletes])].filter((key) => !isOwn(key)).sort();
}

function verbOf(program: Program, { do: what }: Action): string {
  return what.kind === 'command' && what.program === program ? (what.args[0] ?? '') : '';
}
