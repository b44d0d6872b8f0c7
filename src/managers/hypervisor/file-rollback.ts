// Rollback for configuration files of a program: the previous files are saved until the program has accepted the new ones, and restored when it does
// not. After an interrupted run they are still saved, so that the next run either confirms the new files or restores the old ones.

import { z } from 'zod';
import type { Action } from '../../model/action.ts';
import type { HostReader, Rollback } from '../manager.ts';
import { act, digest, MARK, NOTES, remove, textOf, write } from './act.ts';

const previousFilesSchema = z.record(
  z.string(),
  z.object({
    /** Previous content; null: the file did not exist. */
    before: z.string().nullable(),
    /** Digest of the new content. */
    after: z.string(),
    mode: z.number(),
  }),
);

/** The previous state of each file, by path. */
export type PreviousFiles = Readonly<z.output<typeof previousFilesSchema>>;

export interface Swap {
  readonly path: string;
  readonly before: string | null;
  readonly after: string;
  readonly mode?: number;
}

const unprovedFile = (section: string): string => `${NOTES}/${section}/unproved.json`;

/** The files of a section before a change that is not confirmed yet; null where no change waits for confirmation. */
export async function previousFiles(host: HostReader, section: string): Promise<PreviousFiles | null> {
  const text = await textOf(host, unprovedFile(section));
  try {
    return text === null ? null : (previousFilesSchema.safeParse(JSON.parse(text)).data ?? null);
  } catch {
    return null;
  }
}

/** @param reload makes the program read the restored files; a failure of it is tolerated */
export function fileRollback(section: string, swaps: readonly Swap[], reload: readonly Action[]): Rollback {
  const files: PreviousFiles = Object.fromEntries(
    swaps.map(({ path, before, after, mode = 0o644 }) => [path, { before, after: digest(after), mode }]),
  );
  const text = `${JSON.stringify(files, null, 2)}\n`;
  const take = write(`keep the files of ${section} as they were`, unprovedFile(section), text, null, 0o600);
  return { ...rollbackOf(section, files, reload), snapshot: [take] };
}

/** Restores in reverse order. A file that was not swapped yet, or that somebody else changed meanwhile, stays as it is. */
export function rollbackOf(section: string, files: PreviousFiles, reload: readonly Action[]): Rollback {
  const back = Object.entries(files).map(([path, { before, after, mode }]): Action => {
    const content = { from: 'text', text: before ?? `${MARK}\n` } as const;
    return { ...act(`restore ${path}`, { kind: 'file', path, content, mode, expects: after }), failure: 'observe' };
  });
  const previous = `${NOTES}/${section}/previous.json`;
  const root = { uid: 0, gid: 0 };
  const kept = [{ from: unprovedFile(section), to: previous, owner: root, mode: 0o600 }];
  const proved = [
    act(`keep what ${section} was before`, { kind: 'place', files: kept }),
    remove(`record that ${section} works`, unprovedFile(section)),
  ];
  const again = reload.map((action): Action => ({ ...action, failure: 'observe' }));
  return { snapshot: [], restore: [...back.toReversed(), ...again, ...proved], discard: proved };
}
