// GitHub's `push` event, computed from the refs before and after a push. From GitHub's documentation of webhooks: `before` is all zeros for a new
// ref, `after` for a deleted one, which has no head commit.

import type { BareRepository } from '../git/repository.ts';
import type { Parts } from '../parts.ts';
import type { PushedRef } from '../pushed-refs.ts';
import { ZEROS } from '../pushed-refs.ts';
import { repositoryShape, userShape } from './shapes.ts';

/** Maximum commits in one event. */
const MAX_COMMITS = 2048;

/** The event's payload. */
export async function pushEvent(
  { bare, place, people }: Pick<Parts, 'bare' | 'place' | 'people'>,
  { ref, before, after }: PushedRef,
  by: string,
): Promise<Record<string, unknown>> {
  const { page } = place;
  const created = before === ZEROS;
  const deleted = after === ZEROS;
  const commits = deleted ? [] : await listCommits(bare, before, after, page);
  const head = deleted ? null : ((await listCommits(bare, ZEROS, after, page, 1))[0] ?? null);
  return {
    ref,
    before,
    after,
    base_ref: null,
    created,
    deleted,
    forced: !created && !deleted && !(await bare.isAncestor(before, after)),
    compare: `${page}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits,
    head_commit: head,
    pusher: { name: by, email: `${by}@example.internal` },
    sender: userShape(place, people, by),
    repository: {
      ...repositoryShape(place, people),
      master_branch: 'main',
      created_at: 0,
      pushed_at: Math.floor(Date.now() / 1000),
    },
  };
}

const FORMAT = '%x1e%H%x1f%T%x1f%aI%x1f%an%x1f%ae%x1f%cn%x1f%ce%x1f%B%x1f';

/** Oldest first. @param page URL of the repository's web page */
export async function listCommits(
  bare: BareRepository,
  before: string,
  after: string,
  page: string,
  limit = MAX_COMMITS,
): Promise<Record<string, unknown>[]> {
  const range = before === ZEROS ? [after] : [after, `^${before}`];
  const args = ['--no-renames', '--name-status', `--max-count=${limit}`, `--format=${FORMAT}`];
  const listed = await bare.git('log', ...args, ...range, '--');
  const records = listed.split('\x1e').slice(1);
  return records.map((record) => describeCommit(record, page)).reverse();
}

function describeCommit(record: string, page: string): Record<string, unknown> {
  const [id, tree, time, author, authorMail, committer, committerMail, message = '', files = ''] = record.split('\x1f');
  const changed = (letter: string): string[] =>
    files
      .split('\n')
      .filter((line) => line.startsWith(`${letter}\t`))
      .map((line) => line.slice(2));
  return {
    id,
    tree_id: tree,
    distinct: true,
    message: message.trimEnd(),
    timestamp: time,
    url: `${page}/commit/${id}`,
    author: { name: author, email: authorMail, username: author },
    committer: { name: committer, email: committerMail, username: committer },
    added: changed('A'),
    removed: changed('D'),
    modified: changed('M'),
  };
}
