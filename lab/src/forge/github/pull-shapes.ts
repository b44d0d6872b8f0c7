// Response objects of GitHub for pull requests, issues and comments.

import type { LabComment } from '../comments.ts';
import type { Parts } from '../parts.ts';
import type { LabPull } from '../pulls.ts';
import type { LabReview } from '../reviews.ts';
import { nodeId, repositoryShape, userShape } from './shapes.ts';

type Known = Pick<Parts, 'place' | 'people' | 'pulls' | 'comments'>;

/** The shorter form, which lists contain. */
export function pullSimple({ place, people }: Known, pull: LabPull) {
  const { number, head, base, merged, measure } = pull;
  const url = `${place.api}/repos/${place.repository}/pulls/${number}`;
  const page = `${place.page}/pull/${number}`;
  const issue = `${place.api}/repos/${place.repository}/issues/${number}`;
  const statuses = `${place.api}/repos/${place.repository}/statuses/${head.sha}`;
  const links = { self: url, html: page, issue, comments: `${issue}/comments`, review_comments: `${url}/comments` };
  const more = { review_comment: `${url}/comments{/number}`, commits: `${url}/commits`, statuses };
  const side = (branch: string, sha: string, owner: string) => ({
    label: `${owner}:${branch}`,
    ref: branch,
    sha,
    user: userShape(place, people, owner),
    repo: repositoryShape(place, people, owner),
  });
  return {
    url,
    id: 3000 + number,
    node_id: nodeId('PullRequest', number),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issue,
    commits_url: more.commits,
    review_comments_url: links.review_comments,
    review_comment_url: more.review_comment,
    comments_url: links.comments,
    statuses_url: statuses,
    number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: userShape(place, people, pull.author),
    body: pull.body,
    labels: [],
    milestone: null,
    created_at: pull.createdAt.toISOString(),
    updated_at: pull.updatedAt.toISOString(),
    closed_at: pull.closedAt?.toISOString() ?? null,
    merged_at: merged?.at.toISOString() ?? null,
    merge_commit_sha: merged?.sha ?? measure.merge,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    draft: false,
    head: side(head.branch, head.sha, head.owner),
    base: side(base.branch, base.sha, place.owner),
    _links: Object.fromEntries(Object.entries({ ...links, ...more }).map(([name, href]) => [name, { href }])),
    author_association: association(people.findOrAdd(pull.author).right),
    auto_merge: null,
  };
}

export function pullShape(known: Known, pull: LabPull) {
  const { merged, measure } = pull;
  const clean = measure.merge !== null;
  return {
    ...pullSimple(known, pull),
    merged: merged !== null,
    mergeable: merged === null ? clean : null,
    rebaseable: merged === null ? clean : null,
    mergeable_state: merged === null ? (clean ? 'clean' : 'dirty') : 'unknown',
    merged_by: merged === null ? null : userShape(known.place, known.people, merged.by),
    comments: known.comments.of(pull.number).length,
    review_comments: 0,
    maintainer_can_modify: pull.head.owner !== known.place.owner,
    commits: measure.commits,
    additions: measure.additions,
    deletions: measure.deletions,
    changed_files: measure.files,
  };
}

/** A pull request is also an issue, with a field `pull_request`. */
export function issueShape({ place, people, pulls, comments }: Known, number: number) {
  const pull = pulls.get(number);
  const issue = pull ?? comments.issue(number);
  const url = `${place.api}/repos/${place.repository}/pulls/${number}`;
  const page = `${place.page}/pull/${number}`;
  const links = { url, html_url: page, diff_url: `${page}.diff`, patch_url: `${page}.patch`, merged_at: null };
  return {
    id: 3000 + number,
    number,
    title: issue?.title,
    state: pull?.state ?? 'open',
    user: userShape(place, people, issue?.author ?? 'ghost'),
    comments: comments.of(number).length,
    html_url: pull === undefined ? `${place.page}/issues/${number}` : page,
    ...(pull === undefined ? {} : { pull_request: links }),
  };
}

export function commentShape({ place, people, pulls }: Known, comment: LabComment) {
  const { id, number, author } = comment;
  const kind = pulls.get(number) === undefined ? 'issues' : 'pull';
  return {
    id,
    node_id: nodeId('IssueComment', id),
    url: `${place.api}/repos/${place.repository}/issues/comments/${id}`,
    html_url: `${place.page}/${kind}/${number}#issuecomment-${id}`,
    issue_url: `${place.api}/repos/${place.repository}/issues/${number}`,
    user: userShape(place, people, author),
    body: comment.body,
    created_at: comment.createdAt.toISOString(),
    updated_at: comment.updatedAt.toISOString(),
    author_association: association(people.findOrAdd(author).right),
    performed_via_github_app: null,
  };
}

const REVIEW_STATES: Readonly<Record<LabReview['state'], string>> = {
  approved: 'APPROVED',
  commented: 'COMMENTED',
  'changes requested': 'CHANGES_REQUESTED',
  dismissed: 'DISMISSED',
};

export function reviewShape({ place, people }: Known, { id, number, author, state, body, sha, at }: LabReview) {
  const html_url = `${place.page}/pull/${number}#pullrequestreview-${id}`;
  const pull_request_url = `${place.api}/repos/${place.repository}/pulls/${number}`;
  return {
    id,
    node_id: nodeId('PullRequestReview', id),
    user: userShape(place, people, author),
    body,
    state: REVIEW_STATES[state],
    commit_id: sha,
    submitted_at: at.toISOString(),
    html_url,
    pull_request_url,
    _links: { html: { href: html_url }, pull_request: { href: pull_request_url } },
    author_association: association(people.findOrAdd(author).right),
  };
}

function association(right: string): string {
  return right === 'none' ? 'NONE' : 'COLLABORATOR';
}
