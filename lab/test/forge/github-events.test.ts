// The lab's events contain only fields that GitHub's own examples have, at the same place and with a value of the same type.

import examples from '@octokit/webhooks-examples/api.github.com/index.json' with { type: 'json' };
import { expect, test } from 'vitest';
import { LONG_TEST } from '../../../test/support/long.ts';
import { APP, type Json, openScene } from './harness.ts';

/** Younger than the examples. */
const YOUNGER = /\.(visibility|has_discussions|client_id|merge_queues|performed_via_github_app|rebaseable|merged_at)$/;

/** Described by GitHub and shown in none of its examples: none is merged, retargeted, out of a merge queue or about a pull request's comment. */
const UNSHOWN = /\.(changes|changes\.base.*|reason|merged_by\..*|issue\.pull_request.*|events\[\]|modified\[\])$/;

/** Types of values by path, for example `pull_request.head.sha`. */
function kindsIn(value: unknown, path = '', kinds = new Map<string, Set<string>>()): Map<string, Set<string>> {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  kinds.set(path, (kinds.get(path) ?? new Set()).add(kind));
  if (typeof value !== 'object' || value === null) return kinds;
  for (const [key, inner] of Object.entries(value)) {
    kindsIn(inner, Array.isArray(value) ? `${path}[]` : `${path}.${key}`, kinds);
  }
  return kinds;
}

function strangeIn(event: string, payload: Json): string[] {
  const known = kindsIn([]);
  const { examples: given = [] } = examples.find(({ name }) => name === event) ?? {};
  for (const example of given) kindsIn(example, '', known);
  return [...kindsIn(payload)].flatMap(([path, kinds]) => {
    const allowed = known.get(path);
    if (YOUNGER.test(path) || UNSHOWN.test(path) || allowed?.has('null') === true) return [];
    const odd = [...kinds].filter((kind) => allowed?.has(kind) !== true && kind !== 'null');
    return odd.map((kind) => `${event}${path} is ${kind}, not ${[...(allowed ?? ['there'])].join(' or ')}`);
  });
}

test('every event of the lab is like GitHub examples', LONG_TEST, async () => {
  const scene = await openScene({ app: APP });
  await scene.branch('main');
  await scene.branch('stable', { stable: '1' });
  const head_sha = await scene.branch('side', { side: '1' });
  await scene.forge.openPull({ title: 'x', body: 'why', head: 'side', base: 'main' });
  await scene.forge.retargetPull(1, 'stable');
  await scene.branch('side', { side: '2' });
  await scene.forge.closePull(1);
  await scene.forge.reopenPull(1);
  const comment = await scene.forge.comment(1, 'x', 'grace');
  await scene.forge.editComment(comment.id, 'y');
  const review = await scene.forge.review(1, { state: 'approved', body: 'fine' }, 'grace');
  await scene.forge.dismissReview(review.id);
  await scene.forge.mergePull(1);
  const token = await scene.installationToken();
  const actions = [{ label: 'x', description: 'x', identifier: 'x' }];
  const body = { name: 'plan', head_sha, conclusion: 'failure', details_url: 'https://x', actions };
  const { body: check } = await scene.call('POST', '/check-runs', { token, body });
  await scene.forge.pressButton(check.id, 'x', 'grace');
  await scene.forge.rerequestCheck(check.id, 'grace');
  await scene.forge.rerequestSuite(head_sha, 'grace');
  await scene.copy.push(':side');
  await scene.branch('queued', { queued: '1' });
  const { number } = await scene.forge.openPull({ title: 'x', head: 'queued' });
  const { headSha } = await scene.forge.enqueue(number);
  await scene.call('POST', `/statuses/${headSha}`, { body: { state: 'success', context: 'plan' } });
  await scene.forge.advanceQueue('plan');

  const received = await scene.received();
  const told = new Set(received.map(({ event, body }) => `${event} ${body.action ?? ''}`.trim()));
  expect([...told].sort()).toEqual([
    'check_run completed',
    'check_run created',
    'check_run requested_action',
    'check_run rerequested',
    'check_suite requested',
    'check_suite rerequested',
    'issue_comment created',
    'issue_comment edited',
    'merge_group checks_requested',
    'merge_group destroyed',
    'pull_request closed',
    'pull_request edited',
    'pull_request opened',
    'pull_request reopened',
    'pull_request synchronize',
    'pull_request_review dismissed',
    'pull_request_review submitted',
    'push',
  ]);
  expect([...new Set(received.flatMap(({ event, body }) => strangeIn(event, body)))]).toEqual([]);
  await scene.close();
});

test('what GitHub does not send is found', () => {
  expect(strangeIn('push', { ref: 7, surprise: true })).toEqual([
    'push.ref is number, not string',
    'push.surprise is boolean, not there',
  ]);
});
