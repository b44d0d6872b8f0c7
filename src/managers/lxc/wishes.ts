// Every setting of a container as it should be, in Proxmox's terms.

import type { GuestConf, Settings } from '../guest/proxmox/conf.ts';
import { upcoming } from '../guest/proxmox/conf.ts';
import { addressProperties, interfaceWish, linkProperties } from '../guest/proxmox/network.ts';
import { parseProperties, printProperties, sameProperties } from '../guest/proxmox/property-string.ts';
import { sharedWishes, type Wish } from '../guest/proxmox/settings.ts';
import { deviceWishes, mountWishes, type Removable } from './mounts.ts';
import type { LxcSpec } from './spec.ts';
import type { FoundVolumes } from './volumes.ts';

/** What a running container gets only at its next start; other settings are changed while it runs. */
const WAITING: ReadonlySet<string> = new Set(['nameserver', 'searchdomain', 'features']);

/** `conf` is null for a container that is still to be made. */
export function containerWishes(
  spec: LxcSpec,
  conf: GuestConf | null,
  removable: Removable,
  volumes: FoundVolumes,
): (settings: Settings) => Wish[] {
  const used = conf === null ? {} : { ...conf.settings, ...upcoming(conf) };
  return (settings) => [
    {
      key: 'hostname',
      label: 'hostname',
      shown: spec.hostname,
      value: () => spec.hostname,
      same: (now) => now === spec.hostname,
      waits: false,
    },
    ...sharedWishes(spec, WAITING),
    {
      key: 'swap',
      label: 'swap',
      shown: `${spec.swapMb} MB`,
      value: () => String(spec.swapMb),
      same: (now) => Number(now ?? 512) === spec.swapMb,
      waits: false,
    },
    interfaceWish(netProperties(spec), 'hwaddr', ['type', 'host-managed'], ['name']),
    featuresWish(spec),
    ...mountWishes(spec, settings, used, removable, volumes),
    ...deviceWishes(spec, settings, used, removable),
  ];
}

function netProperties({ net0 }: LxcSpec): Record<string, string> {
  return {
    name: net0.name,
    ...linkProperties(net0),
    ...addressProperties(net0),
    ...(net0.mac === null ? {} : { hwaddr: net0.mac }),
  };
}

function featuresWish({ features }: LxcSpec): Wish {
  const value = printProperties(features);
  return {
    key: 'features',
    label: 'features',
    shown: value || 'none',
    value: () => value || null,
    same: (now) => sameProperties(parseProperties(now ?? ''), features),
    waits: true,
  };
}
