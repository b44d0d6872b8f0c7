// The bridges of the host that guests and zones may be on, and names that are nearly those of one.

import { nearest } from '../config/nearest.ts';
import type { Config } from './config.ts';

/** The declared bridges. There may be others, which people set up. */
export function bridgesOf({ name, bridges, ovs = [] }: Config['hypervisor']['network']): string[] {
  return [
    name,
    ...bridges.map((one) => one.name),
    ...ovs.flatMap((one) => (one.kind === 'ovs_bridge' ? [one.name] : [])),
  ];
}

/** The bridge that was meant; null where the name is known, or may be that of another bridge, such as one with another number. */
export function misspeltBridge(bridge: string, known: readonly string[]): string | null {
  const meant = known.includes(bridge) ? null : nearest(bridge, known);
  return meant === null || stemOf(meant) === stemOf(bridge) ? null : meant;
}

function stemOf(name: string): string {
  return name.replace(/\d+$/, '');
}
