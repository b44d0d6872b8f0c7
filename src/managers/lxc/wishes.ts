// Every setting of a container as it should be, in Proxmox's terms.

import { MAKING } from '../guest/making.ts';
import type { GuestConf, Settings } from '../guest/proxmox/conf.ts';
import { upcoming } from '../guest/proxmox/conf.ts';
import { addressProperties, linkProperties, staleGateways } from '../guest/proxmox/network.ts';
import { type Properties, printProperties } from '../guest/proxmox/property-string.ts';
import { type Earlier, plainWish, propertyWish, sharedWishes, type Wish } from '../guest/proxmox/settings.ts';
import { settingWishes } from '../guest/settings/wishes.ts';
import { deviceWishes, mountWishes, type Removable } from './mounts.ts';
import { type LxcSpec, madeContainer } from './spec.ts';
import type { FoundVolumes } from './volumes.ts';

/** What a running container gets only at its next start; other settings are changed while it runs. */
const WAITING: ReadonlySet<string> = new Set(['nameserver', 'searchdomain', 'features']);

/** `conf` is null for a container that is still to be made. */
export function containerWishes(
  declared: LxcSpec,
  conf: GuestConf | null,
  removable: Removable,
  volumes: FoundVolumes,
): (settings: Settings) => Wish[] {
  const used = conf === null ? {} : { ...conf.settings, ...upcoming(conf) };
  const before = removable.before;
  const earlier = { before, fresh: removable.building };
  const spec = removable.building ? madeContainer(declared) : declared;
  const { fresh } = earlier;
  return (settings) => [
    ...plainWish({
      key: 'hostname',
      label: 'hostname',
      declared: spec.hostname,
      before: before?.hostname,
      fresh,
      waits: false,
    }),
    ...settingWishes('lxc', spec, earlier),
    ...sharedWishes(spec, earlier, WAITING),
    ...interfaceWish(spec, earlier),
    ...propertyWish({
      key: 'features',
      label: 'features',
      declared: spec.features,
      before: before?.features,
      lists: ['mount'],
      fresh,
      waits: true,
    }),
    ...mountWishes(spec, settings, used, removable, volumes),
    ...deviceWishes(spec, settings, used, removable),
  ];
}

/** Proxmox fills in the hardware address and the type. */
const GENERATED: ReadonlySet<string> = new Set(['hwaddr', 'type', 'host-managed']);

function interfaceWish(spec: LxcSpec, { before, fresh }: Earlier<LxcSpec>): Wish[] {
  const made = madeContainer(spec).net0;
  return propertyWish({
    key: 'net0',
    label: 'network interface',
    shown: '',
    declared: netProperties(spec.net0),
    // A hardware address stays what it is.
    before: before === undefined ? undefined : netProperties({ ...before.net0, mac: null }),
    required: { name: MAKING.lxc.interfaceName, bridge: MAKING.lxc.bridge },
    whole: printProperties(netProperties(made), ['name']),
    absent: { ip: 'manual', ip6: 'manual' },
    isKept: (key) => GENERATED.has(key),
    alsoRemoved: staleGateways,
    fresh,
    waits: false,
  });
}

function netProperties(net0: LxcSpec['net0']): Properties {
  return {
    ...(net0.name === null ? {} : { name: net0.name }),
    ...linkProperties(net0),
    ...addressProperties(net0),
    ...(net0.mac === null ? {} : { hwaddr: net0.mac }),
  };
}
