// References between objects: groups, users, roles, realms and tokens must be declared here or built into Proxmox.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { nearest } from '../../../config/nearest.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import { BUILT_IN_REALMS, BUILT_IN_ROLES, BUILT_IN_USER } from '../../../proxmox/access.ts';
import { BUILT_IN_NOTIFICATIONS } from '../../../proxmox/notifications.ts';
import { OWN_IPAM } from '../../../proxmox/sdn.ts';
import type { RuleContext } from '../../rule.ts';
import { declaredObjects } from '../declared-objects.ts';
import { kindsOf, type ReferenceSort, referencesOf } from '../row.ts';

/** Names that exist on every host. A sort that is not listed may exist on the host without being declared. */
const BUILT_IN: Partial<Readonly<Record<ReferenceSort, readonly string[]>>> = {
  group: [],
  user: [BUILT_IN_USER],
  role: BUILT_IN_ROLES,
  realm: BUILT_IN_REALMS,
  token: [],
  'notification target': [...BUILT_IN_NOTIFICATIONS.keys()],
  controller: [],
  zone: [],
  vnet: [],
  fabric: [],
  IPAM: [OWN_IPAM],
  'DNS server': [],
};

/** UNKNOWN_REFERENCE: an object names something that is neither declared nor built in. */
export function referencesAreKnown({ config: { datacenter, hypervisor }, unreadable }: RuleContext): Diagnostic[] {
  const account = hypervisor.user === null ? [] : [`${hypervisor.user.username}@pam`];
  return declaredObjects(datacenter).flatMap(({ row, object }) =>
    referencesOf(row, object.name, object.written).flatMap(({ sort, name, at }): Diagnostic[] => {
      const builtIn = BUILT_IN[sort];
      if (builtIn === undefined || unreadable.file(object.writtenAt.file)) return [];
      const declared = kindsOf(sort).flatMap((kind) => (datacenter?.get(kind) ?? []).map((other) => other.name));
      const known = [...declared, ...builtIn, ...(sort === 'user' ? account : [])];
      if (known.includes(name)) return [];
      const meant = known.find((each) => each === `PVE${name}`) ?? nearest(name, known);
      const how = `Declare it in ${FIELDS[sort] ?? 'the file'}, or name another.`;
      return [
        {
          code: 'UNKNOWN_REFERENCE',
          at: placeIn(object.writtenAt, ...at),
          message: `there is no ${sort} "${name}"`,
          hint: meant === null ? how : `Did you mean "${meant}"? ${how}`,
          target: targetId(row.kind, object.name),
        },
      ];
    }),
  );
}

const FIELDS: Partial<Readonly<Record<ReferenceSort, string>>> = {
  group: 'groups',
  user: 'users',
  role: 'roles',
  realm: 'realms',
  token: 'tokens',
  'notification target': 'sendmail_targets, smtp_targets, gotify_targets or webhook_targets',
  controller: 'sdn_controllers',
  zone: 'sdn_zones',
  vnet: 'sdn_vnets',
  fabric: 'sdn_fabrics',
  IPAM: 'sdn_ipams',
  'DNS server': 'sdn_dns',
};
