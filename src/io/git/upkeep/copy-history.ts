// Copies commits from an old clone into a fresh one: history that the server no longer has after a force push may still be what was last applied, and
// the plan needs it.

import { join } from 'node:path';
import { indexPack, packObjects } from 'isomorphic-git';
import { writeWhole } from '../../whole-file.ts';
import { type Clone, cutOffAmong } from '../clone/clone.ts';
import { wholeFiles as fs } from '../clone/files.ts';
import { pinCommit } from '../clone/refs.ts';
import { readShallow, writeShallow } from '../clone/shallow.ts';

/** Copies the commit and its ancestors, up to `most` commits in all, as far as the new clone lacks them. */
export async function copyCommit(from: Clone, to: Clone, commit: string, most: number): Promise<void> {
  if (!(await to.has(commit))) {
    const lacking = await commitsLacking(from, to, commit, most);
    const objects = new Set<string>(lacking);
    for (const id of lacking) await lackingInTree(from, to, (await from.commit(id)).tree, objects);
    await writeShallow(to.gitdir, new Set([...(await readShallow(to.gitdir)), ...lacking]));
    await copyObjects(from, to, [...objects]);
    await writeShallow(to.gitdir, await cutOffAmong(to, await readShallow(to.gitdir)));
  }
  await pinCommit(to.gitdir, commit);
}

async function copyObjects(from: Clone, to: Clone, oids: string[]): Promise<void> {
  const { filename, packfile } = await packObjects({ fs, gitdir: from.gitdir, cache: from.cache(), oids });
  if (packfile === undefined) throw new Error(`no pack was made of ${oids.length} objects`);
  const filepath = join('objects', 'pack', filename);
  await writeWhole(join(to.gitdir, filepath), packfile);
  await indexPack({ fs, dir: to.gitdir, gitdir: to.gitdir, filepath });
}

async function commitsLacking(from: Clone, to: Clone, commit: string, most: number): Promise<Set<string>> {
  const lacking = new Set([commit]);
  for (const id of lacking) {
    if (lacking.size >= most) break;
    for (const parent of (await from.history.parents(id)) ?? []) {
      if (lacking.size >= most) break;
      if (!(await to.has(parent))) lacking.add(parent);
    }
  }
  return lacking;
}

async function lackingInTree(from: Clone, to: Clone, top: string, lacking: Set<string>): Promise<void> {
  const waiting = [top];
  for (let tree = waiting.pop(); tree !== undefined; tree = waiting.pop()) {
    if (lacking.has(tree) || (await to.has(tree))) continue;
    lacking.add(tree);
    for (const { kind, id } of await from.tree(tree)) {
      if (kind === 'folder') waiting.push(id);
      else if (kind !== 'submodule' && !lacking.has(id) && !(await to.has(id))) lacking.add(id);
    }
  }
}
