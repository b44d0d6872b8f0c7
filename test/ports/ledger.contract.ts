// The contract of ledgers: atomic writes, leases that reject an older holder, and an outbox that loses nothing.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunId, TargetId } from '../../src/model/ids.ts';
import type { Trouble } from '../../src/model/notification.ts';
import { DEFAULT_POLICY } from '../../src/model/policy.ts';
import type { PullPlan } from '../../src/model/pull.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { LATE_MS } from '../../src/ports/outbox.ts';
import type { RunDetail } from '../../src/ports/runs.ts';
import type { SettledStep } from '../../src/ports/steps.ts';
import {
  A,
  B,
  blocked,
  claimAll,
  delivery,
  leaseOf,
  planned,
  planOf,
  proved,
  request,
  START,
  sentence,
  status,
  T1,
  T2,
  T3,
} from '../support/redis/ledger-records.ts';

/** @param open opens an empty ledger */
export function ledgerContract(open: (clock: Clock) => Promise<Ledger>): void {
  let ledger: Ledger;
  let time = START;

  beforeEach(async () => {
    time = START;
    ledger = await open({ now: () => new Date(time) });
  });
  afterEach(() => ledger.close());

  const at = () => new Date(time).toISOString();

  async function outbox() {
    return (await claimAll(ledger, time, 1)).map(sentence);
  }

  describe('deliveries', () => {
    test('a delivery is recorded until it is processed, and is a duplicate from then on', async () => {
      expect(await ledger.recordDelivery(delivery('1'))).toBe('recorded');
      expect(await ledger.recordDelivery(delivery('1'))).toBe('recorded');
      expect(await ledger.unsettledDeliveries()).toEqual([delivery('1')]);
      await ledger.settleDeliveries(['1'], [status('superseded')]);
      expect(await ledger.recordDelivery(delivery('1'))).toBe('duplicate');
      expect(await ledger.unsettledDeliveries()).toEqual([]);
      expect(await outbox()).toEqual(['phoenix/apply: superseded']);
    });
  });

  describe('runs', () => {
    test('a run, its statuses and the followed head are written atomically', async () => {
      const followed = { commit: A, verdict: 'followed', base: A } as const;
      const run = await ledger.recordRun(
        request(),
        planned(planOf(T1, T2), { followed, statuses: (run) => [status(`planned as ${run}`)] }),
      );
      expect(await ledger.head()).toEqual(followed);
      expect(await outbox()).toEqual([`phoenix/apply: planned as ${run}`]);
      expect(await ledger.run(run)).toMatchObject({
        id: run,
        commit: A,
        state: 'planned',
        steps: [
          { target: T1, outcome: null, attempts: 0, actions: [] },
          { target: T2, outcome: null },
        ],
      });
      expect((await ledger.openRuns()).map(({ id }) => id)).toEqual([run]);
    });

    test('a run is planned once', async () => {
      const run = await ledger.openRun(request(), () => []);
      expect((await ledger.run(run))?.plan).toBeNull();
      await ledger.planRun(run, planned(planOf(T1)));
      await expect(ledger.planRun(run, planned(planOf(T2)))).rejects.toThrow('planned already');
      expect((await ledger.run(run))?.plan).toEqual(planOf(T1));
    });

    test('a run ends once, and only when every step has an outcome', async () => {
      const run = await ledger.recordRun(request(), planned(planOf(T1)));
      expect(await ledger.endRun(run, 'succeeded', at(), [status('early')])).toBe(false);
      const held = await leaseOf(ledger, T1);
      expect(await ledger.startStep(held, run, at())).toBe(true);
      expect(await ledger.finishStep(held, run, proved(T1))).toBe(true);
      expect(await ledger.endRun(run, 'succeeded', at(), [status('all done')])).toBe(true);
      expect(await ledger.endRun(run, 'failed', at(), [])).toBe(false);
      expect(await ledger.run(run)).toMatchObject({ state: 'succeeded', ended: at() });
      expect(await ledger.openRuns()).toEqual([]);
      expect(await outbox()).toEqual(['phoenix/apply: all done', 'phoenix/lxc/101: done']);
    });

    test('a newer commit supersedes waiting steps and leaves running ones', async () => {
      const run = await ledger.recordRun(request(), planned(planOf(T1, T2, T3)));
      const held = await leaseOf(ledger, T1);
      await ledger.startStep(held, run, at());
      await ledger.settleSteps(run, at(), new Map([[T3, blocked]]));
      const newer = (target: TargetId): SettledStep => {
        return { outcome: 'superseded', reason: 'newer', statuses: [status('newer', `phoenix/${target}`)] };
      };
      const ends = new Map([T1, T2, T3].map((target) => [target, newer(target)]));
      expect(await ledger.supersedeRun(run, B, at(), ends, [status('newer')])).toEqual([T1]);
      expect((await outbox()).sort()).toEqual([
        'phoenix/apply: newer',
        'phoenix/lxc/102: newer',
        'phoenix/vm/1001: newer',
      ]);
      expect(await ledger.startStep(await leaseOf(ledger, T2), run, at())).toBe(false);
      expect((await ledger.openRuns()).map(({ id }) => id)).toEqual([run]);
      expect(await ledger.startStep(held, run, at())).toBe(true);
      expect(await ledger.finishStep(held, run, proved(T1))).toBe(true);
      expect(await ledger.endRun(run, 'succeeded', at(), [])).toBe(true);
      expect(await ledger.run(run)).toMatchObject({
        state: 'superseded',
        supersededBy: B,
        steps: [{ outcome: 'applied' }, { outcome: 'superseded', reason: 'newer' }, { outcome: 'superseded' }],
      });
    });

    test('a blocked step continues after approval', async () => {
      const run = await ledger.recordRun(request(), planned(planOf(T1)));
      await ledger.settleSteps(run, at(), new Map([[T1, blocked]]));
      await ledger.markRun(run, 'blocked', []);
      const held = await leaseOf(ledger, T1);
      expect(await ledger.startStep(held, run, at())).toBe(false);
      await ledger.approve(run, { target: T1, by: 'ann', at: at() });
      await ledger.reopenSteps(run, [T1], []);
      expect(await ledger.run(run)).toMatchObject({
        approvals: [{ target: T1, by: 'ann' }],
        steps: [{ outcome: null }],
      });
      expect(await ledger.startStep(held, run, at())).toBe(true);
    });

    test('every approval is kept, whether recorded with the plan or given later', async () => {
      const by = (name: string, target = T1) => ({ target, by: name, at: at() });
      const run = await ledger.recordRun(
        request(),
        planned(planOf(T1, T2), { approvals: [by('ann'), by('ann', T2), by('bob')] }),
      );
      await ledger.approve(run, by('cyd'));
      const names = (detail: RunDetail | null) =>
        detail?.approvals.map(({ target, by: name }) => `${target} ${name}`).sort();
      expect(names(await ledger.run(run))).toEqual([`${T1} ann`, `${T1} bob`, `${T1} cyd`, `${T2} ann`]);
      expect(names(await ledger.runStep(run, T2))).toEqual([`${T2} ann`]);
    });

    test('an approval before the merge is kept once per person, until the change, the head or the pull request changes', async () => {
      const by = (name: string, change = 'c1', head = A) =>
        ledger.approveEarly(5, [{ target: T1, by: name, at: at(), head, change }]);
      const names = async () =>
        (await ledger.earlyApprovals(5)).map(({ by: name, change }) => `${name} ${change}`).sort();
      for (const name of ['ann', 'bob', 'Ann']) await by(name);
      await by('bob', 'c2');
      expect([await names(), await ledger.approvedPulls()]).toEqual([['Ann c1', 'bob c1', 'bob c2'], [5]]);
      expect(await ledger.earlyApprovals(6)).toEqual([]);
      const shown = (head: string) => ({ head }) as PullPlan;
      await ledger.recordPull(5, 'x', shown(A), ['c1'], []);
      expect(await names()).toEqual(['Ann c1', 'bob c1']);
      await ledger.recordPull(5, 'y', shown(B), ['c1'], []);
      expect([await names(), await ledger.approvedPulls()]).toEqual([[], []]);
      await by('ann');
      await ledger.endEarlyApprovals(5);
      expect([await names(), await ledger.approvedPulls()]).toEqual([[], []]);
    });

    test('runs that are read together all have their steps, also when they were read before', async () => {
      const runs = await Promise.all(
        Array.from({ length: 30 }, () => ledger.recordRun(request(), planned(planOf(T1)))),
      );
      for (let round = 0; round < 5; round += 1) {
        const found = await Promise.all(
          runs.map((run) => (round % 2 === 0 ? ledger.run(run) : ledger.runProgress(run))),
        );
        expect(found.map((run) => run?.steps.length)).toEqual(runs.map(() => 1));
      }
    });

    test('a command of the forge counts once, and the first policy that judged a commit stays', async () => {
      expect(await ledger.hasCounted('comment/1')).toBe(false);
      await ledger.count('comment/1');
      expect(await ledger.hasCounted('comment/1')).toBe(true);
      const record = (commit: string) => ({ commit, policy: DEFAULT_POLICY });
      await ledger.noteJudge(B, record(A));
      await ledger.noteJudge(B, record(B));
      expect([await ledger.judgeOf(B), await ledger.judgeOf(A)]).toEqual([record(A), null]);
      await ledger.enforce(record(A));
      expect(await ledger.policyInForce()).toEqual(record(A));
    });

    test('only a run that has ended can be removed', async () => {
      const open = await ledger.recordRun(request(), planned(planOf(T1)));
      const over = await ledger.recordRun(request(), planned(null, { state: 'succeeded' }));
      await ledger.appendLog(over, T1, ['a line']);
      for (const run of [open, over]) await ledger.forgetRun(run);
      expect((await ledger.runs(9)).map(({ id }) => id)).toEqual([open]);
      expect([await ledger.run(over), await ledger.hasEnded(open)]).toEqual([null, false]);
    });

    test('the newest runs come first', async () => {
      for (const commit of [A, B])
        await ledger.recordRun(request(commit), planned(null, { state: 'invalid', reason: 'bad' }));
      expect((await ledger.runs(1)).map(({ commit, state }) => [commit, state])).toEqual([[B, 'invalid']]);
      const [newest, oldest, ...none] = await ledger.runs(10);
      expect(none).toEqual([]);
      expect(await ledger.runs(10, newest?.id)).toEqual([oldest]);
      expect(await ledger.runs(10, oldest?.id)).toEqual([]);
    });
  });

  describe('a run in progress', () => {
    test('is read without the results of its steps for scheduling', async () => {
      const run = await ledger.recordRun(request(), planned(planOf(T1)));
      const lease = await ledger.acquireLease(T1, 10_000);
      if (lease === null) throw new Error('no lease');
      await ledger.startStep(lease, run, at());
      await ledger.recordAction(lease, run, { summary: 'make it', exit: 0, ms: 5 });
      const whole = await ledger.run(run);
      expect(await ledger.runProgress(run)).toEqual({ ...whole, steps: [{ ...whole?.steps[0], actions: [] }] });
      expect(await ledger.openRuns()).toEqual([await ledger.runProgress(run)]);
    });
  });

  describe('renewals', () => {
    test('tries are counted until they are settled', async () => {
      await ledger.noteRenewals([T1, T2], 10);
      await ledger.noteRenewals([T1], 20);
      expect(await ledger.renewals()).toEqual(
        new Map([
          [T1, { tries: 2, at: 20 }],
          [T2, { tries: 1, at: 10 }],
        ]),
      );
      await ledger.settleRenewals([T1]);
      expect([...(await ledger.renewals()).keys()]).toEqual([T2]);
    });
  });

  describe('leases', () => {
    test('each target has one holder at a time, with growing tokens', async () => {
      const first = await leaseOf(ledger, T1);
      expect(await ledger.acquireLease(T1, 1000)).toBeNull();
      await ledger.releaseLease(first);
      const second = await leaseOf(ledger, T1);
      expect(second.token).toBeGreaterThan(first.token);
      await ledger.releaseLease(first);
      expect(await ledger.renewLease(second, 1000)).toBe(true);
      expect(await ledger.renewLease(first, 1000)).toBe(false);
    });
  });

  describe('records of targets', () => {
    test('a target that is proved to be gone leaves no record', async () => {
      const create = await ledger.recordRun(request(), planned(planOf(T1)));
      const held = await leaseOf(ledger, T1);
      await ledger.startStep(held, create, at());
      await ledger.finishStep(held, create, proved(T1));
      const remove = await ledger.recordRun(request(B), planned(planOf(T1)));
      await ledger.startStep(held, remove, at());
      await ledger.touch(held, remove, { commit: B });
      await ledger.finishStep(held, remove, { ...proved(T1), applied: { kind: 'gone' } });
      const { applied, touched } = await ledger.targets();
      expect([applied.size, touched.size]).toEqual([0, 0]);
    });
  });

  describe('a step that is tried again', () => {
    test('says what it waits for until it acts, and again after that', async () => {
      const run = await ledger.recordRun(request(), planned(planOf(T1)));
      const held = await leaseOf(ledger, T1);
      const deferral = { notBefore: Date.parse(at()), failed: true, why: 'CT is locked', statuses: [] };
      const reasonNow = async () => (await ledger.run(run))?.steps[0]?.reason;
      await ledger.startStep(held, run, at());
      await ledger.deferStep(held, run, deferral);
      await ledger.startStep(held, run, at());
      expect(await reasonNow()).toBe('CT is locked');
      await ledger.touch(held, run, { commit: A, statuses: [status('it acts')] });
      expect(await reasonNow()).toBeNull();
      expect(await ledger.lastSaid(A, 'phoenix/apply')).toEqual(status('it acts'));
      await ledger.deferStep(held, run, deferral);
      expect(await reasonNow()).toBe('CT is locked');
    });
  });

  describe('outbox', () => {
    test('the newest report of a context wins, and a repetition is left out', async () => {
      await ledger.say([status('1')]);
      await ledger.say([status('2'), status('2')]);
      const entry = await ledger.claimReport(time, 1000, null);
      expect(entry?.report).toEqual(status('2'));
      if (entry) await ledger.reportSent(entry, null);
      await ledger.say([status('2')]);
      expect(await ledger.nextReport()).toBeNull();
    });

    test('the last report is known while it is on its way and after it was sent', async () => {
      expect(await ledger.lastSaid(A, 'phoenix/apply')).toBeNull();
      await ledger.say([status('first')]);
      expect(await ledger.lastSaid(A, 'phoenix/apply')).toEqual(status('first'));
      const entry = await ledger.claimReport(time, 1_000, null);
      if (entry !== null) await ledger.reportSent(entry, null);
      expect(await ledger.lastSaid(A, 'phoenix/apply')).toEqual(status('first'));
    });

    test('a newer report waits while an older one is on its way, and follows it', async () => {
      await ledger.say([status('old')]);
      const old = await ledger.claimReport(time, 1000, null);
      await ledger.say([status('new')]);
      expect(await ledger.claimReport(time, 1000, null)).toBeNull();
      if (old) await ledger.reportSent(old, null);
      expect(await outbox()).toEqual(['phoenix/apply: new']);
    });

    test('a report that failed waits, and the newest one is tried again', async () => {
      await ledger.say([status('1'), status('1', 'phoenix/lxc/101')]);
      const entry = await ledger.claimReport(time, 1000, null);
      if (entry)
        await ledger.reportFailed(entry, {
          at: time + 500,
          holdUntil: time + 300,
          lateUntil: null,
          why: 'a token was revoked',
        });
      expect(await ledger.reportsHeld()).toEqual({
        failed: 1,
        waiting: 2,
        since: new Date(time).toISOString(),
        why: 'a token was revoked',
      });
      await ledger.say([status('2')]);
      expect(await outbox()).toEqual([]);
      time += 300;
      expect(await outbox()).toEqual(['phoenix/lxc/101: 1']);
      time += 200;
      const again = await ledger.claimReport(time, 1000, null);
      expect(again).toMatchObject({ report: { description: '2' }, attempts: 1 });
      if (again) await ledger.reportSent(again, null);
      expect(await ledger.reportsHeld()).toBeNull();
    });

    test('a report that can never be sent is given up, but not the one that replaced it', async () => {
      await ledger.say([status('bad'), status('other', 'phoenix/lxc/101')]);
      const entries = await claimAll(ledger, time, 1000);
      await ledger.say([status('good')]);
      for (const entry of entries) await ledger.reportFailed(entry, null);
      expect(await outbox()).toEqual(['phoenix/apply: good']);
    });

    test('the forge’s id of a report is known to the report that replaces it', async () => {
      await ledger.say([status('1'), { pull: 7, body: 'first' }]);
      for (const entry of await claimAll(ledger, time, 1000))
        await ledger.reportSent(entry, `handle of ${sentence(entry)}`);
      await ledger.say([status('2'), { pull: 7, body: 'second' }, status('1', 'phoenix/lxc/101')]);
      const claimed = await claimAll(ledger, time, 1000);
      expect(claimed.map(({ key, handle }) => [key, handle])).toEqual([
        [`${A} phoenix/apply`, 'handle of phoenix/apply: 1'],
        ['pull/7 comment', 'handle of comment: first'],
        [`${A} phoenix/lxc/101`, null],
      ]);
    });

    test('a forge gets no more reports than it accepts, those about the whole commit first', async () => {
      const limits = { perMinute: 3, perHour: 5 };
      const steps = Array.from({ length: 8 }, (_, index) => status('done', `phoenix/lxc/${101 + index}`));
      await ledger.say(steps);
      await ledger.say([status('all done')]);
      const sent: string[] = [];
      const send = async () => {
        for (let entry = await ledger.claimReport(time, 1000, limits); entry !== null; ) {
          sent.push(sentence(entry));
          await ledger.reportSent(entry, null);
          entry = await ledger.claimReport(time, 1000, limits);
        }
        return sent.length;
      };
      expect(await send()).toBe(3);
      expect(sent[0]).toBe('phoenix/apply: all done');
      expect(await ledger.nextReport()).toBe(time + 60_000);
      time += 60_000;
      expect(await send()).toBe(5);
      expect(await ledger.nextReport()).toBe(time + 3_540_000);
      time += 3_540_000;
      expect(await send()).toBe(8);
      time += 60_000;
      expect(await send()).toBe(9);
      expect(await ledger.reportsWaiting()).toBe(0);
    });

    describe('a report whose request was never answered', () => {
      const unanswered = { holdUntil: null, lateUntil: 0, why: 'no answer' };
      const sent = async () => {
        const entry = await ledger.claimReport(time, 1000, null);
        if (entry === null) throw new Error('nothing was claimed');
        await ledger.reportSent(entry, 'its name');
        return entry;
      };

      test('is followed by the newest report once more, when it can no longer arrive', async () => {
        await ledger.say([status('1')]);
        const entry = await ledger.claimReport(time, 1000, null);
        if (entry) await ledger.reportFailed(entry, { ...unanswered, at: time, lateUntil: time + LATE_MS });
        await ledger.say([status('2')]);
        await sent();
        expect(await ledger.sayLateAgain(time)).toBe(0);
        time += LATE_MS;
        expect(await ledger.sayLateAgain(time)).toBe(1);
        expect(await sent()).toMatchObject({ report: status('2'), handle: null });
        expect(await ledger.sayLateAgain(time)).toBe(0);
      });

      test('may also be that of a process that ended before the answer', async () => {
        await ledger.say([status('1')]);
        expect(await ledger.claimReport(time, 1000, null)).not.toBeNull();
        time += 1000;
        await sent();
        time += LATE_MS;
        expect(await ledger.sayLateAgain(time)).toBe(1);
      });

      test('is never one that was answered, whatever the answer', async () => {
        await ledger.say([status('1')]);
        const entry = await ledger.claimReport(time, 1000, null);
        if (entry) await ledger.reportFailed(entry, { ...unanswered, at: time, lateUntil: null });
        await sent();
        time += LATE_MS;
        expect(await ledger.sayLateAgain(time)).toBe(0);
      });
    });

    test('a report that waits by a clock that was set back is sent within the longest wait, and no earlier otherwise', async () => {
      await ledger.say([status('1')]);
      const [entry] = await claimAll(ledger, time, 1000);
      if (entry === undefined) throw new Error('nothing was claimed');
      await ledger.reportFailed(entry, { at: time + 60_000, holdUntil: time + 60_000, lateUntil: null, why: 'no' });
      expect(await ledger.claimReport(time, 1000, null)).toBeNull();
      time -= 3_600_000;
      expect(await ledger.claimReport(time, 1000, null)).toMatchObject({ key: entry.key });
      // Times of a clock that was wrong by years count as now: the reports of an hour are not sent again.
      time += 10 * 365 * 24 * 3_600_000;
      const limits = { perMinute: 1, perHour: 1 };
      await ledger.say([status('2', 'phoenix/lxc/101'), status('3', 'phoenix/lxc/102')]);
      expect(await ledger.claimReport(time, 1000, limits)).not.toBeNull();
      time -= 10 * 365 * 24 * 3_600_000;
      expect(await ledger.claimReport(time, 1000, limits)).toBeNull();
      time += 3_600_001;
      expect(await ledger.claimReport(time, 1000, limits)).not.toBeNull();
    });

    test('the pending statuses at the forge are known', async () => {
      await ledger.say([status('1'), status('2', 'phoenix/lxc/101'), { pull: 1, body: 'x' }]);
      for (const entry of await claimAll(ledger, time, 1000)) await ledger.reportSent(entry, null);
      await ledger.say([{ ...status('done'), state: 'success' }]);
      expect(await ledger.saidPending()).toEqual([status('2', 'phoenix/lxc/101')]);
    });

    test('the claim of a sender that died ends', async () => {
      await ledger.say([status('1')]);
      await ledger.claimReport(time, 1000, null);
      expect(await ledger.nextReport()).toBe(time + 1000);
      time += 1000;
      expect(await outbox()).toEqual(['phoenix/apply: 1']);
    });
  });

  describe('logs, freezes and watchers', () => {
    test('logs keep the newest lines and are read from an offset', async () => {
      const run = '1' as RunId;
      await ledger.appendLog(run, T1, ['a', 'b']);
      expect(await ledger.readLog(run, T1, 0)).toEqual({ lines: ['a', 'b'], next: 2 });
      await ledger.appendLog(run, T1, ['c']);
      expect(await ledger.readLog(run, T1, 2)).toEqual({ lines: ['c'], next: 3 });
      const many = Array.from({ length: 6000 }, (_, index) => `line ${index}`);
      await ledger.appendLog(run, T1, many);
      await ledger.appendLog(run, T1, many);
      const { lines, next } = await ledger.readLog(run, T1, 0);
      expect(lines).toHaveLength(10_000);
      expect(next).toBe(12_003);
      expect(await ledger.readLog(run, T1, next)).toEqual({ lines: [], next });
      expect(await ledger.readLog(run, T1, -2)).toEqual({ lines: ['line 5998', 'line 5999'], next });
      expect((await ledger.readLog(run, T1, -20_000)).lines).toHaveLength(10_000);
      expect(await ledger.readLog(run, T2, 0)).toEqual({ lines: [], next: 0 });
      expect(await ledger.readLog(run, T2, -2)).toEqual({ lines: [], next: 0 });
    });

    test('a freeze lasts until it is lifted', async () => {
      await ledger.freeze({ reason: 'maintenance', by: 'ann', at: at() });
      expect(await ledger.frozen()).toEqual({ reason: 'maintenance', by: 'ann', at: at() });
      await ledger.freeze(null);
      expect(await ledger.frozen()).toBeNull();
    });

    test('watchers are notified of every change of a run', async () => {
      const heard: RunId[] = [];
      let wake = () => {};
      const unwatch = await ledger.watch((run) => {
        heard.push(run);
        wake();
      });
      const run = await ledger.recordRun(request(), planned(planOf(T1)));
      if (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      expect(heard).toEqual([run]);
      await unwatch();
    });
  });
  describe('notifications', () => {
    const trouble = (subject: string): Trouble => {
      return { kind: 'failure', subject, what: `${subject} failed`, why: null, page: null, since: at() };
    };
    const note = (change: 'began' | 'ended', subjects: readonly string[], tell = ['a', 'b']) => {
      const changes = subjects.map((subject) => ({ trouble: trouble(subject), tell }));
      return ledger.noteTroubles({ kinds: ['failure'], began: [], ended: [], [change]: changes }, at());
    };
    const claim = async (channel: string) => {
      const batch = await ledger.claimNews(channel, time, 60_000);
      return batch && { ...batch, news: batch.news.map(({ trouble: about, change }) => `${about.subject} ${change}`) };
    };

    test('a change is announced once, however often and by however many processes it is noted', async () => {
      await Promise.all([note('began', ['x']), note('began', ['x'])]);
      await Promise.all([note('ended', ['x']), note('ended', ['x'])]);
      await note('ended', ['never']);
      expect((await claim('a'))?.news).toEqual(['x began', 'x ended']);
      expect(await ledger.troubles()).toEqual({ kinds: new Set(['failure']), troubles: new Map() });
      await note('began', ['y'], ['a']);
      expect([...(await ledger.troubles()).troubles]).toEqual([['failure y', { ...trouble('y'), told: ['a'] }]]);
    });

    test('a message has one claimer, is due again under its id when the claim ends, and precedes later ones', async () => {
      await note('began', ['x']);
      const first = await claim('a');
      await note('began', ['y']);
      expect(await claim('a')).toBeNull();
      expect(await ledger.nextNews(['a'])).toBe(time + 60_000);
      time += 60_000;
      expect(await claim('a')).toEqual(first);
      await ledger.newsFailed('a', first?.id ?? '', { retryAt: time + 5_000, why: 'away' });
      const failing = { since: at(), why: 'away' };
      expect(await ledger.channelStates(['a', 'b'])).toEqual(
        new Map([
          ['a', { waiting: 2, failing }],
          ['b', { waiting: 2, failing: null }],
        ]),
      );
      expect(await claim('a')).toBeNull();
      time += 5_000;
      expect(await claim('a')).toEqual({ ...first, attempts: 1 });
      await ledger.newsSent('a', 'another');
      await ledger.newsSent('a', first?.id ?? '');
      expect((await claim('a'))?.news).toEqual(['y began']);
      expect((await ledger.channelStates(['a'])).get('a')).toEqual({ waiting: 1, failing: null });
    });

    test('waiting messages are bounded: the oldest are dropped, and the message says how many', async () => {
      const names = Array.from({ length: 260 }, (_, index) => `lxc/${index}`);
      await note('began', names, ['a']);
      const batch = await claim('a');
      expect([batch?.dropped, batch?.news[0], batch?.news.length]).toEqual([60, 'lxc/60 began', 50]);
      await ledger.newsFailed('a', batch?.id ?? '', { retryAt: null, why: 'refused' });
      expect(await claim('a')).toMatchObject({ dropped: 0, news: expect.arrayContaining(['lxc/110 began']) });
    });

    test('a channel that refused a message permanently is failing until it accepts one or a test message', async () => {
      const state = async () => (await ledger.channelStates(['a'])).get('a');
      const failing = { since: at(), why: 'gone' };
      await note('began', ['x'], ['a']);
      await ledger.newsFailed('a', (await claim('a'))?.id ?? '', { retryAt: null, why: 'gone' });
      time += 60_000;
      expect(await state()).toEqual({ waiting: 0, failing });
      await note('began', ['y'], ['a']);
      await ledger.newsSent('a', (await claim('a'))?.id ?? '');
      expect(await state()).toEqual({ waiting: 0, failing: null });
      await note('began', ['z'], ['a']);
      await ledger.newsFailed('a', (await claim('a'))?.id ?? '', { retryAt: null, why: 'gone' });
      await ledger.channelWorked('a');
      expect(await state()).toEqual({ waiting: 0, failing: null });
    });

    test('what waits for a channel that took something else is due at once, as the same message', async () => {
      await note('began', ['x'], ['a']);
      const first = await claim('a');
      await ledger.newsFailed('a', first?.id ?? '', { retryAt: time + 900_000, why: 'gone' });
      expect(await claim('a')).toBeNull();
      await ledger.channelWorked('a');
      expect(await claim('a')).toMatchObject({ id: first?.id, attempts: 1 });
    });

    test('a clock that was set back delays no message', async () => {
      await note('began', ['x']);
      await claim('a');
      time -= 30 * 24 * 3_600_000;
      expect(await claim('a')).not.toBeNull();
    });
  });
}
