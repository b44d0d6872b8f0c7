// Who may do what with which guests and storages: the objects of /etc/pve/user.cfg.

import { parseUserConfig } from '../../../proxmox/user-config.ts';
import type { ObjectRow } from '../row.ts';

export const pools: ObjectRow = {
  kind: 'pool',
  field: 'pools',
  what: 'pool',
  describes: 'Pools of guests and storages, by name.',
  id: 'poolid',
  paths: { create: '/pools', change: '/pools' },
  file: '/etc/pve/user.cfg',
  read: (text) => parseUserConfig(text, 'pool'),
  without: [],
  required: [],
  defaults: {},
  oneOf: [],
  clear: 'empty',
  members: ['vms', 'storage'],
  names: { vms: 'guest', storage: 'storage' },
  lost: 'the rights that are given on it',
};
