// The verb delete over a host of boxes under a policy, each test with its own.

import { describe, expect, test } from 'vitest';
import type { TargetId } from '../../../src/model/ids.ts';
import { under, useFiveGuests } from './five-guests.ts';

const five = useFiveGuests();
const { ask, askShown, commands } = five;

describe('delete', () => {
  test('of what running guests need is refused, and with cascade begins with them', async () => {
    await five.start(under({ max_delete_percent: 50 }));
    expect((await ask('delete', ['102'])).reason).toMatch(/^nothing was deleted: lxc\/101 runs and needs it/);
    await askShown('delete', ['102'], { cascade: true });
    expect(await commands()).toEqual(['box drop 101', 'box drop 102']);
  });

  test('of what the policy protects is refused', async () => {
    await five.start(under({ protected: ['104'] }));
    expect((await ask('delete', ['104'])).reason).toMatch(/^lxc\/104 is protected/);
  });

  test('waits for a window of the policy, also when it was said yes to', async () => {
    const closed = { apply_windows: [{ cron: '0 0 29 2 *', duration: '1h' }] };
    await five.start();
    await five.phoenix.push(under(closed));
    await commands();
    const look = await ask('delete', ['104'], { dryRun: true });
    expect(look.state).toBe('succeeded');
    const run = await ask('delete', ['104'], { shown: look.id });
    expect([run.state, run.steps[0]?.outcome]).toEqual(['blocked', null]);
    expect(await commands()).toEqual([]);
    const now = await askShown('delete', ['104'], { now: true });
    expect([now.state, await commands()]).toEqual(['succeeded', ['box drop 104']]);
  });

  test('where two must approve, a yes is one of them', async () => {
    await five.start(under({ approvals: { destroy: 2 } }));
    const run = await askShown('delete', ['104']);
    expect(run.state).toBe('blocked');
    await five.phoenix.agent().approve(run.id, 'lxc/104' as TargetId, 'ben');
    await five.phoenix.reached(run.id, 'succeeded');
    expect(await commands()).toEqual(['box drop 104']);
  });
});
