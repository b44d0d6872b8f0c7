// The objects of a datacenter that can be declared: a row for each kind. A kind that Proxmox has more of is another row.

import { parseSections } from '../../proxmox/section-config.ts';
import { parseUserConfig } from '../../proxmox/user-config.ts';
import type { ObjectRow } from './row.ts';

const pools: ObjectRow = {
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

const backupJobs: ObjectRow = {
  kind: 'backup',
  field: 'backup_jobs',
  what: 'backup job',
  describes: 'Jobs that back guests up by a schedule, by name.',
  id: 'id',
  paths: { create: '/cluster/backup', change: '/cluster/backup/{id}' },
  file: '/etc/pve/jobs.cfg',
  read: (text) =>
    new Map([...parseSections(text)].flatMap(([id, { type, options }]) => (type === 'vzdump' ? [[id, options]] : []))),
  // A schedule says what the first two say; folders and programs of the host would be run with the rights of root; the others are for a single run.
  without: ['starttime', 'dow', 'script', 'dumpdir', 'tmpdir', 'stop', 'quiet'],
  required: ['schedule'],
  defaults: { enabled: '1', mode: 'snapshot', compress: '0', 'notification-mode': 'auto', mailnotification: 'always' },
  oneOf: ['all', 'vmid', 'pool'],
  clear: 'delete',
  members: [],
  names: { vmid: 'guest', exclude: 'guest', storage: 'storage', pool: 'pool' },
  lost: 'its schedule; the backups that it made stay',
};

export const ROWS: readonly ObjectRow[] = [pools, backupJobs];
