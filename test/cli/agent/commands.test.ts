// Commands that ask a running agent, against a real HTTP server: what is requested, what is printed with and without --json, and the exit codes of
// the contract.

import { describe, expect, test } from 'vitest';
import { runs } from '../../../src/cli/agent/runs.ts';
import { wrapping } from '../../../src/cli/io.ts';
import { faultOf } from '../../../src/messages/faults.ts';
import { eachServer } from '../../agent/each-server.ts';
import { finishStep, LXC, planRun, VM } from '../../agent/planned-run.ts';
import { ADMIN_TOKEN, COMMIT, openTestServer, type TestServer } from '../../agent/test-server.ts';
import type { TestRedis } from '../../support/redis/redis.ts';
import { until } from '../../support/until.ts';
import { type Ended, phoenix, start } from '../phoenix.ts';

const ENDED = '2026-01-02T03:05:00.000Z';

let server: TestServer;
let redis: TestRedis;
eachServer((opened, started) => {
  [server, redis] = [opened, started];
});

function environment(): Record<string, string> {
  return { PHOENIX_URL: server.url, PHOENIX_ADMIN_TOKEN: ADMIN_TOKEN };
}
function ask(...args: string[]): Promise<Ended> {
  return phoenix(args, environment());
}

describe('replay', () => {
  test('sends the request to the agent, and prints the run', async () => {
    const { exit, stdout } = await ask('replay', COMMIT, '--targets', 'lxc/101,vm/1001', '--rewind', '--dry-run');
    expect([exit, stdout]).toEqual([0, 'run 7\n']);
    const by = expect.stringMatching(/.+/);
    expect(server.asked).toEqual([
      ['replay', { commit: COMMIT, targets: [LXC, VM], rewind: true, dryRun: true, now: false, by }],
    ]);
  });

  test('with --json prints the answer of the agent and nothing else', async () => {
    expect((await ask('replay', COMMIT, '--json')).stdout).toBe('{"run":"7"}\n');
  });

  test('a number is enough for a target that the agent knows', async () => {
    await finishStep(server.ledger, await planRun(server.ledger), LXC);
    expect((await ask('replay', COMMIT, '--targets', '101')).exit).toBe(0);
    expect(server.asked[0]?.[1]).toMatchObject({ targets: [LXC] });
    const unknown = await ask('replay', COMMIT, '--targets', '999');
    expect(unknown.exit).toBe(2);
    expect(unknown.stderr).toContain('lxc/101');
  });

  test('a refusal of the agent exits with 1 and its reason', async () => {
    const { exit, stdout, stderr } = await ask('replay', 'unknown');
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toContain('there is no commit unknown on main');
  });

  test('a wrong token ends with 2 and names the variable', async () => {
    const { exit, stderr } = await phoenix(['replay', COMMIT], {
      ...environment(),
      PHOENIX_ADMIN_TOKEN: 'a wrong token',
    });
    expect(exit).toBe(2);
    expect(stderr).toContain('PHOENIX_ADMIN_TOKEN');
    expect(stderr).not.toContain('a wrong token');
  });
});

describe('--wait', () => {
  test.each([
    ['succeeded', 0],
    ['failed', 1],
  ] as const)('follows the run until it has %s', async (state, exit) => {
    const run = await planRun(server.ledger);
    const { ended } = start(['runs', run, '--wait', '--json'], environment());
    await finishStep(server.ledger, run, LXC);
    await finishStep(server.ledger, run, VM);
    await server.ledger.endRun(run, state, ENDED, []);
    const { stdout, stderr, exit: code } = await ended;
    expect(JSON.parse(stdout)).toMatchObject({
      id: run,
      state,
      ended: ENDED,
      steps: [{ target: LXC }, { target: VM }],
    });
    expect(stderr).toBe('');
    expect(code).toBe(exit);
  });

  test('does not wait for a person', async () => {
    const run = await planRun(server.ledger);
    const reason = 'would destroy it; to allow it: phoenix approve';
    const blocked = { outcome: 'blocked', reason, statuses: [] } as const;
    await server.ledger.settleSteps(run, ENDED, new Map([LXC, VM].map((target) => [target, blocked])));
    await server.ledger.markRun(run, 'blocked', []);
    const { exit, stdout } = await ask('approve', run, LXC, '--wait');
    expect(stdout).toContain('to allow it: phoenix approve');
    expect(exit).toBe(1);
  });

  test.each([
    [{}, '\u001b[32mapplied\u001b[0m'],
    [{ NO_COLOR: '1' }, 'lxc/101 update: applied'],
  ])('tells on a terminal what happens as it happens, in colour unless %j', async (wish, told) => {
    const run = await planRun(server.ledger);
    let stderr = '';
    let stdout = '';
    const io = wrapping({
      stdout: (text: string) => {
        stdout += text;
      },
      stderr: (text: string) => {
        stderr += text;
      },
      env: { ...environment(), ...wish },
      terminal: { stdout: false, stderr: true },
    });
    const ended = runs({ run, limit: 1, wait: true, json: true }, io);
    await finishStep(server.ledger, run, LXC);
    await until(() => stderr.includes(told), 'the first step on the terminal');
    expect(stdout).toBe('');
    await finishStep(server.ledger, run, VM);
    await server.ledger.endRun(run, 'succeeded', ENDED, []);
    expect(await ended).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ id: run, state: 'succeeded' });
  });

  test('says once, in a pipe too, who froze what the run waits for', async () => {
    const run = await planRun(server.ledger);
    await server.ledger.freeze({ reason: 'moving', by: 'ada', at: ENDED });
    const { output, ended } = start(['runs', run, '--wait'], environment());
    const told = 'waits: frozen since 2026-01-02 03:05:00 UTC by ada: moving; to go on: phoenix unfreeze\n';
    await until(() => output.stderr.includes(told), 'the freeze');
    await server.ledger.freeze(null);
    await finishStep(server.ledger, run, LXC);
    await finishStep(server.ledger, run, VM);
    await server.ledger.endRun(run, 'succeeded', ENDED, []);
    const { exit, stderr } = await ended;
    // That a step runs is said only where the follower reads the run meanwhile.
    const [before, after] = stderr.replaceAll(/^\S+ update: runs\n/gm, '').split(told);
    expect([exit, before, after]).toEqual([0, '', 'lxc/101 update: applied\nvm/1001 update: applied\n']);
    expect(stderr.split(told)).toHaveLength(2);
  });

  test('draws the progress on a terminal, removes it at the end, and prints lines elsewhere', async () => {
    const follow = async (env: Record<string, string>, isTerminal: boolean) => {
      // No lease of the run before is left.
      await redis.clear();
      const run = await planRun(server.ledger);
      let stderr = '';
      let stdout = '';
      const io = wrapping({
        stdout: (text: string) => {
          stdout += text;
        },
        stderr: (text: string) => {
          stderr += text;
        },
        env: { ...environment(), NO_COLOR: '1', ...env },
        terminal: { stdout: isTerminal, stderr: isTerminal, size: () => ({ columns: 50, rows: 10 }) },
      });
      const ended = runs({ run, limit: 1, wait: true, json: false }, io);
      await until(() => stderr !== '' || !isTerminal || env['TERM'] === 'dumb', 'the drawing');
      await finishStep(server.ledger, run, LXC);
      await finishStep(server.ledger, run, VM);
      await server.ledger.endRun(run, 'succeeded', ENDED, []);
      expect(await ended).toBe(0);
      return { stderr, stdout, run };
    };
    const drawn = await follow({}, true);
    expect(drawn.stderr).toContain('· lxc/101  update  waits\n· vm/1001  update  waits\n');
    expect(drawn.stderr).toContain('lxc/101 update: applied\n');
    // Up over the last drawing, and all of it erased.
    expect(drawn.stderr.slice(drawn.stderr.lastIndexOf('\n') + 1)).toMatch(/^.\[\d+A.\[0J$/);
    for (const line of drawn.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(50);
    for (const plain of [await follow({}, false), await follow({ TERM: 'dumb' }, true)]) {
      expect(plain.stderr).not.toContain('\u001b');
      expect(plain.stderr).toContain('vm/1001 update: applied\n');
      expect(plain.stdout).toContain(`run ${plain.run} succeeded: 2 applied`);
    }
  });

  test('an interrupt ends it with 130', async () => {
    const run = await planRun(server.ledger);
    const { child, output, ended } = start(['logs', run, '--follow'], environment());
    await finishStep(server.ledger, run, LXC);
    await until(() => output.stdout !== '', 'the first line');
    child.kill('SIGINT');
    expect((await ended).exit).toBe(130);
  });
});

describe('adopt and drift', () => {
  test('ask the agent for what was written', async () => {
    expect((await ask('adopt', 'lxc/105')).exit).toBe(0);
    expect((await ask('adopt', '--all')).exit).toBe(0);
    expect((await ask('drift')).exit).toBe(0);
    expect((await ask('drift', '--fix')).exit).toBe(0);
    expect(server.asked).toEqual([
      ['command', expect.objectContaining({ verb: 'adopt', targets: ['lxc/105'] })],
      ['command', expect.objectContaining({ verb: 'adopt', targets: [] })],
      ['drift', expect.any(String)],
      ['command', expect.objectContaining({ verb: 'converge', targets: [] })],
    ]);
  });

  test('adopting everything requires --all', async () => {
    const { exit, stderr } = await ask('adopt');
    expect([exit, server.asked]).toEqual([2, []]);
    expect(stderr).toContain('--all');
  });
});

describe('looking', () => {
  test('runs: the newest first, as text and as JSON', async () => {
    expect((await ask('runs')).stdout).toBe('no runs yet\n');
    const first = await planRun(server.ledger);
    const second = await planRun(server.ledger);
    const { stdout } = await ask('runs');
    expect(stdout).toBe([second, first].map((run) => `run ${run}  planned  aaaaaaa  push by ada  2 to do\n`).join(''));
    expect(JSON.parse((await ask('runs', '--limit', '1', '--json')).stdout)).toMatchObject([{ id: second }]);
  });

  test('one run with its steps and actions, without colours in a pipe', async () => {
    const run = await planRun(server.ledger);
    await finishStep(server.ledger, run, LXC);
    const { exit, stdout } = await ask('runs', run);
    expect(exit).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "run 1 applying: 1 applied, 1 to do (aaaaaaa, push by ada)
        lxc/101 update: applied
          set memory of lxc/101
        vm/1001 update: waits
      "
    `);
  });

  test('a run that is not there is the answer no', async () => {
    const { exit, stderr } = await ask('runs', '999');
    expect(exit).toBe(1);
    expect(stderr).toContain('there is no run 999');
  });

  test('status: what is applied, and what needs a person', async () => {
    await finishStep(server.ledger, await planRun(server.ledger), LXC);
    await server.ledger.freeze({ reason: 'moving', by: 'ada', at: ENDED });
    const all = await ask('status');
    expect(all.stdout).toContain('frozen since');
    expect(all.stdout).toContain('lxc/101  applied  aaaaaaa');
    expect(all.exit).toBe(0);
    expect(JSON.parse((await ask('status', '101', '--json')).stdout)).toMatchObject({ targets: [{ target: LXC }] });
    const missing = await ask('status', 'lxc/1001');
    expect([missing.exit, missing.stdout]).toEqual([2, '']);
    expect(missing.stderr).toContain('did you mean lxc/101?; phoenix status names what there is');
  });

  test('while what is declared cannot be read, a target without records is unknown, not misspelt', async () => {
    server.seen.known = async () => {
      throw new Error('the repository cannot be read');
    };
    const said = expect.stringContaining('and no declared target is known now');
    expect(await ask('status', 'vm/7')).toMatchObject({ exit: 1, stdout: '', stderr: said });
    await finishStep(server.ledger, await planRun(server.ledger), LXC);
    for (const word of ['vm/7', '7']) expect(await ask('status', word)).toMatchObject({ exit: 1, stderr: said });
    expect((await ask('status', 'lxc/101')).exit).toBe(0);
    expect((await ask('status', 'a/b/c')).exit).toBe(2);
  });

  test('status: a fault ends it with 3 once it has lasted, and with 0 for targets that are named', async () => {
    await finishStep(server.ledger, await planRun(server.ledger), LXC);
    const fault = (since: string) => {
      server.seen.faults = async () => [faultOf('repository', { since, why: 'HTTP 401; set the token' })];
    };
    fault(new Date().toISOString());
    const begun = await ask('status');
    expect([begun.exit, begun.stdout]).toEqual([0, expect.stringMatching(/^trying again since .*HTTP 401/m)]);
    fault(ENDED);
    const lasting = await ask('status');
    expect([lasting.exit, lasting.stdout]).toEqual([3, expect.stringMatching(/^fails since .*HTTP 401/m)]);
    expect((await ask('status', '101')).exit).toBe(0);
    expect(JSON.parse((await ask('status', '--json')).stdout)).toMatchObject({ lasting: ['repository'] });
  });

  test('logs: of one step as they were, of all with their targets', async () => {
    const run = await planRun(server.ledger);
    const none = { exit: 0, stdout: '', stderr: `no program of run ${run} printed anything\n` };
    expect(await ask('logs', run)).toMatchObject(none);
    await finishStep(server.ledger, run, LXC);
    await finishStep(server.ledger, run, VM);
    expect((await ask('logs', run, 'lxc/101')).stdout).toBe('output of lxc/101\n');
    expect((await ask('logs', run)).stdout).toBe('lxc/101: output of lxc/101\nvm/1001: output of vm/1001\n');
    expect(JSON.parse((await ask('logs', run, '1001', '--json')).stdout)).toEqual({
      run,
      logs: [{ target: VM, lines: ['output of vm/1001'] }],
    });
  });

  test('logs --follow survives a lost connection and ends with the run', async () => {
    const run = await planRun(server.ledger);
    const { output, ended } = start(['logs', run, '--follow'], environment());
    await finishStep(server.ledger, run, LXC);
    await until(() => output.stdout.includes('lxc/101'), 'the first line');
    const { port } = new URL(server.url);
    await server.close();
    server = await openTestServer(redis.url, {}, Number(port));
    await finishStep(server.ledger, run, VM);
    await server.ledger.endRun(run, 'succeeded', ENDED, []);
    const { exit, stdout } = await ended;
    expect(stdout).toBe('lxc/101: output of lxc/101\nvm/1001: output of vm/1001\n');
    expect(exit).toBe(0);
  });
});

test('freeze, unfreeze and approve reach the agent', async () => {
  const run = await planRun(server.ledger);
  expect((await ask('freeze', 'moving', 'the', 'storage')).exit).toBe(0);
  expect((await ask('unfreeze', '--json')).stdout).toBe('{"run":"7"}\n');
  expect((await ask('approve', run, 'lxc/101')).stdout).toBe(`run ${run}\n`);
  const by = expect.stringMatching(/.+/);
  expect(server.asked).toEqual([
    ['freeze', 'moving the storage', by],
    ['unfreeze', by],
    ['approve', run, LXC, by],
  ]);
});

describe('notify', () => {
  test('lists the channels and their failures, tests one, and exits with 1 where one fails', async () => {
    expect(await ask('notify')).toMatchObject({
      exit: 1,
      stdout:
        'failing ops (slack): failure; 2 waiting; since 2026-01-02T03:04:05.000Z: chat.example.internal answered 500\n',
    });
    const tested = await ask('notify', '--test', 'ops');
    expect([tested.exit, tested.stdout]).toEqual([1, 'ops: not sent: chat.example.internal answered 500\n']);
    expect((await ask('notify', '--test', '--json')).stdout).toBe(
      '[{"channel":"ops","sent":false,"why":"chat.example.internal answered 500"}]\n',
    );
    expect(server.asked).toEqual([
      ['testChannels', 'ops'],
      ['testChannels', undefined],
    ]);
    expect((await ask('notify', '--test', 'unknown')).stderr).toContain('there is no channel unknown; there are ops');
  });
});

test('open prints the address of a page that is there, and refuses an unknown page', async () => {
  const run = await planRun(server.ledger);
  await finishStep(server.ledger, run, LXC);
  // VM 1001 has a step, but is neither declared nor applied, as one that was removed.
  const pages = [[], [run], ['lxc/101'], ['vm/1001'], [run, 'lxc/101']];
  const printed = await Promise.all(pages.map(async (words) => (await ask('open', ...words)).stdout));
  expect(printed).toEqual(
    ['/', `/runs/${run}`, '/targets/lxc/101', '/targets/vm/1001', `/runs/${run}/lxc/101`].map(
      (path) => `${server.url}${path}\n`,
    ),
  );
  for (const [words, exit, said] of [
    [['99'], 1, 'there is no run 99'],
    [['lxc/9101'], 2, 'did you mean lxc/101?'],
    [[run, 'lxc/9101'], 1, `run ${run} has no step lxc/9101`],
  ] as const)
    expect(await ask('open', ...words)).toMatchObject({ exit, stdout: '', stderr: expect.stringContaining(said) });
  for (const words of [['lxc/../..'], ['12', '13'], ['$(reboot)'], ['12', 'lxc/101', 'x']])
    expect(await ask('open', ...words)).toMatchObject({ exit: 2, stdout: '' });
});
