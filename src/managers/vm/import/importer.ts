// Imports virtual machines from their files on the host into the config file.

import type { JsonObject } from '../../../model/json.ts';
import {
  defined,
  type FoundGuest,
  type FoundGuests,
  firewallOf,
  importGuests,
  leftOf,
  markedGuest,
  NOT_ON_HOST,
  notesOf,
  observeGuests,
  placeOfField,
  quickCheckOfFound,
  sharedFields,
  storageForDisks,
  storagesOf,
  undeclaredGuests,
  unlastingReason,
  WAITING_NAME,
  type WrittenGuest,
} from '../../guest/import/guests.ts';
import { unconnectedLeft, writtenNetworks } from '../../guest/import/network.ts';
import { writtenOptions } from '../../guest/import/options.ts';
import type { Unclaimed } from '../../guest/import/unclaimed.ts';
import type { GuestInventory } from '../../guest/observe/inventory.ts';
import type { GuestObservation } from '../../guest/observe/observation.ts';
import { isTemplateConf } from '../../guest/proxmox/conf.ts';
import { normalFlag } from '../../guest/proxmox/property-string.ts';
import type { Extent, Importer } from '../../importer.ts';
import { VM_FILE } from '../../places.ts';
import { keysIn } from '../desired-settings.ts';
import { isCd, isDiskKey } from '../drives/drive-value.ts';
import { passwordOf } from '../password.ts';
import type { VmSpec } from '../vm-spec.ts';
import { writtenDrives } from './import-drives.ts';
import { importPassthrough } from './import-passthrough.ts';

export const vmImporter: Importer<FoundGuests, VmSpec, GuestObservation, GuestInventory> = {
  observe: (host) => observeGuests(host, 'qm'),
  written: (found, extent) =>
    importGuests(
      found,
      (guest, conf) => writtenMachine(guest, conf, storageForDisks(found), extent),
      (entries) => ({ [VM_FILE]: { vms: entries.map(({ entry }) => entry) } }),
    ),
  placeOf: placeOfField,
  undeclared: undeclaredGuests,
  unreadableFields: NOT_ON_HOST,
  quickCheck: quickCheckOfFound,
  marked(seen, wanted) {
    const { spec } = wanted;
    return markedGuest(seen, wanted, spec === undefined ? undefined : passwordOf(spec)?.digest);
  },
};

function writtenMachine(guest: FoundGuest, conf: Unclaimed, usualStorage: string, extent: Extent): WrittenGuest {
  const name = conf.claim('name');
  if (name === undefined && conf.isWaiting('name')) return { missing: WAITING_NAME };
  if (name === undefined) return { missing: 'it has no name: give it one with qm set --name, then import' };
  conf.claim('template');
  const [other = usualStorage] = storagesOf(guest.conf);
  const drives = writtenDrives(guest.conf, conf, other);
  const shared = sharedFields('vm', guest, conf, extent);
  const firewall = firewallOf(guest);
  const filters = firewall.firewall !== undefined && firewall.firewall['enabled'] !== false;
  const { first, mac, others, unconnected } = writtenNetworks('vm', conf, filters, extent);
  const network = defined({
    ...first,
    mac_address: mac,
    nameserver: conf.claim('nameserver'),
    searchdomain: conf.claim('searchdomain'),
  });
  const entry = defined({
    vmid: guest.id,
    name,
    description: notesOf(guest),
    is_template: isTemplateConf(guest.conf) || undefined,
    ...shared,
    storage_pool: drives.storage,
    ...drives.fields,
    guest_agent: writtenAgent(conf),
    ...importPassthrough(conf),
    network_config: Object.keys(network).length === 0 ? undefined : network,
    // What cloud-init tells of an interface would go with it.
    without_network: first === null && Object.keys(network).length === 0 && !hasAddresses(conf) ? true : undefined,
    networks: others.length === 0 ? undefined : others,
    user_config: writtenUser(conf),
    options: writtenOptions('vm', conf),
    firewall: firewall.firewall,
  });
  return {
    entry,
    left: [...firewall.left, ...unconnectedLeft(guest, conf, unconnected), ...leftOf('vm', guest, conf, leftReason)],
  };
}

function hasAddresses(conf: Unclaimed): boolean {
  return conf.allKeys().some((key) => /^(net|ipconfig)\d+$/.test(key));
}

function leftReason(key: string, value: string): string {
  if (key === 'cipassword')
    return 'a password is never read into a repository: it stays as it is on the VM; to have Phoenix set one, name it in user_config.password, by reference to a secret';
  if (isDiskKey(key) && value.startsWith('/dev/')) return unlastingReason('qm', key);
  if (isDiskKey(key) && value.startsWith('/'))
    return isCd(value)
      ? fileReason(key, 'iso', 'STORAGE:iso/FILE,media=cdrom')
      : fileReason(key, 'images', 'STORAGE:VMID/FILE');
  return 'no field says it: it stays as it is on the VM, and a new one would not have it';
}

/** Proxmox attaches only what is on a storage. (qemu-server, PVE/QemuServer.pm, cleanup_drive_path) */
function fileReason(key: string, content: string, volume: string): string {
  return `Proxmox takes a file only as a volume of a storage, and so does a declaration: it stays as it is on the VM; put it on a storage with the content ${content}, attach it with qm set ID --${key} ${volume}, then import again`;
}

/** An agent setting with more than a boolean is left to `options`. */
function writtenAgent(conf: Unclaimed): boolean | undefined {
  const flag = normalFlag((conf.peek('agent') ?? '').replace(/^enabled=/, ''));
  if (flag !== '0' && flag !== '1') return undefined;
  conf.claim('agent');
  return flag === '1';
}

function writtenUser(conf: Unclaimed): JsonObject | undefined {
  if (conf.peek('ciuser') === undefined) return undefined;
  const keys = keysIn(conf.claim('sshkeys'));
  return defined({ username: conf.claim('ciuser'), ssh_keys: keys.length === 0 ? undefined : keys });
}
