// GitHub's `push` event, made from the refs before and after a push. Facts from GitHub's description of its webhooks:
// `before` is all zeros for a new ref, `after` for a deleted one, and then there is no head commit.

import type { BareRepository, Refs } from './repository.ts';

export interface PushedRef {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

const ZEROS = '0'.repeat(40);
/** GitHub lists no more commits than this in one event. */
const MAX_COMMITS = 2048;

/** What a push changed, one entry per ref, in the order of their names. */
export function pushedRefs(before: Refs, after: Refs): PushedRef[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names
    .map((ref) => ({ ref, before: before.get(ref) ?? ZEROS, after: after.get(ref) ?? ZEROS }))
    .filter((change) => change.before !== change.after);
}

export interface PushContext {
  /** `owner/name`. */
  readonly repository: string;
  /** Of the forge, without a slash at the end. */
  readonly url: string;
  readonly pusher: string;
  readonly now: Date;
}

/** The event's payload. */
export async function pushEvent(
  bare: BareRepository,
  { ref, before, after }: PushedRef,
  context: PushContext,
): Promise<Record<string, unknown>> {
  const page = `${context.url}/${context.repository}`;
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
    pusher: { name: context.pusher, email: `${context.pusher}@example.internal` },
    sender: { login: context.pusher, id: 1, type: 'User', site_admin: false },
    repository: describeRepository(context, page),
  };
}

function describeRepository({ repository, url, now }: PushContext, page: string): Record<string, unknown> {
  const [owner = '', name = ''] = repository.split('/');
  return {
    id: 1,
    name,
    full_name: repository,
    private: true,
    owner: { name: owner, login: owner, id: 1, type: 'Organization' },
    html_url: page,
    url: `${url}/repos/${repository}`,
    clone_url: `${page}.git`,
    default_branch: 'main',
    master_branch: 'main',
    pushed_at: Math.floor(now.getTime() / 1000),
  };
}

const FORMAT = '%x1e%H%x1f%T%x1f%aI%x1f%an%x1f%ae%x1f%cn%x1f%ce%x1f%B%x1f';

async function listCommits(
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
