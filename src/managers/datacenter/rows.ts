// The objects of a datacenter that can be declared: a row for each kind. A kind that Proxmox has more of is another row.

import type { ObjectRow } from './row.ts';
import { groups, pools, realms, rights, roles, tokens, users } from './rows/access.ts';
import { backupJobs } from './rows/backup.ts';
import { aliases, firewallGroups, ipSets } from './rows/firewall.ts';
import { subnets, vnets, zones } from './rows/sdn.ts';

export const ROWS: readonly ObjectRow[] = [
  ...[pools, realms, groups, roles, users, tokens, rights, backupJobs],
  ...[aliases, ipSets, firewallGroups],
  ...[zones, vnets, subnets],
];
