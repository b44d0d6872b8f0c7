// Every setting of a container as it should be, in Proxmox's terms.

import { MAKING } from '../guest/making.ts';
import { withOptions } from '../guest/options/desired-options.ts';
import type { GuestConf, Settings } from '../guest/proxmox/conf.ts';
import { upcoming } from '../guest/proxmox/conf.ts';
import { addressProperties, linkProperties, staleGateways } from '../guest/proxmox/network.ts';
import { type Properties, printProperties } from '../guest/proxmox/property-string.ts';
import {
  type DesiredSetting,
  type Earlier,
  plainSetting,
  propertySetting,
  sharedSettings,
} from '../guest/proxmox/settings.ts';
import { desiredSettings } from '../guest/settings/desired-settings.ts';
import { type LxcSpec, madeContainer } from './lxc-spec.ts';
import { deviceSettings, mountSettings, type Removable } from './mounts.ts';
import type { FoundVolumes } from './volumes.ts';

/** What a running container gets only at its next start; other settings are changed while it runs. */
const WAITING: ReadonlySet<string> = new Set(['nameserver', 'searchdomain', 'features']);

/** `conf` is null for a container that is still to be made. */
export function containerSettings(
  declared: LxcSpec,
  conf: GuestConf | null,
  removable: Removable,
  volumes: FoundVolumes,
): (settings: Settings) => DesiredSetting[] {
  const used = conf === null ? {} : { ...conf.settings, ...upcoming(conf) };
  const before = removable.before;
  const earlier = { before, fresh: removable.building };
  const spec = removable.building ? madeContainer(declared) : declared;
  const { fresh } = earlier;
  const fields = (settings: Settings): DesiredSetting[] => [
    ...plainSetting({
      key: 'hostname',
      label: 'hostname',
      declared: spec.hostname,
      before: before?.hostname,
      fresh,
      waits: false,
    }),
    ...desiredSettings('lxc', spec, earlier),
    ...sharedSettings(spec, earlier, WAITING),
    ...interfaceSetting(spec, earlier),
    ...propertySetting({
      key: 'features',
      label: 'features',
      declared: spec.features,
      before: before?.features,
      lists: ['mount'],
      fresh,
      waits: true,
    }),
    ...mountSettings(spec, settings, used, removable, volumes),
    ...deviceSettings(spec, settings, used, removable),
  ];
  return (settings) => withOptions('lxc', fields(settings), spec.options, earlier, settings);
}

/** Proxmox fills in the hardware address and the type. */
const GENERATED: ReadonlySet<string> = new Set(['hwaddr', 'type', 'host-managed']);

function interfaceSetting(spec: LxcSpec, { before, fresh }: Earlier<LxcSpec>): DesiredSetting[] {
  const made = madeContainer(spec).net0;
  return propertySetting({
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
