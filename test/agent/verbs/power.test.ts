// The verbs stop, start, restart and health-check over a host of boxes: what each changes, in which order, and what it leaves alone.

import { describe, expect, test } from 'vitest';
import { environment } from '../../support/environment.ts';
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
        'lxc/199 is declared as a template or as stopped, and never started; change "state" in the files first',
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
