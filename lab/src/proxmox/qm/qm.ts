// The program qm: virtual machines.

import { randomUUID } from 'node:crypto';
import { machineSnapshotName } from '../../../../src/proxmox/parameters/code-checks.ts';
import type { Answer } from '../answer.ts';
import { answer, type Call, newCall, print, task, type Verb } from '../call.ts';
import { load, update } from '../guest/guest.ts';
import { migrateGuest } from '../guest/migrate.ts';
import { printConfig, printPending, printSnapshots } from '../guest/print.ts';
import { createSnapshot, deleteSnapshot, rollback } from '../guest/snapshots.ts';
import { guestStatus } from '../guest/status.ts';
import { onGuest, whichConfig } from '../guest/verb.ts';
import { guestIds, type LabNode, running } from '../node.ts';
import { waitForHa } from '../objects/ha/daemon.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { text } from '../verb-parameters.ts';
import { agentCommand, agentExec, agentExecStatus } from './agent.ts';
import { cloudInitPending, dumpCloudInit, updateCloudInit } from './cloudinit.ts';
import { cloneMachine, createMachine } from './create.ts';
import { importDisk, makeTemplate, moveDrive, resizeDrive } from './disks.ts';
import { attachImported } from './hotplug.ts';
import { destroyMachine, rebootMachine, startMachine, stopMachine } from './lifecycle.ts';
import { setMachine } from './set.ts';
import { resumeMachine, suspendMachine } from './suspend.ts';

/** Answers a call of `qm`. */
export function qm(node: LabNode, argv: readonly string[], stdin: () => Buffer = () => Buffer.alloc(0)): Answer {
  return answer(newCall(node, stdin), 'qm', argv, QM_VERBS);
}

/** The verbs of `qm` by their full names. */
export const QM_VERBS: Readonly<Record<string, Verb>> = {
  'qm list': list,
  'qm status': onGuest(status),
  'qm config': onGuest((call, id, parameters) => printConfig(call, 'qemu', id, whichConfig(parameters))),
  'qm pending': onGuest((call, id) => printPending(call, 'qemu', id)),
  'qm listsnapshot': onGuest((call, id) => printSnapshots(call, 'qemu', id)),
  'qm create': onGuest((call, _, parameters) => createMachine(call, parameters)),
  'qm clone': onGuest((call, _, parameters) => cloneMachine(call, parameters)),
  'qm set': onGuest((call, _, parameters) => setMachine(call, parameters)),
  'qm disk resize': onGuest(resizeDrive),
  'qm disk move': onGuest(moveDrive),
  'qm disk import': onGuest((call, id, parameters) =>
    importDisk(call, id, parameters, (file, key, volume) => attachImported(call, id, file, key, volume)),
  ),
  'qm disk unlink': onGuest((call, _, { idlist = '', ...parameters }) =>
    setMachine(call, { ...parameters, delete: idlist }),
  ),
  'qm disk rescan': () => 0,
  'qm template': onGuest(makeTemplate),
  'qm start': onGuest(startMachine),
  'qm stop': onGuest((call, id, parameters) => stopMachine(call, id, 'qmstop', parameters)),
  'qm shutdown': onGuest((call, id, parameters) => stopMachine(call, id, 'qmshutdown', parameters)),
  'qm wait': onGuest(waitUntilStopped),
  'qm reboot': onGuest(rebootMachine),
  'qm suspend': onGuest(suspendMachine),
  'qm resume': onGuest(resumeMachine),
  'qm migrate': onGuest((call, id, parameters) => migrateGuest(call, 'qemu', id, parameters)),
  'qm destroy': onGuest(destroyMachine),
  'qm snapshot': onGuest(snapshot),
  'qm delsnapshot': onGuest((call, id, parameters) =>
    task(call, 'qmdelsnapshot', id, () => deleteSnapshot(call, 'qemu', id, text(parameters, 'snapname') ?? '')),
  ),
  'qm rollback': onGuest((call, id, parameters) =>
    task(call, 'qmrollback', id, () => {
      rollback(call, 'qemu', id, text(parameters, 'snapname') ?? '', (options) => {
        if (options['vmgenid'] !== undefined) options['vmgenid'] = randomUUID();
      });
      if (parameters['start'] === '1') startMachine(call, id, {});
    }),
  ),
  'qm unlock': onGuest((call, id) => update(call, 'qemu', id, (file) => void delete file.options['lock'])),
  'qm cloudinit dump': onGuest(dumpCloudInit),
  'qm cloudinit pending': onGuest(cloudInitPending),
  'qm cloudinit update': onGuest(updateCloudInit),
  'qm guest cmd': onGuest((call, _, parameters) => agentCommand(call, parameters)),
  'qm guest exec': onGuest((call, _, parameters) => agentExec(call, parameters)),
  'qm guest exec-status': onGuest((call, _, parameters) => agentExecStatus(call, parameters)),
};

/** `qm wait`. */
function waitUntilStopped(call: Call, id: number, parameters: Parameters): void {
  const pid = running(call.node, id)?.pid;
  if (pid === undefined) return;
  print(call, `waiting until VM ${id} stops (PID ${pid})`);
  const isStopped = waitForHa(
    call.node,
    Number(parameters['timeout'] ?? Infinity),
    () => running(call.node, id) === undefined,
  );
  if (!isStopped) refuse('wait failed - got timeout');
}

const MIB = 1024 ** 2;

function list(call: Call): number {
  const ids = guestIds(call.node, 'qemu');
  const row = (...[id, name, state, memory, disk, pid]: [string, string, string, string, string, string]): void =>
    print(
      call,
      `${id.padStart(10)} ${name.padEnd(20)} ${state.padEnd(10)} ${memory.padEnd(10)} ${disk.padStart(12)} ${pid.padEnd(10)}`,
    );
  if (ids.length > 0) row('VMID', 'NAME', 'STATUS', 'MEM(MB)', 'BOOTDISK(GB)', 'PID');
  for (const id of ids) {
    const { name, status, maxmem, maxdisk, pid = 0 } = guestStatus(call, 'qemu', id);
    row(
      String(id),
      String(name),
      String(status),
      String(Number(maxmem) / MIB),
      (Number(maxdisk) / 1024 / MIB).toFixed(2),
      String(pid),
    );
  }
  return 0;
}

function status(call: Call, id: number, parameters: Parameters): void {
  const values = guestStatus(call, 'qemu', id);
  if (parameters['verbose'] === '1')
    for (const name of Object.keys(values).sort()) print(call, `${name}: ${values[name]}`);
  else print(call, `status: ${values['qmpstatus']}`);
}

function snapshot(call: Call, id: number, parameters: Parameters): void {
  const name = text(parameters, 'snapname') ?? '';
  const problem = machineSnapshotName(name);
  if (problem !== undefined) refuse(problem);
  load(call, 'qemu', id);
  task(call, 'qmsnapshot', id, () => createSnapshot(call, 'qemu', id, name, text(parameters, 'description')));
}
