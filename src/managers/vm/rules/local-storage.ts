// Storage `local` holds images and cloud-init snippets that VMs are created with. A new node does not allow all of these content types there.

import type { Action } from '../../../model/action.ts';
import type { HostFacts } from '../../guest/observe/observation.ts';
import { action } from '../../guest/proxmox/command.ts';

/** Allows these content types on the storage; nothing where they are allowed already, or where the storage is not in its default form. */
export function allowOnLocal({ localContents }: HostFacts, wanted: readonly string[]): Action[] {
  if (localContents === null) return [];
  const missing = [...new Set(wanted)].filter((kind) => !localContents.includes(kind));
  if (missing.length === 0) return [];
  return [
    action(`allow ${missing.join(' and ')} on storage local too`, 'live', {
      kind: 'command',
      program: 'pvesm',
      args: ['set', 'local', '--content', [...localContents, ...missing].join(',')],
      timeoutSeconds: 60,
    }),
  ];
}
