// Every setting of a VM as it should be, in Proxmox's terms.

import type { Settings } from '../guest/proxmox/conf.ts';
import { addressProperties, interfaceWish, linkProperties } from '../guest/proxmox/network.ts';
import { normalFlag, parseProperties, printProperties, sameProperties } from '../guest/proxmox/property-string.ts';
import { sharedWishes, type Wish } from '../guest/proxmox/settings.ts';
import type { VmSpec } from './spec.ts';

/** What a running VM gets only at its next start; what cloud-init sets up is stored at once, but read at the start too. */
const WAITING: ReadonlySet<string> = new Set(['memory', 'cores', 'nameserver', 'searchdomain']);

/** Settings of cloud-init that take a restart to reach the VM. */
export const CLOUDINIT_KEYS: readonly string[] = ['ipconfig0', 'nameserver', 'searchdomain', 'ciuser', 'sshkeys'];

/** The file on the node that `--sshkeys` reads. */
export function sshKeysPath(id: number): string {
  return `/var/lib/phoenix/sshkeys/${id}.pub`;
}

/** `disks` are those that come back to a VM that is made anew. */
export function machineWishes(spec: VmSpec, disks: readonly Wish[]): (settings: Settings) => Wish[] {
  const plain = (key: string, label: string, value: string, waits: boolean): Wish => ({
    key,
    label,
    shown: value,
    value: () => value,
    same: (now) => now === value,
    waits,
  });
  const wishes: Wish[] = [
    plain('name', 'name', spec.name, false),
    ...sharedWishes(spec, WAITING),
    {
      ...plain('agent', 'guest agent', 'enabled=1', true),
      same: (now) => normalFlag(parseProperties(now ?? '0', 'enabled')['enabled'] ?? '0') === '1',
    },
    netWish(spec),
    addressWish(spec),
    plain('ciuser', 'user', spec.user.name, true),
    sshKeysWish(spec),
    ...disks,
  ];
  return () => wishes;
}

/** Without a hardware address the model stands alone; `virtio=ADDRESS` says both. */
function netWish({ net0 }: VmSpec): Wish {
  const declared = { ...(net0.mac === null ? {} : { virtio: net0.mac }), ...linkProperties(net0) };
  const wish = interfaceWish(declared, 'virtio', [], ['virtio']);
  return {
    ...wish,
    value: (now) => {
      const value = wish.value(now) ?? '';
      return value.startsWith('virtio=') ? value : `virtio,${value}`;
    },
  };
}

function addressWish({ net0 }: VmSpec): Wish {
  const declared = net0.ip === 'manual' ? {} : addressProperties(net0);
  return {
    key: 'ipconfig0',
    label: 'address',
    shown: net0.ip,
    value: () => printProperties(declared) || null,
    same: (now) => sameProperties(parseProperties(now ?? ''), declared),
    waits: true,
  };
}

function sshKeysWish({ id, user }: VmSpec): Wish {
  return {
    key: 'sshkeys',
    label: 'SSH keys',
    shown: '',
    value: () => (user.sshKeys.length === 0 ? null : sshKeysPath(id)),
    same: (now) => keysIn(now).join('\n') === user.sshKeys.join('\n'),
    waits: true,
  };
}

function keysIn(setting: string | undefined): string[] {
  return decode(setting ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .sort();
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
