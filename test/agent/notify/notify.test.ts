// Notifications: once when something begins to need a person, and once when it is over, even if processes end in between.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changesIn, isNearEnd, type Sight } from '../../../src/agent/notify/troubles.ts';
import { openChannels } from '../../../src/io/notify/channels.ts';
import { faultOf } from '../../../src/messages/faults.ts';
import { messageOf } from '../../../src/messages/notification.ts';
import type { FaultSubject } from '../../../src/model/fault.ts';
import type { TargetId } from '../../../src/model/ids.ts';
import { type Message, TROUBLE_KINDS, type Trouble, troubleKey } from '../../../src/model/notification.ts';
import { secret } from '../../../src/model/secret.ts';
import type { KnownTroubles } from '../../../src/ports/notifications.ts';
import { type Phoenix, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, type BoxHost, openBoxHost } from '../../support/host/boxes.ts';
import { LONG_TEST } from '../../support/long.ts';
import { type Receiver, startReceiver } from '../../support/services/receiver.ts';
import { until } from '../../support/until.ts';

describe('an agent with two channels', () => {
  let folder: string;
  let host: BoxHost;
  let receiver: Receiver;
  let phoenix: Phoenix;
  const told = (path: string) =>
    receiver.received.filter((each) => each.path === path).map(({ body }) => JSON.parse(body) as Message);
  const titles = (path = '/ops') => told(path).map(({ title }) => title);
  /** Everything has been announced: the known troubles contain nothing else, and no message waits. */
  const quiet = async (keys: readonly string[]) => {
    await until(
      async () => {
        const { troubles } = await phoenix.ledger.troubles();
        return [...troubles.keys()].sort().join() === [...keys].sort().join();
      },
      `the troubles to be ${keys.join(', ') || 'none'}`,
    );
    await until(async () => (await phoenix.ledger.nextNews(['ops', 'approvers'])) === null, 'all to be told');
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoenix-boxes-'));
    host = await openBoxHost(folder);
    receiver = await startReceiver();
    const common = { service: 'webhook', method: 'POST', headers: {}, template: null } as const;
    const channels = openChannels(
      [
        { ...common, name: 'ops', events: TROUBLE_KINDS, url: secret(`${receiver.url}/ops`) },
        { ...common, name: 'approvers', events: ['approval'], url: secret(`${receiver.url}/approvers`) },
      ],
      { host, redact: (text) => text },
    );
    phoenix = await startPhoenix({
      host,
      managers: BOXES,
      channels,
      options: { publicUrl: 'https://phoenix.example', pollSeconds: 1 },
    });
  });
  afterEach(async () => {
    await phoenix.stop();
    await receiver.close();
    await rm(folder, { recursive: true, force: true });
  });

  test(
    'a repeated failure is notified once, its recovery once, also across a restart; needed approvals as well',
    LONG_TEST,
    async () => {
      await until(async () => (await phoenix.ledger.troubles()).kinds.size > 0, 'the first look');
      const fails = () => host.order('box put 101', { exit: 1, stderr: 'no space left on device' });
      fails();
      const { commit } = await phoenix.push(environment({ 101: {}, 102: {} }));
      await quiet(['failure lxc/101']);
      expect(told('/ops')).toMatchObject([
        {
          title: 'lxc/101 failed',
          text: 'lxc/101 failed: box put 101: exit 1: no space left on device; free space on the storage, or on the full disk of the guest, then replay',
          urgent: true,
          url: expect.stringMatching(/^https:\/\/phoenix\.example\/runs\/\d+\/lxc\/101$/),
          news: [{ change: 'began', trouble: { kind: 'failure', subject: 'lxc/101' } }],
        },
      ]);
      fails();
      await phoenix.reached(await phoenix.agent().replay({ commit, by: 'ann' }), 'failed');
      await phoenix.stopAgent();
      await phoenix.startAgent();
      await phoenix.reached(await phoenix.agent().replay({ commit, by: 'ann' }), 'succeeded');
      await quiet([]);
      expect(titles()).toEqual(['lxc/101 failed', 'lxc/101 is in order again']);

      await phoenix.push(environment({ 101: {} }));
      const run = (await phoenix.ledger.runs(1))[0]?.id;
      await quiet([`approval run ${run} lxc/102`]);
      expect(titles('/approvers')).toEqual(['lxc/102 (guest-102) waits for approval']);
      await phoenix.push({ 'etc/phoenix_lxc_configs.json': '{' });
      await quiet([`approval run ${run} lxc/102`, 'failure the newest commit']);
      expect(titles().slice(2)).toEqual([
        'lxc/102 (guest-102) waits for approval',
        expect.stringMatching(/^\w{7} is not followed$/),
      ]);
      expect(titles('/approvers')).toHaveLength(1);
    },
  );

  test('drift is notified once, with its remedy, and once when it is resolved', LONG_TEST, async () => {
    const { commit } = await phoenix.push(environment({ 101: {}, 102: {} }));
    // The kind is looked at from the first commit on.
    await until(async () => (await phoenix.ledger.troubles()).kinds.has('drift'), 'the first look');
    await host.run({ kind: 'command', program: 'box', args: ['drop', '101'], timeoutSeconds: 1 });
    await phoenix.reached(await phoenix.agent().drift('ann'), 'failed');
    await quiet(['drift lxc/101']);
    await phoenix.reached(await phoenix.agent().drift('ann'), 'failed');
    expect(told('/ops')).toMatchObject([
      {
        title: 'lxc/101 is not as declared',
        text: expect.stringMatching(/differs from what is declared.*; phoenix drift --fix brings it back$/),
      },
    ]);
    await phoenix.reached(await phoenix.agent().replay({ commit, by: 'ann' }), 'succeeded');
    await quiet([]);
    expect(titles()).toEqual(['lxc/101 is not as declared', 'lxc/101 is as declared again']);
    expect(titles('/approvers')).toEqual([]);
  });

  test('what existed before a channel was configured is not notified, and neither is its end', async () => {
    await phoenix.stopAgent();
    await phoenix.startAgent();
    await until(async () => (await phoenix.ledger.troubles()).kinds.has('failure'), 'the first look');
    await phoenix.ledger.noteTroubles(
      { kinds: [], began: [{ trouble: OLD, tell: [] }], ended: [] },
      '2026-01-01T00:00:00.000Z',
    );
    await quiet([]);
    expect(receiver.received).toEqual([]);
  });

  test(
    'an unreachable channel gets everything in one message once it is reachable, under one id, and delays no other',
    LONG_TEST,
    async () => {
      await until(async () => (await phoenix.ledger.troubles()).kinds.size > 0, 'the first look');
      receiver.answer = { status: 503, body: 'closed; for now' };
      for (const id of [101, 102]) host.order(`box put ${id}`, { exit: 1, stderr: 'broken' });
      const { commit } = await phoenix.push(environment({ 101: {}, 102: {} }));
      await until(async () => (await phoenix.agent().channelsInUse())[0]?.failing !== null, 'the channel to fail');
      expect(await phoenix.agent().channelsInUse()).toMatchObject([
        { name: 'ops', failing: { why: expect.stringMatching(/^127\.0\.0\.1:\d+ answered 503: closed, for now$/) } },
        { name: 'approvers', waiting: 0, failing: null },
      ]);
      await phoenix.reached(await phoenix.agent().replay({ commit, by: 'ann' }), 'succeeded');
      await until(async () => (await phoenix.ledger.troubles()).troubles.size === 0, 'the end of the failure');
      await until(() => told('/ops').length > 1, 'another try');
      receiver.answer = { status: 200 };
      await quiet([]);
      const all = told('/ops');
      expect(new Set(all.slice(0, -1).map(({ id }) => id)).size).toBe(1);
      expect(all.at(-2)?.title).toBe('Phoenix: 2 failed');
      expect(all.at(-1)?.title).toBe('Phoenix: 2 over');
      expect(receiver.received.map(({ headers }) => headers['idempotency-key'])).toEqual(all.map(({ id }) => id));
      expect(await phoenix.agent().channelsInUse()).toMatchObject([{ waiting: 0, failing: null }, {}]);
    },
  );
});

const OLD = {
  kind: 'failure',
  subject: 'lxc/900',
  what: 'lxc/900 failed',
  why: null,
  page: null,
  since: '2026-01-01T00:00:00.000Z',
} as const;

describe('what changed', () => {
  const NOW = new Date('2026-01-02T00:00:00.000Z');
  const seen: Sight = {
    head: { commit: 'a'.repeat(40), verdict: 'followed', base: 'a'.repeat(40) },
    open: [],
    targets: [],
    isDeclaredKnown: true,
    orphans: [{ target: 'lxc/199' as TargetId, name: 'web', markedAs: 'lxc/101' as TargetId }],
    certificates: [
      {
        target: 'certificate/a' as TargetId,
        validity: { from: '2026-01-01T00:00:00.000Z', until: '2026-01-02T01:00:00.000Z' },
      },
    ],
    nodes: new Map([['pve', { since: '2026-01-01T23:00:00.000Z', why: 'no route' }]]),
    faults: [],
    refusal: null,
    now: NOW,
  };
  const nothing: KnownTroubles = { kinds: new Set(TROUBLE_KINDS), troubles: new Map() };
  const all = [{ name: 'ops', events: new Set(TROUBLE_KINDS) }];
  const noted = (sight: Sight, told = ['ops']): KnownTroubles => ({
    kinds: new Set(TROUBLE_KINDS),
    troubles: new Map(
      changesIn(sight, nothing, all).began.map(({ trouble }) => [troubleKey(trouble), { ...trouble, told }]),
    ),
  });
  const ends = (sight: Sight, known = noted(seen)) =>
    changesIn(sight, known, all).ended.map(({ trouble, tell }) => `${troubleKey(trouble)}: ${tell}`);

  test('begins once, and goes to the channels that subscribe to its kind', () => {
    const began = changesIn(seen, nothing, [{ name: 'host only', events: new Set(['host']) }, ...all]).began;
    expect(began.map(({ trouble, tell }) => `${troubleKey(trouble)}: ${tell}`)).toEqual([
      'certificate certificate/a: ops',
      'host pve: host only,ops',
      'orphan lxc/199: ops',
    ]);
    expect(changesIn(seen, noted(seen), all)).toMatchObject({ began: [], ended: [] });
  });

  test('a kind that is evaluated for the first time is not notified, nor is its end', () => {
    const first = changesIn(seen, { kinds: new Set(), troubles: new Map() }, all);
    expect(first.began.map(({ tell }) => tell)).toEqual([[], [], []]);
    const gone = { ...seen, nodes: new Map() };
    expect(ends(gone, noted(seen, []))).toEqual(['host pve: ']);
  });

  test('what is not known is not over', () => {
    const unknown = { ...seen, orphans: null, certificates: null, isDeclaredKnown: false };
    const failure = { ...OLD, told: ['ops'] };
    const known = { ...noted(seen), troubles: new Map([...noted(seen).troubles, [troubleKey(OLD), failure]]) };
    expect(ends(unknown, known)).toEqual([]);
    expect(changesIn(unknown, nothing, all).kinds).not.toContain('orphan');
    // A failed step that no run records any more, of a target that still exists.
    const target = { target: 'lxc/900', outcome: null, look: null, declared: true } as Sight['targets'][number];
    expect(ends({ ...seen, targets: [target] }, known)).toEqual([]);
    expect(ends({ ...seen, targets: [{ ...target, outcome: 'skipped' }] }, known)).toEqual([]);
    expect(ends({ ...seen, targets: [{ ...target, outcome: 'unchanged' }] }, known)).toEqual(['failure lxc/900: ops']);
    // And of one that is no longer declared, and recorded nowhere.
    expect(ends(seen, known)).toEqual(['failure lxc/900: ops']);
  });

  test('a renewed certificate and a node that responds again are notified, a removed orphan is not', () => {
    const renewed = { from: '2026-01-02T00:00:00.000Z', until: '2026-01-03T00:00:00.000Z' };
    const certificates = [{ target: 'certificate/a' as TargetId, validity: renewed }];
    expect(ends({ ...seen, orphans: [], certificates, nodes: new Map() })).toEqual([
      'certificate certificate/a: ops',
      'host pve: ops',
      'orphan lxc/199: ',
    ]);
  });

  test('a node that is away for a moment is no news', () => {
    const nodes = new Map([['pve', { since: '2026-01-01T23:59:30.000Z', why: 'no route' }]]);
    expect(changesIn({ ...seen, nodes }, nothing, all).began.map(({ trouble }) => trouble.kind)).not.toContain('host');
  });

  test('a lasting fault is notified once, and its end once', () => {
    const why = 'a login is asked for (HTTP 401); set PHOENIX_FORGE_TOKEN';
    const at = (subject: FaultSubject, since: string) => faultOf(subject, { since, why });
    const faults = [at('repository', '2026-01-01T23:00:00.000Z'), at('forge', '2026-01-01T23:59:30.000Z')];
    const faulty = { ...seen, faults };
    const { began } = changesIn(faulty, noted(seen), all);
    expect(began.map(({ trouble }) => trouble)).toMatchObject([
      { kind: 'fault', subject: 'repository', what: 'the repository cannot be followed', why, page: '/' },
    ]);
    expect(changesIn({ ...faulty, faults: [at('repository', NOW.toISOString())] }, noted(faulty), all)).toMatchObject({
      began: [],
      ended: [],
    });
    expect(ends(seen, noted(faulty))).toEqual(['fault repository: ops']);
    const [news] = changesIn(seen, noted(faulty), all).ended;
    const message = messageOf(
      { id: '1', dropped: 0, news: [{ trouble: news?.trouble as Trouble, change: 'ended', at: '' }] },
      null,
    );
    expect(message.title).toBe('the repository is followed again');
  });

  test('a certificate is near its end when it should have been renewed', () => {
    const near = (until: string, now: string) => isNearEnd({ from: '2026-01-01T00:00:00Z', until }, new Date(now));
    const day = ['2026-01-01T21:30:00Z', '2026-01-01T21:40:00Z'].map((now) => near('2026-01-02T00:00:00Z', now));
    const year = ['2026-12-17T23:00:00Z', '2026-12-18T01:00:00Z'].map((now) => near('2027-01-01T00:00:00Z', now));
    expect([day, year]).toEqual([
      [false, true],
      [false, true],
    ]);
  });
});
