// All desired settings of a VM, in Proxmox's terms.

import { CREATION_DEFAULTS } from '../guest/creation-defaults.ts';
import { withOptions } from '../guest/options/desired-options.ts';
import type { Settings } from '../guest/proxmox/conf.ts';
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
import { mergeList, plainSetting, propertySetting } from '../guest/proxmox/setting-edits.ts';
import type { DesiredSetting, Earlier } from '../guest/proxmox/settings.ts';
import { sharedSettings } from '../guest/proxmox/shared-settings.ts';
import { desiredSettings } from '../guest/settings/desired-settings.ts';
import { sshKeysPath } from '../public-key.ts';
import { passthroughSettings } from './passthrough/passthrough.ts';
import { type VmSpec, withMachineDefaults } from './vm-spec.ts';

/** Settings that a running VM gets only at its next start. cloud-init's are stored immediately, but also read only at the start. */
const WAITING: ReadonlySet<string> = new Set(['nameserver', 'searchdomain']);

/** Whether a setting reaches the VM by cloud-init, after a restart. */
export function isOfCloudInit(key: string): boolean {
  return /^(ipconfig\d+|nameserver|searchdomain|ciuser|sshkeys)$/.test(key);
}

const NOBODY: VmSpec['user'] = { name: null, sshKeys: [] };

const NEW: Earlier<VmSpec> = { before: undefined, fresh: true };

/** `disks` are retained disks of a VM that is recreated. */
export function machineSettings(
  declared: VmSpec,
  disks: readonly DesiredSetting[],
  earlier: Earlier<VmSpec> = NEW,
): (settings: Settings) => DesiredSetting[] {
  const { before, fresh } = earlier;
  const said = fresh ? withMachineDefaults(declared) : declared;
  // Without cloud-init the declared user cannot be set.
  const spec = said.cloud_init ? said : { ...said, user: NOBODY };
  const common = (key: string, label: string, waits: boolean) => ({ key, label, fresh, waits });
  const general: DesiredSetting[] = [
    ...plainSetting({ ...common('name', 'name', false), declared: spec.name, before: before?.name }),
    ...desiredSettings('vm', spec, earlier),
    ...sharedSettings(asToldInside(spec), earlier, WAITING),
    ...agentSetting(spec),
  ];
  const others: DesiredSetting[] = [
    ...plainSetting({ ...common('ciuser', 'user', true), declared: spec.user.name, before: before?.user.name }),
    ...sshKeysSetting(spec, earlier),
    ...disks,
  ];
  const fields = (settings: Settings): DesiredSetting[] => [
    ...general,
    ...interfaceSettings(
      spec,
      settings,
      earlier,
      (one, then) => [
        ...interfaceSetting(one, then, fresh),
        ...(spec.cloud_init ? addressSetting(one, then, fresh) : []),
      ],
      (index) => [
        absentSetting(`net${index}`, labelOf(index), false),
        absentSetting(`ipconfig${index}`, addressLabel(index), true),
      ],
    ),
    ...passthroughSettings(spec, before, settings),
    ...others,
  ];
  return (settings) => withOptions('vm', fields(settings), spec.options, earlier);
}

/** Without cloud-init the declared name servers cannot be set. */
function asToldInside(spec: VmSpec): VmSpec {
  return spec.cloud_init ? spec : { ...spec, nameservers: [], searchdomain: null };
}

/** Phoenix needs the guest agent where it works inside the VM; elsewhere the setting is left alone. */
function agentSetting({ agent, guest_agent }: VmSpec): DesiredSetting[] {
  const enabled = guest_agent ?? (agent ? true : null);
  return propertySetting({
    key: 'agent',
    label: 'guest agent',
    declared: enabled === null ? {} : { enabled: enabled ? '1' : '0' },
    before: undefined,
    bare: 'enabled',
    fresh: false,
    waits: true,
  });
}

/** Proxmox's models of network cards; the model is the key of the MAC address. */
const MODEL =
  /^(e1000|e1000e|e1000-82540em|e1000-82544gc|e1000-82545em|i82551|i82557b|i82559er|ne2k_isa|ne2k_pci|pcnet|rtl8139|virtio|vmxnet3)$/;

const labelOf = (index: number): string => (index === 0 ? 'network interface' : `network interface ${index}`);
const addressLabel = (index: number): string => (index === 0 ? 'address' : `address of interface ${index}`);

/** A network card keeps its model and MAC address where they are not declared. */
function interfaceSetting({ index, net }: Placed, before: Interface | undefined, fresh: boolean): DesiredSetting[] {
  const { mac_address: mac, model } = net;
  const { bridge } = CREATION_DEFAULTS.vm;
  const made = { ...net, bridge: net.bridge ?? bridge };
  const card = model ?? 'virtio';
  const whole = [mac === null ? card : `${card}=${mac}`, printProperties(linkProperties(made))].join(',');
  const common = { key: `net${index}`, label: labelOf(index), shown: '', waits: false };
  const [link] = propertySetting({
    ...common,
    declared: linkProperties(net),
    before: before === undefined ? undefined : linkProperties(before),
    // Without a bridge it would be unplugged.
    required: { bridge },
    whole,
    bare: 'model',
    isRetained: (key) => MODEL.test(key) || key === 'model' || key === 'macaddr',
    fresh,
  });
  if (mac === null && model === null && index === 0) return link === undefined ? [] : [link];
  const value = (now: string | undefined): string => {
    if (now === undefined) return whole;
    const linked = link?.value(now) ?? now;
    const modelled = model === null ? linked : withModel(linked, model);
    return mac === null ? modelled : withAddress(modelled, mac);
  };
  return [{ ...common, value, same: (now) => now !== undefined && value(now) === now }];
}

/** The network card with another model: `e1000=ADDRESS`. */
function withModel(text: string, model: string): string {
  const parts = text.split(',').map((part) => {
    const [key = '', value] = part.split('=', 2);
    if (key === 'model') return `model=${model}`;
    if (!MODEL.test(key)) return part;
    return value === undefined ? model : `${model}=${value}`;
  });
  return parts.join(',');
}

/** The network card with another MAC address, and its present model. */
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

/** `manual` removes the address; an undeclared address of the other family stays. */
function addressSetting({ index, net }: Placed, before: Interface | undefined, fresh: boolean): DesiredSetting[] {
  const manual = {
    ...(net.ip === 'manual' ? { ip: '', gw: '' } : {}),
    ...(net.ip6 === 'manual' ? { ip6: '', gw6: '' } : {}),
  };
  return propertySetting({
    key: `ipconfig${index}`,
    label: addressLabel(index),
    shown: [net.ip, net.ip6].filter((address) => address !== null).join(' and '),
    declared: ipProperties(net),
    before: { ...(before === undefined ? {} : ipProperties(before)), ...manual },
    alsoRemoved: staleGateways,
    fresh,
    waits: true,
  });
}

function ipProperties(net: Interface): Properties {
  return addressProperties({
    ...net,
    ...(net.ip === 'manual' ? { ip: null, gw: null } : {}),
    ...(net.ip6 === 'manual' ? { ip6: null, gw6: null } : {}),
  });
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

/** The desired SSH keys: those that people added stay. */
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
