// Facts about a pull request from Git: the size of the change, and the commit that a merge would create.

import type { BareRepository } from './git/repository.ts';

export interface Measure {
  /** The commit of a trial merge, which no branch contains; null for conflicts. */
  readonly merge: string | null;
  readonly commits: number;
  readonly files: number;
  /** Lines. */
  readonly additions: number;
  /** Lines. */
  readonly deletions: number;
}

export async function measure(bare: BareRepository, base: string, head: string): Promise<Measure> {
  const count = await bare.git('rev-list', '--count', head, `^${base}`);
  const changed = await bare.git('diff', '--numstat', `${base}...${head}`).catch(() => '');
  const lines = changed.split('\n').filter((line) => line !== '');
  const sum = (column: number) => lines.reduce((all, line) => all + (Number(line.split('\t')[column]) || 0), 0);
  return {
    merge: await mergeCommit(bare, base, head, { by: 'forge', title: `Merge ${head} into ${base}` }),
    commits: Number(count),
    files: lines.length,
    additions: sum(0),
    deletions: sum(1),
  };
}

/** Creates the commit without moving a branch; null for conflicts. */
export async function mergeCommit(
  bare: BareRepository,
  base: string,
  head: string,
  { by, title, squash = false }: { readonly by: string; readonly title: string; readonly squash?: boolean },
): Promise<string | null> {
  const merged = await bare.git('merge-tree', '--write-tree', base, head).catch(() => null);
  if (merged === null) return null;
  const name = ['-c', `user.name=${by}`, '-c', `user.email=${by}@example.internal`];
  const parents = squash ? ['-p', base] : ['-p', base, '-p', head];
  return (await bare.git(...name, 'commit-tree', merged.trim(), ...parents, '-m', title)).trim();
}
