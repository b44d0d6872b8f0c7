// The notes of a guest: where it says that Phoenix keeps it, for which repository and target, and how far it has come. They are
// what makes a guest ours; a lost ledger loses nothing.

import type { Origin } from '../../manager.ts';

/** The tag that every guest of ours carries. */
export const OWNER_TAG = 'phoenix';

export interface Notes {
  /** Free text of the configuration. */
  readonly text: string;
  readonly repository: string;
  readonly target: string;
  readonly commit: string;
  /** Made, but not yet as declared: it was never started, or has to be started once. */
  readonly building: boolean;
  /** What was installed when it was shut down for good; null where that was never noted. */
  readonly scripts: string | null;
}

const HEADING = 'Kept by Phoenix. Change it in the repository, not here.';

/** The text for Proxmox's `--description`. */
export function printNotes(notes: Notes): string {
  const lines = [
    HEADING,
    `phoenix-repository: ${notes.repository}`,
    `phoenix-target: ${notes.target}`,
    `phoenix-commit: ${notes.commit}`,
  ];
  if (notes.scripts !== null) lines.push(`phoenix-scripts: ${notes.scripts}`);
  if (notes.building) lines.push('phoenix-state: building');
  return notes.text === '' ? lines.join('\n') : `${notes.text}\n\n${lines.join('\n')}`;
}

/** Null when the notes are not Phoenix's. Only what follows the last heading counts. */
export function parseNotes(description: string): Notes | null {
  const at = description.lastIndexOf(HEADING);
  if (at < 0) return null;
  const entries = new Map<string, string>();
  for (const line of description.slice(at).split('\n')) {
    const [, key, value] = /^phoenix-([a-z]+): (.*)$/.exec(line.trimEnd()) ?? [];
    if (key !== undefined && value !== undefined) entries.set(key, value);
  }
  return {
    text: description.slice(0, at).trim(),
    repository: entries.get('repository') ?? '',
    target: entries.get('target') ?? '',
    commit: entries.get('commit') ?? '',
    building: entries.get('state') === 'building',
    scripts: entries.get('scripts') ?? null,
  };
}

/** Whether nothing but the commit differs: a new commit alone is no reason to touch a guest. */
export function sameNotes(one: Notes | null, other: Notes): boolean {
  return one !== null && printNotes({ ...one, commit: '' }) === printNotes({ ...other, commit: '' });
}

/** What the configuration's free text becomes: line ends of one kind, no space at its ends. */
export function notesText(description: string | null): string {
  return (description ?? '').replaceAll(/\r\n?/g, '\n').replaceAll(HEADING, '').trim();
}

/** The repository as it is written down: without a user or password in its URL. */
export function repositoryName(origin: Origin): string {
  return origin.repository.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1').replaceAll(/\s/g, '');
}
