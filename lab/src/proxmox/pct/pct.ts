// The program pct: containers.

import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { containerSnapshotName } from '../../../../src/proxmox/parameters/code-checks.ts';
import type { Answer } from '../answer.ts';
import { answer, type Call, newCall, print, task, type Verb } from '../call.ts';
import { parseDisk } from '../guest/disks.ts';
import { load, update } from '../guest/guest.ts';
import { runInside } from '../guest/inside.ts';
import { migrateGuest } from '../guest/migrate.ts';
import { insidePath } from '../guest/place.ts';
import { printConfig, printPending, printSnapshots } from '../guest/print.ts';
import { createSnapshot, deleteSnapshot, rollback } from '../guest/snapshots.ts';
import { guestStatus } from '../guest/status.ts';
import { onGuest, whichConfig } from '../guest/verb.ts';
import { pause } from '../lock.ts';
import { guestIds, hostFile, isFrozen, type LabNode, pathOf, running, withGuestLock } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { guestId, text } from '../verb-parameters.ts';
import { cloneContainer } from './clone.ts';
import { createContainer } from './create.ts';
import { makeTemplate, moveVolume, resizeMount } from './disks.ts';
import { resumeContainer, suspendContainer } from './freeze.ts';
import { destroyContainer, rebootContainer, startContainer, stopContainer } from './lifecycle.ts';
import { mountContainer, trimContainer, unmountContainer } from './mounts.ts';
import { setContainer } from './set.ts';

/** Answers a call of `pct`. */
export function pct(node: LabNode, argv: readonly string[], stdin: () => Buffer = () => Buffer.alloc(0)): Answer {
  return answer(newCall(node, stdin), 'pct', argv, PCT_VERBS);
}

/** The verbs of `pct` by their full names. */
export const PCT_VERBS: Readonly<Record<string, Verb>> = {
  'pct list': list,
  'pct status': onGuest(status),
  'pct config': onGuest((call, id, parameters) => printConfig(call, 'lxc', id, whichConfig(parameters))),
  'pct pending': onGuest((call, id) => printPending(call, 'lxc', id)),
  'pct listsnapshot': onGuest((call, id) => printSnapshots(call, 'lxc', id)),
  'pct create': onGuest((call, _, parameters) => createContainer(call, parameters)),
  'pct clone': onGuest((call, _, parameters) => cloneContainer(call, parameters)),
  'pct set': onGuest((call, _, parameters) => setContainer(call, parameters)),
  'pct resize': onGuest(resizeMount),
  'pct move-volume': onGuest(moveVolume),
  'pct template': onGuest(makeTemplate),
  'pct start': onGuest(startContainer),
  'pct stop': onGuest((call, id, parameters) => stopContainer(call, id, 'vzstop', parameters)),
  'pct shutdown': onGuest((call, id, parameters) => stopContainer(call, id, 'vzshutdown', parameters)),
  'pct reboot': onGuest(rebootContainer),
  'pct destroy': onGuest(destroyContainer),
  'pct snapshot': onGuest(snapshot),
  'pct delsnapshot': onGuest((call, id, parameters) =>
    task(call, 'vzdelsnapshot', id, () => deleteSnapshot(call, 'lxc', id, text(parameters, 'snapname') ?? '')),
  ),
  'pct rollback': onGuest((call, id, parameters) =>
    task(call, 'vzrollback', id, () => {
      rollback(call, 'lxc', id, text(parameters, 'snapname') ?? '');
      if (parameters['start'] === '1') startContainer(call, id, {});
    }),
  ),
  'pct unlock': onGuest((call, id) =>
    update(call, 'lxc', id, (file) => {
      if (file.options['lock'] === undefined) refuse('no lock found trying to remove any lock');
      delete file.options['lock'];
    }),
  ),
  'pct suspend': onGuest(suspendContainer),
  'pct resume': onGuest(resumeContainer),
  'pct migrate': onGuest((call, id, parameters) => migrateGuest(call, 'lxc', id, parameters)),
  'pct mount': onGuest(mountContainer),
  'pct unmount': onGuest(unmountContainer),
  'pct fstrim': onGuest(trimContainer),
  'pct rescan': () => 0,
  'pct exec': execute,
  'pct push': onGuest(push),
  'pct pull': onGuest(pull),
};

/** The size of a stopped container is that of its root disk, and nothing is told where that cannot be read (PVE/LXC.pm, vmstatus). */
function checkRootDisk(call: Call, id: number): void {
  const { rootfs } = load(call, 'lxc', id).options;
  if (running(call.node, id) === undefined && rootfs !== undefined) parseDisk('lxc', 'rootfs', rootfs);
}

function list(call: Call): number {
  const ids = guestIds(call.node, 'lxc');
  const row = (id: string, state: string, lock: string, name: string): void =>
    print(call, `${id.padEnd(10)} ${state.padEnd(10)} ${lock.padEnd(12)} ${name.padEnd(20)}`);
  if (ids.length > 0) row('VMID', 'Status', 'Lock', 'Name');
  for (const id of ids) {
    checkRootDisk(call, id);
    const { status, lock = '', name } = guestStatus(call, 'lxc', id);
    row(String(id), String(status), String(lock), String(name));
  }
  return 0;
}

function status(call: Call, id: number, parameters: Parameters): void {
  checkRootDisk(call, id);
  const values = guestStatus(call, 'lxc', id);
  if (parameters['verbose'] !== '1') print(call, `status: ${values['status']}`);
  else for (const name of Object.keys(values).sort()) print(call, `${name}: ${values[name]}`);
}

function snapshot(call: Call, id: number, parameters: Parameters): void {
  const name = text(parameters, 'snapname') ?? '';
  const problem = containerSnapshotName(name);
  if (problem !== undefined) refuse(problem);
  task(call, 'vzsnapshot', id, () => createSnapshot(call, 'lxc', id, name, text(parameters, 'description')));
}

function execute(call: Call, parameters: Parameters): number {
  const id = guestId(parameters);
  load(call, 'lxc', id);
  if (running(call.node, id) === undefined) refuse(`container '${id}' not running!`);
  const words = parameters['extra-args'] ?? [];
  const argv = typeof words === 'string' ? [words] : words;
  if (argv.length === 0) refuse('missing command');
  // lxc-attach joins the control group of the container, and stands still with it.
  if (isFrozen(call.node, id)) pause(Infinity);
  const outcome = runInside(call.node, id, argv, call.stdin);
  pause((outcome.seconds ?? 0) * 1000);
  call.stdout += outcome.stdout;
  call.stderr += outcome.stderr;
  return outcome.rc;
}

function push(call: Call, id: number, parameters: Parameters): void {
  withGuestLock(call.node, 'lxc', id, 10, () => {
    if (running(call.node, id) === undefined) refuse('can only push files to a running CT');
    load(call, 'lxc', id);
    const path = text(parameters, 'file') ?? '';
    const target = text(parameters, 'destination') ?? '';
    task(call, 'push_file', id, () => {
      const source = hostFile(call.node, path) ?? refuse(`failed to open ${path} for reading`);
      const file = insidePath(call.node, id, target);
      mkdirSync(dirname(file), { recursive: true });
      copyFileSync(source, file);
      chmodSync(file, mode(text(parameters, 'perms')));
    });
  });
}

function pull(call: Call, id: number, parameters: Parameters): void {
  withGuestLock(call.node, 'lxc', id, 10, () => {
    if (running(call.node, id) === undefined) refuse('can only pull files from a running VM');
    const path = text(parameters, 'path') ?? '';
    task(call, 'pull_file', id, () => {
      const source = insidePath(call.node, id, path);
      if (!existsSync(source)) refuse(`failed to open ${path}: No such file or directory`);
      const wanted = text(parameters, 'destination') ?? '';
      const target = existsSync(dirname(wanted)) ? wanted : pathOf(call.node, wanted);
      copyFileSync(source, target);
      chmodSync(target, mode(text(parameters, 'perms')));
    });
  });
}

/** File permissions: octal, or hexadecimal with `0x`. */
function mode(written = '644'): number {
  return written.startsWith('0x') ? Number(written) : Number.parseInt(written, 8);
}
