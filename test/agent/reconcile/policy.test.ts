// Policy, end to end: what a push needs before it is applied, and who decides.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runJson } from '../../../src/agent/http/run-json.ts';
import { openSignatures } from '../../../src/io/signatures/signatures.ts';
import { type RunId, targetId } from '../../../src/model/ids.ts';
import { type Phoenix, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment, type Files, type GuestChanges } from '../../support/environment.ts';
import { type Signer, sshSigner } from '../../support/git/signers.ts';
import { BOXES, type BoxHost, openBoxHost } from '../../support/host/boxes.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';

let keys: string;
let ada: Signer;
let eve: Signer;
let folder: string;
let host: BoxHost;
let phoenix: Phoenix;
let now: () => Date;
const clock = { now: () => now() };
const GUEST = targetId('lxc', 102);

beforeAll(async () => {
  keys = await mkdtemp(join(tmpdir(), 'phoenix-keys-'));
  [ada, eve] = await Promise.all([sshSigner(keys, 'ada'), sshSigner(keys, 'eve')]);
});
afterAll(() => rm(keys, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-boxes-'));
  now = () => new Date();
  host = await openBoxHost(folder);
  const signatures = await openSignatures({ openpgp: [], ssh: [`ada@example.org ${ada.key}`] }, { clock });
  phoenix = await startPhoenix({ host, managers: BOXES, clock, signatures });
});
afterEach(async () => {
  await phoenix.stop();
  await rm(folder, { recursive: true, force: true });
});

function files(guests: Readonly<Record<number, GuestChanges>>, policy: object): Files {
  return environment(guests, { phoenix: policy });
}

async function newestRun(): Promise<RunId> {
  const [run] = await phoenix.ledger.runs(1);
  if (run === undefined) throw new Error('there is no run');
  return run.id;
}

describe('approvals', () => {
  const two = { approvals: { destroy: 2 } };

  test('two persons approve, and not one twice', async () => {
    await phoenix.push(files({ 101: {}, 102: {} }, two));
    const { commit, statuses } = await phoenix.push(files({ 101: {} }, two));
    const run = await newestRun();
    expect(statuses['phoenix/lxc/102']).toBe(
      `failure: would destroy it, with 0 of 2 approvals; to allow it: phoenix approve ${run} lxc/102`,
    );
    const agent = phoenix.agent();
    await agent.approve(run, GUEST, 'ann');
    await until(
      () => /1 of 2/.test(phoenix.statuses(commit)['phoenix/lxc/102'] ?? ''),
      'the first approval to be said',
    );
    await expect(agent.approve(run, GUEST, 'Ann')).rejects.toThrow(
      'Ann has approved lxc/102 already; another person must',
    );
    await agent.approve(run, GUEST, 'bob');
    expect((await phoenix.reached(run, 'succeeded')).statuses['phoenix/lxc/102']).toBe('success: applied');
    expect(await host.commands()).toContain('box drop 102');
  });

  test('where approvers are named, nobody else approves, and no commit by the author it claims', async () => {
    const named = { ...two, approvers: ['Ann', 'bob'] };
    await phoenix.push(files({ 101: {}, 102: {} }, named));
    const { statuses } = await phoenix.push(files({ 101: {} }, named), 'Remove\n\nPhoenix-Approve: destroy lxc/102');
    expect(statuses['phoenix/lxc/102']).toContain('with 0 of 2 approvals');
    const run = await newestRun();
    expect((await phoenix.ledger.run(run))?.approvals).toEqual([]);
    await expect(phoenix.agent().approve(run, GUEST, 'eve')).rejects.toThrow(
      'the policy does not let eve approve; it names Ann, bob',
    );
  });

  test('every change may need an approval, and a check needs none', async () => {
    const live = { approvals: { live: 1 } };
    await phoenix.push(environment({ 101: {} }));
    const { statuses } = await phoenix.push(files({ 101: { memory_mb: 1024 } }, live));
    const run = await newestRun();
    expect(statuses['phoenix/lxc/101']).toBe(`failure: would change it; to allow it: phoenix approve ${run} lxc/101`);
    await phoenix.agent().approve(run, targetId('lxc', 101), 'ann');
    const { commit } = await phoenix.reached(run, 'succeeded');
    const again = await phoenix.agent().replay({ commit, by: 'ann' });
    await phoenix.reached(again, 'succeeded');
  });
});

describe('windows', () => {
  // Two in the night in Berlin is one o'clock in winter.
  const night = { apply_windows: [{ cron: '0 2 * * *', duration: '1h', timezone: 'Europe/Berlin' }] };
  const WAITS = /^pending: waits for an apply window of the policy; to go on now: phoenix replay [0-9a-f]{7} --now$/;

  /** Sets the agent's clock, which continues from there. Later than the present: existing records are in the past. */
  function set(time: string): void {
    const ahead = Date.parse(time) - Date.now();
    now = () => new Date(Date.now() + ahead);
  }

  async function waits(): Promise<RunId> {
    const run = await newestRun();
    await phoenix.reached(run, 'blocked');
    return run;
  }

  async function pushed(content: Files): Promise<RunId> {
    const before = (await phoenix.ledger.runs(1))[0]?.id;
    await phoenix.repo.commit(content);
    await phoenix.repo.push();
    await until(async () => (await phoenix.ledger.runs(1))[0]?.id !== before, 'a run');
    return newestRun();
  }

  test('outside of windows a push waits, with a status without a time, and continues by itself when one opens', async () => {
    set('2040-01-10T12:00:00Z');
    const run = await pushed(files({ 101: {} }, night));
    expect(await waits()).toBe(run);
    const detail = await phoenix.ledger.run(run);
    if (detail === null) throw new Error('there is no run');
    expect(phoenix.statuses(detail.commit as never)).toEqual({
      'phoenix/apply': expect.stringMatching(WAITS),
      'phoenix/lxc/101': 'pending: create planned, restarts it',
    });
    expect(runJson(detail, { clock, frozen: null }).reason).toBe(
      `waits for the apply window that opens on Wednesday, 11 January 2040 at 02:00 (Europe/Berlin); to go on now: phoenix replay ${detail.commit.slice(0, 7)} --now`,
    );
    expect(await host.commands()).toEqual([]);

    set('2040-01-11T00:59:59.500Z');
    await phoenix.agent().delivered({ kind: 'push' });
    const { statuses } = await phoenix.reached(run, 'succeeded');
    expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
    expect(runJson((await phoenix.ledger.run(run)) ?? detail, { clock, frozen: null }).reason).toBeNull();
  });

  test('what has begun ends, and what has not waits when a window closes', async () => {
    set('2040-01-11T01:30:00Z');
    host.before = async (line) => {
      if (line === 'box start 101') set('2040-01-11T02:00:00Z');
    };
    const run = await pushed(files({ 101: {}, 102: { dependencies: [101] } }, night));
    expect(await waits()).toBe(run);
    expect(await host.commands()).toEqual(['box put 101', 'box start 101']);
    set('2040-01-12T01:00:00Z');
    await phoenix.agent().delivered({ kind: 'push' });
    await phoenix.reached(run, 'succeeded');
  });

  test('a person may continue at once, and learns that a replay or a command waits otherwise', async () => {
    set('2040-01-10T12:00:00Z');
    const waiting = await pushed(files({ 101: {} }, night));
    await waits();
    const { commit } = (await phoenix.ledger.run(waiting)) ?? { commit: '' };
    const replayed = await phoenix.agent().replay({ commit, by: 'ann', now: true });
    await phoenix.reached(replayed, 'succeeded');
    expect((await phoenix.ledger.run(waiting))?.state).toBe('superseded');
    const stop = await phoenix.agent().command({ verb: 'stop', targets: ['101'], by: 'ann' });
    await phoenix.reached(stop, 'blocked');
    const look = await phoenix.agent().command({ verb: 'stop', targets: ['101'], by: 'ann', dryRun: true });
    await phoenix.reached(look, 'succeeded');
    const stopNow = await phoenix.agent().command({ verb: 'stop', targets: ['101'], by: 'ann', now: true });
    await phoenix.reached(stopNow, 'succeeded');
    expect(await host.commands()).toContain('box stop 101');
  });

  test('approvals are collected meanwhile, and the status of the commit stays that it waits', async () => {
    set('2040-01-11T01:30:00Z');
    await phoenix.push(files({ 101: {}, 102: {} }, night));
    set('2040-01-11T12:00:00Z');
    const { commit } = await phoenix.push(files({ 101: {} }, night));
    const run = await newestRun();
    await phoenix.agent().approve(run, GUEST, 'ann');
    await until(() => WAITS.test(phoenix.statuses(commit)['phoenix/apply'] ?? ''), 'it to wait for the window');
    expect(await host.commands()).not.toContain('box drop 102');
    set('2040-01-12T01:30:00Z');
    await phoenix.agent().delivered({ kind: 'push' });
    await phoenix.reached(run, 'succeeded');
    expect(await host.commands()).toContain('box drop 102');
  });
});

describe('signatures', () => {
  test('a push that is not signed is refused and changes nothing; a signed one is applied', LONG_TEST, async () => {
    const signed = { signed_commits: 'head' };
    phoenix.repo.signWith(ada.git);
    const first = await phoenix.push(files({ 101: {} }, signed));
    expect(first.statuses['phoenix/apply']).toBe('success: applied 1 target');
    const done = (await host.commands()).length;

    phoenix.repo.signWith(null);
    const { commit, statuses } = await phoenix.push(files({ 101: { memory_mb: 1024 } }, { signed_commits: 'off' }));
    expect(statuses).toEqual({
      'phoenix/apply': `failure: refused: ${commit.slice(0, 7)} is not signed; sign it and push again`,
    });
    expect(await phoenix.ledger.head()).toEqual({ commit, verdict: 'refused', base: first.commit });
    expect(await host.commands()).toHaveLength(done);
    const replayed = await phoenix.agent().replay({ commit, by: 'ann', rewind: true });
    await phoenix.reached(replayed, 'invalid');
    expect(await host.commands()).toHaveLength(done);

    phoenix.repo.signWith(eve.git);
    const strange = await phoenix.push(files({ 101: { memory_mb: 2048 } }, signed));
    expect(strange.statuses['phoenix/apply']).toMatch(
      /^failure: refused: [0-9a-f]{7} is signed with the ED25519 key SHA256:.*…[^;]*; sign it and push again$/,
    );

    phoenix.repo.signWith(ada.git);
    const { statuses: good } = await phoenix.push(files({ 101: { memory_mb: 1024 } }, signed));
    expect(good['phoenix/apply']).toBe('success: applied 1 target');
  });

  test('where all are to be signed, none of those in between is passed over', async () => {
    const all = { signed_commits: 'all' };
    phoenix.repo.signWith(ada.git);
    const { commit: base } = await phoenix.push(files({ 101: {} }, all));
    phoenix.repo.signWith(null);
    const between = await phoenix.repo.commit(files({ 101: { cores: 2 } }, all));
    phoenix.repo.signWith(ada.git);
    const { statuses } = await phoenix.push(files({ 101: { memory_mb: 1024 } }, all));
    expect(statuses['phoenix/apply']).toBe(
      `failure: refused: ${between.slice(0, 7)} is not signed; sign it and push again`,
    );
    await phoenix.repo.reset(base);
    await phoenix.repo.commit(files({ 101: { cores: 2 } }, all));
    const head = await phoenix.repo.commit(files({ 101: { memory_mb: 1024 } }, all));
    await phoenix.repo.push('--force');
    const { statuses: good } = await phoenix.answered(head);
    expect(good['phoenix/apply']).toBe('success: applied 1 target');
  });
});

test('an agent without keys says so', async () => {
  const bare = await startPhoenix({ host, managers: BOXES });
  try {
    const { statuses } = await bare.push(files({ 101: {} }, { signed_commits: 'head' }));
    expect(statuses['phoenix/apply']).toMatch(
      /^failure: refused: the policy asks for signed commits.* set PHOENIX_SIGNING_KEYS$/,
    );
    expect(await host.commands()).toEqual([]);
  } finally {
    await bare.stop();
  }
});
