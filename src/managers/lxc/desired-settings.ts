// All desired settings of a container, in Proxmox's terms.

import { CREATION_DEFAULTS } from '../guest/creation-defaults.ts';
import { withOptions } from '../guest/options/desired-options.ts';
import type { GuestConf, Settings } from '../guest/proxmox/conf.ts';
import { upcoming } from '../guest/proxmox/conf.ts';
import {
  absentSetting,
  addressProperties,
  type Interface,
  interfaceSettings,
  linkProperties,
  type Placed,
  staleGateways,
} from '../guest/proxmox/network.ts';
import { type Properties, printProperties } from '../guest/proxmox/property-string.ts';
import { plainSetting, propertySetting } from '../guest/proxmox/setting-edits.ts';
import type { DesiredSetting } from '../guest/proxmox/settings.ts';
import { sharedSettings } from '../guest/proxmox/shared-settings.ts';
import { desiredSettings } from '../guest/settings/desired-settings.ts';
import { type LxcSpec, withContainerDefaults } from './lxc-spec.ts';
import { rootDiskSettings } from './mounts/disks.ts';
import { deviceSettings, mountSettings, type Removable } from './mounts/mounts.ts';
import type { FoundVolumes } from './mounts/volumes.ts';

/** Settings that a running container gets only at its next start; others are changed while it runs. */
const WAITING: ReadonlySet<string> = new Set(['nameserver', 'searchdomain', 'features']);

/** `conf` is null for a container that is still to be created. */
export function containerSettings(
  declared: LxcSpec,
  conf: GuestConf | null,
  removable: Removable,
  volumes: FoundVolumes,
): (settings: Settings) => DesiredSetting[] {
  const used = conf === null ? {} : { ...conf.settings, ...upcoming(conf) };
  const before = removable.before;
  const earlier = { before, fresh: removable.building };
  const spec = removable.building ? withContainerDefaults(declared) : declared;
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
    ...interfaceSettings(
      spec,
      settings,
      earlier,
      (one, then) => interfaceSetting(one, then, fresh),
      // On a running container Proxmox can only remove interfaces with a one-digit number (PVE/LXC/Config.pm, vmconfig_hotplug_pending).
      (index) => [absentSetting(`net${index}`, labelOf(index), index > 9)],
    ),
    ...propertySetting({
      key: 'features',
      label: 'features',
      declared: spec.features,
      before: before?.features,
      lists: ['mount'],
      fresh,
      waits: true,
    }),
    ...rootDiskSettings(spec, conf, before),
    ...mountSettings(spec, settings, used, removable, volumes),
    ...deviceSettings(spec, settings, used, removable),
  ];
  return (settings) => withOptions('lxc', fields(settings), spec.options, earlier);
}

/** Keys that Proxmox fills in itself. */
const GENERATED: ReadonlySet<string> = new Set(['hwaddr', 'type', 'host-managed']);

function labelOf(index: number): string {
  return index === 0 ? 'network interface' : `network interface ${index}`;
}

function interfaceSetting({ index, net }: Placed, before: Interface | undefined, fresh: boolean): DesiredSetting[] {
  const { interfaceName, bridge } = CREATION_DEFAULTS.lxc;
  const required = { name: index === 0 ? interfaceName : `eth${index}`, bridge };
  const made = { ...net, name: net.name ?? required.name, bridge: net.bridge ?? required.bridge };
  const key = `net${index}`;
  const whole = printProperties(netProperties(made), ['name']);
  const settings = propertySetting({
    key,
    label: labelOf(index),
    shown: '',
    declared: netProperties(net),
    // The MAC address is preserved when it is no longer declared.
    before: before === undefined ? undefined : netProperties({ ...before, mac_address: null }),
    required,
    whole,
    absent: { ip: 'manual', ip6: 'manual' },
    isRetained: (key) => GENERATED.has(key),
    alsoRemoved: staleGateways,
    fresh,
    waits: false,
  });
  if (settings.length > 0 || index === 0) return settings;
  // Only the existence of the interface is declared.
  return [
    {
      key,
      label: labelOf(index),
      shown: '',
      value: (now) => now ?? whole,
      same: (now) => now !== undefined,
      waits: false,
    },
  ];
}

function netProperties(net: Interface): Properties {
  return {
    ...(net.name === null ? {} : { name: net.name }),
    ...linkProperties(net),
    ...addressProperties(net),
    ...(net.mac_address === null ? {} : { hwaddr: net.mac_address }),
  };
}
