// The services that sections keep running, all observed with one call of systemctl.

import type { Action } from '../../model/action.ts';
import { difference, type FoundDifference } from '../comparison.ts';
import type { HostReader } from '../manager.ts';
import { act, install, outputOf, run } from './act.ts';

/** Units and the Debian packages that contain them. */
const PACKAGES = {
  'dnsmasq.service': 'dnsmasq',
  'nfs-server.service': 'nfs-kernel-server',
  'pve-firewall.service': 'pve-firewall',
  'smbd.service': 'samba',
} as const;

export type UnitName = keyof typeof PACKAGES;

interface Unit {
  readonly installed: boolean;
  readonly active: boolean;
  readonly enabled: boolean;
}

export type Units = Readonly<Record<UnitName, Unit>>;

/** The same command for every section, so that an inventory of all sections runs it once. */
export async function unitsOf(host: HostReader): Promise<Units> {
  const names = Object.keys(PACKAGES) as UnitName[];
  const shown = await outputOf(host, 'systemctl', [
    'show',
    '--property=Id,LoadState,ActiveState,UnitFileState',
    ...names,
  ]);
  const blocks = shown.split(/\n\n+/).map((block) => new Map(block.split('\n').map(property)));
  const unitOf = (name: UnitName): Unit => {
    const block = blocks.find((each) => each.get('Id') === name);
    return {
      installed: block?.get('LoadState') === 'loaded',
      active: block?.get('ActiveState') === 'active',
      enabled: block?.get('UnitFileState') === 'enabled',
    };
  };
  return Object.fromEntries(names.map((name) => [name, unitOf(name)])) as Units;
}

function property(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}

/** Null when its package is installed. */
export function installUnit(name: UnitName, units: Units): Action | null {
  return units[name].installed ? null : install(PACKAGES[name]);
}

/** Null when it is running and enabled. */
export function enableUnit(name: UnitName, units: Units): Action | null {
  const { active, enabled } = units[name];
  return active && enabled
    ? null
    : act(`start ${name} now and with the host`, run('systemctl', ['enable', '--now', name]));
}

/** A service that has to run, now and after a start of the host. */
export function unitDifference(name: UnitName, units: Units): FoundDifference[] {
  const { installed, active, enabled } = units[name];
  if (installed && active && enabled) return [];
  const running = active ? 'running' : 'stopped';
  const observed = !installed ? 'not installed' : enabled ? running : `${running}, not started with the host`;
  return [difference([name], 'running', observed)];
}

export function restartUnit(name: UnitName): Action {
  return act(`restart ${name}`, run('systemctl', ['restart', name]));
}
