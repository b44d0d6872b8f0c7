// A new value of a secret reference: what uses it is applied again, and nothing else, and recorded digests cannot be used to guess values. A secret
// that is passed to another target is shown in the plan, and policy may require an approval for it.

import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changedSecrets } from '../../../src/agent/changed-secrets.ts';
import { plan } from '../../../src/cli/plan.ts';
import { sopsOpener } from '../../../src/io/sops.ts';
import * as managers from '../../../src/managers/index.ts';
import { planTable } from '../../../src/messages/details/steps.ts';
import { planText } from '../../../src/messages/plan.ts';
import type { TargetId } from '../../../src/model/ids.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/model/policy.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import { policyBetween } from '../../../src/plan/policy/policy.ts';
import { SecretUnavailable } from '../../../src/ports/secret-unavailable.ts';
import { captured } from '../../cli/captured.ts';
import { type Phoenix, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { openConfigRepo } from '../../support/git/config-repo.ts';
import { type Lab, labHost, openLab } from '../../support/host/lab.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';

const SECRET = '/etc/phoenix/secrets/ada.hash';
const USERS = 'hypervisor/users' as TargetId;
const [FIRST, SECOND] = ['$6$first$aaaa', '$6$second$bbbb'];

function recorded(name: string): Promise<string> {
  return readFile(fileURLToPath(new URL(`sops/${name}`, import.meta.url)), 'utf8');
}

describe('a secret whose value changed', () => {
  let lab: Lab;
  let phoenix: Phoenix;
  const values: Record<string, string> = {};
  let renewSeconds: number | null = null;

  beforeEach(async () => {
    lab = await openLab('here');
    await put(FIRST);
    const key = (await recorded('test-only.agekey')).split('\n').find((line) => line.startsWith('AGE')) ?? '';
    const sources = { environment: values, openSops: sopsOpener(key) };
    renewSeconds = null;
    const options = {
      get renewSeconds() {
        return renewSeconds;
      },
    };
    phoenix = await startPhoenix({ host: labHost(lab.folder, 'here', sources), managers, options });
  });
  afterEach(async () => {
    await phoenix.stop();
    await lab.close();
  });

  async function put(value: string): Promise<void> {
    await mkdir(dirname(join(lab.folder, SECRET)), { recursive: true });
    await writeFile(join(lab.folder, SECRET), `${value}\n`);
  }

  const declared = (reference: string, guest = {}) =>
    environment({ 101: guest }, { users: { username: 'ada', password_hash: { $secret: reference } } });
  const shadow = () => readFile(join(lab.folder, 'etc/shadow'), 'utf8');

  test('in a file of the node is applied by the next push, only to the targets that use it', async () => {
    const reference = `file:${SECRET}`;
    await phoenix.push(declared(reference));
    expect(await shadow()).toContain(`ada:${FIRST}:`);
    const same = await phoenix.push(declared(reference, { cores: 2 }));
    expect(Object.keys(same.statuses)).toEqual(['phoenix/apply', 'phoenix/lxc/101']);
    await put(SECOND);
    lab.news();
    const { statuses } = await phoenix.push(declared(reference, { cores: 2, memory_mb: 1024 }));
    expect(statuses).toMatchObject({ 'phoenix/lxc/101': 'success: applied' });
    // By the push, or by the timer that looks after each run: whichever comes first.
    await until(async () => (await shadow()).includes(`ada:${SECOND}:`), 'the other password');
    const news = lab.news().filter((line) => /^(chpasswd|pct set)/.test(line));
    expect(news.sort()).toEqual(['chpasswd -e', 'pct set 101 --memory 1024']);
  });

  test('that is missing is named before anything is applied, and its targets continue by themselves once it exists', async () => {
    const nowhere = '/etc/phoenix/secrets/nowhere';
    const both = environment(
      { 101: {} },
      { users: { username: 'ada', password_hash: { $secret: 'env:PHOENIX_SECRET_LATER' } } },
    );
    const { statuses } = await phoenix.push({
      ...both,
      'etc/phoenix_datacenter_config.json': JSON.stringify({
        users: { 'bob@pve': { password: { $secret: `file:${nowhere}` } } },
      }),
    });
    expect(statuses).toMatchObject({
      'phoenix/lxc/101': 'success: applied',
      'phoenix/hypervisor/users': expect.stringMatching(/^(failure|pending|error): .*waits for a missing secret/),
      'phoenix/user/bob@pve': expect.stringContaining('waits for a missing secret'),
    });
    const [first] = await phoenix.ledger.runs(1);
    const reasons = Object.fromEntries((first?.steps ?? []).map(({ target, reason }) => [target, reason]));
    expect(first?.state).toBe('blocked');
    expect(reasons['hypervisor/users' as TargetId]).toBe(
      'waits for a missing secret: the secret env:PHOENIX_SECRET_LATER is not set (etc/phoenix_hypervisor_config.json /users/password_hash); put PHOENIX_SECRET_LATER into the agent’s environment, and it continues by itself',
    );
    expect(reasons['user/bob@pve' as TargetId]).toContain(
      `the secret file:${nowhere} is not there (etc/phoenix_datacenter_config.json /users/bob@pve/password)`,
    );
    values['PHOENIX_SECRET_LATER'] = FIRST;
    await phoenix.agent().delivered({ kind: 'push' });
    await until(async () => (await shadow().catch(() => '')).includes(`ada:${FIRST}:`), 'the password');
    await until(
      async () => (await phoenix.ledger.runs(5)).filter(({ ended }) => ended === null).length === 1,
      'one run',
    );
    const [second, before] = await phoenix.ledger.runs(2);
    expect([second?.trigger, second?.by, second?.commit, before?.state]).toEqual([
      'replay',
      'phoenix',
      first?.commit,
      'superseded',
    ]);
    // The other one still waits.
    expect(await phoenix.ledger.run(second?.id ?? first?.id ?? ('' as never))).toMatchObject({
      missing: ['user/bob@pve'],
    });
  });

  test('that is missing is named below the plan of a pull request', LONG_TEST, async () => {
    await phoenix.push(environment({ 101: {} }));
    await phoenix.repo.branch('more', declared('file:/etc/phoenix/secrets/nowhere'));
    const { number } = await phoenix.forge.openPull({ title: 'Ada', head: 'more', base: 'main' });
    await until(async () => (await phoenix.ledger.pullPlan(number)) !== null, 'the plan');
    expect((await phoenix.ledger.pullPlan(number))?.notes).toEqual([
      'hypervisor/users waits for a missing secret: the secret file:/etc/phoenix/secrets/nowhere is not there (etc/phoenix_hypervisor_config.json /users/password_hash); put the file onto the node, and it continues by itself (as of this plan)',
    ]);
  });

  test('is distinguished from an equal value, an unreadable one, and one that was never recorded', async () => {
    const target = (id: string, reference: string) => ({
      id: id as TargetId,
      spec: { password: { $secret: reference } },
      needs: [],
      protected: false,
    });
    const digests = new Map([
      ['env:A', 'a2'],
      ['env:B', 'b1'],
    ]);
    const host = {
      secretDigests: async (references: readonly { readonly $secret: string }[]) => {
        const [{ $secret = '' } = {}] = references;
        const digest = digests.get($secret);
        if (digest === undefined) throw new SecretUnavailable($secret);
        return new Map([[$secret, digest]]);
      },
    };
    const all = [
      target('stack/1.a', 'env:A'),
      target('stack/1.b', 'env:B'),
      target('stack/1.c', 'env:C'),
      target('stack/1.d', 'env:B'),
    ];
    const record = (id: TargetId, secrets?: Record<string, string>) =>
      [id, { target: id, commit: 'c', digest: 'd', ...(secrets === undefined ? {} : { secrets }) }] as const;
    const [a, b, c, d] = all.map(({ id }) => id) as [TargetId, TargetId, TargetId, TargetId];
    const applied = new Map([
      record(a, { 'env:A': 'a1' }),
      record(b, { 'env:B': 'b1' }),
      record(c, { 'env:C': 'c1' }),
      record(d),
    ]);
    const declaredTargets = new Map(all.map((each) => [each.id, each]));
    expect(await changedSecrets(host, declaredTargets, { applied })).toEqual(new Set([a, d]));
    expect(await changedSecrets(host, declaredTargets, { applied: new Map() })).toEqual(new Set());
  });

  test('is found by drift detection, and applied once', LONG_TEST, async () => {
    values['PHOENIX_SECRET_HASH'] = FIRST;
    await phoenix.push(declared('env:PHOENIX_SECRET_HASH'));
    const health = async () => {
      const asked = await phoenix.agent().command({ verb: 'health-check', targets: [USERS], by: 'ann' });
      await phoenix.reached(asked, 'succeeded');
      return (await phoenix.ledger.run(asked))?.steps[0]?.reason;
    };
    expect(await health()).toBe('as declared; it has no health check');
    // The timer looks after each run, and would be first.
    await phoenix.stopAgent();
    values['PHOENIX_SECRET_HASH'] = SECOND;
    await phoenix.startAgent();
    expect(await health()).toMatch(/^works, but differs from what is declared: set the password of ada/);
    const look = await phoenix.agent().drift('ann');
    await phoenix.reached(look, 'failed');
    const seen = await phoenix.ledger.run(look);
    expect(seen?.steps.filter(({ outcome }) => outcome === 'failed').map(({ target }) => target)).toEqual([USERS]);
    const fix = await phoenix.agent().command({ verb: 'converge', targets: [], by: 'ann' });
    await phoenix.reached(fix, 'succeeded');
    expect(await shadow()).toContain(`ada:${SECOND}:`);
    const applied = (await phoenix.ledger.runs(20)).flatMap(({ steps }) =>
      steps.flatMap(({ target, outcome }) => (outcome === 'applied' ? [target] : [])),
    );
    expect(applied.sort()).toEqual([USERS, USERS, 'lxc/101']);
  });

  test('is applied by the timer without a push, once', LONG_TEST, async () => {
    await phoenix.push(declared(`file:${SECRET}`));
    await phoenix.stopAgent();
    await put(SECOND);
    renewSeconds = 1;
    await phoenix.startAgent();
    await until(async () => (await shadow()).includes(`ada:${SECOND}:`), 'the other password');
    const { statuses } = await phoenix.push({ ...declared(`file:${SECRET}`), 'etc/README': 'x' });
    expect(statuses['phoenix/apply']).toMatch(/^success/);
    expect(lab.commands().filter((line) => line === 'chpasswd -e')).toHaveLength(2);
  });

  test('in an encrypted file counts; changes elsewhere in the file do not', LONG_TEST, async () => {
    const file = await recorded('values.yaml');
    const reference = 'sops:etc/secrets.yaml#db.password';
    const first = await phoenix.push({ ...declared(reference), 'etc/secrets.yaml': file });
    expect(first.statuses).toMatchObject({ [`phoenix/${USERS}`]: 'success: applied' });
    const set = () => lab.commands().filter((line) => line === 'chpasswd -e').length;
    expect(set()).toBe(1);
    const again = await phoenix.push({ ...declared(reference), 'etc/secrets.yaml': `${file}\n` });
    expect(again.statuses).toMatchObject({ [`phoenix/${USERS}`]: expect.stringContaining('success') });
    expect(set()).toBe(1);
    const { statuses } = await phoenix.push({
      ...declared('sops:etc/secrets.yaml#db.port'),
      'etc/secrets.yaml': file,
    });
    expect(statuses).toMatchObject({ [`phoenix/${USERS}`]: 'success: applied' });
    expect(set()).toBe(2);
  });

  test('cannot be guessed from its digest, whose key only root of the node can read', LONG_TEST, async () => {
    await phoenix.push(declared(`file:${SECRET}`));
    const { applied } = await phoenix.ledger.target(USERS);
    const digest = applied?.secrets?.[`file:${SECRET}`] ?? '';
    expect(digest).toMatch(/^[0-9a-f]{32}$/);
    const key = await readFile(join(lab.folder, 'var/lib/phoenix/secret-digests.key'), 'utf8');
    for (const text of [FIRST, `${FIRST}\n`]) {
      for (const hash of ['sha256', 'sha512', 'sha1', 'md5']) {
        expect(createHash(hash).update(text).digest('hex')).not.toContain(digest);
      }
    }
    expect(JSON.stringify(applied)).not.toContain(key.trim());
  });

  test('that is unreadable fails its target before anything is done, with the remedy', async () => {
    const { statuses } = await phoenix.push(declared('env:PHOENIX_SECRET_MISSING'));
    expect(statuses[`phoenix/${USERS}`]).toMatch(/^failure: .*PHOENIX_SECRET_MISSING/);
    expect(lab.commands().filter((line) => /^(useradd|chpasswd)/.test(line))).toEqual([]);
  });
});

describe('a secret that another target receives', () => {
  const target = (id: string, references: readonly string[]) => ({
    id: id as TargetId,
    spec: {
      level: 1,
      variables: references.map((reference, index) => ({ name: `V${index}`, value: { $secret: reference } })),
    },
    needs: [],
    protected: false,
  });
  const sides = (before: Record<string, string[]>, after: Record<string, string[]>) => ({
    before: new Map(Object.entries(before).map(([id, references]) => [id as TargetId, target(id, references)])),
    after: new Map(Object.entries(after).map(([id, references]) => [id as TargetId, target(id, references)])),
  });
  const policyOf = (secrets: number): Policy => ({
    ...DEFAULT_POLICY,
    approvals: { ...DEFAULT_POLICY.approvals, secrets },
  });

  function planned(before: Record<string, string[]>, after: Record<string, string[]>, policy: Policy) {
    const made = makePlan({ from: null, to: 'x', ...sides(before, after), impact: () => 'live', policy });
    if (made.kind === 'cycle') throw new Error('a cycle');
    return made.plan;
  }

  const A = 'env:PHOENIX_SECRET_A';
  const B = 'file:/etc/phoenix/secrets/b';

  test('is named at the step that passes it, and only there', () => {
    const { steps } = planned(
      { 'stack/1.a': [A], 'stack/1.b': [], 'stack/1.c': [B] },
      { 'stack/1.a': [], 'stack/1.b': [A], 'stack/1.c': [B, A], 'stack/1.d': [B] },
      DEFAULT_POLICY,
    );
    expect(Object.fromEntries(steps.map(({ target: id, secrets }) => [id, secrets]))).toEqual({
      'stack/1.a': undefined,
      'stack/1.b': [A],
      'stack/1.c': [A],
      'stack/1.d': [B],
    });
  });

  test('needs as many approvals as the policy requires, whatever the impact; a step that passes none needs none', () => {
    const before = { 'stack/1.a': [A], 'stack/1.b': [] };
    const after = { 'stack/1.a': [A], 'stack/1.b': [A], 'lxc/101': [] };
    const approvals = (policy: Policy) =>
      planned(before, after, policy).steps.map(({ target: id, approval, approvals: count }) => [id, approval, count]);
    expect(approvals(policyOf(0))).toEqual([
      ['lxc/101', false, 0],
      ['stack/1.b', false, 0],
    ]);
    expect(approvals(policyOf(2))).toEqual([
      ['lxc/101', false, 0],
      ['stack/1.b', true, 2],
    ]);
  });

  test('needs the approvals of the stricter policy before and after', () => {
    expect(policyBetween(policyOf(2), policyOf(0)).approvals.secrets).toBe(2);
    expect(policyBetween(policyOf(0), policyOf(1)).approvals.secrets).toBe(1);
    const { secrets: _, ...old } = DEFAULT_POLICY.approvals;
    expect(policyBetween({ ...DEFAULT_POLICY, approvals: old }, policyOf(1)).approvals.secrets).toBe(1);
    expect(planned({}, { 'stack/1.a': [A] }, { ...DEFAULT_POLICY, approvals: old }).steps[0]?.approvals).toBe(0);
  });

  test('is shown in the plan and in the check of a pull request', () => {
    const made = planned({}, { 'stack/1.a': [A, B] }, policyOf(1));
    expect(planText(made, { held: new Set(), colours: false })).toContain(`newly given ${A}, ${B}`);
    expect(planTable(made.steps, new Set())).toContain(`newly given \`${A}\`, \`${B}\``);
  });

  test(
    'is shown by the plan of the command line, and waits for approval where the configuration requires it',
    LONG_TEST,
    async () => {
      const lab = await openLab('here');
      const phoenix = await startPhoenix({
        host: labHost(lab.folder, 'here', { environment: { PHOENIX_SECRET_A: FIRST } }),
        managers,
      });
      try {
        const host = { phoenix: { approvals: { secrets: 1 } }, users: { username: 'ada' } };
        await phoenix.push(environment({ 101: {} }, host));
        const users = { username: 'ada', password_hash: { $secret: A } };
        const { statuses } = await phoenix.push(environment({ 101: { cores: 2 } }, { ...host, users }));
        expect(statuses[`phoenix/${USERS}`]).toMatch(/approv/);
        expect(statuses['phoenix/lxc/101']).toBe('success: applied');
        const [run] = await phoenix.ledger.runs(1);
        if (run === undefined) throw new Error('there is no run');
        await phoenix.agent().approve(run.id, USERS, 'ann');
        const { statuses: after } = await phoenix.reached(run.id, 'succeeded');
        expect(after[`phoenix/${USERS}`]).toBe('success: applied');

        const folder = join(phoenix.folder, 'person');
        await openConfigRepo(folder, folder).catch(() => {});
        const { out } = await captured((io) => plan({ path: folder, from: 'HEAD~1', to: 'HEAD', json: true }, io));
        const steps = (JSON.parse(out) as { steps: { target: string; secrets?: string[] }[] }).steps;
        expect(steps.find(({ target: id }) => id === USERS)).toMatchObject({ secrets: [A], approval: true });
      } finally {
        await phoenix.stop();
        await lab.close();
      }
    },
  );
});
