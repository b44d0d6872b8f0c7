// Checks a request's host name. A foreign page can let its own name resolve to this agent (DNS rebinding), and the browser then gives it access to
// the answers: so only names that are known to be this agent's are accepted. Pure.

import { isLoopback, sameAddress } from './address.ts';

export interface HostRules {
  readonly publicUrl: string | null;
  readonly allowedHosts: readonly string[];
  /** The address that the agent is configured to listen on. */
  readonly listen: string;
}

/** The host name of a `Host` header in lower case, without port and brackets; null for an invalid one. */
export function hostName(header: string | undefined): string | null {
  if (header === undefined || !/^(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{0,5})?$/i.test(header)) return null;
  const name = URL.parse(`http://${header}/`)
    ?.hostname.replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  return name === undefined || name === '' ? null : name;
}

/** Whether a name always means the local machine: `localhost`, and names below it. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || isLoopback(name);
}

/** @param reached the local address of the connection */
export function isOurs(
  name: string,
  { publicUrl, allowedHosts, listen }: HostRules,
  reached: string | undefined,
): boolean {
  if (isLoopbackName(name)) return true;
  const publicHost = publicUrl === null ? undefined : URL.parse(publicUrl)?.host;
  const known = [publicHost, ...[listen, ...allowedHosts].map((each) => (each.includes(':') ? `[${each}]` : each))];
  if (known.some((each) => hostName(each) === name)) return true;
  // When listening on all addresses, each of them is accepted: an address cannot be rebound.
  return reached !== undefined && sameAddress(name, reached);
}
