// Takes commits along from an old clone into a fresh one: history that the server no longer shows after a force push may
// still be what was last applied, and the plan needs it.

import { indexPack, listRefs, type PromiseFsClient, packObjects, resolveRef, writeRef } from 'isomorphic-git';
import { isMissing } from './errors.ts';
import { type Objects, readObjects } from './objects.ts';

const KEPT_REFS = 'refs/kept';

/** Keeps a commit that no branch leads to any more. */
export async function keepCommit(fs: PromiseFsClient, clone: string, commit: string): Promise<void> {
  await writeRef({ fs, gitdir: clone, ref: `${KEPT_REFS}/${commit}`, value: commit, force: true });
}

/** Carries every kept commit and the old head of the branch, as far as the new clone lacks them, in one pack. */
export async function carryCommits(fs: PromiseFsClient, from: string, to: string, branch: string): Promise<void> {
  const commits = await listRefs({ fs, gitdir: from, filepath: KEPT_REFS });
  const head = await resolveRef({ fs, gitdir: from, ref: `refs/heads/${branch}` }).catch(() => undefined);
  const old = readObjects(fs, from);
  const fresh = readObjects(fs, to);
  const missing = new Set<string>();
  const carried: string[] = [];
  for (const commit of head === undefined ? commits : [...commits, head]) {
    if (await has(() => fresh.commit(commit))) continue;
    carried.push(commit);
    await lacking(old, fresh, commit, missing);
  }
  if (missing.size > 0) await copyObjects(fs, from, to, [...missing]);
  for (const commit of carried) await keepCommit(fs, to, commit);
}

/** Adds everything that the commit leads to and the other repository does not have. */
async function lacking(old: Objects, fresh: Objects, commit: string, missing: Set<string>): Promise<void> {
  const waiting = [commit];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const next = id;
    if (missing.has(next) || (await has(() => fresh.commit(next)))) continue;
    missing.add(next);
    const { tree, parents } = await old.commit(next);
    waiting.push(...parents);
    await lackingInTree(old, fresh, tree, missing);
  }
}

async function lackingInTree(old: Objects, fresh: Objects, top: string, missing: Set<string>): Promise<void> {
  const waiting = [top];
  for (let tree = waiting.pop(); tree !== undefined; tree = waiting.pop()) {
    const id = tree;
    if (missing.has(id) || (await has(() => fresh.tree(id)))) continue;
    missing.add(id);
    for (const entry of await old.tree(id)) {
      if (entry.kind === 'folder') waiting.push(entry.id);
      else if (entry.kind !== 'submodule' && !missing.has(entry.id)) {
        if (!(await has(() => fresh.blob(entry.id)))) missing.add(entry.id);
      }
    }
  }
}

async function has(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function copyObjects(fs: PromiseFsClient, from: string, to: string, oids: string[]): Promise<void> {
  const { filename, packfile } = await packObjects({ fs, gitdir: from, oids });
  if (packfile === undefined) throw new Error(`no pack was made of ${oids.length} objects`);
  const path = `objects/pack/${filename}`;
  await fs.promises.writeFile(`${to}/${path}`, packfile);
  await indexPack({ fs, dir: to, gitdir: to, filepath: path });
}
