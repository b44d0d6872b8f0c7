// Workers that share the steps, meet a surprise, or lose a lease or a Redis, from a push to the statuses on the commit. Only what a person sees is
// asserted: commands on the host, statuses, runs.

import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { startTestAgent } from '../../support/agent/agent.ts';
import { useBoxAgent } from '../../support/agent/box-agent.ts';
import { environment } from '../../support/environment.ts';
import { BOXES } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';
import { holdAt } from '../hold-at.ts';

const boxes = useBoxAgent();
const { commands, newestRun } = boxes;

describe('workers', () => {
  test('of two processes each step is run once', async () => {
    const around = { ...boxes.phoenix.around, cloneFolder: `${boxes.phoenix.around.cloneFolder}-of-the-second` };
    const second = await startTestAgent(around, () => boxes.host, BOXES);
    const guests = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [101 + n, {}]));
    const { statuses } = await boxes.phoenix.push(environment(guests));
    expect(statuses['phoenix/apply']).toBe('success: applied 8 targets');
    expect(new Set(await commands()).size).toBe(16);
    expect(await boxes.host.commands()).toHaveLength(16);
    await second.stop(0);
  });

  test('a step that meets a surprise is tried again, and says so until it acts', async () => {
    const gate = holdAt(boxes.host, 'box start 101');
    const { before } = boxes.host;
    const { promise: mayLook, resolve: letLook } = Promise.withResolvers<void>();
    let looks = 0;
    boxes.host.before = async (line) => {
      await before(line);
      if (line !== 'box show 101') return;
      looks += 1;
      if (looks === 1) throw new Error('the connection was lost');
      if (looks === 2) await mayLook;
    };
    const commit = await boxes.phoenix.repo.commit(environment({ 101: {} }));
    await boxes.phoenix.repo.push();
    const reasonNow = async () => (await boxes.phoenix.ledger.runs(1))[0]?.steps[0]?.reason;
    await until(
      async () => (await reasonNow()) === 'is tried again until it passes: the connection was lost',
      'why it is tried again',
    );
    // Recorded with the reason, before the next attempt acts.
    const said = await boxes.phoenix.ledger.lastSaid(commit, 'phoenix/lxc/101');
    expect(said).toMatchObject({ state: 'pending', description: 'waits: the connection was lost' });
    letLook();
    await gate.held;
    // It acts again, so it waits for nothing any more.
    const now = await boxes.phoenix.ledger.lastSaid(commit, 'phoenix/lxc/101');
    expect(now).toMatchObject({ state: 'pending', description: 'create planned, restarts it' });
    gate.open();
    const { statuses } = await boxes.phoenix.answered(commit);
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
    expect((await boxes.phoenix.ledger.run(await newestRun()))?.steps).toMatchObject([{ attempts: 2, reason: null }]);
  });

  test('a worker that lost its lease does nothing more, and the step is done by who holds it', async () => {
    const gate = holdAt(boxes.host, 'box put 101');
    const commit = await boxes.phoenix.repo.commit(environment({ 101: {} }));
    await boxes.phoenix.repo.push();
    await gate.held;
    const redis = new Redis(boxes.phoenix.redis.socket);
    await redis.del('{phoenix}:lease:lxc/101');
    redis.disconnect();
    gate.open();
    const { statuses } = await boxes.phoenix.answered(commit);
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
    // What the first worker had sent already cannot be taken back; nothing came after it from there.
    expect(await commands()).toEqual(['box put 101', 'box start 101']);
    expect((await boxes.phoenix.ledger.run(await newestRun()))?.steps).toMatchObject([{ attempts: 2 }]);
  });

  test('a Redis that is restarted in the middle is waited for', async () => {
    const gate = holdAt(boxes.host, 'box start 101');
    const commit = await boxes.phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
    await boxes.phoenix.repo.push();
    await gate.held;
    await boxes.phoenix.redis.kill();
    gate.open();
    await boxes.phoenix.redis.start();
    const { statuses } = await boxes.phoenix.answered(commit);
    expect(statuses['phoenix/apply']).toBe('success: applied 2 targets');
    expect(await commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
  });
});
