// What Proxmox does with the options of guests beyond their schemas: which take effect on a guest that runs, and which keys it fills in
// by itself. The lab, which is held to recorded sessions, shows what comes of them (test/managers/guest/options.test.ts).

import { configOption, configOptions, propertiesOf, type Schema } from './table.ts';

export type OptionsOf = 'lxc' | 'qemu';

/**
 * What becomes of an option that is set while the guest runs: `live` at once; `added` at once where the guest had none, else with its
 * next start; `hotplug …` at once where the VM's `hotplug` names that feature; `next start` in every case.
 */
type Effect = 'live' | 'added' | `hotplug ${HotplugFeature}` | 'next start';

type HotplugFeature = 'network' | 'disk' | 'usb' | 'cpu' | 'memory' | 'cloudinit';

/**
 * By option, its number left out. What is not here waits for the next start: so does an option that is newer than this table, and
 * where that is not so, nothing is pending after it was set. Sources: pve-container, PVE/LXC/Config.pm (vmconfig_hotplug_pending,
 * update_pct_config); qemu-server, PVE/QemuServer.pm ($fast_plug_option, vmconfig_hotplug_pending).
 */
const EFFECTS: Readonly<Record<OptionsOf, Readonly<Record<string, Effect>>>> = {
  lxc: {
    cores: 'live',
    cpulimit: 'live',
    cpuunits: 'live',
    description: 'live',
    dev: 'added',
    hookscript: 'live',
    hostname: 'live',
    lock: 'live',
    memory: 'live',
    mp: 'added',
    net: 'live',
    onboot: 'live',
    protection: 'live',
    startup: 'live',
    swap: 'live',
    tags: 'live',
  },
  qemu: {
    // Stored at once, and read by the VM with its next start.
    cicustom: 'live',
    citype: 'live',
    ciupgrade: 'live',
    ciuser: 'live',
    cipassword: 'live',
    cpulimit: 'live',
    cpuunits: 'live',
    description: 'live',
    hookscript: 'live',
    hotplug: 'live',
    ipconfig: 'live',
    lock: 'live',
    migrate_downtime: 'live',
    migrate_speed: 'live',
    name: 'live',
    nameserver: 'live',
    net: 'hotplug network',
    onboot: 'live',
    protection: 'live',
    scsi: 'hotplug disk',
    searchdomain: 'live',
    shares: 'live',
    sshkeys: 'live',
    startup: 'live',
    tablet: 'hotplug usb',
    tags: 'live',
    usb: 'hotplug usb',
    vcpus: 'hotplug cpu',
    virtio: 'hotplug disk',
    vmstatestorage: 'live',
  },
};

/** `net3` is `net`, but `rng0`, whose number is part of its name, is `rng0`. */
export function stemOf(kind: OptionsOf, option: string): string {
  const stem = option.replace(/\d+$/, '');
  return stem !== option && numbered(kind).has(stem) ? stem : option;
}

function numbered(kind: OptionsOf): ReadonlySet<string> {
  const known =
    NUMBERED[kind] ?? new Set(configOptions(kind).flatMap((name) => (name.endsWith('[n]') ? [name.slice(0, -3)] : [])));
  NUMBERED[kind] = known;
  return known;
}

const NUMBERED: Partial<Record<OptionsOf, ReadonlySet<string>>> = {};

function effectOf(kind: OptionsOf, option: string): Effect {
  const effects = EFFECTS[kind];
  const stem = stemOf(kind, option);
  return Object.hasOwn(effects, stem) ? (effects[stem] ?? 'next start') : 'next start';
}

const HOTPLUG_FEATURES = ['network', 'disk', 'usb'];

/** The features that a value of `hotplug` turns on; `1` and none are Proxmox's default. (qemu-server, PVE/QemuServer/Helpers.pm, parse_hotplug_features) */
export function hotplugFeatures(value: string | undefined): readonly string[] {
  const text = value?.trim() ?? '';
  if (text === '' || text === '1') return HOTPLUG_FEATURES;
  return text === '0' ? [] : text.split(/[,;\s]+/).filter((feature) => feature !== '');
}

/** Guests whose USB devices can be exchanged while they run: `ostype` of Linux, and of Windows after 7. (QemuServer.pm, windows_version) */
function takesUsb(ostype: string | undefined): boolean {
  return ostype === 'l26' || /^win(8|10|11)$/.test(ostype ?? '');
}

/**
 * Whether an option that is set, changed or removed waits for the next start of a guest that runs.
 * @param isNew the guest has none of that name
 */
export function waitsForStart(
  kind: OptionsOf,
  option: string,
  isNew: boolean,
  settings: Readonly<Record<string, string>>,
): boolean {
  const effect = effectOf(kind, option);
  switch (effect) {
    case 'live':
      return false;
    case 'added':
      return !isNew;
    case 'next start':
      return true;
    default: {
      const feature = effect.slice('hotplug '.length);
      const isOn = hotplugFeatures(settings['hotplug']).includes(feature);
      return !isOn || (stemOf(kind, option) === 'usb' && !takesUsb(settings['ostype']));
    }
  }
}

/** Keys that Proxmox fills in where nobody says them, by option without its number. */
const GENERATED: Readonly<Record<OptionsOf, Readonly<Record<string, readonly string[]>>>> = {
  lxc: { net: ['hwaddr', 'type', 'host-managed'] },
  qemu: { net: ['macaddr'], smbios1: ['uuid'] },
};

export function generatedKeys(kind: OptionsOf, option: string): readonly string[] {
  return GENERATED[kind][stemOf(kind, option)] ?? [];
}

/** What the programs read as a property string without a schema for it (pve-common, PVE/JSONSchema.pm, parse_startup_order). */
const STARTUP: Readonly<Record<string, Schema>> = {
  order: { type: 'integer', optional: 1, minimum: 0, default_key: 1 },
  up: { type: 'integer', optional: 1, minimum: 0 },
  down: { type: 'integer', optional: 1, minimum: 0 },
};

const STARTUP_FORMAT = 'pve-startup-order';

/** Keys of an option that is a property string, with their schemas; undefined for one that is not. */
export function keysOfOption(kind: OptionsOf, option: string): Readonly<Record<string, Schema>> | undefined {
  const format = configOption(kind, option)?.format;
  if (format === undefined) return undefined;
  return format === STARTUP_FORMAT ? STARTUP : propertiesOf(format);
}
