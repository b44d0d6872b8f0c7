// The note on the node about a stack that is as declared, by which an inventory shows which stacks were changed since.

import type { Action } from '../../model/action.ts';
import { nameOf, type TargetId } from '../../model/ids.ts';
import { action } from '../guest/proxmox/command.ts';

export const NOTES = '/var/lib/phoenix/portainer/stacks';

export function notePath(target: TargetId): string {
  return `${NOTES}/${encodeURIComponent(nameOf(target))}.json`;
}

/** Written before a stack is created: containers of its project that exist afterwards belong to it, also when the creation failed half-way. */
export const CLAIM = `${JSON.stringify({ claimed: true })}\n`;

/** @param updated time of the last change according to Portainer, in seconds */
export function noteOf({ id, updated }: { readonly id: number; readonly updated: number }, revision: string): string {
  return `${JSON.stringify({ id, updated, revision })}\n`;
}

export function writeNote(target: TargetId, text: string): Action {
  const content = { from: 'text', text } as const;
  const path = notePath(target);
  return action(`record on the node which version of ${target} is deployed`, 'live', {
    kind: 'file',
    path,
    content,
    mode: 0o644,
  });
}

export function removeNote(target: TargetId): Action {
  return action(`forget which version of ${target} was deployed`, 'live', {
    kind: 'remove',
    paths: [notePath(target)],
  });
}
