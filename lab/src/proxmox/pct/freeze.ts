// Freezing containers by their control group: lxc-freeze, lxc-unfreeze, and pct suspend and resume, which need a program that Proxmox does not install.

import type { Answer } from '../answer.ts';
import { type Call, print, task } from '../call.ts';
import { checkLock, load } from '../guest/guest.ts';
import { isFrozenBy, kindOf, type LabNode, running, setFrozen, withGuestLock } from '../node.ts';
import { refuse } from '../refusal.ts';

/**
 * `lxc-freeze -n ID` and `lxc-unfreeze -n ID`: one that is so already is no error, and lxc-unfreeze of a container that a task of Proxmox froze, or that does not
 * run, does nothing (lxc, src/lxc/lxccontainer.c, do_lxcapi_freeze and do_lxcapi_unfreeze).
 */
export function lxcFreezer(frozen: boolean): (node: LabNode, argv: readonly string[]) => Answer {
  const program = frozen ? 'lxc-freeze' : 'lxc-unfreeze';
  return (node, argv) => {
    const name = argv[argv.indexOf('-n') + 1];
    const failed = (stderr: string): Answer => ({ stdout: '', stderr: `${program}: ${stderr}\n`, rc: 1 });
    if (!argv.includes('-n') || name === undefined) return failed('missing container name, use --name option');
    const id = Number(name);
    if (kindOf(node, id) !== 'lxc') return failed(`No such container: /var/lib/lxc:${name}`);
    const isRunning = running(node, id) !== undefined;
    if (frozen && !isRunning) return failed(`${name}: Failed to freeze /var/lib/lxc:${name}`);
    if (isRunning && isFrozenBy(node, id, 'outer') !== frozen) setFrozen(node, id, 'outer', frozen);
    return { stdout: '', stderr: '', rc: 0 };
  };
}

/** Where Proxmox keeps the memory of suspended containers. */
const DUMP = '/var/lib/vz/dump';

/** `pct suspend` looks at the lock, and then fails before it touches the container, which goes on (PVE/API2/LXC/Status.pm, vm_suspend). */
export function suspendContainer(call: Call, id: number): void {
  if (running(call.node, id) === undefined) refuse(`CT ${id} not running`);
  task(call, 'vzsuspend', id, () =>
    withGuestLock(call.node, 'lxc', id, 10, () => {
      checkLock('lxc', load(call, 'lxc', id));
      failForCriu(call, id, 'Checkpointing', ['-s', '-D', DUMP]);
    }),
  );
}

/** `pct resume` looks at no lock (PVE/API2/LXC/Status.pm, vm_resume). */
export function resumeContainer(call: Call, id: number): void {
  if (running(call.node, id) !== undefined) refuse(`CT ${id} already running`);
  task(call, 'vzresume', id, () => failForCriu(call, id, 'Restoring', ['-r', '--foreground', '-D', DUMP]));
}

/** The program criu is none of the packages that Proxmox depends on (pve-container, debian/control; lxc, src/lxc/criu.c, criu_version_ok). */
function failForCriu(call: Call, id: number, doing: string, options: readonly string[]): never {
  print(
    call,
    `lxc-checkpoint: ${id}: criu.c: criu_version_ok: No such file or directory - execing criu failed, is it installed?`,
  );
  print(call, `lxc-checkpoint: ${id}: tools/lxc_checkpoint.c: ${doing} ${id} failed`);
  refuse(`command 'lxc-checkpoint -n ${id} ${options.join(' ')}' failed: exit code 1`);
}
