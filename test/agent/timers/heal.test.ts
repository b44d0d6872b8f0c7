// Drift that the timer finds is healed where the configuration says so: through the queue, within windows and with approvals, and never in fields
// that people may change.

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunId, TargetId } from '../../../src/model/ids.ts';
import type { Run } from '../../../src/model/run.ts';
import { waitingSteps } from '../../../src/plan/policy/waiting.ts';
import type { Queue } from '../../../src/ports/queue.ts';
import type { RunDetail } from '../../../src/ports/runs.ts';
import type { BoxAgent } from '../../support/agent/box-agent.ts';
import type { Phoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import type { BoxHost } from '../../support/host/boxes.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';
import { START, startTimedBoxes, type TimedBoxes } from './timed-boxes.ts';

const HOUR = 3_600_000;

let timed: TimedBoxes;
let boxes: BoxAgent;
let host: BoxHost;
let phoenix: Phoenix;
let queue: Queue;
let clock: TimedBoxes['clock'];

beforeEach(async () => {
  timed = await startTimedBoxes();
  ({ boxes, queue, clock } = timed);
  ({ host, phoenix } = boxes);
});
afterEach(() => timed.close());

const commands = () => boxes.commands();
const byHand = (...args: string[]) => boxes.byHand(...args);

async function box(id: string): Promise<unknown> {
  const { stdout } = await host.run({ kind: 'command', program: 'box', args: ['show', id], timeoutSeconds: 1 });
  return JSON.parse(stdout);
}

const under = (drift: object, more: object = {}, guest: Readonly<Record<string, unknown>> = {}) =>
  environment({ 101: guest, 102: {} }, { phoenix: { drift, ...more } });
const runs = async () => (await phoenix.ledger.runs(50)).filter(({ trigger }) => trigger === 'drift').toReversed();
const heals = async () => (await runs()).filter(({ readOnly }) => !readOnly);
const looks = async () => (await runs()).filter(({ readOnly }) => readOnly);
const lastOf = (list: readonly Run[]) => list.at(-1);
const placeOf = (id: number) => ({
  file: 'etc/phoenix_lxc_configs.json',
  path: `/lxc_configs/${id}/memory_mb`,
  line: id === 101 ? 5 : 25,
});
const changed = (memory_mb: number, cores = 1) => JSON.stringify({ memory_mb, cores, tags: [], started: true });

/** Triggers the drift timer at that time until so many runs have healed in total, and waits until nothing is left to do. */
async function look(healed: number): Promise<void> {
  const before = Number((await phoenix.ledger.runs(1))[0]?.id ?? 0);
  await queue.every('drift', 0.05);
  await until(async () => Number(lastOf(await looks())?.id ?? 0) > before, 'a look to begin');
  // Ticks during an observation have no effect: from here on there is no other one.
  await queue.every('drift', 3600);
  await until(async () => (await heals()).length >= healed, 'a run that heals');
  await until(async () => (await phoenix.ledger.openRuns()).every(({ state }) => state === 'blocked'), 'rest');
}

test('heals what a rule names, reports the rest, and puts both into the status of the commit', async () => {
  const { commit } = await phoenix.push(under({ rules: [{ for: ['lxc/101'], action: 'heal' }] }));
  for (const id of ['101', '102']) await byHand('put', id, changed(1));
  await look(1);
  // The observed value of each field is recorded, and shown with the target.
  expect((await looks())[0]?.steps.map(({ differs }) => differs)).toEqual([
    [{ field: 'memory_mb', declared: 512, observed: 1, place: placeOf(101) }],
    [{ field: 'memory_mb', declared: 512, observed: 1, place: placeOf(102) }],
  ]);
  expect(await commands()).toEqual(['box put 101']);
  expect(await heals()).toMatchObject([{ by: 'phoenix', state: 'succeeded', steps: [{ target: 'lxc/101' }] }]);
  await phoenix.answered(commit);
  // What the look said may be replaced by this before it was sent.
  expect(phoenix.statuses(commit)['phoenix/drift']).toBe(
    'failure: healed 1 target: lxc/101; 1 differs: lxc/102 (memory_mb); phoenix drift --fix brings it back',
  );
  // A second look heals nothing, and still reports the other.
  await look(1);
  expect([await commands(), (await heals()).length]).toEqual([[], 1]);
  await phoenix.answered(commit);
  expect(phoenix.statuses(commit)['phoenix/drift']).toContain('failure: 1 of 2 differs: lxc/102 (memory_mb)');
});

test('heals a whole kind, but not in a check that a person requested, nor while frozen', async () => {
  await phoenix.push(
    under({
      rules: [
        { for: ['lxc'], action: 'heal' },
        { for: ['lxc/102'], action: 'report' },
      ],
    }),
  );
  await byHand('drop', '101');
  const asked = await phoenix.agent().drift('ann');
  await phoenix.reached(asked, 'failed');
  expect([await commands(), await heals()]).toEqual([[], []]);
  await look(1);
  expect(await commands()).toEqual(['box put 101', 'box start 101']);
});

test('waits for a window, and for approvals as a commit would', LONG_TEST, async () => {
  const rules = [{ for: ['lxc'], action: 'heal' }];
  await phoenix.push(under({ rules }));
  const window = { cron: '0 2 * * *', duration: '1h', timezone: 'Etc/UTC' };
  await phoenix.push(under({ rules }, { approvals: { live: 1 }, apply_windows: [window] }));
  await byHand('put', '101', changed(1));
  await look(1);
  const [waiting] = await phoenix.ledger.openRuns();
  expect([waiting?.request.heal, waiting?.state, await commands()]).toEqual([true, 'blocked', []]);
  // Drift detection continues meanwhile, without requesting the same again.
  await look(1);
  expect((await heals()).length).toBe(1);
  clock.ms = START + 2.5 * HOUR;
  await queue.requestReconcile();
  const step = async () => (await phoenix.ledger.run(waiting?.id as RunId))?.steps[0];
  await until(async () => (await step())?.outcome === 'blocked', 'the step to wait for a person');
  expect([(await step())?.reason, await commands()]).toEqual([expect.stringContaining('phoenix approve'), []]);
  // The page shows that it waits for approval, and of what.
  const waits = async () => waitingSteps((await phoenix.ledger.run(waiting?.id as RunId)) as RunDetail);
  expect([await waits(), (await step())?.actions]).toEqual([['lxc/101'], [{ summary: 'put 101', exit: null, ms: 0 }]]);
  // An approval is bound to what was shown: if other actions are due by now, it waits again.
  await byHand('stop', '101');
  await byHand('put', '101', JSON.stringify({ memory_mb: 512, cores: 1, tags: [], started: false }));
  await phoenix.agent().approve(waiting?.id as RunId, 'lxc/101' as TargetId, 'ann');
  await until(async () => (await step())?.actions[0]?.summary === 'start 101', 'another change to wait');
  expect([await waits(), await commands()]).toEqual([['lxc/101'], []]);
  await phoenix.agent().approve(waiting?.id as RunId, 'lxc/101' as TargetId, 'ann');
  await phoenix.reached(waiting?.id as RunId, 'succeeded');
  expect(await commands()).toEqual(['box start 101']);
});

test('drift for which a check finds no action is not healed', async () => {
  await phoenix.push(under({ action: 'heal' }));
  await byHand('put', '101', '{"foreign":true}');
  await look(0);
  expect(await heals()).toEqual([]);
});

test(
  'leaves fields that people may change, until a commit changes them, and creates a missing guest completely',
  LONG_TEST,
  async () => {
    const drift = { action: 'heal', rules: [{ for: ['lxc'], ignore: ['memory_mb'] }] };
    await phoenix.push(under(drift));
    await byHand('put', '101', changed(2048));
    await look(0);
    expect([await heals(), lastOf(await looks())?.state]).toEqual([[], 'succeeded']);
    // A health check reports the same as the drift detection, and which fields are ignored.
    const asked = await phoenix.agent().command({ verb: 'health-check', targets: ['101'], by: 'ann' });
    await phoenix.reached(asked, 'succeeded');
    expect((await phoenix.ledger.run(asked))?.steps[0]?.reason).toBe(
      'as declared; it has no health check; left to people as it is: memory_mb',
    );
    // Another field is brought back, and what people changed stays.
    await byHand('put', '101', changed(2048, 4));
    await look(1);
    expect(await commands()).toEqual(['box put 101']);
    expect(await box('101')).toMatchObject({ memory_mb: 2048, cores: 1 });
    // So it does for a commit that changes another field.
    await phoenix.push(under(drift, {}, { cores: 2 }));
    expect(await commands()).toEqual(['box put 101']);
    expect(await box('101')).toMatchObject({ memory_mb: 2048, cores: 2 });
    await phoenix.push(under(drift, {}, { cores: 2, memory_mb: 1024 }));
    expect(await commands()).toEqual(['box put 101']);
    expect(await box('101')).toMatchObject({ memory_mb: 1024, cores: 2 });
    await byHand('drop', '101');
    await look(2);
    expect(await commands()).toEqual(['box put 101', 'box start 101']);
    expect(await box('101')).toMatchObject({ memory_mb: 1024, cores: 2 });
  },
);
