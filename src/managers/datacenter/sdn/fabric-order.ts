// Intermediate states of a fabric that Proxmox refuses, since it validates all fabrics after every single call. Pure.

import type { JsonObject } from '../../../model/json.ts';
import { isWithin } from '../../../proxmox/sdn.ts';
import type { SdnState } from './state.ts';

const PREFIXES = { ip_prefix: 'ip', ip6_prefix: 'ip6' } as const;

/**
 * Why a prefix of a fabric cannot become what is declared; null where it can. A node has an address in each prefix of its fabric, and the two cannot
 * be changed by one call.
 *
 * @param leaving ids of nodes that are deleted first
 */
export function prefixObstacle(
  { config }: SdnState,
  fabric: string,
  changed: readonly string[],
  options: JsonObject,
  leaving: readonly string[],
): string | null {
  for (const [prefix, address] of Object.entries(PREFIXES)) {
    if (!changed.includes(prefix)) continue;
    const declared = options[prefix];
    if (declared === undefined)
      return `Proxmox takes no ${prefix} away from a fabric; declare another fabric, and move to it what is in fabric ${fabric}`;
    const [network = '', bits] = String(declared).split('/');
    const outside = [...config.fabric_nodes].flatMap(([id, { [address]: has }]) => {
      if (!id.startsWith(`${fabric}_`) || leaving.includes(id)) return [];
      return has?.[0] !== undefined && isWithin(has[0], network, Number(bits)) ? [] : [id.replace('_', '/')];
    });
    if (outside.length > 0)
      return `${prefix} of fabric ${fabric} cannot become ${declared}: Proxmox refuses that while ${outside.join(', ')} has no ${address} within it; take such nodes out of the file first, and put them in again with the new ${prefix}`;
  }
  return null;
}

/** Whether a controller or a zone of the host names a fabric, except those that are being deleted. */
export function isFabricNamed({ config }: SdnState, fabric: string, leaving: readonly string[]): boolean {
  return [...config.controllers, ...config.zones].some(
    ([id, options]) => options['fabric']?.[0] === fabric && !leaving.includes(id),
  );
}
