// The name that a request calls the agent by. A page of a stranger can have its own name lead here (DNS rebinding), and its browser
// then takes what is shown for the stranger's: so only names that are known to be of this agent are answered to. Pure.

import { isLoopback, sameAddress } from './address.ts';

export interface HostRules {
  readonly publicUrl: string | null;
  readonly allowedHosts: readonly string[];
  /** The address that the agent is configured to listen on. */
  readonly listen: string;
}

/** The host name of a `Host` header in lower case, without port and brackets; null for what is none. */
export function hostName(header: string | undefined): string | null {
  if (header === undefined || !/^(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{0,5})?$/i.test(header)) return null;
  const name = URL.parse(`http://${header}/`)
    ?.hostname.replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  return name === undefined || name === '' ? null : name;
}

/** A name that leads to the machine that asks, whatever a name server says: `localhost`, and what is below it. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || isLoopback(name);
}

/** @param reached the address of this machine that the connection was made to */
export function isOurs(
  name: string,
  { publicUrl, allowedHosts, listen }: HostRules,
  reached: string | undefined,
): boolean {
  if (isLoopbackName(name)) return true;
  const publicHost = publicUrl === null ? undefined : URL.parse(publicUrl)?.host;
  const known = [publicHost, ...[listen, ...allowedHosts].map((each) => (each.includes(':') ? `[${each}]` : each))];
  if (known.some((each) => hostName(each) === name)) return true;
  // Where it listens on every address of the machine, each is one of its names: an address cannot be made to lead elsewhere.
  return reached !== undefined && sameAddress(name, reached);
}
