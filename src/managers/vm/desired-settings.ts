// Every setting of a VM as it should be, in Proxmox's terms.

import { MAKING } from '../guest/making.ts';
import { withOptions } from '../guest/options/desired-options.ts';
import type { Settings } from '../guest/proxmox/conf.ts';
import { addressProperties, linkProperties, staleGateways } from '../guest/proxmox/network.ts';
import { type Properties, printProperties } from '../guest/proxmox/property-string.ts';
import {
  type DesiredSetting,
  type Earlier,
  mergeList,
  plainSetting,
  propertySetting,
  sharedSettings,
} from '../guest/proxmox/settings.ts';
import { desiredSettings } from '../guest/settings/desired-settings.ts';
import { madeMachine, type VmSpec } from './vm-spec.ts';

/** What a running VM gets only at its next start; what cloud-init sets up is stored at once, but read at the start too. */
const WAITING: ReadonlySet<string> = new Set(['nameserver', 'searchdomain']);

/** Settings of cloud-init that take a restart to reach the VM. */
export const CLOUDINIT_KEYS: readonly string[] = ['ipconfig0', 'nameserver', 'searchdomain', 'ciuser', 'sshkeys'];

/** The file on the node that `--sshkeys` reads. */
export function sshKeysPath(id: number): string {
  return `/var/lib/phoenix/sshkeys/${id}.pub`;
}

const NEW: Earlier<VmSpec> = { before: undefined, fresh: true };

/** `disks` are those that come back to a VM that is recreated. */
export function machineSettings(
  declared: VmSpec,
  disks: readonly DesiredSetting[],
  earlier: Earlier<VmSpec> = NEW,
): (settings: Settings) => DesiredSetting[] {
  const { before, fresh } = earlier;
  const spec = fresh ? madeMachine(declared) : declared;
  const common = (key: string, label: string, waits: boolean) => ({ key, label, fresh, waits });
  const desired: DesiredSetting[] = [
    ...plainSetting({ ...common('name', 'name', false), declared: spec.name, before: before?.name }),
    ...desiredSettings('vm', spec, earlier),
    ...sharedSettings(spec, earlier, WAITING),
    ...agentSetting(spec),
    ...interfaceSetting(spec, earlier),
    ...addressSetting(spec, earlier),
    ...plainSetting({ ...common('ciuser', 'user', true), declared: spec.user.name, before: before?.user.name }),
    ...sshKeysSetting(spec, earlier),
    ...disks,
  ];
  return (settings) => withOptions('vm', desired, spec.options, earlier, settings);
}

/** Where Phoenix works inside a VM, the VM needs it; elsewhere it is the VM's own business. */
function agentSetting({ agent }: VmSpec): DesiredSetting[] {
  return propertySetting({
    key: 'agent',
    label: 'guest agent',
    declared: agent ? { enabled: '1' } : {},
    before: undefined,
    bare: 'enabled',
    fresh: false,
    waits: true,
  });
}

/** What Proxmox calls the kinds of network cards; one of them is the key of the hardware address. */
export const MODEL =
  /^(e1000|e1000e|e1000-82540em|e1000-82544gc|e1000-82545em|i82551|i82557b|i82559er|ne2k_isa|ne2k_pci|pcnet|rtl8139|virtio|vmxnet3)$/;

/** A card keeps its model, and its hardware address where none is declared. */
function interfaceSetting(spec: VmSpec, { before, fresh }: Earlier<VmSpec>): DesiredSetting[] {
  const { mac } = spec.net0;
  const made = madeMachine(spec).net0;
  const whole = [mac === null ? 'virtio' : `virtio=${mac}`, printProperties(linkProperties(made))].join(',');
  const common = { key: 'net0', label: 'network interface', shown: '', waits: false };
  const [link] = propertySetting({
    ...common,
    declared: linkProperties(spec.net0),
    before: before === undefined ? undefined : linkProperties(before.net0),
    // Without one it would be unplugged.
    required: { bridge: MAKING.vm.bridge },
    whole,
    bare: 'model',
    isKept: (key) => MODEL.test(key) || key === 'model' || key === 'macaddr',
    fresh,
  });
  if (mac === null) return link === undefined ? [] : [link];
  const value = (now: string | undefined): string =>
    now === undefined ? whole : withAddress(link?.value(now) ?? now, mac);
  return [{ ...common, value, same: (now) => now !== undefined && value(now) === now }];
}

/** `virtio=ADDRESS`, in whatever model it is. */
function withAddress(text: string, mac: string): string {
  const parts = text.split(',');
  if (parts.some((part) => part.toLowerCase().endsWith(`=${mac.toLowerCase()}`))) return text;
  return parts
    .filter((part) => !part.startsWith('macaddr='))
    .map((part) => {
      const model = part.split('=', 1)[0] ?? '';
      return MODEL.test(model) ? `${model}=${mac}` : part;
    })
    .join(',');
}

/** `manual` takes the address away; what is said of the other family stays. */
function addressSetting(spec: VmSpec, { before, fresh }: Earlier<VmSpec>): DesiredSetting[] {
  const isManual = spec.net0.ip === 'manual';
  return propertySetting({
    key: 'ipconfig0',
    label: 'address',
    shown: spec.net0.ip ?? '',
    declared: ipProperties(spec),
    before: { ...(before === undefined ? {} : ipProperties(before)), ...(isManual ? { ip: '', gw: '' } : {}) },
    alsoRemoved: staleGateways,
    fresh,
    waits: true,
  });
}

function ipProperties({ net0 }: VmSpec): Properties {
  return net0.ip === 'manual' ? {} : addressProperties(net0);
}

function sshKeysSetting({ id, user }: VmSpec, { before, fresh }: Earlier<VmSpec>): DesiredSetting[] {
  const earlier = before?.user.sshKeys ?? [];
  if (user.sshKeys.length === 0 && earlier.length === 0 && !fresh) return [];
  const merged = (now: string | undefined) => mergeKeys(now, user.sshKeys, earlier, fresh);
  return [
    {
      key: 'sshkeys',
      label: 'SSH keys',
      shown: '',
      value: (now) => (merged(now).length === 0 ? null : sshKeysPath(id)),
      same: (now) => merged(now).join('\n') === keysIn(now).join('\n'),
      waits: true,
    },
  ];
}

/** The keys that a VM is to have: those that people gave it stay. */
export function mergeKeys(
  now: string | undefined,
  declared: readonly string[],
  before: readonly string[],
  fresh: boolean,
): string[] {
  return mergeList(keysIn(now), declared, before, fresh);
}

export function keysIn(setting: string | undefined): string[] {
  return decode(setting ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
