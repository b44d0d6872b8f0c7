// Notes on the node which container each gateway is in, so that an inventory finds it without the configuration.

import type { Action } from '../../model/action.ts';

export interface Note {
  readonly guest: number;
  /** Paths on the node; sorted, without duplicates. */
  readonly certificates: readonly string[];
}

export const notes = { folder: '/var/lib/phoenix/gateway' } as const;

/** Notes by gateway name. An unreadable note counts as none. */
export function readNotes(files: ReadonlyMap<string, string>): ReadonlyMap<string, Note> {
  const found = new Map<string, Note>();
  for (const [path, text] of files) {
    const name = /\/([a-z]+)\.json$/.exec(path)?.[1];
    const note = name === undefined ? null : parse(text);
    if (name !== undefined && note !== null) found.set(name, note);
  }
  return found;
}

function parse(text: string): Note | null {
  try {
    const { guest, certificates } = JSON.parse(text) as { guest?: unknown; certificates?: unknown };
    if (typeof guest !== 'number' || !Array.isArray(certificates)) return null;
    return { guest, certificates: certificates.map(String) };
  } catch {
    return null;
  }
}

export function sameNote(a: Note, b: Note): boolean {
  return a.guest === b.guest && JSON.stringify(a.certificates) === JSON.stringify(b.certificates);
}

export function notePath(name: string): string {
  return `${notes.folder}/${name}.json`;
}

export function writeNote(name: string, note: Note): Action {
  const content = { from: 'text', text: `${JSON.stringify(note)}\n` } as const;
  const path = notePath(name);
  return {
    summary: `record on the node that Phoenix manages ${name} in container ${note.guest}`,
    impact: 'live',
    do: { kind: 'file', path, content, mode: 0o644 },
  };
}
