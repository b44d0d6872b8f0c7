// Response objects of Gitea and Forgejo: similar to GitHub's but smaller. Users have no type, and a status has its state in `status`.

import type { LabComment } from '../comments.ts';
import type { Parts } from '../parts.ts';
import type { Right } from '../people.ts';
import type { LabPull } from '../pulls.ts';
import type { LabReview } from '../reviews.ts';
import type { LabStatus } from '../statuses.ts';

type Known = Pick<Parts, 'place' | 'people' | 'pulls' | 'comments'>;

export function userShape({ people }: Pick<Parts, 'people'>, login: string) {
  const { id } = people.findOrAdd(login);
  const named = { login, login_name: '', username: login, full_name: '', email: `${login}@noreply.localhost` };
  return { id, ...named, avatar_url: '', is_admin: false };
}

export function mayWrite(right: Right): boolean {
  return right === 'admin' || right === 'maintain' || right === 'write';
}

/** Effective permissions of a user in the repository. */
export function permissionsOf({ people }: Pick<Parts, 'people'>, login: string) {
  const { right } = people.findOrAdd(login);
  return { admin: right === 'admin', push: mayWrite(right), pull: right !== 'none' };
}

/** @param owner of a fork; default: the repository's */
export function repositoryShape({ place, people }: Pick<Parts, 'place' | 'people'>, owner = place.owner) {
  const page = `${place.url}/${owner}/${place.name}`;
  return {
    id: owner === place.owner ? 1 : 1000 + people.findOrAdd(owner).id,
    owner: userShape({ people }, owner),
    name: place.name,
    full_name: `${owner}/${place.name}`,
    private: !place.isPublic,
    fork: owner !== place.owner,
    html_url: page,
    clone_url: `${page}.git`,
    default_branch: 'main',
  };
}

export function pullShape(known: Known, pull: LabPull) {
  const { place } = known;
  const { number, head, base, merged, measure } = pull;
  return {
    id: 3000 + number,
    url: `${place.page}/pulls/${number}`,
    html_url: `${place.page}/pulls/${number}`,
    number,
    user: userShape(known, pull.author),
    title: pull.title,
    body: pull.body ?? '',
    state: pull.state,
    comments: known.comments.of(number).length,
    mergeable: pull.state === 'open' && measure.merge !== null,
    merged: merged !== null,
    merged_at: merged?.at.toISOString() ?? null,
    merge_commit_sha: merged?.sha ?? null,
    merged_by: merged === null ? null : userShape(known, merged.by),
    head: pull.agit ? agitSide(known, pull) : side(known, head.branch, head.sha, head.owner),
    base: side(known, base.branch, base.sha, place.owner),
    created_at: pull.createdAt.toISOString(),
    updated_at: pull.updatedAt.toISOString(),
    closed_at: pull.closedAt?.toISOString() ?? null,
  };
}

function side(known: Known, branch: string, sha: string, owner: string) {
  const repo = repositoryShape(known, owner);
  return { label: branch, ref: branch, sha, repo_id: repo.id, repo };
}

/**
 * The head of a pull request that was pushed to `refs/for/…` of the repository itself (AGit flow): it has no branch, and read access suffices for it.
 */
function agitSide(known: Known, { number, head }: LabPull) {
  const ref = `refs/pull/${number}/head`;
  return { ...side(known, ref, head.sha, known.place.owner), label: '' };
}

export function issueShape(known: Known, number: number) {
  const pull = known.pulls.get(number);
  const issue = pull ?? known.comments.issue(number);
  const page = `${known.place.page}/${pull === undefined ? 'issues' : 'pulls'}/${number}`;
  const user = userShape(known, issue?.author ?? 'ghost');
  const common = { id: 3000 + number, number, title: issue?.title, user, html_url: page, state: pull?.state ?? 'open' };
  if (pull === undefined) return { ...common, pull_request: null };
  const { merged } = pull;
  return { ...common, pull_request: { merged: merged !== null, merged_at: merged?.at.toISOString() ?? null } };
}

export function commentShape(known: Known, { id, number, author, body, createdAt, updatedAt }: LabComment) {
  const { place, pulls } = known;
  const isPull = pulls.get(number) !== undefined;
  const page = `${place.page}/${isPull ? 'pulls' : 'issues'}/${number}`;
  return {
    id,
    html_url: `${page}#issuecomment-${id}`,
    pull_request_url: isPull ? page : '',
    issue_url: isPull ? '' : page,
    user: userShape(known, author),
    body,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}

const REVIEW_STATES: Readonly<Record<LabReview['state'], string>> = {
  approved: 'APPROVED',
  commented: 'COMMENT',
  'changes requested': 'REQUEST_CHANGES',
  dismissed: 'APPROVED',
};

export function reviewShape(known: Known, { id, number, author, state, body, sha, official, at }: LabReview) {
  const page = `${known.place.page}/pulls/${number}`;
  return {
    id,
    user: userShape(known, author),
    team: null,
    state: REVIEW_STATES[state],
    body,
    commit_id: sha,
    stale: known.pulls.get(number)?.head.sha !== sha,
    // Only approvals and rejections are official.
    official: official && state !== 'commented',
    dismissed: state === 'dismissed',
    comments_count: 0,
    submitted_at: at.toISOString(),
    updated_at: at.toISOString(),
    html_url: `${page}#issuecomment-${id}`,
    pull_request_url: page,
  };
}

export function statusShape(known: Known, { sha, state, creator, description, target_url, ...status }: LabStatus) {
  const { place } = known;
  return {
    ...status,
    status: state,
    description: description ?? '',
    target_url: target_url ?? '',
    url: `${place.api}/repos/${place.repository}/statuses/${sha}`,
    creator: userShape(known, creator),
  };
}
