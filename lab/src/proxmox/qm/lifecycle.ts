// Starting, stopping and destroying virtual machines.
import { rmSync } from 'node:fs';
import { isCloudInit } from '../../../../src/proxmox/storages/volumes.ts';
import { type Call, print, task, taskWarning, warn } from '../call.ts';
import { checkManaged, removeBelongings } from '../guest/belongings.ts';
import { disksOf, isCdrom, unusedOf } from '../guest/disks.ts';
import type { GuestFile } from '../guest/file.ts';
import { checkLock, checkProtection, isTemplate, load, removeFile, save } from '../guest/guest.ts';
import { kindOf, pathOf, running, setCommandLine, setPaused, setRunning, withGuestLock } from '../node.ts';
import { isHaManaged } from '../objects/ha/ha.ts';
import { requestHa } from '../objects/ha/requests.ts';
import type { Parameters } from '../parameters/check.ts';
import { freeVolume } from '../pct/disks.ts';
import { checkHookBeforeStart } from '../pct/host.ts';
import { freeRemainingVolumes } from '../pct/lifecycle.ts';
import { Refusal, refuse } from '../refusal.ts';
import { splitVolumeId } from '../storage/storage.ts';
import { activate, isBaseInUse } from '../storage/volumes.ts';
import { isOwner } from './drives.ts';
import { applyPending } from './pending.ts';
import { checkSnippets, checkStart, warnOfFirmware } from './start.ts';

/** `qm start`. */
export function startMachine(call: Call, id: number, parameters: Parameters): void {
  if (isHaManaged(call.node, id)) requestHa(call, id, 'start');
  else startMachineHere(call, id, parameters);
}

/** Starts a machine whether or not HA manages it. */
export function startMachineHere(call: Call, id: number, parameters: Parameters): void {
  const work = (): void => {
    const file = load(call, 'qemu', id);
    if (isTemplate(file)) refuse("you can't start a vm if it's a template");
    // A backup pauses the machine, or runs it only for itself.
    if (file.options['lock'] === 'backup' && running(call.node, id) !== undefined) {
      setPaused(call.node, id, false);
      return;
    }
    if (parameters['skiplock'] !== '1' && file.options['lock'] !== 'suspended') checkLock('qemu', file);
    if (running(call.node, id) !== undefined) refuse(`VM ${id} already running`);
    if (file.options['lock'] === 'suspended' || file.options['vmstate'] !== undefined) wake(call, id, file);
    else boot(call, id, file);
  };
  task(call, 'qmstart', id, () => withGuestLock(call.node, 'qemu', id, 10, work));
}

/** Applies pending changes, regenerates the cloud-init drive, and starts. */
function boot(call: Call, id: number, file: GuestFile): void {
  if (Object.keys(file.pending.options).length > 0) applyPending(call, id, file);
  switchOnMachine(call, id, load(call, 'qemu', id));
}

function switchOnMachine(call: Call, id: number, now: GuestFile): void {
  checkSnippets(call.node, id, now);
  if (now.special['cloudinit'] !== undefined) {
    delete now.special['cloudinit'];
    save(call, 'qemu', id, now);
  }
  checkHookBeforeStart(call.node, id, now.options['hookscript']);
  for (const disk of disksOf('qemu', now.options))
    if (splitVolumeId(disk.volume) !== undefined) activate(call.node, disk.volume);
  checkStart(call, now);
  warnOfFirmware(call, now);
  setRunning(call.node, id, true);
}

/** What is kept of a machine while it is suspended to a disk. */
const OF_SUSPENSION = ['lock', 'vmstate', 'running-nets-host-mtu', 'runningmachine', 'runningcpu'];

/** Starts a machine from its saved memory: pending changes stay pending (PVE/QemuServer.pm, vm_start_nolock). */
function wake(call: Call, id: number, file: GuestFile): void {
  print(call, 'Resuming suspended VM');
  switchOnMachine(call, id, file);
  print(call, 'Resumed VM, removing state');
  const now = load(call, 'qemu', id);
  const { vmstate } = now.options;
  const state = running(call.node, id);
  if (state !== undefined)
    setCommandLine(call.node, state.pid, ['/usr/bin/kvm', '-id', String(id), '-loadstate', vmstate ?? '']);
  if (vmstate !== undefined) freeVolume(call, vmstate);
  for (const option of OF_SUSPENSION) delete now.options[option];
  save(call, 'qemu', id, now);
}

function checkKnown(call: Call, id: number): void {
  if (kindOf(call.node, id) !== 'qemu')
    refuse(`unable to find configuration file for VM ${id} on node '${call.node.name}'`);
}

/** The warning for querying the state of a stopped machine. */
function warnUnlessRunning(call: Call, id: number): void {
  if (running(call.node, id) === undefined)
    warn(
      call,
      kindOf(call.node, id) === 'qemu'
        ? `VM ${id} not running\n`
        : `unable to find configuration file for VM ${id} on node '${call.node.name}'\n`,
    );
}

/** `qm stop` and `qm shutdown`; the guest always shuts down, and a stopped one is not an error. */
export function stopMachine(call: Call, id: number, type: 'qmstop' | 'qmshutdown', parameters: Parameters): void {
  if (type === 'qmshutdown') warnUnlessRunning(call, id);
  if (type === 'qmshutdown' && running(call.node, id)?.isPaused === true) {
    if (parameters['forceStop'] !== '1') refuse('VM is paused - cannot shutdown');
    warn(call, 'VM is paused - stop instead of shutdown');
  }
  if (isHaManaged(call.node, id)) {
    requestHa(call, id, 'stop');
    return;
  }
  const work = (): void => {
    checkKnown(call, id);
    if (running(call.node, id) === undefined) return;
    const file = load(call, 'qemu', id);
    if (parameters['skiplock'] !== '1') checkLock('qemu', file);
    setRunning(call.node, id, false);
  };
  task(call, type, id, () => withGuestLock(call.node, 'qemu', id, 10, work));
}

/** `qm reboot`: a shutdown and a start, so that pending changes are applied. */
export function rebootMachine(call: Call, id: number): void {
  warnUnlessRunning(call, id);
  checkKnown(call, id);
  if (running(call.node, id)?.isPaused === true) refuse('VM is paused - cannot shutdown');
  if (running(call.node, id) === undefined) refuse(`VM ${id} not running`);
  const work = (): void => {
    const file = load(call, 'qemu', id);
    checkLock('qemu', file);
    setRunning(call.node, id, false);
    boot(call, id, file);
  };
  task(call, 'qmreboot', id, () => withGuestLock(call.node, 'qemu', id, 10, work));
}

/** `qm destroy`: also removes the volumes that the machine owns. */
export function destroyMachine(call: Call, id: number, parameters: Parameters): void {
  const check = (): GuestFile => {
    const file = load(call, 'qemu', id);
    checkProtection(file, `can't remove VM ${id}`);
    checkManaged(call, 'VM', id, parameters['purge'] === '1');
    if (running(call.node, id) !== undefined) refuse(`VM ${id} is running - destroy failed`);
    return file;
  };
  check();
  const work = (): void => {
    const file = check();
    if (parameters['skiplock'] !== '1' && file.options['lock'] !== 'suspended') checkLock('qemu', file);
    const drives = [file, file.pending].flatMap(({ options }) => [...disksOf('qemu', options), ...unusedOf(options)]);
    const volumes = new Set(
      drives
        .filter((disk) => splitVolumeId(disk.volume) !== undefined && (!isCdrom(disk) || isCloudInit(disk.volume)))
        .map((disk) => disk.volume),
    );
    const { vmstate } = file.options;
    if (vmstate !== undefined) volumes.add(vmstate);
    if (isTemplate(file))
      for (const volume of volumes)
        if (isBaseInUse(call.node, volume)) refuse(`base volume '${volume}' is still in use by linked cloned`);
    for (const volume of volumes) freeQuietly(call, id, volume);
    if (parameters['destroy-unreferenced-disks'] === '1') freeRemainingVolumes(call, id);
    removeFile(call, 'qemu', id);
    removeBelongings(call, id, parameters['purge'] === '1');
    for (const name of Object.keys(file.snapshots))
      rmSync(pathOf(call.node, `guests/${id}@${name}`), { recursive: true, force: true });
  };
  task(call, 'qmdestroy', id, () => withGuestLock(call.node, 'qemu', id, 10, work));
}

function freeQuietly(call: Call, id: number, volume: string): void {
  try {
    if (isOwner(call, id, volume)) freeVolume(call, volume);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    taskWarning(call, `Could not remove disk '${volume}', check manually: ${error.message}`);
  }
}
