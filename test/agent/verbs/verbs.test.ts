// The verbs over a host of boxes: what each changes, in which order, and what it leaves alone; a deletion is in delete.test.ts. Faults of the original
// dispatcher are named by what they did.

import { describe, expect, test } from 'vitest';
import { startBoxAgent } from '../../support/agent/box-agent.ts';
import { environment } from '../../support/environment.ts';
import { until } from '../../support/until.ts';
import { ENVIRONMENT, GUESTS, outcomes, shareFiveGuests } from './five-guests.ts';

const five = shareFiveGuests();
const { ask, byHand, commands, declare } = five;

describe('stop', () => {
  test('of a leaf stops the leaf and nothing that it needs', async () => {
    const run = await ask('stop', ['101']);
    expect(await commands()).toEqual(['box stop 101']);
    expect(run.state).toBe('succeeded');
    expect(run.steps[0]?.reason).toBe('stopped; the next converge starts it again');
  });

  test('of what others need is refused by their names, and with cascade begins with them', async () => {
    const refused = await ask('stop', ['lxc/103']);
    expect([refused.state, refused.reason]).toEqual([
      'invalid',
      'nothing was stopped: lxc/101 and lxc/102 run and need it; stop them first, or take them along with --cascade',
    ]);
    expect(await commands()).toEqual([]);
    await ask('stop', ['103'], { cascade: true });
    expect(await commands()).toEqual(['box stop 101', 'box stop 102', 'box stop 103']);
  });

  test('when one of them cannot be stopped, what it needs keeps running', async () => {
    five.host.order('box stop 102', { exit: 1, stderr: 'it hangs' });
    const run = await ask('stop', ['103'], { cascade: true });
    expect(outcomes(run)).toEqual(['lxc/101 applied', 'lxc/102 failed', 'lxc/103 skipped']);
  });

  test('a host that claims to have stopped it is found out', async () => {
    five.host.order('box stop 101', {});
    const run = await ask('stop', ['101']);
    expect(run.steps[0]?.reason).toMatch(/^still differs after everything was done; to be done again: stop 101/);
  });

  test('is no answer to the commit, and what was proved stays proved', async () => {
    await declare({ ...ENVIRONMENT, 'README.md': 'before' });
    const before = await five.phoenix.ledger.targets();
    const run = await ask('stop', ['104']);
    expect(five.phoenix.statuses(run.commit as never)).toEqual({
      'phoenix/apply': 'success: nothing to do: everything is as this commit says',
    });
    expect(await five.phoenix.ledger.targets()).toEqual(before);
    // So a later push of another change does not start it again.
    five.declared = { ...ENVIRONMENT, 'README.md': 'after' };
    await five.phoenix.push(five.declared);
    expect(await commands()).toEqual(['box stop 104']);
  });
});

describe('start', () => {
  test('begins with what is needed, touches only what does not run, and never starts a template', async () => {
    await byHand('stop', '101');
    await byHand('stop', '103');
    const run = await ask('start', ['101']);
    expect(await commands()).toEqual(['box start 103', 'box start 101']);
    expect(outcomes(run)).toEqual(['lxc/103 applied', 'lxc/101 applied']);
    const again = await ask('start', ['101']);
    expect(outcomes(again)).toEqual(['lxc/101 unchanged']);
    expect(await commands()).toEqual([]);
  });

  test('of a template is refused', async () => {
    for (const verb of ['start', 'restart']) {
      const run = await ask(verb, ['199']);
      expect([run.state, run.reason]).toEqual([
        'invalid',
        'lxc/199 is a template: others are made from it, and it is never started',
      ]);
    }
    expect(await commands()).toEqual([]);
  });

  test('waits until what was started answers well, before it starts what needs it', async () => {
    await declare(environment({ ...GUESTS, 103: { tags: ['probed'] } }));
    await byHand('stop', '101');
    await byHand('stop', '103');
    for (const _ of [1, 2]) five.host.order('box probe 103', { exit: 1, stdout: 'connection refused' });
    const run = await ask('start', ['101']);
    expect(outcomes(run)).toEqual(['lxc/103 failed', 'lxc/101 skipped']);
    expect(run.steps[0]?.reason).toBe('changed, but not healthy: box 103 answers: connection refused');
    expect(await commands()).toEqual(['box start 103']);
  });
});

describe('restart', () => {
  test('is not done twice when a worker dies in the middle of it', async () => {
    let surprises = 0;
    five.host.before = async (line) => {
      if (line !== 'box start 103' || surprises > 0) return;
      surprises += 1;
      throw new Error('the connection was lost');
    };
    const run = await ask('restart', ['103']);
    expect(outcomes(run)).toEqual(['lxc/103 applied']);
    expect(await commands()).toEqual(['box stop 103', 'box start 103']);
  });
});

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

describe('health-check', () => {
  test('distinguishes healthy and unhealthy guests and changes nothing', async () => {
    const probed = { tags: ['probed'] };
    await declare(environment({ ...GUESTS, 101: { ...GUESTS[101], ...probed }, 102: { ...GUESTS[102], ...probed } }));
    await byHand('stop', '103');
    await byHand('drop', '104');
    five.host.order('box probe 102', { exit: 1, stdout: 'connection refused' });
    const run = await ask('health-check');
    expect(run.steps.map(({ target, outcome, reason }) => `${target} ${outcome}: ${reason}`).sort()).toEqual([
      'lxc/101 unchanged: its health check succeeds',
      'lxc/102 failed: box 102 answers: connection refused',
      'lxc/103 failed: it is not running',
      'lxc/104 failed: it is not on the host',
      'lxc/199 unchanged: stopped, as declared',
    ]);
    expect(run.state).toBe('failed');
    expect(await commands()).toEqual([]);
    expect((await ask('health-check', ['101'])).state).toBe('succeeded');
  });
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
