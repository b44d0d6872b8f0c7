// The objects of a datacenter that can be declared: a row for each kind. A kind that Proxmox has more of is another row.

import type { ObjectRow } from './row.ts';
import { groups, pools, realms, rights, roles, tokens, users } from './rows/access.ts';
import { acmeAccounts, acmePlugins } from './rows/acme.ts';
import { backupJobs } from './rows/backup.ts';
import { cephPools } from './rows/ceph-pools.ts';
import { cpuModels } from './rows/cpu-models.ts';
import { downloads } from './rows/downloads.ts';
import { fabricNodes, fabrics } from './rows/fabrics.ts';
import { aliases, firewallGroups, ipSets, vnetFirewallRow } from './rows/firewall.ts';
import { haResources, haRules } from './rows/ha.ts';
import { dirMappings, pciMappings, usbMappings } from './rows/mappings.ts';
import { metricServers } from './rows/metrics.ts';
import { gotifyTargets, matchers, sendmailTargets, smtpTargets, webhookTargets } from './rows/notifications.ts';
import { datacenterOptions, firewallOptions, nodeOptions } from './rows/options.ts';
import { realmSyncs } from './rows/realm-sync.ts';
import { replicationJobs } from './rows/replication.ts';
import { controllers, subnets, vnets, zones } from './rows/sdn.ts';
import { dnsServers, ipams } from './rows/sdn-services.ts';
import { storages } from './rows/storage.ts';

export const ROWS: readonly ObjectRow[] = [
  // Storages, users and their rights
  storages,
  downloads,
  cephPools,
  pools,
  realms,
  groups,
  roles,
  users,
  tokens,
  rights,
  // Devices and CPU models for guests
  pciMappings,
  usbMappings,
  dirMappings,
  cpuModels,
  // Options, jobs and certificates
  metricServers,
  datacenterOptions,
  backupJobs,
  acmeAccounts,
  acmePlugins,
  realmSyncs,
  nodeOptions,
  firewallOptions,
  // High availability and replication
  haResources,
  haRules,
  replicationJobs,
  // Notifications
  sendmailTargets,
  smtpTargets,
  gotifyTargets,
  webhookTargets,
  matchers,
  // Firewall
  aliases,
  ipSets,
  firewallGroups,
  // SDN
  ipams,
  dnsServers,
  fabrics,
  fabricNodes,
  controllers,
  zones,
  vnets,
  subnets,
  vnetFirewallRow,
];
