// Reads the hypervisor's file, the only one that is required.

import { parseParts } from '../../config/read/parse-parts.ts';
import type { Place } from '../../config/read/place.ts';
import { markingOf } from '../../config/written-marks.ts';
import type { Declaration, Reading } from '../declaration.ts';
import { scriptsNamedBy } from '../guest/script-files.ts';
import { HYPERVISOR_FILE } from '../places.ts';
import type { Hypervisor } from './declared.ts';
import { deletionShareCounts } from './deletion-limit.ts';
import { dnsNamesLeadToOneAddress, guestsUseTheHostForDns, hostDnsServersExist } from './dns/rules.ts';
import { agentCanFetch, hostStaysReachable } from './firewall/lockout-rules.ts';
import { hostsNamesLeadToOneAddress } from './hosts/rules.ts';
import { modernHypervisor } from './legacy.ts';
import { hostAsksSomebodyElse, interfacesFitTogether, upstreamServersAreAsked } from './network/rules.ts';
import { mountedPathsAreExported } from './nfs/rules.ts';
import { normaliseHypervisor } from './normalise/hypervisor.ts';
import { pageCertificateIsDeclared } from './page/rules.ts';
import { sharesHaveNamesOfTheirOwn } from './samba/rules.ts';
import { hypervisorFile } from './schema/hypervisor.ts';
import { snippetsAreThere } from './snippets/rules.ts';
import { contentsAreOfStorages, datasetsCanBeMade, poolsCanBeMade } from './storage/rules.ts';
import { accountIsOfAPerson } from './users/rules.ts';

/** Used when the declared domain cannot be read. */
const NO_DOMAIN = 'domain.invalid';
const MARKS = markingOf(hypervisorFile);

export const declaration: Declaration = {
  files: [
    {
      name: 'phoenix_hypervisor_config',
      shortName: 'hypervisor',
      path: HYPERVISOR_FILE,
      schema: hypervisorFile,
      ifEmpty: 'Write at least {"domain_name": "example.internal"}.',
      // VMs were declared here before they had their own file.
      references: scriptsNamedBy,
    },
  ],
  read: (reading) => ({ hypervisor: readHypervisor(reading) }),
  rules: [
    hostStaysReachable,
    agentCanFetch,
    mountedPathsAreExported,
    dnsNamesLeadToOneAddress,
    guestsUseTheHostForDns,
    hostDnsServersExist,
    hostsNamesLeadToOneAddress,
    pageCertificateIsDeclared,
    snippetsAreThere,
    interfacesFitTogether,
    hostAsksSomebodyElse,
    upstreamServersAreAsked,
    poolsCanBeMade,
    datasetsCanBeMade,
    contentsAreOfStorages,
    deletionShareCounts,
    sharesHaveNamesOfTheirOwn,
    accountIsOfAPerson,
  ],
};

function readHypervisor(reading: Reading): Hypervisor {
  const { diagnostics, unreadable } = reading;
  const at: Place = { file: HYPERVISOR_FILE, path: '' };
  const raw = reading.json(HYPERVISOR_FILE, 'needed');
  const modern = modernHypervisor(raw, at);
  diagnostics.add(modern.diagnostics);
  if (raw !== undefined) reading.inspect(MARKS, hostOnly(raw), at, { modern: modern.value });
  const domain = { domain_name: NO_DOMAIN };
  const top = (path: readonly PropertyKey[]) => path.slice(0, 1);
  const parsed = parseParts(hypervisorFile, modern.value, at, top, domain);
  if (raw !== undefined) diagnostics.add(parsed.diagnostics);
  if (parsed.value === undefined) unreadable.addFile(HYPERVISOR_FILE);
  for (const [part] of parsed.left) unreadable.addHostPart(String(part));
  return normaliseHypervisor(parsed.value ?? hypervisorFile.parse(domain), at, modern.firewallAt, reading.files);
}

/** Leaves out the older place of VMs, which is read with the VMs. */
function hostOnly(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null) return raw;
  const { vms: _, ...own } = raw as Record<string, unknown>;
  return own;
}
