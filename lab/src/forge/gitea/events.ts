// Events of Gitea: named as GitHub's, with own actions and fields. Pushes have no created, deleted or forced flags; a changed base is in `ref`.

import type { ForgeEvent, Message } from '../events.ts';
import { signature } from '../github/headers.ts';
import { listCommits } from '../github/push-event.ts';
import type { Parts } from '../parts.ts';
import type { LabPull } from '../pulls.ts';
import { ZEROS } from '../pushed-refs.ts';
import type { Sent } from '../webhooks.ts';
import { commentShape, issueShape, permissionsOf, pullShape, repositoryShape, userShape } from './shapes.ts';

/** Events of a repository's webhook. */
export const GITEA_EVENTS = [
  'push',
  'pull_request',
  'issue_comment',
  'pull_request_comment',
  'pull_request_approved',
  'pull_request_rejected',
];

/** Maximum commits in one event. */
const MAX_COMMITS = 30;
const ACTIONS = { opened: 'opened', updated: 'synchronized', edited: 'edited', closed: 'closed', reopened: 'reopened' };

const REVIEWS = {
  approved: 'pull_request_approved',
  commented: 'pull_request_comment',
  'changes requested': 'pull_request_rejected',
  dismissed: 'pull_request_comment',
} as const;

export async function giteaEvent(parts: Parts, event: ForgeEvent): Promise<Message | null> {
  // All events except pushes include the actor's permissions.
  const permissions = event.kind === 'push' ? {} : { permissions: permissionsOf(parts, event.by) };
  const repository = { ...repositoryShape(parts), ...permissions };
  const common = { repository, sender: userShape(parts, event.by) };
  switch (event.kind) {
    case 'push':
      return { event: 'push', payload: { ...(await pushed(parts, event)), ...common } };
    case 'pull': {
      const { action, pull, before } = event;
      const payload = { action: ACTIONS[action], number: pull.number, pull_request: pullShape(parts, pull) };
      const changes = action === 'edited' && before !== undefined ? { changes: changesOf(before, pull) } : {};
      return { event: 'pull_request', payload: { ...payload, ...changes, ...common, commit_id: '', review: null } };
    }
    case 'comment': {
      const { action, comment, before } = event;
      const changes = before === undefined ? {} : { changes: { body: { from: before.body } } };
      const issue = issueShape(parts, comment.number);
      const payload = { action, issue, comment: commentShape(parts, comment), is_pull: issue.pull_request !== null };
      return { event: 'issue_comment', payload: { ...payload, ...changes, ...common } };
    }
    case 'review': {
      const { action, review } = event;
      const pull = parts.pulls.get(review.number);
      if (pull === undefined || action === 'dismissed') return null;
      // The permissions are those of the pull request's author, not of the reviewer.
      const author = { ...repositoryShape(parts), permissions: permissionsOf(parts, pull.author) };
      const name = REVIEWS[review.state];
      const shown = { type: name.replace('pull_request_', 'pull_request_review_'), content: review.body };
      const common = { repository: author, sender: userShape(parts, review.author) };
      const request = { number: pull.number, pull_request: pullShape(parts, pull), commit_id: '' };
      return { event: name, payload: { action: 'reviewed', ...request, review: shown, ...common } };
    }
    case 'check':
    case 'button':
    case 'group':
    case 'suite':
      return null;
    default:
      return event satisfies never;
  }
}

async function pushed({ bare, place, people }: Parts, { change, by }: Extract<ForgeEvent, { kind: 'push' }>) {
  const { ref, before, after } = change;
  const all = after === ZEROS ? [] : await listCommits(bare, before, after, place.page);
  return {
    ref,
    before,
    after,
    compare_url: `${place.page}/compare/${before}...${after}`,
    commits: all.slice(-MAX_COMMITS).reverse(),
    total_commits: all.length,
    head_commit: all.at(-1) ?? null,
    pusher: userShape({ people }, by),
  };
}

function changesOf({ title, body, base }: LabPull, now: LabPull) {
  return {
    ...(title === now.title ? {} : { title: { from: title } }),
    ...(body === now.body ? {} : { body: { from: body ?? '' } }),
    ...(base.branch === now.base.branch ? {} : { ref: { from: base.branch } }),
  };
}

/** Gitea's headers and GitHub-compatible ones; Gitea's signature has no prefix. */
export function giteaHeaders({ id, event, body, receiver }: Sent): Record<string, string> {
  const signed = signature(receiver.secret, body);
  return {
    'user-agent': 'Go-http-client/1.1',
    'x-gitea-delivery': id,
    'x-gitea-event': event,
    'x-gitea-event-type': event,
    'x-gitea-signature': signed,
    'x-gogs-delivery': id,
    'x-gogs-event': event,
    'x-gogs-signature': signed,
    'x-hub-signature-256': `sha256=${signed}`,
    'x-github-delivery': id,
    'x-github-event': event,
  };
}
