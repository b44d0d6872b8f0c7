// Backup jobs for guests.

import type { Json, JsonObject } from '../../../model/json.ts';
import { parseSections } from '../../../proxmox/files/section-config.ts';
import type { ObjectRow, Reference } from '../row.ts';

export const backupJobs: ObjectRow = {
  kind: 'backup',
  field: 'backup_jobs',
  label: 'backup job',
  describes: 'Jobs that back guests up by a schedule, by name.',
  id: 'id',
  paths: { create: '/cluster/backup', change: '/cluster/backup/{id}' },
  file: '/etc/pve/jobs.cfg',
  typesInFile: ['vzdump', 'realm-sync'],
  read: (text) =>
    new Map([...parseSections(text)].flatMap(([id, { type, options }]) => (type === 'vzdump' ? [[id, options]] : []))),
  // `starttime` and `dow` are replaced by the schedule; `script`, `dumpdir` and `tmpdir` would use programs and folders of the host with root's
  // rights; the others are for a single run.
  without: ['starttime', 'dow', 'script', 'dumpdir', 'tmpdir', 'stop', 'quiet'],
  required: ['schedule'],
  defaults: { enabled: '1', mode: 'snapshot', compress: '0', 'notification-mode': 'auto', mailnotification: 'always' },
  oneOf: ['all', 'vmid', 'pool'],
  clear: 'delete',
  members: [],
  references: { vmid: 'guest', exclude: 'guest', storage: 'storage', pool: 'pool' },
  furtherReferences: (_name, { fleecing }) => fleecingOf(fleecing),
  lossOnDelete: 'its schedule; the backups that it made stay',
};

/** Where the images of running VMs are kept meanwhile, which is off by default. */
function fleecingOf(fleecing: Json | undefined): Reference[] {
  if (typeof fleecing !== 'object' || fleecing === null || Array.isArray(fleecing)) return [];
  const { enabled, storage } = fleecing as JsonObject;
  return enabled === true && typeof storage === 'string'
    ? [{ sort: 'storage', name: storage, at: ['fleecing', 'storage'] }]
    : [];
}
