// timedatectl of the node: the time zone and time synchronisation.

import { lstatSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type LabNode, pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { failed, type Outcome, ok } from '../tree/tree.ts';
import { isKnown, setState, stateOf } from './units.ts';

const ZONES = '/usr/share/zoneinfo/';
/** Services for time synchronisation, in systemd's order of preference. */
const SYNC_SERVICES = ['chrony.service', 'systemd-timesyncd.service'];

export function zoneOf(node: LabNode): string {
  const link = pathOf(node, '/etc/localtime');
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return 'UTC';
  return readlinkSync(link).replace(/^.*\/zoneinfo\//, '');
}

export function isZone(name: string): boolean {
  if (!/^[A-Za-z][\w+-]*(\/[\w+-]+)*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export function setZone(node: LabNode, name: string): Outcome {
  if (!isZone(name)) return failed(`Failed to set time zone: Invalid or not installed time zone '${name}'`);
  const link = pathOf(node, '/etc/localtime');
  rmSync(link, { force: true });
  symlinkSync(`..${ZONES}${name}`, link);
  // Debian's timedatectl also updates the older file if it exists.
  writeFileSync(pathOf(node, '/etc/timezone'), `${name}\n`);
  return ok();
}

function setKeeper(node: LabNode, word: string): Outcome {
  if (!/^(true|yes|1|on|false|no|0|off)$/.test(word)) return failed(`Failed to parse NTP setting: ${word}`);
  const on = /^(true|yes|1|on)$/.test(word);
  const keepers = SYNC_SERVICES.filter((unit) => isKnown(node, unit));
  if (keepers.length === 0) return failed('Failed to set ntp: NTP not supported');
  for (const [index, unit] of keepers.entries()) {
    setState(node, unit, { active: on && index === 0, enabled: on && index === 0 });
  }
  return ok();
}

/** Answers `timedatectl show|set-timezone|set-ntp`. */
export const timedatectl: Program = (node, argv) => {
  const [verb = 'status', word = ''] = argv.filter((each) => !each.startsWith('-'));
  switch (verb) {
    case 'show': {
      const keepers = SYNC_SERVICES.filter((unit) => isKnown(node, unit));
      const kept = keepers.some((unit) => stateOf(node, unit).active);
      const all = {
        Timezone: zoneOf(node),
        LocalRTC: 'no',
        CanNTP: keepers.length > 0 ? 'yes' : 'no',
        NTP: kept ? 'yes' : 'no',
        NTPSynchronized: kept ? 'yes' : 'no',
      };
      const wanted = argv.flatMap((each) => /^(?:--property=|-p)(.+)$/.exec(each)?.[1]?.split(',') ?? []);
      const lines = Object.entries(all).filter(([name]) => wanted.length === 0 || wanted.includes(name));
      return ok(lines.map(([name, value]) => `${argv.includes('--value') ? '' : `${name}=`}${value}\n`).join(''));
    }
    case 'set-timezone':
      return word === '' ? failed('Too few arguments.') : setZone(node, word);
    case 'set-ntp':
      return word === '' ? failed('Too few arguments.') : setKeeper(node, word);
    default:
      return failed(`Unknown command verb '${verb}'.`);
  }
};
