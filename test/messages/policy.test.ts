// The policy in force as `phoenix status` shows it.

import { expect, test } from 'vitest';
import { runText, statusText } from '../../src/messages/run.ts';
import { policyLine } from '../../src/messages/statuses/policy.ts';
import type { RunId } from '../../src/model/ids.ts';
import { DEFAULT_POLICY } from '../../src/model/policy.ts';

const COMMIT = 'a'.repeat(40);

test('one line says which policy applies to the next commit and where it comes from', () => {
  expect(policyLine({ commit: COMMIT, policy: DEFAULT_POLICY })).toBe(
    'policy of commit aaaaaaa: approvals: 1 for destroy, 1 for recreate',
  );
  const policy = {
    approvals: { destroy: 2, recreate: 0, restart: 0, live: 0 },
    approvers: ['ada', 'bob'],
    maxDeletePercent: 25,
    protected: ['101'],
    applyWindows: [{ cron: '0 2 * * *', minutes: 60, timezone: 'Etc/UTC' }],
    signedCommits: 'head',
  } as const;
  expect(policyLine({ commit: COMMIT, policy: { ...DEFAULT_POLICY, ...policy } })).toBe(
    'policy of commit aaaaaaa: approvals: 2 for destroy; approvers: ada, bob; at most 25 % of the guests deleted; protected: 101; 1 apply window; signed commits: head',
  );
});

test('the status shows the policy, and nothing where an agent reports none', () => {
  const told = { head: null, frozen: null, targets: [] };
  expect(statusText({ ...told, policy: { commit: COMMIT, policy: DEFAULT_POLICY } }, false)).toContain(
    'policy of commit aaaaaaa',
  );
  expect(statusText(told, false)).not.toContain('policy');
});

test('a run names who approved what and where, and which approvals did not count', () => {
  const run = {
    id: '7' as RunId,
    commit: COMMIT,
    trigger: 'push',
    verb: null,
    readOnly: false,
    state: 'blocked',
    created: '',
    started: null,
    ended: null,
    by: 'ada',
    steps: [],
    reason: null,
    problems: [],
  } as const;
  const approvals = [
    { target: 'lxc/102', by: 'ada', where: 'pull request 5' },
    { target: 'lxc/103', by: 'bob' },
  ];
  expect(
    runText({ ...run, approvals, notes: ['a line that approves nothing'] }, false)
      .split('\n')
      .slice(1),
  ).toEqual([
    '  a line that approves nothing',
    '  lxc/102 approved by ada, in pull request 5',
    '  lxc/103 approved by bob',
  ]);
  expect(runText(run, false).split('\n')).toHaveLength(1);
});
