// Every event that GitHub documents, in GitHub's own examples, and those of Gitea and GitLab: none is malformed, and the relevant ones are parsed.

import examples from '@octokit/webhooks-examples/api.github.com/index.json' with { type: 'json' };
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandIn } from '../../../../src/agent/http/webhook/events/comment.ts';
import { parseEvent } from '../../../../src/agent/http/webhook/events/event.ts';
import type { ParsedEvent } from '../../../../src/agent/http/webhook/events/parsed-event.ts';

const A = 'a'.repeat(40);

function understood(event: string, payload: unknown, branch = 'main') {
  const parsed: ParsedEvent = parseEvent(event, payload, branch);
  return parsed.kind === 'event' ? { ...parsed.event, by: parsed.by } : parsed;
}

describe('the examples of GitHub', () => {
  const all = (examples as { name: string; examples: object[] }[]).flatMap(({ name, examples: payloads }) =>
    payloads.map((payload, index) => ({ name, index, payload: payload as Record<string, unknown> })),
  );

  test('there are many, and Phoenix refuses none', () => {
    expect(all.length).toBeGreaterThan(150);
    for (const { name, index, payload } of all) {
      const { kind } = parseEvent(name, payload, 'master');
      expect(kind, `${name} ${index} ${payload['action'] ?? ''}`).not.toBe('malformed');
    }
  });

  test('pushes, pull requests and suites are understood; checks of others and other comments are not ours', () => {
    const found = all.filter(({ name, payload }) => parseEvent(name, payload, 'master').kind === 'event');
    const names = new Set(found.map(({ name }) => name));
    expect([...names].sort()).toEqual(['check_suite', 'pull_request', 'push']);
    const actions = new Set(found.flatMap(({ payload }) => payload['action'] ?? []));
    for (const action of ['opened', 'synchronize', 'reopened', 'closed', 'rerequested'])
      expect(actions).toContain(action);
  });
});

describe('a merge queue', () => {
  const [example] = examples.find(({ name }) => name === 'merge_group')?.examples ?? [];
  const ref = `refs/heads/gh-readonly-queue/main/pr-104-${A}`;

  test("requests checks, in GitHub's example", () => {
    expect(understood('merge_group', example)).toMatchObject({ kind: 'pull', pull: 104 });
    expect(understood('merge_group', example, 'master')).toMatchObject({ kind: 'ignored' });
    expect(understood('merge_group', { ...example, action: 'destroyed' })).toMatchObject({ kind: 'ignored' });
  });

  test('is seen by the push of its branch too, and by no other branch', () => {
    const push = { ref, after: A, pusher: { name: 'github-merge-queue[bot]' } };
    expect(understood('push', push)).toMatchObject({ kind: 'pull', pull: 104 });
    expect(understood('push', { ...push, deleted: true, after: '0'.repeat(40) })).toMatchObject({ kind: 'ignored' });
    for (const other of ['main/pr-x-1', 'stable/pr-104-aa', 'main/pr-104']) {
      const named = { ...push, ref: `refs/heads/gh-readonly-queue/${other}` };
      expect(understood('push', named)).toMatchObject({ kind: 'ignored' });
    }
  });
});

describe('a check', () => {
  const check = (action: string, changes: object = {}, asked?: string) => ({
    action,
    sender: { login: 'ada', type: 'User' },
    ...(asked === undefined ? {} : { requested_action: { identifier: asked } }),
    check_run: { name: 'phoenix/lxc/105', head_sha: A, external_id: 'run/12/lxc/105', ...changes },
  });

  test.each([
    ['run again', check('rerequested'), { what: 'again', commit: A, context: 'phoenix/lxc/105' }],
    [
      'the button Replay',
      check('requested_action', {}, 'replay'),
      { what: 'again', commit: A, context: 'phoenix/lxc/105' },
    ],
    [
      'the button Approve',
      check('requested_action', {}, 'approve'),
      { what: 'approve run', run: '12', commit: A, targets: ['lxc/105'] },
    ],
    [
      'Approve on the whole run',
      check('requested_action', { name: 'phoenix/apply', external_id: 'run/12' }, 'approve'),
      { what: 'approve run', run: '12', commit: A, targets: [] },
    ],
  ])('%s', (_, payload, ask) => {
    expect(understood('check_run', payload)).toEqual({ kind: 'ask', ask, by: 'ada', source: { on: 'delivery' } });
  });

  test.each([
    ['another program’s', check('rerequested', { name: 'build' })],
    ['an unknown button', check('requested_action', {}, 'destroy')],
    ['without a run behind it', check('requested_action', { external_id: 'pull/3' }, 'approve')],
    ['that only ended', check('completed')],
  ])('%s is ignored', (_, payload) => {
    expect(understood('check_run', payload)).toMatchObject({ kind: 'ignored' });
  });
});

describe('a comment', () => {
  test.each([
    ['/phoenix approve lxc/105', { what: 'approve', targets: ['lxc/105'], pull: 3 }],
    [
      'fine by me\r\n/phoenix approve lxc/105, vm/1001\r\n',
      { what: 'approve', targets: ['lxc/105', 'vm/1001'], pull: 3 },
    ],
    [
      '/phoenix approve "portainer/environment.My Docker (prod)" user/ada@pve,ha/ct:101',
      { what: 'approve', targets: ['portainer/environment.My Docker (prod)', 'user/ada@pve', 'ha/ct:101'], pull: 3 },
    ],
    ['/Phoenix Replay', { what: 'replay', commit: null, pull: 3 }],
    ['/phoenix replay abc1234', { what: 'replay', commit: 'abc1234', pull: 3 }],
    ['/phoenix plan', { what: 'plan', pull: 3 }],
  ])('%j asks', (body, ask) => {
    expect(commandIn(body, 3)).toEqual(ask);
  });

  test.each([
    'please /phoenix approve lxc/105',
    '> /phoenix approve lxc/105',
    '```\n/phoenix approve lxc/105\n```',
    '/phoenix approve',
    '/phoenix approve everything',
    '/phoenix approve lxc/105 and more',
    '/phoenix approve "lxc/105',
    '/phoenix approve lxc/105/vm/1001',
    '/phoenix replay --rewind',
    '/phoenixapprove lxc/105',
    '/phoenix destroy lxc/105',
  ])('%j asks for nothing', (body) => {
    expect(commandIn(body, 3)).toBeNull();
  });

  test('whatever is written, only commands of the known form are parsed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const ask = commandIn(`/phoenix approve ${text}`, 1);
        if (ask?.what === 'approve')
          for (const target of ask.targets) expect(target).not.toMatch(/[^\p{L}\p{N}*_ .():@!+/-]/u);
      }),
    );
  });

  const payload = (changes: object = {}) => ({
    action: 'created',
    sender: { login: 'ada', type: 'User' },
    issue: { number: 3, pull_request: {} },
    comment: { id: 5, body: '/phoenix plan', user: { login: 'ada' } },
    ...changes,
  });

  test('counts when a person writes it newly under a pull request', () => {
    const source = { on: 'comment', id: '5', pull: 3 };
    const asked = { kind: 'ask', ask: { what: 'plan', pull: 3 }, by: 'ada', source };
    expect(understood('issue_comment', payload())).toEqual(asked);
    // Gitea marks it otherwise.
    expect(understood('issue_comment', payload({ issue: { number: 3 }, is_pull: true }))).toEqual(asked);
    const ignored = { kind: 'ignored' };
    expect(understood('issue_comment', payload({ issue: { number: 3 } }))).toMatchObject(ignored);
    expect(understood('issue_comment', payload({ action: 'edited' }))).toMatchObject(ignored);
    expect(understood('issue_comment', payload({ sender: { login: 'x', type: 'Bot' } }))).toMatchObject(ignored);
  });

  test("a comment changed or deleted by another user is checked again: it may be Phoenix's own", () => {
    const eve = { login: 'eve', type: 'User' };
    const touched = { kind: 'pull', pull: 3, comment: true, by: 'eve' };
    for (const action of ['edited', 'deleted']) {
      expect(understood('issue_comment', payload({ action, sender: eve }))).toEqual(touched);
    }
    const note = { id: 5, note: 'x', noteable_type: 'MergeRequest', action: 'update', author_id: 1 };
    const changed = { user: { id: 2, username: 'eve' }, object_attributes: note, merge_request: { iid: 3 } };
    expect(understood('Note Hook', changed)).toEqual(touched);
    expect(understood('Note Hook', { ...changed, user: { id: 1, username: 'ada' } })).toMatchObject({
      kind: 'ignored',
    });
  });
});

describe('pull requests of all forges', () => {
  test.each([
    ['pull_request', { action: 'synchronize', number: 3, sender: { login: 'ada' } }],
    ['pull_request', { action: 'synchronized', number: 3, sender: { login: 'ada' } }],
    ['Merge Request Hook', { user: { username: 'ada' }, object_attributes: { iid: 3, action: 'update' } }],
  ])('%s %j', (event, payload) => {
    expect(understood(event, payload)).toEqual({ kind: 'pull', pull: 3, by: 'ada' });
  });

  test('GitLab’s notes ask as comments do', () => {
    const note = { id: 5, note: '/phoenix approve lxc/105', noteable_type: 'MergeRequest', action: 'create' };
    const payload = { user: { username: 'ada' }, object_attributes: note, merge_request: { iid: 3 } };
    expect(understood('Note Hook', payload)).toMatchObject({ kind: 'ask', by: 'ada', ask: { targets: ['lxc/105'] } });
    const onIssue = { ...payload, object_attributes: { ...note, noteable_type: 'Issue' } };
    expect(understood('Note Hook', onIssue)).toMatchObject({ kind: 'ignored' });
  });
});

test('a malformed payload is refused with the reason, whatever it is', () => {
  const events = [
    'push',
    'pull_request',
    'check_run',
    'check_suite',
    'issue_comment',
    'Merge Request Hook',
    'Note Hook',
  ];
  fc.assert(
    fc.property(fc.constantFrom(...events), fc.jsonValue(), (event, payload) => {
      expect(parseEvent(event, payload, 'main').kind).toMatch(/^(malformed|ignored)$/);
    }),
  );
  expect(parseEvent('push', { ref: 'refs/heads/main', after: 'x' }, 'main')).toMatchObject({
    kind: 'malformed',
    reason: expect.stringContaining('not a push: after'),
  });
});
