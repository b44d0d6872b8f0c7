// Checks names that are used in DNS or as host names.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { hostnames } from '../../../config/read/meant-values.ts';
import type { Place } from '../../../config/read/place.ts';
import { placeIn } from '../../../config/read/place.ts';
import { isAddress, splitList } from '../../../config/schema/addresses.ts';
import { targetId } from '../../../model/ids.ts';
import type { Certificate } from '../../certificate/declared.ts';
import type { Config } from '../../config.ts';
import type { RuleContext } from '../../rule.ts';
import { allGuests, targetOf } from '../guests.ts';

/** A label as Proxmox accepts it for host names and VM names: letters, digits and inner hyphens; 63 characters by DNS. */
const LABEL = /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;
const HINT =
  'Use letters, digits and hyphens, with a letter or digit at both ends, at most 63 characters between dots.';

/** INVALID_HOSTNAME: Proxmox or DNS would refuse a guest's name, or another name that it declares. */
export function guestNamesAreHostnames({ config }: RuleContext): Diagnostic[] {
  return allGuests(config).flatMap((guest) => {
    const target = targetOf(guest);
    const diagnostics: Diagnostic[] = [];
    const check = (name: string, ...keys: string[]) => {
      if (!isHostname(name)) diagnostics.push({ ...notAHostname(name, placeIn(guest.writtenAt, ...keys)), target });
    };
    check(guest.name, 'name');
    if (guest.traefikService !== null) check(guest.traefikService.name, 'traefik_service', 'name');
    if (guest.kind === 'vm' && guest.portainer.agentHostname !== null) {
      check(guest.portainer.agentHostname, 'portainer_agent_hostname');
    }
    for (const domain of splitList(guest.network.searchdomain ?? '')) check(domain, 'network_config', 'searchdomain');
    if (guest.kind === 'vm') {
      for (const [index, { server }] of guest.volumes.entries()) {
        if (server !== '' && !isAddress(server)) check(server, 'volumes', String(index), 'server');
      }
    }
    return diagnostics;
  });
}

/** INVALID_HOSTNAME: a name in the hypervisor's file or of a certificate is not a host name. */
export function otherNamesAreHostnames({ config }: RuleContext): Diagnostic[] {
  return [...hostDiagnostics(config), ...config.certificates.flatMap(certificateDiagnostics)];
}

function hostDiagnostics({ hypervisor }: Config): Diagnostic[] {
  const names: readonly (readonly [string | undefined | null, Place])[] = [
    [hypervisor.domain, placeIn(hypervisor.writtenAt, 'domain_name')],
    [hypervisor.portainer?.hostname, placeIn(hypervisor.writtenAt, 'portainer_api', 'portainer_hostname')],
    [hypervisor.stepCa?.dnsName, placeIn(hypervisor.writtenAt, 'step_ca', 'dns_name')],
  ];
  return names.flatMap(([name, at]) => (name == null || isHostname(name) ? [] : [notAHostname(name, at)]));
}

function certificateDiagnostics({ commonName, sans, writtenAt }: Certificate): Diagnostic[] {
  const target = targetId('certificate', commonName);
  if (!isHostname(withoutWildcard(commonName)))
    return [{ ...notAHostname(commonName, placeIn(writtenAt, 'common_name')), target }];
  return sans.flatMap((san, index) =>
    isAddress(san) || isHostname(withoutWildcard(san))
      ? []
      : [{ ...notAHostname(san, placeIn(writtenAt, 'sans', index)), target }],
  );
}

/** DOTTED_HOSTNAME: inside the guest, only the part before the first dot becomes the host name. */
export function guestNamesHaveNoDots({ config }: RuleContext): Diagnostic[] {
  return allGuests(config)
    .filter(({ name }) => name.includes('.') && isHostname(name))
    .map((guest) => ({
      code: 'DOTTED_HOSTNAME',
      at: placeIn(guest.writtenAt, 'name'),
      message: `"${guest.name}" has a dot: inside the guest it is called "${guest.name.split('.')[0]}"`,
      hint: `Call it "${guest.name.replaceAll('.', '-')}".`,
      target: targetOf(guest),
    }));
}

/** AGENT_WITHOUT_HOSTNAME: the Portainer server has no name by which to reach the agent. */
export function agentsHaveAHostname({ config }: RuleContext): Diagnostic[] {
  return config.vm
    .filter(({ portainer }) => portainer.role === 'agent' && portainer.agentHostname === null)
    .map((vm) => ({
      code: 'AGENT_WITHOUT_HOSTNAME',
      at: placeIn(vm.writtenAt, 'portainer_role'),
      message: `${vm.name} is an agent of Portainer without "portainer_agent_hostname"`,
      hint: `Add "portainer_agent_hostname": "${vm.name.toLowerCase()}.${config.hypervisor.domain}".`,
      target: targetOf(vm),
    }));
}

function notAHostname(name: string, at: Place): Diagnostic {
  const meant = hostnames(name).find((each) => isHostname(withoutWildcard(each)) || isAddress(each));
  const hint = meant === undefined ? HINT : `Write "${meant}".`;
  return { code: 'INVALID_HOSTNAME', at, message: `"${name}" is not a hostname`, hint };
}

function withoutWildcard(name: string): string {
  return name.startsWith('*.') ? name.slice(2) : name;
}

function isHostname(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => LABEL.test(label));
}
