// Webhook events of GitHub.

import type { ForgeEvent, Message } from '../events.ts';
import type { Parts } from '../parts.ts';
import type { LabPull } from '../pulls.ts';
import { ZEROS } from '../pushed-refs.ts';
import { checkShape } from './check-shapes.ts';
import { commentShape, issueShape, pullShape, pullSimple, reviewShape } from './pull-shapes.ts';
import { listCommits, pushEvent } from './push-event.ts';
import type { LabQueued } from './queued.ts';
import { appShape, repositoryShape, userShape } from './shapes.ts';

export async function githubEvent(parts: Parts, event: ForgeEvent): Promise<Message> {
  const { place, people } = parts;
  const common = { repository: repositoryShape(place, people), sender: userShape(place, people, event.by) };
  switch (event.kind) {
    case 'push':
      return { event: 'push', payload: await pushEvent(parts, event.change, event.by) };
    case 'pull':
      return { event: 'pull_request', payload: { ...pullPayload(parts, event), ...common } };
    case 'comment': {
      const { action, comment, before } = event;
      const issue = issueShape(parts, comment.number);
      const changes = before === undefined ? {} : { changes: { body: { from: before.body } } };
      return {
        event: 'issue_comment',
        payload: { action, issue, comment: commentShape(parts, comment), ...changes, ...common },
      };
    }
    case 'review': {
      const { action, review } = event;
      const pull = parts.pulls.get(review.number);
      if (pull === undefined) throw new Error(`review ${review.id} is of no pull request`);
      // Events have the review state in lower case, responses in upper case.
      const shape = reviewShape(parts, review);
      const shown = { ...shape, state: shape.state.toLowerCase() };
      return {
        event: 'pull_request_review',
        payload: { action, review: shown, pull_request: pullSimple(parts, pull), ...common },
      };
    }
    case 'check': {
      const { action, check } = event;
      const message = { event: 'check_run', payload: { action, check_run: checkShape(parts, check), ...common } };
      return action === 'rerequested' ? { ...message, app: check.app } : message;
    }
    case 'button': {
      const { check, identifier } = event;
      const asked = { action: 'requested_action', requested_action: { identifier } };
      return {
        event: 'check_run',
        app: check.app,
        payload: { ...asked, check_run: checkShape(parts, check), ...common },
      };
    }
    case 'group': {
      const { action, group, reason } = event;
      const why = reason === undefined ? {} : { reason };
      return {
        event: 'merge_group',
        payload: { action, merge_group: await groupShape(parts, group), ...why, ...common },
      };
    }
    case 'suite': {
      const { action, sha, app } = event;
      return { event: 'check_suite', app, payload: { action, check_suite: suiteShape(parts, app, sha), ...common } };
    }
    default:
      return event satisfies never;
  }
}

function pullPayload(parts: Parts, event: Extract<ForgeEvent, { kind: 'pull' }>) {
  const { action, pull, before } = event;
  const common = { number: pull.number, pull_request: pullShape(parts, pull) };
  if (action === 'updated') return { action: 'synchronize', ...common, before: before?.head.sha, after: pull.head.sha };
  if (action === 'edited' && before !== undefined) return { action, ...common, changes: changesOf(before, pull) };
  return { action, ...common };
}

/** The previous values of the changed fields. */
function changesOf(before: LabPull, now: LabPull) {
  const { base, title, body } = before;
  return {
    ...(title === now.title ? {} : { title: { from: title } }),
    ...(body === now.body ? {} : { body: { from: body } }),
    ...(base.branch === now.base.branch ? {} : { base: { ref: { from: base.branch }, sha: { from: base.sha } } }),
  };
}

async function groupShape({ bare, place }: Parts, { base, baseSha, headRef, headSha }: LabQueued) {
  const [commit] = await listCommits(bare, ZEROS, headSha, place.page, 1);
  const { id, tree_id, message, timestamp, author, committer } = commit as Record<string, unknown>;
  const { username: _author, ...by } = author as Record<string, unknown>;
  const { username: _committer, ...committed } = committer as Record<string, unknown>;
  return {
    head_sha: headSha,
    head_ref: headRef,
    base_sha: baseSha,
    base_ref: `refs/heads/${base}`,
    head_commit: { id, tree_id, message, timestamp, author: by, committer: committed },
  };
}

function suiteShape({ place, people, apps, checks }: Parts, id: number, sha: string) {
  const app = apps.get(id);
  return {
    id: checks.suite(id, sha),
    head_branch: null,
    head_sha: sha,
    status: 'queued',
    conclusion: null,
    pull_requests: [],
    app: app === undefined ? null : appShape(place, people, app),
  };
}
