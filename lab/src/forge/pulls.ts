// The store of pull requests (GitLab: merge requests) and their refs in Git. A head is in the repository itself or in a fork, and can be fetched from
// the repository either way.

import type { BareRepository } from './git/repository.ts';
import type { Place } from './place.ts';
import { type Refused, refuse } from './refused.ts';
import { type Measure, measure, mergeCommit } from './trial-merge.ts';

export interface LabPull {
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly author: string;
  readonly head: {
    readonly branch: string;
    readonly sha: string /** Of a fork when not the repository's. */;
    readonly owner: string;
  };
  readonly base: { readonly branch: string; readonly sha: string };
  /** Created by a push to `refs/for/…`, which Gitea and Forgejo allow with read access: it has no branch. */
  readonly agit: boolean;
  readonly state: 'open' | 'closed';
  readonly merged: { readonly sha: string; readonly at: Date; readonly by: string } | null;
  /** GitLab: its merge has begun, and is not over. */
  readonly locked?: boolean;
  readonly measure: Measure;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly closedAt: Date | null;
}

export interface PullRequested {
  readonly title: string;
  readonly body?: string | null;
  /** Name of the branch. */
  readonly head: string;
  readonly base: string;
  /** Owner of the fork that contains the head; absent: the repository itself. */
  readonly fork?: string;
  /** For Gitea and Forgejo: created by a push to `refs/for/…`. Its commits are in the named fork, which users do not see. */
  readonly agit?: boolean;
}

export interface PullStore {
  /** Takes the next free number; issues share the sequence. */
  take(): number;
  open(asked: PullRequested, author: string): Promise<LabPull | Refused>;
  get(number: number): LabPull | undefined;
  /** Newest first. */
  all(): readonly LabPull[];
  /** Changes title, body, state or base. */
  change(pull: LabPull, to: PullChange): Promise<LabPull | Refused>;
  /** Updates it after a push to its head or base; resolves to the updated one. */
  follow(pull: LabPull): Promise<LabPull>;
  /** Records that its merge has begun. */
  lock(pull: LabPull): LabPull;
  /** Records that this commit merged it. */
  settle(pull: LabPull, commit: string, by: string): LabPull;
  /** Creates the merge commit and moves the base to it. */
  merge(pull: LabPull, by: string, how?: MergeHow): Promise<LabPull | Refused>;
}

export interface MergeHow {
  /** Squash: one commit, whose message is composed of theirs. */
  readonly squash?: boolean;
  /** Commit message given by the user who merges. */
  readonly message?: string;
}

export interface PullChange {
  readonly title?: string;
  readonly body?: string | null;
  readonly state?: 'open' | 'closed';
  readonly base?: string;
}

/**
 * @param refs below `refs/`, for example `pull`
 * @param given the highest number that was given before, which refs of the repository still have; default: none
 */
export function openPullStore(bare: BareRepository, { owner }: Place, refs: string, given = 0): PullStore {
  const pulls = new Map<number, LabPull>();
  let last = given;

  function store(pull: LabPull): LabPull {
    pulls.set(pull.number, pull);
    return pull;
  }

  function tip(branch: string, of = owner): Promise<string | undefined> {
    return bare.commit(branchRef(branch, of === owner ? null : of));
  }

  /** Adds the present facts from Git. */
  async function measured(pull: Omit<LabPull, 'measure'>): Promise<LabPull> {
    const found = await measure(bare, pull.base.sha, pull.head.sha);
    await bare.git('update-ref', `refs/${refs}/${pull.number}/head`, pull.head.sha);
    const trial = `refs/${refs}/${pull.number}/merge`;
    await bare.git('update-ref', ...(found.merge === null ? ['-d', trial] : [trial, found.merge]));
    return store({ ...pull, measure: found });
  }

  function duplicate(head: string, of: string, base: string): LabPull | undefined {
    return [...pulls.values()].find(
      (pull) =>
        pull.state === 'open' && pull.head.branch === head && pull.head.owner === of && pull.base.branch === base,
    );
  }

  async function check(base: string, sha: string, head: string, of: string): Promise<string | Refused> {
    const tipOfBase = await tip(base);
    if (tipOfBase === undefined) return refuse('base', 'invalid', `there is no branch ${base}`);
    if (duplicate(head, of, base) !== undefined) {
      return refuse('head', 'custom', `A pull request already exists for ${of}:${head}.`);
    }
    if (await bare.isAncestor(sha, tipOfBase)) {
      return refuse('base', 'custom', `No commits between ${base} and ${of === owner ? head : `${of}:${head}`}`);
    }
    return tipOfBase;
  }

  async function reopen(pull: LabPull, base: string): Promise<LabPull | Refused> {
    const { branch, owner: of } = pull.head;
    const sha = await tip(branch, of);
    if (sha === undefined) return refuse('state', 'custom', `The ${branch} branch has been deleted.`);
    if (duplicate(branch, of, base) !== undefined) {
      const message = `state cannot be changed. There is already an open pull request from ${branch} to ${base}.`;
      return refuse('state', 'custom', message);
    }
    return measured({ ...pull, head: { ...pull.head, sha } });
  }

  return {
    take() {
      last += 1;
      return last;
    },
    async open({ title, body = null, head, base, fork = owner, agit = false }, author) {
      if (title.trim() === '') return refuse('title', 'missing_field', 'title is missing');
      const sha = await tip(head, fork);
      if (sha === undefined) return refuse('head', 'invalid', `there is no branch ${head}`);
      const from = await check(base, sha, head, fork);
      if (typeof from !== 'string') return from;
      const now = new Date();
      last += 1;
      return measured({
        number: last,
        title,
        body,
        author,
        head: { branch: head, sha, owner: fork },
        base: { branch: base, sha: from },
        agit,
        state: 'open',
        merged: null,
        createdAt: now,
        updatedAt: now,
        closedAt: null,
      });
    },
    get: (number) => pulls.get(number),
    all: () => [...pulls.values()].reverse(),
    async change(pull, { title = pull.title, body = pull.body, state = pull.state, base = pull.base.branch }) {
      if (title.trim() === '') return refuse('title', 'missing_field', 'title is missing');
      if (pull.merged !== null && state === 'open') return refuse('state', 'custom', 'state cannot be changed.');
      const now = new Date();
      const changed = {
        ...pull,
        title,
        body,
        state,
        updatedAt: now,
        closedAt: state === 'open' ? null : (pull.closedAt ?? now),
      };
      if (state === 'open' && pull.state === 'closed') return reopen(changed, base);
      if (base === pull.base.branch) return store(changed);
      if (pull.state === 'closed')
        return refuse('base', 'custom', 'Cannot change the base branch of a closed pull request.');
      const from = await check(base, pull.head.sha, pull.head.branch, pull.head.owner);
      return typeof from === 'string' ? measured({ ...changed, base: { branch: base, sha: from } }) : from;
    },
    async follow(pull) {
      const sha = (await tip(pull.head.branch, pull.head.owner)) ?? pull.head.sha;
      const from = (await tip(pull.base.branch)) ?? pull.base.sha;
      return measured({
        ...pull,
        updatedAt: new Date(),
        head: { ...pull.head, sha },
        base: { ...pull.base, sha: from },
      });
    },
    lock: (pull) => store({ ...pull, locked: true }),
    settle(pull, sha, by) {
      const at = new Date();
      return store({ ...pull, locked: false, state: 'closed', merged: { sha, at, by }, updatedAt: at, closedAt: at });
    },
    async merge(pull, by, { squash = false, message } = {}) {
      const now = await this.follow(pull);
      if (now.state === 'closed' || now.measure.merge === null) {
        return refuse('base', 'custom', 'Pull Request is not mergeable');
      }
      const proposed = squash
        ? `${now.title} (#${now.number})\n\n${await messagesOf(bare, now)}`
        : `Merge pull request #${now.number} from ${now.head.owner}/${now.head.branch}\n\n${now.title}`;
      const title = message ?? proposed;
      const commit = await mergeCommit(bare, now.base.sha, now.head.sha, { by, title, squash });
      if (commit === null) return refuse('base', 'custom', 'Pull Request is not mergeable');
      await bare.git('update-ref', branchRef(now.base.branch, null), commit, now.base.sha);
      return this.settle(now, commit, by);
    },
  };
}

/** GitHub's default message for a squash: each commit as a list item, oldest first. */
async function messagesOf(bare: BareRepository, { base, head }: LabPull): Promise<string> {
  const listed = await bare.git('log', '--reverse', '--format=* %B', `${base.sha}..${head.sha}`);
  return listed.trim();
}

/** @param fork owner of a fork, whose refs are in a namespace of the same repository (gitnamespaces(7)) */
export function branchRef(branch: string, fork: string | null): string {
  return `${fork === null ? '' : `refs/namespaces/${fork}/`}refs/heads/${branch}`;
}
