// Translates URLs in labels that name another service of the stack: Docker's network resolves the name, but the proxy cannot.

import type { Compose } from '../../compose/contents.ts';
import type { Known } from '../../compose/interpolation.ts';
import { fixedAddress, spelling } from '../../config/address.ts';
import type { VmGuest } from '../vm/declared.ts';
import { reachedPort } from './reach.ts';

/** The URL for the proxy, or why it is unreachable; unchanged where it names no service of a container network. */
export function forTheProxy(
  url: string,
  compose: Compose,
  vms: readonly VmGuest[],
  variables: Known,
): { readonly url: string } | { readonly obstacle: string } {
  const [, scheme = '', host = '', port = '', rest = ''] =
    /^(https?|h2c):\/\/([\w-]+)(?::(\d+))?(?=[/?#]|$)(.*)$/is.exec(url) ?? [];
  if (host === '' || host.toLowerCase() === 'localhost' || /^\d+$/.test(host)) return { url };
  if (!compose.services.includes(host))
    return { obstacle: `${host} is a name without a domain, which is known to containers beside it at most` };
  const wanted = port === '' ? (scheme.toLowerCase() === 'https' ? 443 : 80) : Number(port);
  const reached = reachedPort(compose, host, wanted, variables);
  if (reached.obstacle !== null) return { obstacle: reached.obstacle };
  const [address, another] = vms.flatMap((vm) => fixedAddress(vm.network.ip) ?? []);
  if (address === undefined) return { url };
  if (another !== undefined) return { obstacle: `service ${host} runs on several VMs` };
  const shown = spelling(address);
  return { url: `${scheme}://${shown.includes(':') ? `[${shown}]` : shown}:${reached.port}${rest}` };
}
