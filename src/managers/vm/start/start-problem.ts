// Why a VM that is about to be created would not start, told before anything is made: what the rules could not judge, since it follows from values that
// are not declared, is known here.

import { startFaults } from '../../../proxmox/machine/start.ts';
import { isStarted } from '../../guest/guest-spec.ts';
import type { Settings } from '../../guest/proxmox/conf.ts';
import type { DesiredSetting } from '../../guest/proxmox/settings.ts';
import type { VmSpec } from '../vm-spec.ts';

/** The settings of a VM once it has those that are desired. */
export function withDesired(settings: Settings, desired: readonly DesiredSetting[]): Settings {
  const values = new Map(Object.entries(settings));
  for (const { key, value } of desired) {
    const text = value(values.get(key));
    if (text === null) values.delete(key);
    else values.set(key, text);
  }
  return Object.fromEntries(values);
}

/** Null: it would start, or is not to be started. What follows from the type of a storage is not known here. */
export function startProblem(spec: VmSpec, settings: Settings): string | null {
  if (!isStarted(spec)) return null;
  const [found] = startFaults(settings).filter(({ fault }) => fault !== 'native I/O');
  return found === undefined ? null : `${found.by} would not start VM ${spec.id}: ${found.message}`;
}
