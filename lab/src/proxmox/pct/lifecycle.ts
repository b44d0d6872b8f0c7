// Starting, stopping and destroying containers.
import { rmSync } from 'node:fs';
import { type Call, task, warn } from '../call.ts';
import { checkManaged, removeBelongings } from '../guest/belongings.ts';
import { backing, disksOf, unusedOf } from '../guest/disks.ts';
import type { GuestFile } from '../guest/file.ts';
import { checkLock, checkProtection, isTemplate, load, removeFile, save } from '../guest/guest.ts';
import { switchOff, switchOn } from '../guest/power.ts';
import { isFrozen, pathOf, running, withGuestLock } from '../node.ts';
import { isHaManaged } from '../objects/ha/ha.ts';
import { requestHa } from '../objects/ha/requests.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { located, storages } from '../storage/storage.ts';
import { activate, free, volumesOf } from '../storage/volumes.ts';
import { freeOwned } from './disks.ts';
import { checkGeneratedConfiguration, checkHookBeforeStart } from './host.ts';
import { applyPending } from './pending.ts';

/** `pct start`. */
export function startContainer(call: Call, id: number, parameters: Parameters): void {
  if (running(call.node, id) !== undefined) refuse(`CT ${id} already running`);
  if (isHaManaged(call.node, id)) requestHa(call, id, 'start');
  else startContainerHere(call, id, parameters);
}

/** Starts a container whether or not HA manages it. */
export function startContainerHere(call: Call, id: number, parameters: Parameters): void {
  const work = (): void => {
    const file = load(call, 'lxc', id);
    if (isTemplate(file)) refuse("you can't start a CT if it's a template");
    if (parameters['skiplock'] !== '1' && file.options['lock'] !== 'mounted') checkLock('lxc', file);
    const quota = disksOf('lxc', file.options).some((disk) => disk.properties['quota'] === '1');
    if (file.options['unprivileged'] === '1' && quota) refuse('Quotas are not supported by unprivileged containers.');
    boot(call, id, file);
  };
  task(call, 'vzstart', id, () => withGuestLock(call.node, 'lxc', id, 10, work));
}

/** Applies pending changes and starts. */
function boot(call: Call, id: number, file: GuestFile): void {
  if (Object.keys(file.pending.options).length > 0) {
    applyPending(call, id, file);
    save(call, 'lxc', id, file);
  }
  const now = load(call, 'lxc', id);
  checkGeneratedConfiguration(call.node, now);
  for (const disk of disksOf('lxc', now.options))
    if (backing(disk.volume) === 'volume') activate(call.node, disk.volume);
  checkHookBeforeStart(call.node, id, now.options['hookscript']);
  switchOn(call.node, id);
}

/** `pct stop` and `pct shutdown`; the guest always shuts down, unless it is frozen: it is killed where that is asked for. */
export function stopContainer(call: Call, id: number, type: 'vzstop' | 'vzshutdown', parameters: Parameters): void {
  if (running(call.node, id) === undefined) refuse(`CT ${id} not running`);
  if (isHaManaged(call.node, id)) {
    requestHa(call, id, 'stop');
    return;
  }
  const work = (): void => {
    const file = load(call, 'lxc', id);
    const mayBeMounted = type === 'vzstop' && file.options['lock'] === 'mounted';
    if (parameters['skiplock'] !== '1' && !mayBeMounted) checkLock('lxc', file);
    const isStill = isFrozen(call.node, id);
    if (isStill && type === 'vzshutdown' && parameters['forceStop'] !== '1') refuse('container did not stop');
    switchOff(call.node, id, type === 'vzshutdown' && !isStill);
  };
  task(call, type, id, () => withGuestLock(call.node, 'lxc', id, 10, work));
}

/** `pct reboot`: a stop and a start, so that pending changes are applied. */
export function rebootContainer(call: Call, id: number): void {
  if (running(call.node, id) === undefined) refuse(`VM ${id} not running`);
  const work = (): void => {
    switchOff(call.node, id, true);
    boot(call, id, load(call, 'lxc', id));
  };
  task(call, 'vzreboot', id, () => withGuestLock(call.node, 'lxc', id, 10, work));
}

/** `pct destroy`: also removes the volumes that the container owns. */
export function destroyContainer(call: Call, id: number, parameters: Parameters): void {
  const check = (): GuestFile => {
    const file = load(call, 'lxc', id);
    checkProtection(file, `can't remove CT ${id}`);
    checkManaged(call, 'CT', id, parameters['purge'] === '1');
    checkLock('lxc', file);
    if (running(call.node, id) !== undefined && parameters['force'] !== '1')
      refuse(`unable to destroy CT ${id} - container is running`);
    return file;
  };
  check();
  const work = (): void => {
    const file = check();
    if (running(call.node, id) !== undefined) {
      warn(call, `forced to stop CT ${id} before destroying!`);
      switchOff(call.node, id, false);
    }
    const volumes = [file, file.pending].flatMap(({ options }) => [...disksOf('lxc', options), ...unusedOf(options)]);
    for (const volume of new Set(volumes.map((disk) => disk.volume))) freeOwned(call, id, volume);
    if (parameters['destroy-unreferenced-disks'] === '1') freeRemainingVolumes(call, id);
    removeFile(call, 'lxc', id);
    removeBelongings(call, id, parameters['purge'] === '1');
    for (const name of Object.keys(file.snapshots))
      rmSync(pathOf(call.node, `guests/${id}@${name}`), { recursive: true, force: true });
  };
  task(call, 'vzdestroy', id, () => withGuestLock(call.node, 'lxc', id, 10, work));
}

/** Removes a guest's remaining volumes on all storages, which its file does not name. */
export function freeRemainingVolumes(call: Call, id: number): void {
  for (const storage of storages(call.node).keys()) {
    for (const volume of volumesOf(call.node, storage).keys())
      if (located(call.node, volume).volume.owner === id) free(call.node, volume);
  }
}
