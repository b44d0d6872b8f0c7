// Operations on the clone of the config repo: plain data in, plain data out, so that they can run in a separate thread. Whatever happens to the
// clone, a process killed half-way or a damaged disk, the next operation works: a corrupt clone is replaced.

import type { CommitSha } from '../../model/ids.ts';
import type { Log } from '../../ports/log.ts';
import type { CommitInfo } from '../../ports/repository.ts';
import { type Clone, openClone } from './clone/clone.ts';
import { openClones } from './clone/clones.ts';
import { type Content, contentsOf, type Listing, listFiles } from './clone/listing.ts';
import { followedHead } from './clone/refs.ts';
import { isMissing, NotFound } from './errors.ts';
import { allBefore, commitsSince, isAncestor, mergeBase } from './history/ancestry.ts';
import { type AskHistory, historyReader } from './history/read-history.ts';
import type { Token } from './remote/credentials.ts';
import type { HttpLimits } from './remote/http.ts';
import { branchesOf, openRemote } from './remote/remote.ts';
import { DEPTHS } from './upkeep/bring-commit.ts';
import { cloneReader } from './upkeep/read-clone.ts';
import { openUpkeep } from './upkeep/upkeep.ts';

export interface WorkOptions {
  readonly url: string;
  readonly branch: string;
  readonly folder: string;
  readonly limits: HttpLimits;
  readonly maxPacks: number;
  /** Depths to which history is fetched, step by step; the last one is the whole history. */
  readonly depths?: readonly number[];
}

/** The operations, which are also the messages to and from the thread. */
export interface Work {
  fetch(): Promise<CommitSha | null>;
  branches(): Promise<string[]>;
  resolve(revision: string): Promise<CommitSha | null>;
  commit(commit: CommitSha): Promise<CommitInfo>;
  /** The raw content of a commit. */
  object(commit: CommitSha): Promise<Uint8Array>;
  files(commit: CommitSha): Promise<Listing>;
  /** @param most contents with more bytes are left out */
  contents(blobs: readonly string[], most: number): Promise<Content[]>;
  blob(blob: string): Promise<Uint8Array>;
  isAncestor(ancestor: CommitSha, descendant: CommitSha): Promise<boolean>;
  mergeBase(one: CommitSha, other: CommitSha): Promise<CommitSha | null>;
  commitsSince(base: CommitSha, head: CommitSha, most: number): Promise<CommitInfo[]>;
}

const MAX_READ = 64;

/**
 * Does nothing before the first call. A missing commit is requested from the server before it counts as
 * unknown, and no answer is given that more history could change. Errors say what to do, and never contain the token.
 */
export function openWork(options: WorkOptions & { readonly token?: Token; readonly log: Log }): Work {
  const { branch, log, maxPacks, limits, folder, depths = DEPTHS } = options;
  const remote = openRemote(limits, options);
  const open = new Map<string, Clone>();
  const clones = openClones(folder, (gitdir) => open.delete(gitdir));
  const cloneAt = (gitdir: string): Clone => {
    const clone = open.get(gitdir) ?? openClone(gitdir);
    open.set(gitdir, clone);
    return clone;
  };
  /** Commits whose files were read, newest last: a fresh clone gets them too, since their blobs may still be requested. */
  const read = new Set<string>();
  const upkeep = openUpkeep({ remote, clones, cloneAt, log, branch, maxPacks, read });
  const reading = cloneReader({ clones, cloneAt, upkeep, log, url: remote.url, branch });
  const readingHistory = historyReader({ reading, deepen: upkeep.deepen, url: remote.url, depths });

  /** Ensures that the clone has the commit, from the server if necessary. */
  async function having(commit: CommitSha): Promise<void> {
    const holds = () => reading((clone) => clone.holds(commit));
    if (await holds()) return;
    await upkeep.update();
    if (await holds()) return;
    if (!(await upkeep.bring(commit)) || !(await holds())) throw new NotFound(`${remote.url} has no commit ${commit}`);
  }

  /** Answers a question about the history of commits, fetching as much history as the answer needs. */
  async function answered<Value>(commits: readonly CommitSha[], ask: AskHistory<Value>): Promise<Value> {
    for (const commit of commits) await having(commit);
    return readingHistory(commits, ask);
  }

  /** Uses the whole history of the branch: the local part may have only one of two matching commits. */
  async function expand(digits: string): Promise<CommitSha | null> {
    const found = await answered([], async (history, clone) => {
      await allBefore(history, await followedHead(clone.gitdir, branch));
      const commits: string[] = [];
      for (const id of await clone.beginningWith(digits)) if (await clone.holds(id)) commits.push(id);
      return commits;
    });
    if (found.length > 1) throw new Error(`${digits} begins ${found.length} commits; write more of its digits`);
    return (found[0] ?? null) as CommitSha | null;
  }

  async function infoOf(clone: Clone, id: string): Promise<CommitInfo> {
    const { sha, parents, message, author } = await clone.commit(id);
    return { sha, parents, message, author };
  }

  return {
    fetch: () => upkeep.update(),
    branches: async () => branchesOf(await remote.refs()),
    async resolve(revision) {
      if (/^[0-9a-f]{40}$/.test(revision)) {
        return having(revision as CommitSha).then(() => revision as CommitSha, orNull);
      }
      const abbreviated = /^[0-9a-f]{4,39}$/.test(revision) && revision !== branch;
      return (abbreviated ? await expand(revision) : null) ?? (await upkeep.named(revision));
    },
    async commit(commit) {
      await having(commit);
      return reading((clone) => infoOf(clone, commit));
    },
    async object(commit) {
      await having(commit);
      return reading(async (clone) => Uint8Array.from(await clone.raw(commit)));
    },
    async files(commit) {
      await having(commit);
      read.delete(commit);
      read.add(commit);
      const [oldest] = read;
      if (read.size > MAX_READ && oldest !== undefined) read.delete(oldest);
      return reading((clone) => listFiles(clone, commit));
    },
    contents: (blobs, most) => reading((clone) => contentsOf(clone, blobs, most)),
    blob: (blob) =>
      reading((clone) =>
        clone.blob(blob).catch((error) => {
          throw isMissing(error, blob) ? new NotFound(`${remote.url} has no blob ${blob}`, { cause: error }) : error;
        }),
      ),
    isAncestor: (ancestor, descendant) =>
      answered([ancestor, descendant], (history) => isAncestor(history, ancestor, descendant)),
    mergeBase: async (one, other) =>
      (await answered([one, other], (history) => mergeBase(history, one, other))) as CommitSha | null,
    commitsSince: (base, head, most) =>
      answered([base, head], async (history, clone) => {
        const ids = await commitsSince(history, base, head, most);
        return Promise.all(ids.map((id) => infoOf(clone, id)));
      }),
  };
}

function orNull(error: unknown): null {
  if (error instanceof NotFound) return null;
  throw error;
}
