// The section `phoenix` of the hypervisor's file: defaults, problems with a valid example, and a policy that no commit can loosen for itself.

import { expect, test } from 'vitest';
import { minutesOf } from '../../../src/managers/hypervisor/schema/policy.ts';
import { DEFAULT_POLICY } from '../../../src/model/policy.ts';
import { environment, type Files, loadFiles } from '../../load/environment.ts';

const HOST = 'etc/phoenix_hypervisor_config.json';

function files(phoenix: unknown, more: object = {}): Files {
  const all = environment();
  all[HOST] = { ...all[HOST], ...more, phoenix };
  return all;
}

function policy(phoenix: unknown, more?: object) {
  return loadFiles(files(phoenix, more)).config?.hypervisor.policy;
}

/** `CODE path message hint`. */
function problems(phoenix: unknown): string[] {
  return loadFiles(files(phoenix)).problems.map(
    ({ code, path, message, hint }) => `${code} ${path} ${message}${hint === null ? '' : ` (${hint})`}`,
  );
}

test('nothing said is what holds by default, an empty section too', () => {
  expect(policy(undefined)).toEqual(DEFAULT_POLICY);
  expect(policy({})).toEqual(DEFAULT_POLICY);
});

test('every field is read', () => {
  const written = {
    approvals: { destroy: 2, restart: 1 },
    approvers: ['ada', 'bob@example.org'],
    approvals_by: 'review',
    max_delete_percent: 25,
    protected: ['lxc/101', 1001, '9000'],
    apply_windows: [
      { cron: '0 2 * * 1-5', duration: '3h', timezone: 'Europe/Berlin' },
      { cron: '@daily', duration: '1d2h30m' },
    ],
    signed_commits: 'all',
  };
  expect(policy(written, { timezone: 'Asia/Kolkata' })).toEqual({
    approvals: { destroy: 2, recreate: 1, restart: 1, live: 0, secrets: 0 },
    approvers: ['ada', 'bob@example.org'],
    approvalsBy: 'review',
    maxDeletePercent: 25,
    protected: ['lxc/101', '1001', '9000'],
    applyWindows: [
      { cron: '0 2 * * 1-5', minutes: 180, timezone: 'Europe/Berlin' },
      { cron: '@daily', minutes: 1590, timezone: 'Asia/Kolkata' },
    ],
    signedCommits: 'all',
  });
  expect(policy({ apply_windows: [{ cron: '@daily', duration: '3h' }] })?.applyWindows[0]?.timezone).toBe('Etc/UTC');
});

test('an unknown field is an error that names the nearest one', () => {
  const found = problems({ approvel: {}, apply_windows: [{ cron: '@daily', duration: '3h', timezon: 'Etc/UTC' }] });
  expect(found.sort()).toEqual([
    'UNKNOWN_KEY /phoenix/apply_windows/0/timezon unknown field "timezon" (Did you mean "timezone"?)',
    'UNKNOWN_KEY /phoenix/approvel unknown field "approvel" (Did you mean "approvals"?)',
  ]);
});

test('an invalid value is reported with its place and a valid example', () => {
  const window = { cron: '0 25 * * *', duration: '3 hours', timezone: 'Europe/Nowhere' };
  expect(problems({ apply_windows: [window] })).toEqual([
    'INVALID_VALUE /phoenix/apply_windows/0/cron "cron" is "0 25 * * *" and must be a cron expression of five fields that comes up, such as "0 2 * * 1-5"',
    'INVALID_VALUE /phoenix/apply_windows/0/duration "duration" is "3 hours" and must be a duration up to 31 days, such as "3h", "90m" or "1d12h" (Write "3h".)',
    'INVALID_VALUE /phoenix/apply_windows/0/timezone "timezone" is "Europe/Nowhere" and must be a time zone such as "Europe/Berlin"',
  ]);
  expect(problems({ approvals: { destroy: -1 } })).toEqual([
    'INVALID_VALUE /phoenix/approvals/destroy "destroy" is -1 and must be at least 0',
  ]);
  expect(problems({ approvers: [], signed_commits: 'yes' })).toEqual([
    'INVALID_VALUE /phoenix/approvers "approvers" is a list and must name somebody; leave it out for everybody',
    'INVALID_VALUE /phoenix/signed_commits "signed_commits" is "yes" and must be "off" or "head" or "all"',
  ]);
  expect(problems({ protected: ['stack/1001.shop'] })).toEqual([
    'INVALID_VALUE /phoenix/protected/0 an entry of "protected" is "stack/1001.shop" and must be a guest such as "lxc/103", or its id',
  ]);
});

test('protected targets must exist, with that kind', () => {
  expect(problems({ protected: ['lxc/101', 101, '1001', 'vm/1001'] })).toEqual([]);
  expect(problems({ protected: ['vm/101', 102] })).toEqual([
    'UNKNOWN_REFERENCE /phoenix/protected/0 "vm/101" is protected, and there is no such guest (Declare it, or take it out here. Did you mean "vm/1001"?)',
    'UNKNOWN_REFERENCE /phoenix/protected/1 "102" is protected, and there is no such guest (Declare it, or take it out here. Did you mean "101"?)',
  ]);
});

test('the policy of drift names kinds, targets and fields that there are', () => {
  const drift = (...rules: object[]) => ({ drift: { action: 'heal', rules } });
  const written = drift(
    { for: ['lxc', 'vm/1001', 'hypervisor/nfs'], action: 'heal' },
    { for: ['lxc/101'], action: 'report', ignore: ['cores'] },
  );
  expect(loadFiles(files(written)).config?.hypervisor.drift).toEqual({
    action: 'heal',
    rules: [
      { for: ['lxc', 'vm/1001', 'hypervisor/nfs'], action: 'heal', ignore: [] },
      { for: ['lxc/101'], action: 'report', ignore: ['cores'] },
    ],
  });
  expect([problems(written), loadFiles(files({})).config?.hypervisor.drift]).toEqual([
    [],
    { action: 'report', rules: [] },
  ]);
  const named = 'is named by the policy of drift, and';
  expect(problems(drift({ for: ['lcx', 'vm/101', 'hypervisor/nsf', 'pool/prod'], action: 'report' }))).toEqual([
    `UNKNOWN_REFERENCE /phoenix/drift/rules/0/for/0 "lcx" ${named} there is no such kind of target (Did you mean "lxc"?)`,
    `UNKNOWN_REFERENCE /phoenix/drift/rules/0/for/1 "vm/101" ${named} nothing of that name is declared (Did you mean "vm/1001"?)`,
    `UNKNOWN_REFERENCE /phoenix/drift/rules/0/for/2 "hypervisor/nsf" ${named} nothing of that name is declared (Did you mean "hypervisor/nfs"?)`,
    `UNKNOWN_REFERENCE /phoenix/drift/rules/0/for/3 "pool/prod" ${named} nothing of that name is declared (docs/policy.md says which there are, and the reference names all fields.)`,
  ]);
  expect(problems(drift({ for: ['vm', 'lxc'], ignore: ['memory', 'nothing_like_it'] }))).toEqual([
    `UNKNOWN_REFERENCE /phoenix/drift/rules/0/ignore/0 "memory" ${named} vm has no such field that can be left to people (Did you mean "memory_mb"?)`,
    `UNKNOWN_REFERENCE /phoenix/drift/rules/0/ignore/1 "nothing_like_it" ${named} vm has no such field that can be left to people (docs/policy.md says which there are, and the reference names all fields.)`,
  ]);
  expect(problems(drift({ for: ['lxc'], ignore: ['cores'] }, { for: ['vm'], ignore: [] }))).toEqual([
    expect.stringMatching(
      /^NO_EFFECT \/phoenix\/drift\/rules\/1 The rule has no effect: it has neither "action" nor "ignore"/,
    ),
  ]);
  // Objects of the datacenter by Proxmox's options, without the mark of ownership.
  expect(
    problems(
      drift({ for: ['backup'], ignore: ['schedule', 'prune-backups'] }, { for: ['storage'], ignore: ['content'] }),
    ),
  ).toEqual([]);
  expect(problems(drift({ for: ['backup'], ignore: ['comment'] }))).toEqual([
    expect.stringContaining('backup has no such field that can be left to people'),
  ]);
  expect(problems(drift({ for: ['lxc', 'hypervisor/nfs'], ignore: ['cores'] }))).toEqual([
    'INVALID_VALUE /phoenix/drift/rules/0/ignore fields of hypervisor/nfs cannot be left to people (It is kept as a whole. docs/policy.md says of what fields can be left; name those in a rule of its own.)',
  ]);
  // Parts of the host by the fields of their file, for one part or for all of them.
  const left = { for: ['hypervisor'], ignore: ['timezone', 'network.hosts', 'package_repositories.standard.test'] };
  expect(problems(drift(left, { for: ['certificate'], ignore: ['permissions'] }))).toEqual([]);
  expect(problems(drift({ for: ['gateway'], ignore: ['nginx'] }))).toEqual([
    expect.stringContaining('INVALID_VALUE /phoenix/drift/rules/0/ignore fields of gateway cannot be left to people'),
  ]);
  expect(problems({ ...drift({ for: ['hypervisor'], ignore: ['timezon', 'network.bridge'] }) })).toEqual([
    `UNKNOWN_REFERENCE /phoenix/drift/rules/0/ignore/0 "timezon" ${named} hypervisor has no such field that can be left to people (Did you mean "timezone"?)`,
    `UNKNOWN_REFERENCE /phoenix/drift/rules/0/ignore/1 "network.bridge" ${named} hypervisor has no such field that can be left to people (Did you mean "network.bridges"?)`,
  ]);
  expect(problems({ drift: { action: 'mend', rule: [] } }).sort()).toEqual([
    'INVALID_VALUE /phoenix/drift/action "action" is "mend" and must be "report" or "heal"',
    'UNKNOWN_KEY /phoenix/drift/rule unknown field "rule" (Did you mean "rules"?)',
  ]);
});

test('durations are read as the policy writes them', () => {
  expect(['3h', '90m', '1d12h', '31d', '1h30m'].map(minutesOf)).toEqual([180, 90, 2160, 44_640, 90]);
  expect(['', '0h', '3', '3H', '-3h', '30m1h', '32d', '1.5h'].map(minutesOf)).toEqual(Array(8).fill(null));
});

test('how many guests may go is that of the policy, and the commit that raises it is held to the one before it', () => {
  const withoutTwo = (phoenix: object) => {
    const after = files(phoenix);
    delete after['etc/phoenix_lxc_configs.json'].lxc_configs['101'];
    after['etc/phoenix_vm_configs.json'].vms.splice(1, 1);
    after['etc/certificate-manifest.json'] = [];
    return after;
  };
  const found = (was: object, is: object) => {
    const before = loadFiles(files(was)).draft;
    return loadFiles(withoutTwo(is), { before })
      .problems.filter(({ code }) => code === 'TOO_MANY_DELETES')
      .map(({ message, hint }) => `${message.split(', more')[1]} | ${hint}`);
  };
  const raise = (setting: string) => `Delete them in several commits, or raise ${setting} of the hypervisor.`;
  expect(found({}, {})).toEqual([` than 30 % of them | ${raise('behavior.max_delete_share')}`]);
  // The default is a policy too.
  const first = 'in a commit of its own before this one,';
  expect(found({}, { max_delete_percent: 50 })).toEqual([
    ` than 30 % of them | ${raise(`behavior.max_delete_share, ${first}`)}`,
  ]);
  expect(found({ max_delete_percent: 60 }, { max_delete_percent: 40 })).toEqual([
    ` than 40 % of them | ${raise('phoenix.max_delete_percent')}`,
  ]);
  expect(found({ max_delete_percent: 50 }, { max_delete_percent: 50 })).toEqual([]);
  expect(found({ max_delete_percent: 25 }, { max_delete_percent: 100 })).toEqual([
    ` than 25 % of them | ${raise('phoenix.max_delete_percent, in a commit of its own before this one,')}`,
  ]);
});
