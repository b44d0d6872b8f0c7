// Devices and folders of nodes under a datacenter-wide name, so that a guest finds them on every node (pve-guest-common, PVE/Mapping).

import type { JsonObject } from '../../../model/json.ts';
import { parseUntypedSections } from '../../../proxmox/files/section-config.ts';
import type { ObjectRow } from '../row.ts';

const COMMON = {
  id: 'id',
  read: parseUntypedSections,
  mark: 'description',
  digest: 'sha1',
  without: [],
  required: ['map'],
  // Proxmox requires it in every update.
  alwaysSent: ['map'],
  oneOf: [],
  clear: 'delete',
  members: [],
  references: {},
  lossOnDelete: 'nothing at once; guests that name it do not start any more',
} as const satisfies Partial<ObjectRow>;

export const pciMappings: ObjectRow = {
  ...COMMON,
  kind: 'pci',
  field: 'pci_mappings',
  label: 'PCI mapping',
  describes: 'PCI devices by a name of the datacenter, with where each node has them.',
  paths: { create: '/cluster/mapping/pci', change: '/cluster/mapping/pci/{id}' },
  file: '/etc/pve/mapping/pci.cfg',
  defaults: { mdev: '0', 'live-migration-capable': '0' },
};

export const usbMappings: ObjectRow = {
  ...COMMON,
  kind: 'usb',
  field: 'usb_mappings',
  label: 'USB mapping',
  describes: 'USB devices by a name of the datacenter, with where each node has them.',
  paths: { create: '/cluster/mapping/usb', change: '/cluster/mapping/usb/{id}' },
  file: '/etc/pve/mapping/usb.cfg',
  defaults: {},
};

export const dirMappings: ObjectRow = {
  ...COMMON,
  kind: 'dir',
  field: 'dir_mappings',
  label: 'folder mapping',
  describes: 'Folders by a name of the datacenter, with where each node has them: for virtiofs of VMs.',
  paths: { create: '/cluster/mapping/dir', change: '/cluster/mapping/dir/{id}' },
  file: '/etc/pve/mapping/directory.cfg',
  defaults: {},
  // pve-guest-common, PVE/Mapping/Dir.pm, assert_valid_map_list.
  faults: (_name, { map }) => {
    const nodes = Array.isArray(map) ? map.map((one) => String((one as JsonObject)['node'])) : [];
    const twice = nodes.find((node, index) => nodes.indexOf(node) < index);
    return twice === undefined
      ? []
      : [{ option: 'map', message: `must have ${twice} once: a node has one folder by the name` }];
  },
};
