// Replication jobs: copies of guests' disks on other nodes (pve-guest-common, PVE/ReplicationConfig.pm).

import { parseSections, withSwitches } from '../../../proxmox/files/section-config.ts';
import type { ObjectRow } from '../row.ts';

export const replicationJobs: ObjectRow = {
  kind: 'replication',
  field: 'replication',
  label: 'replication job',
  describes: 'Jobs that copy the disks of a guest to another node, by its number and one of their own: "101-0".',
  id: 'id',
  paths: { create: '/cluster/replication', change: '/cluster/replication/{id}' },
  nameFormat: {
    pattern: /^[1-9][0-9]{2,8}-(0|[1-9][0-9]{0,3})$/,
    expected: 'must be the number of a guest and one of the job, such as 101-0',
  },
  file: '/etc/pve/replication.cfg',
  read: (text) =>
    new Map(
      [...parseSections(text)].map(([id, { options }]) => [id, withSwitches(options, 'POST /cluster/replication')]),
    ),
  digest: 'sha1',
  // There is only one type; Proxmox itself sets the source node, and the flag of a pending removal.
  without: ['type', 'source', 'remove_job'],
  required: ['target'],
  defaults: { disable: '0', schedule: '*/15' },
  oneOf: [],
  clear: 'delete',
  members: [],
  references: { target: 'cluster node' },
  furtherReferences: (id) => [{ sort: 'guest', name: guestIn(id), at: [] }],
  createArgs: ['--type', 'local'],
  isBeingDeleted: (present) => present['remove_job'] !== undefined,
  lossOnDelete: 'the copy on the other node',
};

export function guestIn(job: string): string {
  return job.split('-')[0] ?? '';
}
