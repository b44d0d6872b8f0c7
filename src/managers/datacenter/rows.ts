// The objects of a datacenter that can be declared: a row for each kind. A kind that Proxmox has more of is another row.

import type { ObjectRow } from './row.ts';
import { pools } from './rows/access.ts';
import { backupJobs } from './rows/backup.ts';
import { aliases, firewallGroups, ipSets } from './rows/firewall.ts';

export const ROWS: readonly ObjectRow[] = [pools, backupJobs, aliases, ipSets, firewallGroups];
