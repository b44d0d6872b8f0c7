// Snippets of the config repo as Proxmox names them, and which guests wait for them.

import type { TargetId } from '../../model/ids.ts';
import type { Config } from '../config.ts';
import { HOST } from '../dependencies.ts';

/** The volume id of a snippet. */
export function volumeOf(name: string): string {
  return `local:snippets/${name}`;
}

/** The section that writes snippets, where one of these volumes is a declared one. */
export function snippetNeeds(volumes: readonly string[], { hypervisor: { snippets } }: Config): TargetId[] {
  return snippets.some(({ name }) => volumes.includes(volumeOf(name))) ? [HOST.snippets] : [];
}
