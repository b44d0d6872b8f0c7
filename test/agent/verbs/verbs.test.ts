// The verbs over a host of boxes: what each changes, in which order, and what it leaves alone. Faults of the original dispatcher are named by what
// they did.

import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CommandRequest } from '../../../src/agent/deps.ts';
import type { RunId, TargetId } from '../../../src/model/ids.ts';
import type { RunState } from '../../../src/model/run.ts';
import type { RunDetail } from '../../../src/ports/runs.ts';
import { type BoxAgent, startBoxAgent } from '../../support/agent/box-agent.ts';
import type { Phoenix } from '../../support/agent/phoenix.ts';
import { environment, type Files } from '../../support/environment.ts';
import type { BoxHost } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';

/** 199 is the template of 101; 103 is the CA, which 101 and 102 need; 101 needs 102 too. */
const GUESTS = {
  199: { tags: ['template'] },
  103: {},
  102: { dependencies: [103] },
  101: { dependencies: [199, 102] },
  104: {},
};
const ENVIRONMENT = environment(GUESTS);
/** The same guests under a policy. */
const under = (phoenix: object) => environment(GUESTS, { phoenix });

let boxes: BoxAgent;
let host: BoxHost;
let phoenix: Phoenix;
/** What was pushed last. */
let declared: Files;
/** Whether a policy of a test is in force: it also decides how a commit may replace it. */
let isUnderPolicy = false;
/** The host when everything is as ENVIRONMENT declares. */
let asDeclared: unknown;

// Tests share an agent, where no policy prevents it: to start one and to bring everything up costs more than most of them. Each begins with everything
// as ENVIRONMENT declares.
beforeAll(async () => {
  await start(ENVIRONMENT);
  asDeclared = await present();
});
beforeEach(async () => {
  if (isUnderPolicy) await startAnew(ENVIRONMENT);
  host.before = async () => {};
  if (declared !== ENVIRONMENT) await declare(ENVIRONMENT);
  if (!isDeepStrictEqual(await present(), asDeclared)) expect((await ask('converge')).state).toBe('succeeded');
  expect(await present()).toEqual(asDeclared);
  await commands();
});
afterAll(() => boxes.close());

/** Starts another agent, with another host, and brings everything up. */
async function startAnew(files: Files): Promise<void> {
  await boxes.close();
  await start(files);
}

async function start(files: Files): Promise<void> {
  boxes = await startBoxAgent();
  ({ host, phoenix } = boxes);
  isUnderPolicy = files !== ENVIRONMENT;
  await declare(files);
}

const commands = () => boxes.commands();
const byHand = (...args: string[]) => boxes.byHand(...args);

async function present(): Promise<unknown> {
  return JSON.parse((await host.run({ kind: 'command', program: 'box', args: ['list'], timeoutSeconds: 1 })).stdout);
}

async function declare(files: Files): Promise<void> {
  declared = files;
  const { statuses } = await phoenix.push(files);
  expect(statuses['phoenix/apply']).toMatch(/^success/);
  await commands();
}

/** Sends the request and waits until its run has ended. */
async function ask(verb: string, targets: string[] = [], more: Partial<CommandRequest> = {}): Promise<RunDetail> {
  const id = await phoenix.agent().command({ verb, targets, by: 'ann', ...more });
  await phoenix.reached(id, ...(['succeeded', 'failed', 'blocked', 'invalid', 'superseded'] satisfies RunState[]));
  const run = await phoenix.ledger.run(id);
  if (run === null) throw new Error('the run is gone');
  return run;
}

/** As a person does on a terminal: requests a dry run and confirms it. */
async function askShown(verb: string, targets: string[], more: Partial<CommandRequest> = {}): Promise<RunDetail> {
  const look = await ask(verb, targets, { ...more, dryRun: true });
  return ask(verb, targets, { ...more, shown: look.id });
}

const outcomes = ({ steps }: RunDetail) => steps.map(({ target, outcome }) => `${target} ${outcome}`);

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
    host.order('box stop 102', { exit: 1, stderr: 'it hangs' });
    const run = await ask('stop', ['103'], { cascade: true });
    expect(outcomes(run)).toEqual(['lxc/101 applied', 'lxc/102 failed', 'lxc/103 skipped']);
  });

  test('a host that claims to have stopped it is found out', async () => {
    host.order('box stop 101', {});
    const run = await ask('stop', ['101']);
    expect(run.steps[0]?.reason).toMatch(/^still differs after everything was done; to be done again: stop 101/);
  });

  test('is no answer to the commit, and what was proved stays proved', async () => {
    await declare({ ...ENVIRONMENT, 'README.md': 'before' });
    const before = await phoenix.ledger.targets();
    const run = await ask('stop', ['104']);
    expect(phoenix.statuses(run.commit as never)).toEqual({
      'phoenix/apply': 'success: nothing to do: everything is as this commit says',
    });
    expect(await phoenix.ledger.targets()).toEqual(before);
    // So a later push of another change does not start it again.
    declared = { ...ENVIRONMENT, 'README.md': 'after' };
    await phoenix.push(declared);
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
    for (const _ of [1, 2]) host.order('box probe 103', { exit: 1, stdout: 'connection refused' });
    const run = await ask('start', ['101']);
    expect(outcomes(run)).toEqual(['lxc/103 failed', 'lxc/101 skipped']);
    expect(run.steps[0]?.reason).toBe('changed, but not healthy: box 103 answers: connection refused');
    expect(await commands()).toEqual(['box start 103']);
  });
});

describe('restart', () => {
  test('is not done twice when a worker dies in the middle of it', async () => {
    let surprises = 0;
    host.before = async (line) => {
      if (line !== 'box start 103' || surprises > 0) return;
      surprises += 1;
      throw new Error('the connection was lost');
    };
    const run = await ask('restart', ['103']);
    expect(outcomes(run)).toEqual(['lxc/103 applied']);
    expect(await commands()).toEqual(['box stop 103', 'box start 103']);
  });
});

describe('delete', () => {
  test('waits until it is approved, as any deletion does', async () => {
    const run = await ask('delete', ['104']);
    expect([run.state, run.steps[0]?.reason]).toEqual([
      'blocked',
      `would destroy it; to allow it: phoenix approve ${run.id} lxc/104`,
    ]);
    expect(await commands()).toEqual([]);
    await phoenix.agent().approve(run.id, 'lxc/104' as TargetId, 'ben');
    await phoenix.reached(run.id, 'succeeded');
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
    expect(phoenix.statuses(run.commit as never)['phoenix/lxc/104']).toBe(
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

  test('of what running guests need is refused, and with cascade begins with them', async () => {
    await startAnew(under({ max_delete_percent: 50 }));
    expect((await ask('delete', ['102'])).reason).toMatch(/^nothing was deleted: lxc\/101 runs and needs it/);
    await askShown('delete', ['102'], { cascade: true });
    expect(await commands()).toEqual(['box drop 101', 'box drop 102']);
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

  test('of what the policy protects is refused', async () => {
    await startAnew(under({ protected: ['104'] }));
    expect((await ask('delete', ['104'])).reason).toMatch(/^lxc\/104 is protected/);
  });

  test('waits for a window of the policy, also when it was said yes to', async () => {
    const closed = { apply_windows: [{ cron: '0 0 29 2 *', duration: '1h' }] };
    isUnderPolicy = true;
    await phoenix.push(under(closed));
    await commands();
    const look = await ask('delete', ['104'], { dryRun: true });
    expect(look.state).toBe('succeeded');
    const run = await ask('delete', ['104'], { shown: look.id });
    expect([run.state, run.steps[0]?.outcome]).toEqual(['blocked', null]);
    expect(await commands()).toEqual([]);
    const now = await askShown('delete', ['104'], { now: true });
    expect([now.state, await commands()]).toEqual(['succeeded', ['box drop 104']]);
  });

  test('a yes is for what was shown, by whom it was shown, and for nothing else', async () => {
    const look = await ask('delete', ['104'], { dryRun: true });
    const other = { by: 'ann', shown: look.id } as const;
    const rejected = (request: Partial<CommandRequest>) =>
      expect(phoenix.agent().command({ verb: 'delete', targets: ['104'], ...other, ...request })).rejects;
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
    expect([...(await phoenix.ledger.targets()).applied.keys()]).not.toContain('lxc/104');
    expect(await commands()).toEqual([]);
  });

  test('a confirmation does not cover targets that could not be checked', async () => {
    await byHand('put', '104', '{"foreign":true}');
    const run = await askShown('delete', ['104']);
    expect([run.state, run.approvals]).toEqual(['blocked', []]);
    expect(await commands()).toEqual([]);
    await byHand('drop', '104');
  });

  test('where two must approve, a yes is one of them', async () => {
    await startAnew(under({ approvals: { destroy: 2 } }));
    const run = await askShown('delete', ['104']);
    expect(run.state).toBe('blocked');
    await phoenix.agent().approve(run.id, 'lxc/104' as TargetId, 'ben');
    await phoenix.reached(run.id, 'succeeded');
    expect(await commands()).toEqual(['box drop 104']);
  });

  test('of what is not ours fails and changes nothing', async () => {
    await byHand('put', '104', '{"foreign":true}');
    const run = await ask('delete', ['104'], { dryRun: true });
    expect([run.state, run.steps[0]?.reason]).toEqual(['failed', 'box 104 is not ours']);
    expect(await commands()).toEqual([]);
    await byHand('drop', '104');
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
    expect(await host.commands()).not.toContain('box start 199');
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
  host.before = async (line) => {
    if (!/^box (list|show)/.test(line)) throw new Error(`${line} is no look`);
  };
  for (const [verb, targets, more, would] of rows) {
    const run = await ask(verb, [...targets], { ...more, dryRun: true });
    const actions = run.steps.flatMap((step) => step.actions);
    expect(actions, verb).toEqual(would.map((summary) => ({ summary, exit: null, ms: 0 })));
    expect([run.state, run.readOnly], verb).toEqual(['succeeded', true]);
    expect(await commands(), verb).toEqual([]);
    expect(phoenix.statuses(run.commit as never), verb).not.toHaveProperty('phoenix/drift');
  }
});

describe('health-check', () => {
  test('distinguishes healthy and unhealthy guests and changes nothing', async () => {
    const probed = { tags: ['probed'] };
    await declare(environment({ ...GUESTS, 101: { ...GUESTS[101], ...probed }, 102: { ...GUESTS[102], ...probed } }));
    await byHand('stop', '103');
    await byHand('drop', '104');
    host.order('box probe 102', { exit: 1, stdout: 'connection refused' });
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
    host.before = async (line) => {
      if (line === 'box list') throw new Error('no route to host');
    };
    const run = await ask('stop', ['101']);
    expect([run.state, run.reason]).toEqual([
      'invalid',
      'the host cannot be checked, so nothing was done: no route to host; run phoenix doctor',
    ]);
    host.before = async () => {};
    await declare({ ...ENVIRONMENT, 'README.md': 'x' });
  });

  test('waits while another run is active: nothing runs beside it', async () => {
    const { promise: letGo, resolve: open } = Promise.withResolvers<void>();
    const { promise: held, resolve: reached } = Promise.withResolvers<void>();
    host.before = async (line) => {
      if (line !== 'box put 102') return;
      reached();
      await letGo;
    };
    const changed = environment({ 199: { tags: ['template'] }, 103: {}, 102: { memory_mb: 777 }, 101: {}, 104: {} });
    declared = changed;
    const commit = await phoenix.repo.commit(changed);
    await phoenix.repo.push();
    await held;
    const stop = await phoenix.agent().command({ verb: 'stop', targets: ['104'], by: 'ann' });
    await until(async () => (await phoenix.ledger.openRuns()).length === 2);
    expect(await commands()).toEqual([]);
    open();
    await phoenix.reached(stop, 'succeeded');
    expect(await commands()).toEqual(['box put 102', 'box stop 104']);
    expect((await phoenix.answered(commit)).statuses['phoenix/apply']).toMatch(/^success/);
  });

  test('does nothing while frozen, and continues afterwards', async () => {
    await phoenix.agent().freeze('the disk is being replaced', 'ann');
    const run = await phoenix.agent().command({ verb: 'stop', targets: ['104'], by: 'ann' });
    await phoenix.reached(run, 'blocked');
    expect(await commands()).toEqual([]);
    await phoenix.agent().unfreeze('ann');
    await phoenix.reached(run, 'succeeded');
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
