// Pull requests of the lab forge with their comments, over the branches of its repository. Each has a ref of its own that
// follows its branch, as forges keep it, so that its commits can be fetched from the repository that it is to be merged into.

import type { BareRepository } from './repository.ts';

export interface LabComment {
  readonly id: number;
  readonly pull: number;
  readonly user: string;
  readonly body: string;
}

export interface LabPull {
  readonly number: number;
  readonly title: string;
  readonly user: string;
  /** Its branch. */
  readonly branch: string;
  readonly head: string;
  readonly base: string;
  readonly fork: boolean;
  readonly state: 'open' | 'closed';
  /** The commit that it became. */
  readonly merged: string | null;
}

export interface OpenPull {
  readonly title: string;
  readonly head: string;
  readonly base?: string;
  readonly user?: string;
  readonly fork?: boolean;
}

export interface PullBook {
  open(asked: OpenPull): Promise<LabPull>;
  /** Follows the branches: the pull requests whose head has moved. */
  follow(): Promise<readonly LabPull[]>;
  retarget(number: number, base: string): LabPull;
  close(number: number): LabPull;
  /** A merge commit on its base. Fails where both changed the same. */
  merge(number: number): Promise<LabPull>;
  get(number: number): LabPull | undefined;
  all(): readonly LabPull[];
  comment(pull: number, user: string, body: string): LabComment;
  change(id: number, body: string): LabComment | undefined;
  comments(pull: number): readonly LabComment[];
}

/** @param ref names the ref of a pull request by its number */
export function openPullBook(bare: BareRepository, ref: (number: number) => string): PullBook {
  const pulls = new Map<number, LabPull>();
  const comments = new Map<number, LabComment>();

  async function keep(pull: LabPull): Promise<LabPull> {
    await bare.git('update-ref', ref(pull.number), pull.head);
    pulls.set(pull.number, pull);
    return pull;
  }

  function known(number: number): LabPull {
    const found = pulls.get(number);
    if (found === undefined) throw new Error(`there is no pull request ${number}`);
    return found;
  }

  function changed(number: number, changes: Partial<LabPull>): LabPull {
    const pull = { ...known(number), ...changes };
    pulls.set(number, pull);
    return pull;
  }

  return {
    async open({ title, head: branch, base = 'main', user = 'ada', fork = false }) {
      const head = await bare.commit(`refs/heads/${branch}`);
      if (head === undefined) throw new Error(`there is no branch ${branch}`);
      const number = pulls.size + 1;
      return keep({ number, title, user, branch, head, base, fork, state: 'open', merged: null });
    },
    async follow() {
      const refs = await bare.refs();
      const moved = [...pulls.values()].flatMap((pull) => {
        const head = refs.get(`refs/heads/${pull.branch}`);
        return pull.state === 'open' && head !== undefined && head !== pull.head ? [{ ...pull, head }] : [];
      });
      return Promise.all(moved.map(keep));
    },
    retarget: (number, base) => changed(number, { base }),
    close: (number) => changed(number, { state: 'closed' }),
    async merge(number) {
      const { head, base, title } = known(number);
      const onto = `refs/heads/${base}`;
      const tree = (await bare.git('merge-tree', '--write-tree', onto, head)).trim();
      const as = ['-c', 'user.name=forge', '-c', 'user.email=forge@example.internal'];
      const parents = ['-p', onto, '-p', head];
      const message = `Merge pull request #${number}\n\n${title}`;
      const merged = (await bare.git(...as, 'commit-tree', tree, ...parents, '-m', message)).trim();
      await bare.git('update-ref', onto, merged);
      return changed(number, { state: 'closed', merged });
    },
    get: (number) => pulls.get(number),
    all: () => [...pulls.values()],
    comment(pull, user, body) {
      const made = { id: 500 + comments.size, pull: known(pull).number, user, body };
      comments.set(made.id, made);
      return made;
    },
    change(id, body) {
      const found = comments.get(id);
      if (found === undefined) return undefined;
      const made = { ...found, body };
      comments.set(id, made);
      return made;
    },
    comments: (pull) => [...comments.values()].filter((each) => each.pull === pull),
  };
}
