// Webhook events of GitLab. They contain the secret itself instead of a signature.

import type { ForgeEvent, Message } from '../events.ts';
import { listCommits } from '../github/push-event.ts';
import type { Parts } from '../parts.ts';
import type { LabPull } from '../pulls.ts';
import { ZEROS } from '../pushed-refs.ts';
import type { Sent } from '../webhooks.ts';
import { noteShape, PROJECT_ID, projectShape, requestShape, userShape } from './shapes.ts';

const PUSH = 'Push Hook';
const TAG_PUSH = 'Tag Push Hook';
const MERGE_REQUEST = 'Merge Request Hook';
const NOTE = 'Note Hook';

/** Events of a project's webhook. */
export const GITLAB_EVENTS = [PUSH, TAG_PUSH, MERGE_REQUEST, NOTE];

/** Maximum commits in one event: the newest ones. */
const MAX_COMMITS = 20;

export async function gitlabEvent(parts: Parts, event: ForgeEvent): Promise<Message | null> {
  switch (event.kind) {
    case 'push':
      return pushed(parts, event);
    case 'pull':
      return { event: MERGE_REQUEST, payload: requested(parts, event) };
    case 'comment':
      return { event: NOTE, payload: noted(parts, event) };
    case 'review':
    case 'check':
    case 'button':
    case 'group':
    case 'suite':
      return null;
    default:
      return event satisfies never;
  }
}

async function pushed(parts: Parts, { change, by }: Extract<ForgeEvent, { kind: 'push' }>): Promise<Message> {
  const { bare, place } = parts;
  const { ref, before, after } = change;
  const isTag = ref.startsWith('refs/tags/');
  const all = after === ZEROS ? [] : await listCommits(bare, before, after, place.page);
  const user = userShape(parts, by);
  const payload = {
    object_kind: isTag ? 'tag_push' : 'push',
    event_name: isTag ? 'tag_push' : 'push',
    before,
    after,
    ref,
    checkout_sha: after === ZEROS ? null : after,
    user_id: user.id,
    user_name: user.name,
    user_username: user.username,
    project_id: PROJECT_ID,
    project: projectShape(parts),
    commits: all.slice(-MAX_COMMITS),
    total_commits_count: all.length,
  };
  return { event: isTag ? TAG_PUSH : PUSH, payload };
}

function requested(parts: Parts, { action, pull, before, by }: Extract<ForgeEvent, { kind: 'pull' }>) {
  const verbs = { opened: 'open', updated: 'update', edited: 'update', reopened: 'reopen' };
  const verb = action === 'closed' ? (pull.merged === null ? 'close' : 'merge') : verbs[action];
  return {
    object_kind: 'merge_request',
    event_type: 'merge_request',
    user: userShape(parts, by),
    project: projectShape(parts),
    object_attributes: {
      ...attributes(parts, pull),
      action: verb,
      ...(action === 'updated' && before !== undefined ? { oldrev: before.head.sha } : {}),
    },
    labels: [],
    changes: before === undefined ? {} : changesOf(before, pull),
  };
}

function attributes(parts: Parts, pull: LabPull) {
  const { author, merged_by: _, ...shape } = requestShape(parts, pull);
  return {
    ...shape,
    author_id: author.id,
    source: projectShape(parts, pull.head.owner),
    target: projectShape(parts),
    last_commit: { id: pull.head.sha },
    url: shape.web_url,
  };
}

function changesOf(before: LabPull, now: LabPull) {
  const pairs = {
    title: [before.title, now.title],
    description: [before.body, now.body],
    target_branch: [before.base.branch, now.base.branch],
  };
  const changed = Object.entries(pairs).filter(([, [previous, current]]) => previous !== current);
  return Object.fromEntries(changed.map(([field, [previous, current]]) => [field, { previous, current }]));
}

function noted(parts: Parts, { action, comment, by }: Extract<ForgeEvent, { kind: 'comment' }>) {
  const pull = parts.pulls.get(comment.number);
  const { body: note, author, ...shape } = noteShape(parts, comment, pull === undefined ? 'Issue' : 'MergeRequest');
  const issue = parts.comments.issue(comment.number);
  return {
    object_kind: 'note',
    event_type: 'note',
    user: userShape(parts, by),
    project_id: PROJECT_ID,
    project: projectShape(parts),
    object_attributes: { ...shape, note, author_id: author.id, action: action === 'created' ? 'create' : 'update' },
    ...(pull === undefined ? {} : { merge_request: attributes(parts, pull) }),
    ...(issue === undefined ? {} : { issue: { iid: issue.number, title: issue.title } }),
  };
}

export function gitlabHeaders({ id, event, receiver }: Sent): Record<string, string> {
  return {
    'user-agent': 'GitLab/lab',
    'x-gitlab-event': event,
    'x-gitlab-token': receiver.secret,
    'x-gitlab-event-uuid': id,
    'x-gitlab-webhook-uuid': `webhook-${receiver.id}`,
    'idempotency-key': id,
  };
}
