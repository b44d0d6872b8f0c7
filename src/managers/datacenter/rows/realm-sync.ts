// Jobs that synchronise users and groups from a directory (pve-access-control, PVE/Jobs/RealmSync.pm).

import { BUILT_IN_REALMS } from '../../../proxmox/access.ts';
import { parseSections } from '../../../proxmox/files/section-config.ts';
import type { ObjectRow } from '../row.ts';

export const realmSyncs: ObjectRow = {
  kind: 'realmsync',
  field: 'realm_syncs',
  label: 'realm sync',
  describes: 'Jobs that bring users and groups of a realm of type ad or ldap in by a schedule, by name.',
  id: 'id',
  paths: { create: '/cluster/jobs/realm-sync/{id}', change: '/cluster/jobs/realm-sync/{id}' },
  file: '/etc/pve/jobs.cfg',
  read: (text) =>
    new Map(
      [...parseSections(text)].flatMap(([id, { type, options }]) => (type === 'realm-sync' ? [[id, options]] : [])),
    ),
  without: [],
  required: ['realm', 'schedule', 'scope'],
  alwaysSent: ['schedule'],
  defaults: { enabled: '1', 'enable-new': '1', 'remove-vanished': 'none' },
  oneOf: [],
  clear: 'delete',
  members: [],
  references: { realm: 'realm' },
  lossOnDelete: 'its schedule; users and groups that it brought in stay',
  faults: (_name, { realm }) =>
    BUILT_IN_REALMS.includes(String(realm))
      ? [
          {
            option: 'realm',
            message: `must be a realm of type ad or ldap: nobody comes from elsewhere to ${String(realm)}`,
          },
        ]
      : [],
};
