// Settings of a guest that Proxmox writes itself and would write again for a new guest. An import leaves them out without a word; every other value
// may be a person's choice, which is declared or listed.

import type { GuestKind } from '../settings/setting.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A random UUID (version 4), the only kind that Proxmox makes. One of another program or of a machine that was moved here has another version. */
const RANDOM_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

const ANY = /^/;

/**
 * By setting: values that are generated. (qemu-server, PVE/API2/Qemu.pm, create_vm and clone_vm; PVE/QemuConfig.pm, snapshots and rollback;
 * pve-container, PVE/LXC/Setup.pm, new)
 */
const GENERATED: Readonly<Record<GuestKind, Readonly<Record<string, RegExp>>>> = {
  lxc: {
    // Detected in the template. Another architecture than that of the usual host is declared, so that it is right on any host.
    arch: /^amd64$/,
    parent: ANY,
  },
  vm: {
    meta: ANY,
    parent: ANY,
    'running-nets-host-mtu': ANY,
    runningcpu: ANY,
    runningmachine: ANY,
    smbios1: new RegExp(`^uuid=${RANDOM_UUID.source.slice(1)}`, 'i'),
    // `0` switches it off.
    vmgenid: UUID,
  },
};

export function isGenerated(kind: GuestKind, key: string, value: string): boolean {
  const known = GENERATED[kind];
  return Object.hasOwn(known, key) && known[key]?.test(value) === true;
}

/** The properties without a UUID that Proxmox generated. */
export function withoutGeneratedUuid(properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { uuid, ...others } = properties;
  return uuid !== undefined && RANDOM_UUID.test(uuid) ? others : properties;
}

/** The first half of the MAC addresses that Proxmox generates. (pve-common, PVE/Tools.pm; pve-cluster, PVE/DataCenterConfig.pm, mac_prefix) */
const GENERATED_MAC = /^bc:24:11:/i;

/** Whether a MAC address is not one of those that Proxmox generates by default, so that a network may know the guest by it. */
export function isChosenMac(mac: string): boolean {
  return !GENERATED_MAC.test(mac);
}
