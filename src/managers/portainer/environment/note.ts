// The note about an environment on the node, written before it is created, since Portainer has no place for an owner mark.

import type { TargetId } from '../../../model/ids.ts';
import { NOTES, type Service } from '../../portainer-api/service.ts';

export type EnvironmentNote = {
  readonly target: TargetId;
  readonly service: Service;
  /** Instance id of Portainer's data: a note does not count for another server, or for one that was set up again. */
  readonly instance: string;
  readonly vm: number;
  /** Revision of the agent that was last observed to be as declared; null: none yet, or none is needed. */
  readonly agent: string | null;
};

/** @param name the target's name without its kind */
export function notePath(name: string): string {
  return `${NOTES}/${encodeURIComponent(name)}.json`;
}

export function printNote(note: EnvironmentNote): string {
  return `${JSON.stringify(note)}\n`;
}

/** Null for a missing or unreadable note. */
export function readNote(text: string | undefined): EnvironmentNote | null {
  try {
    const note = JSON.parse(text ?? '') as Partial<EnvironmentNote> | null;
    return typeof note?.target === 'string' && typeof note.service?.host === 'string'
      ? (note as EnvironmentNote)
      : null;
  } catch {
    return null;
  }
}
