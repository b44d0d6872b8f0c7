// The steps that one outcome makes ready, compared with the steps that are ready by the whole run, over a real ledger; and open runs while the
// repository does not answer.

import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Context } from '../../src/agent/context.ts';
import { newMemory } from '../../src/agent/memory.ts';
import { reconcile } from '../../src/agent/reconcile/reconcile.ts';
import { schedule, scheduleAfter } from '../../src/agent/schedule.ts';
import type { RunId, TargetId } from '../../src/model/ids.ts';
import type { Plan } from '../../src/model/plan.ts';
import { dependentsOf } from '../../src/model/plan-graph.ts';
import type { Outcome } from '../../src/model/run.ts';
import { ready } from '../../src/plan/order/ready.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { ApplyRequest, Queue } from '../../src/ports/queue.ts';
import type { Repository } from '../../src/ports/repository.ts';
import { targets } from '../plan/targets.ts';
import { clock, openTestLedger } from '../support/agent/agent.ts';
import { recordLog } from '../support/log.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';
import { BEGAN, LXC, planRun, VM } from './planned-run.ts';
import { COMMIT } from './test-server.ts';

const ALL = 1_000;
/** Sooner than the next poll. */
const FETCH_AGAIN_MS = 5_000;
const LOOK = { targets: null, rewind: false, readOnly: true } as const;

let redis: TestRedis;
let ledger: Ledger;

beforeAll(async () => {
  redis = await startRedis();
  ledger = openTestLedger(redis.url);
});
afterAll(async () => {
  await ledger.close();
  await redis.stop();
});

const end = fc.constantFrom<'applied' | 'unchanged' | 'failed' | 'blocked'>(
  'applied',
  'unchanged',
  'failed',
  'blocked',
);
const plans = targets.map((after): Plan => {
  const made = makePlan({ from: null, to: COMMIT, before: new Map(), after, impact: () => 'live' });
  if (made.kind !== 'plan') throw new Error('ring');
  return made.plan;
});

/** Of an agent whose repository does not answer. */
function contextOf(stepsOnNode: number, ask: (step: Pick<ApplyRequest, 'target'>) => void): Context {
  const nothing = async () => {};
  const queue: Partial<Queue> = {
    requestApply: async (_node, step) => ask(step),
    requestReport: nothing,
    requestReconcile: nothing,
    requestRenew: nothing,
  };
  const options = { node: 'pve', publicUrl: null, concurrency: 1, stepsOnNode, pollSeconds: 60 };
  const repository: Partial<Repository> = { fetch: () => Promise.reject(new Error('HTTP 500')) };
  const parts = { ledger, queue, repository, options, clock, memory: newMemory(false), log: recordLog(), forge: null };
  return parts as unknown as Context;
}

/** A run of that plan, with the requested and unfinished steps. */
async function begin(plan: Plan, stepsOnNode: number, before: (run: RunId) => Promise<void> = async () => {}) {
  const asked = new Set<TargetId>();
  let times = 0;
  const ask = ({ target }: Pick<ApplyRequest, 'target'>) => {
    if (!asked.has(target)) times += 1;
    asked.add(target);
  };
  const context = contextOf(stepsOnNode, ask);
  const request = { commit: COMMIT, trigger: 'drift', by: 'ada', created: BEGAN, ...LOOK } as const;
  const run = await ledger.recordRun(request, {
    ...{ state: 'planned', plan, digests: {}, held: {}, notes: [], approvals: [], reason: null, problems: [] },
    statuses: () => [],
  });
  await before(run);
  await schedule(context, run);
  return {
    context,
    run,
    asked,
    times: () => times,
    /** As a worker does one. */
    async finish(target: TargetId, outcome: Outcome) {
      const lease = await ledger.acquireLease(target, 60_000);
      if (lease === null) throw new Error(`${target} is done by two`);
      await ledger.startStep(lease, run, BEGAN);
      const frees = dependentsOf(plan, target);
      const said = { outcome, reason: null, ended: BEGAN, applied: { kind: 'kept' }, statuses: [], frees } as const;
      expect(await ledger.finishStep(lease, run, said)).toBe(true);
      await ledger.releaseLease(lease);
      asked.delete(target);
      const detail = await ledger.runStep(run, target);
      if (detail === null) throw new Error('the run is lost');
      const next = await scheduleAfter(context, detail, { target, outcome });
      if (next !== null) ask(next);
    },
  };
}

test('a run that an earlier version planned is scheduled as a whole, and completes', async () => {
  await fc.assert(
    fc.asyncProperty(plans, fc.integer({ min: 1, max: 3 }), async (plan, most) => {
      const { context, run, asked, finish } = await begin(plan, most, async (id) => {
        const client = new Redis({ path: redis.socket });
        await client.hdel(`{phoenix}:run:${id}`, 'counted');
        await client.del(`{phoenix}:run:${id}:unmet`);
        client.disconnect();
      });
      for (let [target] = asked; target !== undefined; [target] = asked) await finish(target, 'applied');
      expect((await ledger.runProgress(run))?.ended).not.toBeNull();
      await schedule(context, run);
    }),
    { numRuns: 20 },
  );
});

test('a repository that does not answer is asked again by itself, and open runs go on meanwhile', async () => {
  const asked = new Set<TargetId>();
  await planRun(ledger);
  expect(await reconcile(contextOf(ALL, ({ target }) => asked.add(target)))).toBe(FETCH_AGAIN_MS);
  expect([...asked]).toEqual(expect.arrayContaining([LXC, VM]));
  expect((await ledger.faults()).get('repository')?.why).toBe('HTTP 500');
});

async function outcomesOf(run: RunId): Promise<Map<TargetId, Outcome>> {
  const steps = (await ledger.runProgress(run))?.steps ?? [];
  return new Map(steps.flatMap(({ target, outcome }) => (outcome === null ? [] : [[target, outcome]])));
}

test('the steps that outcomes make ready or skip, one by one, are those computed from the whole run', async () => {
  await fc.assert(
    fc.asyncProperty(plans, fc.infiniteStream(end), fc.infiniteStream(fc.nat(20)), async (plan, ends, picks) => {
      const { run, asked, times, finish } = await begin(plan, ALL);
      const model = new Map<TargetId, Outcome>();
      for (;;) {
        const next = ready(plan, model, new Set());
        for (const { target } of next.skip) model.set(target, 'skipped');
        expect(await outcomesOf(run)).toEqual(model);
        expect([...asked].sort()).toEqual([...ready(plan, model, new Set()).start].sort());
        const [target] = [...asked].toSorted().slice((picks.next().value ?? 0) % (asked.size || 1));
        if (target === undefined) break;
        const outcome = ends.next().value ?? 'applied';
        model.set(target, outcome);
        await finish(target, outcome);
      }
      const begun = [...model.values()].filter((outcome) => outcome !== 'skipped').length;
      expect([model.size, times()]).toEqual([plan.steps.length, begun]);
      const isOver = ![...model.values()].includes('blocked');
      expect((await ledger.runProgress(run))?.ended !== null).toBe(isOver);
    }),
    { numRuns: 60 },
  );
});

test('with a small limit of queued steps each step runs once, after all its needs, whatever else schedules the run', async () => {
  const event = fc.constantFrom('finish', 'finish', 'finish', 'look', 'freeze', 'lose');
  await fc.assert(
    fc.asyncProperty(
      plans,
      fc.integer({ min: 1, max: 3 }),
      fc.array(event, { maxLength: 20 }),
      async (plan, most, events) => {
        const { context, run, asked, finish } = await begin(plan, most);
        const done: TargetId[] = [];
        const finishOne = async () => {
          const [target] = asked;
          if (target === undefined) return false;
          const step = plan.steps.find((each) => each.target === target);
          expect(done).toEqual(expect.arrayContaining([...(step?.needs ?? [])]));
          done.push(target);
          await finish(target, 'applied');
          expect(asked.size).toBeLessThanOrEqual(most);
          return true;
        };
        for (const each of events) {
          if (each === 'finish') await finishOne();
          if (each === 'look') await schedule(context, run);
          if (each === 'freeze') {
            await ledger.freeze({ reason: 'a test', by: 'ada', at: BEGAN });
            await finishOne();
            await ledger.freeze(null);
            await schedule(context, run);
          }
          // Their worker died: the next complete scheduling requests them again.
          if (each === 'lose') {
            asked.clear();
            await schedule(context, run);
          }
        }
        while (await finishOne());
        expect(done.toSorted()).toEqual(plan.steps.map(({ target }) => target).toSorted());
        expect((await ledger.runProgress(run))?.state).toBe('succeeded');
      },
    ),
    { numRuns: 60 },
  );
});
