// A forge that loses, repeats, delays and reorders webhooks and fails requests in every way, and an agent that is restarted in between. At the
// end every head has one final status, and the host is as the newest declares.
//
// PHOENIX_TEST_CHAOS sets the number of pushes, PHOENIX_TEST_SEED which failures they meet.
// @module-tag long

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeliveryOutcome } from 'phoenix-lab/forge';
import { expect, test } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import { startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, openBoxHost } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';

const PUSHES = Number(process.env['PHOENIX_TEST_CHAOS'] ?? 30);
const SEED = Number(process.env['PHOENIX_TEST_SEED'] ?? 4711);
const RESTARTS = 1;
const SECONDS = 30 + PUSHES / 4;

/** Random numbers that a seed decides (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

test(`${PUSHES} pushes through a forge that fails in every way`, { timeout: (SECONDS + 60) * 1000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-chaos-'));
  const host = await openBoxHost(folder);
  const phoenix = await startPhoenix({ host, managers: BOXES, forgeTimeoutMs: 200, options: { pollSeconds: 1 } });
  try {
    const { forge, repo, ledger } = phoenix;
    const roll = randomNumbers(SEED);
    const size = (push: number) => 512 + push;
    const heads: CommitSha[] = [];
    for (let push = 0; push < PUSHES; push += 1) {
      heads.push(await repo.commit(environment({ 101: { memory_mb: size(push) }, 102: {} })));
    }
    await repo.move(heads[0] as CommitSha);

    forge.decideDeliveries((): DeliveryOutcome => {
      const rolled = roll();
      if (rolled < 0.2) return 'drop';
      if (rolled < 0.35) return 'duplicate';
      if (rolled < 0.55) return 'delay';
      return rolled < 0.65 ? 'reorder' : 'deliver';
    });
    forge.faults.decide(() => {
      const rolled = roll();
      const soon = { 'retry-after': '1' };
      if (rolled < 0.01) return { kind: 'answer', status: 502, headers: soon };
      if (rolled < 0.02)
        return { kind: 'answer', status: 403, headers: soon, message: 'You have exceeded a secondary rate limit' };
      if (rolled < 0.025) return { kind: 'answer', status: 429, headers: soon };
      if (rolled < 0.026) return { kind: 'drop' };
      return rolled < 0.027 ? { kind: 'hang' } : undefined;
    });
    for (const [push, head] of heads.entries()) {
      if (push > 0) await repo.move(head);
      if (roll() < 0.1) await forge.release();
      if (push > 0 && push % Math.ceil(PUSHES / (RESTARTS + 1)) === 0) {
        await phoenix.stopAgent();
        await phoenix.startAgent();
      }
    }
    await forge.release();
    forge.decideDeliveries(() => 'deliver');
    forge.faults.decide(() => undefined);
    // Lost deliveries are requested again at the next start.
    await phoenix.stopAgent();
    await phoenix.startAgent();

    const last = heads.at(-1) as CommitSha;
    const answer = (head: CommitSha) => phoenix.statuses(head)['phoenix/apply'] ?? 'no word';
    const silent = () => heads.filter((head) => /^(no word|pending)/.test(answer(head)));
    await until(
      async () => silent().length === 0 && (await ledger.reportsWaiting()) === 0,
      () =>
        `a last word on ${silent().length} of ${heads.length} heads, seed ${SEED}: ${answer(silent()[0] as CommitSha)}`,
      SECONDS,
    );
    expect(answer(last)).toMatch(/^success: /);
    for (const head of heads.slice(0, -1))
      expect(answer(head), head).toMatch(/^(success: applied|error: superseded by [0-9a-f]{7}$)/);
    // Nothing of any head reads pending: neither its run nor its steps.
    const pending = heads.flatMap((head) =>
      Object.values(phoenix.statuses(head)).filter((said) => said.startsWith('pending')),
    );
    expect(pending).toEqual([]);
    const shown = await host.run({ kind: 'command', program: 'box', args: ['show', '101'], timeoutSeconds: 1 });
    expect(JSON.parse(shown.stdout)).toMatchObject({ memory_mb: size(PUSHES - 1) });
    expect(await ledger.head()).toEqual({ commit: last, base: last, verdict: 'followed' });
    expect(await ledger.unsettledDeliveries()).toEqual([]);
  } finally {
    await phoenix.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
