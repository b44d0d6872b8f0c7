// Storage `local` holds what VMs are made with beside their disks: images, and snippets for cloud-init. A new node does not allow
// all of it there.

import type { Action } from '../../model/action.ts';
import type { HostFacts } from '../guest/observe/observation.ts';
import { action } from '../guest/proxmox/command.ts';

/** Lets the storage hold these kinds of content too; nothing where it does already, or where it is not as Proxmox makes it. */
export function allowOnLocal({ localContents }: HostFacts, wanted: readonly string[]): Action[] {
  if (localContents === null) return [];
  const missing = [...new Set(wanted)].filter((kind) => !localContents.includes(kind));
  if (missing.length === 0) return [];
  return [
    action(`let storage local hold ${missing.join(' and ')} too`, 'live', {
      kind: 'command',
      program: 'pvesm',
      args: ['set', 'local', '--content', [...localContents, ...missing].join(',')],
      timeoutSeconds: 60,
    }),
  ];
}
