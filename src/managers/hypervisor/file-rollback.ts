// Files that a program of the host reads: what they were is kept beside until the new ones have proved themselves, and put back when
// the program does not take them over. A run that died in between leaves them kept, so that the next one proves them or goes back.

import { z } from 'zod';
import type { Action } from '../../model/action.ts';
import type { HostReader, Rollback } from '../manager.ts';
import { act, digest, MARK, NOTES, remove, textOf, write } from './act.ts';

const previousFilesSchema = z.record(
  z.string(),
  z.object({
    /** Null: there was none. */
    before: z.string().nullable(),
    /** Digest of what takes its place. */
    after: z.string(),
    mode: z.number(),
  }),
);

/** By path. */
export type PreviousFiles = Readonly<z.output<typeof previousFilesSchema>>;

export interface Swap {
  readonly path: string;
  readonly before: string | null;
  readonly after: string;
  readonly mode?: number;
}

const unprovedFile = (section: string): string => `${NOTES}/${section}/unproved.json`;

/** What the files of a section were before a change that has not proved itself yet; null where nothing waits for that. */
export async function previousFiles(host: HostReader, section: string): Promise<PreviousFiles | null> {
  const text = await textOf(host, unprovedFile(section));
  try {
    return text === null ? null : (previousFilesSchema.safeParse(JSON.parse(text)).data ?? null);
  } catch {
    return null;
  }
}

/** @param reload has the program read what was put back; it may fail as well */
export function fileRollback(section: string, swaps: readonly Swap[], reload: readonly Action[]): Rollback {
  const files: PreviousFiles = Object.fromEntries(
    swaps.map(({ path, before, after, mode = 0o644 }) => [path, { before, after: digest(after), mode }]),
  );
  const text = `${JSON.stringify(files, null, 2)}\n`;
  const take = write(`keep the files of ${section} as they were`, unprovedFile(section), text, null, 0o600);
  return { ...rollbackOf(section, files, reload), snapshot: [take] };
}

/** In reverse. A file that somebody else has changed meanwhile, or that was not swapped yet, stays as it is. */
export function rollbackOf(section: string, files: PreviousFiles, reload: readonly Action[]): Rollback {
  const back = Object.entries(files).map(([path, { before, after, mode }]): Action => {
    const content = { from: 'text', text: before ?? `${MARK}\n` } as const;
    return { ...act(`put ${path} back`, { kind: 'file', path, content, mode, expects: after }), failure: 'observe' };
  });
  const previous = `${NOTES}/${section}/previous.json`;
  const root = { uid: 0, gid: 0 };
  const kept = [{ from: unprovedFile(section), to: previous, owner: root, mode: 0o600 }];
  const proved = [
    act(`keep what ${section} was before`, { kind: 'place', files: kept }),
    remove(`note that ${section} works`, unprovedFile(section)),
  ];
  const again = reload.map((action): Action => ({ ...action, failure: 'observe' }));
  return { snapshot: [], restore: [...back.toReversed(), ...again, ...proved], discard: proved };
}
