// The verbs over a host of boxes: what they make, how they are asked for, and what a dry run shows. Stop, start and restart are in power.test.ts, a
// deletion in delete.test.ts. Faults of the original dispatcher are named by what they did.

import { describe, expect, test } from 'vitest';
import { startBoxAgent } from '../../support/agent/box-agent.ts';
import { environment } from '../../support/environment.ts';
import { until } from '../../support/until.ts';
import { ENVIRONMENT, outcomes, shareFiveGuests } from './five-guests.ts';

const five = shareFiveGuests();
const { ask, byHand, commands, declare } = five;

describe('create and converge', () => {
  test('create makes every named target that is not there, with what it needs, and touches no other', async () => {
    for (const id of ['101', '102', '104']) await byHand('drop', id);
    await byHand('put', '103', '{"memory_mb":1}');
    const run = await ask('create', ['101', '103', '104']);
    expect(outcomes(run).sort()).toEqual(['lxc/101 applied', 'lxc/102 applied', 'lxc/104 applied']);
    const made = await commands();
    expect(made.filter((line) => !line.endsWith(' 104'))).toEqual([
      ...['box put 102', 'box start 102', 'box put 101', 'box start 101'],
    ]);
    expect(made.filter((line) => line.endsWith(' 104'))).toEqual(['box put 104', 'box start 104']);
    expect((await ask('create', ['103'])).steps).toEqual([]);
  });

  test('converge brings the named targets and what they need to what is declared, templates too, without starting those', async () => {
    for (const id of ['199', '103', '104']) await byHand('put', id, '{"memory_mb":1}');
    const run = await ask('converge', ['101']);
    expect(await commands()).toEqual(expect.arrayContaining(['box put 103', 'box put 199']));
    expect(outcomes(run)).toHaveLength(4);
    expect(await five.host.commands()).not.toContain('box start 199');
  });

  test('letsgo brings up everything', async () => {
    for (const id of ['101', '103']) await byHand('drop', id);
    const run = await ask('LetsGo');
    expect(run.state).toBe('succeeded');
    expect(await commands()).toEqual(['box put 103', 'box start 103', 'box put 101', 'box start 101']);
  });
});

test('a dry run of each verb sends nothing and says what would be done', async () => {
  const rows = [
    ['stop', ['103'], { cascade: true }, ['stop 101', 'stop 102', 'stop 103']],
    ['start', ['101'], {}, []],
    ['restart', ['103'], {}, ['stop 103', 'start 103']],
    ['delete', ['104'], {}, ['drop 104']],
    ['create', ['104'], {}, []],
    ['converge', [], {}, ['put 102']],
    ['letsgo', [], {}, ['put 102']],
    ['setup', [], {}, []],
    ['sync all', [], {}, []],
  ] as const;
  await byHand('put', '102', '{"memory_mb":1}');
  five.host.before = async (line) => {
    if (!/^box (list|show)/.test(line)) throw new Error(`${line} is no look`);
  };
  for (const [verb, targets, more, would] of rows) {
    const run = await ask(verb, [...targets], { ...more, dryRun: true });
    const actions = run.steps.flatMap((step) => step.actions);
    expect(actions, verb).toEqual(would.map((summary) => ({ summary, exit: null, ms: 0 })));
    expect([run.state, run.readOnly], verb).toEqual(['succeeded', true]);
    expect(await commands(), verb).toEqual([]);
    expect(five.phoenix.statuses(run.commit as never), verb).not.toHaveProperty('phoenix/drift');
  }
});

describe('what is asked', () => {
  test('is refused at once when it cannot be understood', async () => {
    await expect(ask('stop')).rejects.toThrow('name the targets');
    await expect(ask('explode', ['101'])).rejects.toThrow('it knows setup, create');
    await expect(ask('stop', ['999'])).rejects.toThrow('nothing is called 999');
    await expect(ask('stop', ['vm/101'])).rejects.toThrow(
      'vm/101 is neither declared nor applied; phoenix status names what there is',
    );
    await expect(ask('stop', ['lxc/1011'])).rejects.toThrow('did you mean lxc/101?');
    await expect(ask('restart', ['101'], { cascade: true })).rejects.toThrow('cascade is for stop and delete');
  });

  test('when the host cannot be checked is refused, and everything else continues', async () => {
    five.host.before = async (line) => {
      if (line === 'box list') throw new Error('no route to host');
    };
    const run = await ask('stop', ['101']);
    expect([run.state, run.reason]).toEqual([
      'invalid',
      'the host cannot be checked, so nothing was done: no route to host; run phoenix doctor',
    ]);
    five.host.before = async () => {};
    await declare({ ...ENVIRONMENT, 'README.md': 'x' });
  });

  test('waits while another run is active: nothing runs beside it', async () => {
    const { promise: letGo, resolve: open } = Promise.withResolvers<void>();
    const { promise: held, resolve: reached } = Promise.withResolvers<void>();
    five.host.before = async (line) => {
      if (line !== 'box put 102') return;
      reached();
      await letGo;
    };
    const changed = environment({ 199: { tags: ['template'] }, 103: {}, 102: { memory_mb: 777 }, 101: {}, 104: {} });
    five.declared = changed;
    const commit = await five.phoenix.repo.commit(changed);
    await five.phoenix.repo.push();
    await held;
    const stop = await five.phoenix.agent().command({ verb: 'stop', targets: ['104'], by: 'ann' });
    await until(async () => (await five.phoenix.ledger.openRuns()).length === 2);
    expect(await commands()).toEqual([]);
    open();
    await five.phoenix.reached(stop, 'succeeded');
    expect(await commands()).toEqual(['box put 102', 'box stop 104']);
    expect((await five.phoenix.answered(commit)).statuses['phoenix/apply']).toMatch(/^success/);
  });

  test('does nothing while frozen, and continues afterwards', async () => {
    await five.phoenix.agent().freeze('the disk is being replaced', 'ann');
    const run = await five.phoenix.agent().command({ verb: 'stop', targets: ['104'], by: 'ann' });
    await five.phoenix.reached(run, 'blocked');
    expect(await commands()).toEqual([]);
    await five.phoenix.agent().unfreeze('ann');
    await five.phoenix.reached(run, 'succeeded');
    expect(await commands()).toEqual(['box stop 104']);
  });
});

test('nothing is known before the first push, and then every declared target, and whether it runs', async () => {
  const young = await startBoxAgent();
  try {
    const agent = young.phoenix.agent();
    expect(await agent.known()).toEqual([]);
    const stop = agent.command({ verb: 'stop', targets: ['101'], by: 'ann' });
    await expect(stop).rejects.toThrow('nothing has been applied yet');
    await young.phoenix.push(environment({ 101: {}, 102: {} }));
    await young.byHand('stop', '102');
    expect(await agent.known()).toEqual([
      { target: 'lxc/101', running: 'running', needs: [], within: [] },
      { target: 'lxc/102', running: 'stopped', needs: [], within: [] },
    ]);
  } finally {
    await young.close();
  }
});
