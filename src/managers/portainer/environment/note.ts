// What Phoenix notes on the node of an environment: written before it is made, since Portainer has no place to say whose it is.

import type { TargetId } from '../../../model/ids.ts';
import { NOTES, type Service } from '../../portainer-api/service.ts';

export type EnvironmentNote = {
  readonly target: TargetId;
  readonly service: Service;
  /** Of Portainer's data: a note does not count for another server, nor for one that was set up afresh. */
  readonly instance: string;
  readonly vm: number;
  /** The agent that was last seen to be as declared; null: none yet, or none is needed. */
  readonly agent: string | null;
};

/** @param name of the target without its kind */
export function notePath(name: string): string {
  return `${NOTES}/${encodeURIComponent(name)}.json`;
}

export function printNote(note: EnvironmentNote): string {
  return `${JSON.stringify(note)}\n`;
}

/** Null for one that is not there or cannot be read. */
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
