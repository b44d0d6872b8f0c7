// What Phoenix refuses to change in the host's network, each with what to do instead. The management interface is left to a person, and an interface
// that a person set up is never configured a second time.

import { parseAddress } from '../../../config/address.ts';
import type { HostInterface, HostNetwork } from '../declared.ts';
import { conflictOf } from './conflicts.ts';
import { addressOf, optionOf, type Stanza, sameAddress, stanzasOf } from './interfaces.ts';
import { interfacesText } from './own-file.ts';
import { isSameInterface, readInterface } from './read-interface.ts';

export const MAIN = '/etc/network/interfaces';
export const FOLDER = '/etc/network/interfaces.d';

export interface NetworkSpec extends Pick<HostNetwork, 'bridges' | 'bonds' | 'vlans' | 'ovs'> {
  /** The management interface. */
  readonly name: string;
  readonly address: string | null;
  readonly gateway: string | null;
  readonly nameservers: readonly string[];
  /** The host's own DNS server has upstream servers, so that the host may use it as its resolver. */
  readonly resolves: boolean;
}

export interface Files {
  readonly main: string;
  /** Phoenix's own file; null where there is none. */
  readonly own: string | null;
  /** The other files that the main file includes. */
  readonly others: readonly string[];
}

/** Addresses by interface, as the kernel has them; null where the kernel was not read. */
export type Kernel = ReadonlyMap<string, readonly string[]> | null;

/** Whether the management interface has the declared address and gateway; what is not declared counts as present. */
export function managementState(
  { name, address, gateway }: NetworkSpec,
  { main, others }: Files,
  kernel: Kernel,
): { readonly hasAddress: boolean; readonly hasGateway: boolean } {
  const stanzas = [main, ...others].flatMap((text) => stanzasOf(text)).filter((stanza) => stanza.name === name);
  const isInKernel = address !== null && (kernel?.get(name)?.some((each) => sameAddress(each, address)) ?? false);
  const isInFiles = address === null || stanzas.some((stanza) => sameAddress(addressOf(stanza), address));
  const gateways = stanzas.flatMap((stanza) => optionOf(stanza, 'gateway') ?? []);
  const hasGateway =
    gateway === null || (gateways.length === 0 ? isInKernel : gateways.some((each) => sameAddress(each, gateway)));
  return { hasAddress: isInFiles || isInKernel, hasGateway };
}

/**
 * Why the management interface differs from what is declared, with the change that a person has to make; null where it does not. An address that is
 * not in these files, such as one from DHCP, counts as present when the kernel has it; its gateway is then not compared.
 */
export function managementObstacle(spec: NetworkSpec, files: Files, kernel: Kernel): string | null {
  const { name, address, gateway } = spec;
  const { hasAddress, hasGateway } = managementState(spec, files, kernel);
  const steps = [...(hasAddress ? [] : [`"address ${address}"`]), ...(hasGateway ? [] : [`"gateway ${gateway}"`])];
  if (steps.length === 0) return null;
  return `${name} is what Phoenix reaches the host by, and a push never changes it: at the host's console, give "iface ${name}" in ${MAIN} ${steps.join(' and ')}, run "ifreload -a", then replay; or declare in network.interfaces what the host has`;
}

/** Refuses a resolver loop: the host would query its own DNS server, which has no upstream but the host. */
export function resolverLoop({ nameservers, resolves, address }: NetworkSpec): string | null {
  const own = address?.split('/')[0] ?? '';
  const resolvesItself = parseAddress(own) !== undefined && nameservers.some((server) => sameAddress(server, own));
  return resolvesItself && !resolves
    ? 'the host would ask itself for every name; name dns_server.upstream_servers, or others in network.interfaces.dns_nameservers'
    : null;
}

/** The declared interfaces that belong in Phoenix's file, in file order: all but those that people set up exactly as declared. */
export function ownInterfaces(
  { bonds, vlans, bridges, ovs = [] }: NetworkSpec,
  files: Files,
): readonly HostInterface[] {
  const stanzas = stanzasOfOthers(files);
  return [...bonds, ...vlans, ...bridges, ...ovs].filter((one) => {
    const found = readInterface(one.name, stanzas);
    return found === null || !isSameInterface(one, found);
  });
}

/** Why Phoenix's interfaces conflict with the files of people; null where they do not. */
export function fileConflict(own: readonly HostInterface[], managed: string, files: Files): string | null {
  if (own.length === 0) return null;
  if (!includes(files.main)) {
    return `${MAIN} does not include ${FOLDER}: add the line "source ${FOLDER}/*" at its end, then replay`;
  }
  const stanzas = stanzasOfOthers(files);
  for (const one of own) {
    const conflict = conflictOf(one, managed, stanzas);
    if (conflict !== null) return `${conflict.message}: ${conflict.remedy}`;
    stanzas.push(...stanzasOf(interfacesText([one])));
  }
  return null;
}

function stanzasOfOthers({ main, others }: Files): Stanza[] {
  return [main, ...others].flatMap((text) => stanzasOf(text));
}

function includes(main: string): boolean {
  return /^\s*source(-directory)?\s+(\/etc\/network\/)?interfaces\.d(\/\*?)?\s*$/m.test(main);
}
