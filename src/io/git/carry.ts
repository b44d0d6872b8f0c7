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

/** Carries every kept commit and the old head of the branch that the new clone lacks. Resolves to those carried. */
export async function carryCommits(
  fs: PromiseFsClient,
  from: string,
  to: string,
  branch: string,
): Promise<readonly string[]> {
  const commits = await listRefs({ fs, gitdir: from, filepath: KEPT_REFS });
  const head = await resolveRef({ fs, gitdir: from, ref: `refs/heads/${branch}` }).catch(() => undefined);
  const carried: string[] = [];
  for (const commit of head === undefined ? commits : [...commits, head]) {
    const missing = await lacking(readObjects(fs, from), readObjects(fs, to), commit);
    if (missing.length === 0) continue;
    await copyObjects(fs, from, to, missing);
    await keepCommit(fs, to, commit);
    carried.push(commit);
  }
  return carried;
}

/** Ids of everything that the commit leads to and the other repository does not have. */
async function lacking(old: Objects, fresh: Objects, commit: string): Promise<string[]> {
  const missing = new Set<string>();
  const waiting = [commit];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (missing.has(id) || (await has(() => fresh.commit(id)))) continue;
    missing.add(id);
    const { tree, parents } = await old.commit(id);
    waiting.push(...parents);
    await lackingInTree(old, fresh, tree, missing);
  }
  return [...missing];
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
