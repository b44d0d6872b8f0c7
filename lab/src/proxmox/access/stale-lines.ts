// Lines of /etc/pve/user.cfg that Proxmox skips whenever it reads the file, and says so, until a change writes the file without them
// (PVE/AccessControl.pm, parse_user_config).

import { BUILT_IN_ROLES } from '../../../../src/proxmox/access.ts';
import { parseRights, parseUserConfig } from '../../../../src/proxmox/files/user-config.ts';
import type { LabNode } from '../node.ts';
import { userLines } from './user-config.ts';

/** What is said of roles and tokens that permissions name and that are no more. */
export function staleAccess(node: LabNode): string[] {
  const text = userLines(node).join('\n');
  const roles = [...BUILT_IN_ROLES, ...parseUserConfig(text, 'role').keys()];
  const tokens = [...parseUserConfig(text, 'token').keys()];
  return [
    ...new Set(
      parseRights(text).flatMap(({ role, who }) => [
        ...(roles.includes(role) ? [] : [`user config - ignore invalid acl role '${role}'`]),
        ...(who.includes('!') && !tokens.includes(who) ? [`user config - ignore invalid acl token '${who}'`] : []),
      ]),
    ),
  ];
}
