// Pausing virtual machines, and suspending them to a disk (qemu-server, PVE/QemuServer/RunState.pm and PVE/API2/Qemu.pm).

import { type Call, print, task } from '../call.ts';
import { disksOf, isCdrom } from '../guest/disks.ts';
import type { GuestFile, Options } from '../guest/file.ts';
import { checkLock, isTemplate, load, save } from '../guest/guest.ts';
import { currentMemory } from '../guest/status.ts';
import { kindOf, running, setPaused, setRunning, withGuestLock } from '../node.ts';
import { isHaManaged } from '../objects/ha/ha.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { splitVolumeId, storageNamed } from '../storage/storage.ts';
import { allocate } from '../storage/volumes.ts';
import { text } from '../verb-parameters.ts';
import { newestMachine } from './machine-type.ts';

/** `qm suspend`: the machine is paused and still runs, or with `--todisk` its memory is written to a disk and it ends. */
export function suspendMachine(call: Call, id: number, parameters: Parameters): void {
  checkRuns(call, id);
  const isToDisk = parameters['todisk'] === '1';
  if (isToDisk) checkMayBeSaved(call, id);
  task(call, isToDisk ? 'qmsuspend' : 'qmpause', id, () =>
    withGuestLock(call.node, 'qemu', id, 10, () => {
      const file = load(call, 'qemu', id);
      const isInBackup = file.options['lock'] === 'backup';
      if (parameters['skiplock'] !== '1' && !isInBackup) checkLock('qemu', file);
      if (isToDisk && isInBackup) refuse('cannot suspend to disk during backup');
      if (isToDisk) saveState(call, id, file, text(parameters, 'statestorage'));
      else setPaused(call.node, id, true);
    }),
  );
}

/** `qm resume`: no lock is looked at for a machine that runs already; the lock of a backup, which pauses machines itself, is none. */
export function resumeMachine(call: Call, id: number, parameters: Parameters): void {
  checkRuns(call, id);
  task(call, 'qmresume', id, () => {
    const file = load(call, 'qemu', id);
    if (isTemplate(file)) refuse(`VM ${id} is a template and cannot be resumed!`);
    if (running(call.node, id)?.isPaused !== true) return;
    if (parameters['skiplock'] !== '1' && file.options['lock'] !== 'backup') checkLock('qemu', file);
    setPaused(call.node, id, false);
  });
}

function checkRuns(call: Call, id: number): void {
  if (kindOf(call.node, id) !== 'qemu')
    refuse(`unable to find configuration file for VM ${id} on node '${call.node.name}'`);
  if (running(call.node, id) === undefined) refuse(`VM ${id} not running`);
}

function checkMayBeSaved(call: Call, id: number): void {
  if (isHaManaged(call.node, id)) refuse('Cannot suspend HA managed VM to disk');
  const keys = Object.keys(load(call, 'qemu', id).options);
  if (keys.some((key) => /^hostpci\d+/.test(key)))
    refuse(
      'cannot suspend VM to disk due to passed-through PCI device(s), which lack the possibility to save/restore their internal state',
    );
  const blockers = ['amd-sev', 'intel-tdx'].filter((key) => keys.includes(key));
  if (keys.some((key) => /^virtiofs\d+$/.test(key))) blockers.push('virtiofs');
  if (blockers.length > 0)
    refuse(`Cannot live-migrate, snapshot (with RAM), or hibernate a VM with: ${blockers.join(', ')}`);
}

/** Memory twice, and the state of the devices: what QEMU reserves for the state of a machine, in bytes. */
const stateSize = (options: Readonly<Options>): number => (currentMemory(options['memory']) * 2 + 500) * 1024 ** 2;

/** Writes the memory to a new volume, and ends the machine. */
function saveState(call: Call, id: number, file: GuestFile, wanted: string | undefined): void {
  const { options } = file;
  const storage = storageNamed(call.node, wanted ?? stateStorage(call, options));
  const name = `vm-${id}-state-suspend-${new Date().toISOString().slice(0, 10)}${storage.family === 'dir' ? '.raw' : ''}`;
  options['vmstate'] = allocate(call.node, storage, id, { format: 'raw', size: stateSize(options), name });
  options['lock'] = 'suspended';
  options['runningmachine'] = `${newestMachine(options['machine'])}+pve0`;
  options['runningcpu'] = 'kvm64,enforce,+kvm_pv_eoi,+kvm_pv_unhalt,+lahf_lm,+sep';
  const nets = Object.keys(options).filter((key) => /^net\d+$/.test(key));
  if (nets.length > 0) options['running-nets-host-mtu'] = nets.map((key) => `${key}=1500`).join(',');
  print(call, 'State saved, quitting');
  setRunning(call.node, id, false);
  save(call, 'qemu', id, file);
}

/** The storage that is declared for it, else a shared one of its disks, else another one of them; one of files before others (PVE/QemuConfig.pm). */
function stateStorage(call: Call, options: Readonly<Options>): string {
  if (options['vmstatestorage'] !== undefined) return options['vmstatestorage'];
  const ids = disksOf('qemu', options).flatMap((disk) =>
    isCdrom(disk) ? [] : (splitVolumeId(disk.volume)?.storage ?? []),
  );
  const used = [...new Set(ids)].sort().map((each) => storageNamed(call.node, each));
  for (const isShared of [true, false]) {
    const those = used.filter(({ shared }) => shared === isShared);
    const found = those.findLast(({ family }) => family === 'dir') ?? those[0];
    if (found !== undefined) return found.id;
  }
  return 'local';
}
