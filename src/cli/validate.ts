// `phoenix validate`: reports all problems of a configuration with their lines.

import { load } from '../load/load.ts';
import { problemCounts, problemText } from '../messages/problems/problem.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { EXIT, type Io } from './io.ts';
import { commitAt, commitSource, folderSource, repositoryAt, SourceFailure, sourceSettings } from './source.ts';

export interface ValidateArgs {
  /** Folder or Git repository; the current folder when undefined. */
  readonly path?: string | undefined;
  /** Commit to check instead of the folder's current content. */
  readonly rev?: string | undefined;
  /** The config root inside it; default: detected. */
  readonly root?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Resolves to the exit code: 0 without errors, 1 with errors, 2 without a configuration. */
export async function validate(args: ValidateArgs, io: Io): Promise<number> {
  let snapshot: Snapshot;
  try {
    snapshot = await sourceOf(args, io);
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error;
    io.stderr(`phoenix validate: ${error.message}\n${error.hint === null ? '' : `${error.hint}\n`}`);
    return error.exit;
  }
  const { problems } = load(snapshot, sourceSettings(io));
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (args.json) {
    const counts = { error: errors, warning: problems.length - errors };
    const root = snapshot.root === '' ? '.' : snapshot.root;
    io.verbatim(`${JSON.stringify({ ok: errors === 0, commit: snapshot.commit, root, counts, problems }, null, 2)}\n`);
  } else {
    for (const problem of problems) io.stdout(`${problemText(problem)}\n`);
    io.stdout(`${problemCounts(problems)}\n`);
  }
  return errors === 0 ? EXIT.done : EXIT.no;
}

async function sourceOf({ path = '.', rev, root }: ValidateArgs, { env }: Io): Promise<Snapshot> {
  const chosen = root ?? sourceSettings({ env }).root;
  if (rev === undefined) return folderSource(path, chosen);
  const repository = await repositoryAt(path);
  return commitSource(repository, await commitAt(repository, rev), chosen);
}
