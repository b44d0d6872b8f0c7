// When a change of a guest's option takes effect while the guest runs. Verified against recorded sessions with the real programs, row by row
// (test/proxmox/option-effects.test.ts).

import type { Properties } from '../parameters/schema.ts';
import { hotplugFeatures, type OptionsOf, stemOf } from './guest-options.ts';
import { readOption } from './option-meaning.ts';

export interface OptionChange {
  /** Undefined: not set. */
  readonly before: string | undefined;
  /** Undefined: removed. */
  readonly after: string | undefined;
}

/** Effect on a running guest; `refused` and `recreate` apply to stopped ones, too. */
export type Effect = 'at once' | 'next start' | 'refused' | 'recreate';

type Settings = Readonly<Record<string, string>>;
type HotplugFeature = 'network' | 'disk' | 'usb' | 'cpu' | 'memory' | 'cloudinit';

/** Whether the change takes effect at once. */
type Decides = (change: OptionChange, settings: Settings, option: string) => boolean;
type Rule = 'at once' | 'new at once' | 'recreate' | `hotplug ${HotplugFeature}` | Decides;

/**
 * Rules by option without number. Options not listed take effect at the next start: so does an option newer than this table, and if that is wrong,
 * nothing is pending after it was set. Sources: pve-container, PVE/LXC/Config.pm (vmconfig_hotplug_pending, update_pct_config); qemu-server,
 * PVE/QemuServer.pm ($fast_plug_option, vmconfig_hotplug_pending, vmconfig_update_net, -disk, -agent).
 */
const RULES: Readonly<Record<OptionsOf, Readonly<Record<string, Rule>>>> = {
  lxc: {
    cores: 'at once',
    cpulimit: 'at once',
    cpuunits: 'at once',
    description: 'at once',
    dev: 'new at once',
    hookscript: 'at once',
    hostname: 'at once',
    lock: 'at once',
    memory: 'at once',
    mp: 'new at once',
    // Removal only handles single-digit numbers.
    net: ({ after }, _, option) => after !== undefined || /^net\d$/.test(option),
    onboot: 'at once',
    protection: 'at once',
    startup: 'at once',
    swap: 'at once',
    tags: 'at once',
    unprivileged: 'recreate',
  },
  qemu: {
    agent: sameAgent,
    balloon: sameBallooning,
    // cloud-init: stored at once, read by the VM at its next start.
    cicustom: 'at once',
    cipassword: 'at once',
    citype: 'at once',
    ciupgrade: 'at once',
    ciuser: 'at once',
    cpulimit: 'at once',
    cpuunits: 'at once',
    description: 'at once',
    hookscript: 'at once',
    hotplug: ({ before, after }) => !/cpu|memory/.test(`${before} ${after}`),
    ide: driveAtOnce,
    ipconfig: 'at once',
    lock: 'at once',
    memory: 'hotplug memory',
    migrate_downtime: 'at once',
    migrate_speed: 'at once',
    name: 'at once',
    nameserver: 'at once',
    net: cardAtOnce,
    onboot: 'at once',
    protection: 'at once',
    sata: driveAtOnce,
    scsi: driveAtOnce,
    searchdomain: 'at once',
    shares: 'at once',
    sshkeys: 'at once',
    startup: 'at once',
    tablet: 'hotplug usb',
    tags: 'at once',
    usb: (_, settings) => isOn('usb', settings) && takesUsb(settings['ostype']),
    vcpus: 'hotplug cpu',
    virtio: driveAtOnce,
    vmstatestorage: 'at once',
  },
};

/** Required options: `delete` is rejected, whether it runs or not. (PVE/API2/LXC/Config.pm, update_vm) */
const REQUIRED: Readonly<Record<OptionsOf, ReadonlySet<string>>> = {
  lxc: new Set(['memory', 'ostype', 'rootfs']),
  qemu: new Set(),
};

/** @param settings active settings of the guest: `hotplug` and `ostype` affect others */
export function effectOf(kind: OptionsOf, option: string, change: OptionChange, settings: Settings): Effect {
  if (change.after === undefined && REQUIRED[kind].has(option)) return 'refused';
  const [rules, stem] = [RULES[kind], stemOf(kind, option)];
  const rule = Object.hasOwn(rules, stem) ? rules[stem] : undefined;
  if (rule === 'recreate' || rule === 'at once') return rule;
  return isAtOnce(rule, option, change, settings) ? 'at once' : 'next start';
}

function isAtOnce(rule: Rule | undefined, option: string, change: OptionChange, settings: Settings): boolean {
  if (rule === undefined) return false;
  if (typeof rule === 'function') return rule(change, settings, option);
  if (rule === 'new at once') return change.before === undefined;
  return isOn(rule.slice('hotplug '.length) as HotplugFeature, settings);
}

function isOn(feature: HotplugFeature, settings: Settings): boolean {
  return hotplugFeatures(settings['hotplug']).includes(feature);
}

/** Guests with USB hotplug: `ostype` of Linux, and of Windows after 7. (windows_version) */
function takesUsb(ostype: string | undefined): boolean {
  return ostype === 'l26' || /^win(8|10|11)$/.test(ostype ?? '');
}

/** The balloon device is only added or removed at start; its size can change. */
function sameBallooning({ before, after }: OptionChange): boolean {
  return after === undefined ? before !== '0' : (before === '0') === (after === '0');
}

function sameAgent({ before, after }: OptionChange): boolean {
  if (before === undefined || after === undefined) return false;
  return !differs(read('agent', before), read('agent', after), (key) => key !== 'fstrim_cloned_disks');
}

/** An unchanged network device can switch bridge or VLAN; another device is hotplugged. */
function cardAtOnce({ before, after }: OptionChange, settings: Settings): boolean {
  if (isOn('network', settings)) return true;
  if (before === undefined || after === undefined) return false;
  const [old, now] = [read('net0', before), read('net0', after)];
  const isBridged = old?.['bridge'] !== undefined && now?.['bridge'] !== undefined;
  return isBridged && !differs(old, now, (key) => /^(model|macaddr|queues|mtu)$/.test(key));
}

/** Disk properties that only change at start. */
const FIXED = /^(aio|discard|iothread|queues|product|cache|ssd|vendor|ro)$/;

/** CD drives exchange the medium; scsi and virtio disks are hotplugged, ide and sata are not. */
function driveAtOnce({ before, after }: OptionChange, settings: Settings, option: string): boolean {
  const canPlug = isOn('disk', settings) && !/^(ide|sata)/.test(option);
  if (before === undefined || after === undefined) return canPlug;
  const [old, now] = [read(option, before), read(option, after)];
  if (old?.['media'] === 'cdrom') return true;
  return old?.['file'] === now?.['file'] ? !differs(old, now, (key) => FIXED.test(key)) : canPlug;
}

/** Disk properties that Proxmox stores at once, and passes to QEMU only when it starts. Limits are changed while it runs. */
const OF_QEMU = /^(detect_zeroes|model|rerror|scsiblock|serial|snapshot|werror|wwn)$/;

/**
 * Whether a change that Proxmox stores at once, so that nothing waits in the guest's file, reaches a running guest only at its next start: of how a
 * drive is used, other than what its rule names. (qemu-server, PVE/QemuServer.pm, vmconfig_update_disk)
 */
export function isReadAtStart(kind: OptionsOf, option: string, { before, after }: OptionChange): boolean {
  if (kind !== 'qemu' || RULES.qemu[stemOf(kind, option)] !== driveAtOnce) return false;
  if (before === undefined || after === undefined) return false;
  const [old, now] = [read(option, before), read(option, after)];
  const isCd = old?.['media'] === 'cdrom';
  if (!isCd && old?.['file'] !== now?.['file']) return false;
  return differs(old, now, (key) => OF_QEMU.test(key) || (isCd && FIXED.test(key)));
}

const read = (option: string, text: string): Properties | undefined => readOption('qemu', option, text);

/** Whether a relevant key differs; also true for unreadable values. */
function differs(old: Properties | undefined, now: Properties | undefined, counts: (key: string) => boolean): boolean {
  if (old === undefined || now === undefined) return true;
  return Object.keys({ ...old, ...now }).some((key) => counts(key) && old[key] !== now[key]);
}
