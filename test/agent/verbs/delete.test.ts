// The verb delete over a host of boxes: who approves, what is refused, and what is left alone.

import { describe, expect, test } from 'vitest';
import type { CommandRequest } from '../../../src/agent/deps.ts';
import type { RunId, TargetId } from '../../../src/model/ids.ts';
import { environment } from '../../support/environment.ts';
import { GUESTS, outcomes, shareFiveGuests } from './five-guests.ts';

const five = shareFiveGuests();
const { ask, askShown, byHand, commands, declare } = five;

describe('delete', () => {
  test('waits until it is approved, as any deletion does', async () => {
    const run = await ask('delete', ['104']);
    expect([run.state, run.steps[0]?.reason]).toEqual([
      'blocked',
      `would destroy it; to allow it: phoenix approve ${run.id} lxc/104`,
    ]);
    expect(await commands()).toEqual([]);
    await five.phoenix.agent().approve(run.id, 'lxc/104' as TargetId, 'ben');
    await five.phoenix.reached(run.id, 'succeeded');
    expect(await commands()).toEqual(['box drop 104']);
  });

  test('is approved by the yes to what was shown, keeps the declaration, and the next converge makes the guest again', async () => {
    const look = await ask('delete', ['104'], { dryRun: true });
    const run = await ask('delete', ['104'], { shown: look.id });
    expect(await commands()).toEqual(['box drop 104']);
    expect(run.steps[0]).toMatchObject({ verb: 'delete', outcome: 'applied' });
    expect(run.approvals).toMatchObject([
      { target: 'lxc/104', by: 'ann', where: `answer to what run ${look.id} showed` },
    ]);
    expect(five.phoenix.statuses(run.commit as never)['phoenix/lxc/104']).toBe(
      'success: deleted; the next converge creates it again unless it is removed from Git',
    );
    await ask('converge');
    expect(await commands()).toEqual(['box put 104', 'box start 104']);
  });

  test('of a protected guest is refused', async () => {
    await declare(environment({ ...GUESTS, 104: { protected: true } }));
    const run = await ask('delete', ['104']);
    expect([run.state, run.reason]).toEqual([
      'invalid',
      'lxc/104 is protected; take "protected" off in a commit of its own first',
    ]);
    expect(await commands()).toEqual([]);
  });

  test('of more guests than the policy lets go at once is refused, shown or not', async () => {
    for (const dryRun of [true, false]) {
      const run = await ask('delete', ['102'], { cascade: true, dryRun });
      expect([run.state, run.reason]).toEqual([
        'invalid',
        'nothing was deleted: 2 of 5 guests would go (lxc/101 and lxc/102), more than 30 % of them; delete them one after the other, or raise phoenix.max_delete_percent of the hypervisor',
      ]);
    }
    expect(await commands()).toEqual([]);
  });

  test('a yes is for what was shown, by whom it was shown, and for nothing else', async () => {
    const look = await ask('delete', ['104'], { dryRun: true });
    const other = { by: 'ann', shown: look.id } as const;
    const rejected = (request: Partial<CommandRequest>) =>
      expect(five.phoenix.agent().command({ verb: 'delete', targets: ['104'], ...other, ...request })).rejects;
    await rejected({ targets: ['103'] }).toThrow('was of another command');
    await rejected({ cascade: true }).toThrow('was of another command');
    await rejected({ verb: 'adopt' }).toThrow('was of another command');
    await rejected({ shown: '999' as RunId }).toThrow('is not known any more');
    const acted = await ask('delete', ['104'], { shown: look.id });
    await rejected({ shown: acted.id }).toThrow('was of another command');
  });

  test('a guest that is another one than when it was shown is left alone', async () => {
    const look = await ask('adopt', ['104'], { dryRun: true });
    expect(look.steps[0]?.actions).toEqual([]);
    await byHand('put', '104', '{"memory_mb":1}');
    const run = await ask('adopt', ['104'], { shown: look.id });
    expect([run.state, run.steps[0]?.reason]).toEqual([
      'failed',
      'nothing was done: what is to be done now (put 104) is not what was shown; ask for a dry run again and check it',
    ]);
    expect(await commands()).toEqual([]);
  });

  test('a guest that no longer exists is recorded as deleted', async () => {
    await byHand('drop', '104');
    const run = await askShown('delete', ['104']);
    expect(outcomes(run)).toEqual(['lxc/104 unchanged']);
    expect([...(await five.phoenix.ledger.targets()).applied.keys()]).not.toContain('lxc/104');
    expect(await commands()).toEqual([]);
  });

  test('a confirmation does not cover targets that could not be checked', async () => {
    await byHand('put', '104', '{"foreign":true}');
    const run = await askShown('delete', ['104']);
    expect([run.state, run.approvals]).toEqual(['blocked', []]);
    expect(await commands()).toEqual([]);
    await byHand('drop', '104');
  });

  test('of what is not ours fails and changes nothing', async () => {
    await byHand('put', '104', '{"foreign":true}');
    const run = await ask('delete', ['104'], { dryRun: true });
    expect([run.state, run.steps[0]?.reason]).toEqual(['failed', 'box 104 is not ours']);
    expect(await commands()).toEqual([]);
    await byHand('drop', '104');
  });
});
