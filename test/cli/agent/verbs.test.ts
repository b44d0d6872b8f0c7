// The verbs on the command line, with a whole agent over a lab host: the output, the exit code, and the state of the guests.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestVerb } from '../../../src/cli/agent/verbs/request.ts';
import { agentSettings, FORGE_TOKEN, WEBHOOK_SECRET } from '../../support/agent/agent-settings.ts';
import { environment } from '../../support/environment.ts';
import { openConfigRepo } from '../../support/git/config-repo.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';
import { captured } from '../captured.ts';
import { type Ended, phoenix } from '../phoenix.ts';
import { type ServedHere, serveHere } from '../serve-here.ts';

const ADMIN = 'the-token-of-the-admin';

const RUNS = { start_at_boot: true };

let folder: string;
let forge: LabForge;
let served: ServedHere;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-verbs-'));
  forge = await startForge({ folder: join(folder, 'forge'), secret: WEBHOOK_SECRET, token: FORGE_TOKEN });
  const repo = await openConfigRepo(join(folder, 'person'), forge.pushUrl);
  const commit = await repo.commit(environment({ 101: RUNS, 102: { ...RUNS, dependencies: [101] }, 103: RUNS }));
  await repo.push();
  served = await serveHere(agentSettings(folder, forge, { PHOENIX_ADMIN_TOKEN: ADMIN, PHOENIX_DRIFT_SECONDS: '3600' }));
  url = served.url;
  const applied = () => forge.latestStatuses(commit).find(({ context }) => context === 'phoenix/apply')?.state;
  await until(() => applied() === 'success', 'the first commit to be applied', 60);
}, 120_000);
afterAll(async () => {
  await served.stop();
  await forge.close();
  await rm(folder, { recursive: true, force: true });
});

const ask = (...args: string[]): Promise<Ended> => phoenix(args, { PHOENIX_URL: url, PHOENIX_ADMIN_TOKEN: ADMIN });

/** In this process, with a person who gives this answer to every question. */
function atTerminal(answer: string | null, asked: { verb: 'delete' | 'adopt'; words: string[] }) {
  const env = { PHOENIX_URL: url, PHOENIX_ADMIN_TOKEN: ADMIN };
  return captured((io) => {
    const person = {
      ...io,
      ask: async (question: string) => {
        io.stderr(`${question}\n`);
        return answer;
      },
    };
    return requestVerb({ ...asked, json: false, wait: true }, person);
  }, env);
}

async function states(): Promise<string[]> {
  const { stdout } = await ask('status', '--json');
  const { targets } = JSON.parse(stdout) as { targets: { target: string; running: string | null }[] };
  return targets.flatMap(({ target, running }) => (running === null ? [] : [`${target} ${running}`]));
}

/** What the agent observes at most every five seconds. */
const newLook = (expected: string[]) =>
  until(async () => JSON.stringify(await states()) === JSON.stringify(expected), `guests to be ${expected}`, 30);

describe('a person at the command line', { timeout: 120_000 }, () => {
  test('sees what is applied and what runs', async () => {
    await newLook(['lxc/101 running', 'lxc/102 running', 'lxc/103 running']);
    const { stdout, exit } = await ask('status', 'lxc/101');
    expect(stdout).toMatch(/^ {2}lxc\/101 {2}applied {2}[0-9a-f]{7} {2}running$/m);
    expect(exit).toBe(0);
  });

  test('names what blocks it, and that nothing was done', async () => {
    const { exit, stdout, stderr } = await ask('stop', '101');
    expect(stderr).toContain(
      'nothing was stopped: lxc/102 runs and needs it; stop it first, or take it along with --cascade',
    );
    expect([exit, stdout]).toEqual([1, '']);
  });

  test('sees with --dry-run what would be done, in order, and nothing is', async () => {
    const { exit, stdout } = await ask('stop', '101', '--cascade', '--dry-run');
    expect(stdout).toMatch(/^run \d+ succeeded: 2 would act \([0-9a-f]{7}, stop by .*, dry run\)$/m);
    expect(stdout.split('\n').slice(1)).toEqual([
      '  lxc/102 stop: would act',
      '    would shut container 102 down',
      '  lxc/101 stop: would act',
      '    would shut container 101 down',
      '',
    ]);
    expect(exit).toBe(0);
    expect((await ask('health-check')).exit).toBe(0);
  });

  test('stops with --cascade, starts what is needed, and asks for health', async () => {
    expect((await ask('stop', '101', '--cascade', '--wait')).exit).toBe(0);
    const sick = await ask('health-check', '101', '103');
    expect(sick.stdout).toBe(
      'lxc/101  sick     it is not running\nlxc/103  healthy  as declared; it has no health check\n',
    );
    expect(sick.exit).toBe(1);
    const started = await ask('start', '102', '--wait');
    expect(started.stdout).toMatch(/lxc\/101 start: applied\n {4}start container 101\n {2}lxc\/102 start: applied/);
    expect(started.exit).toBe(0);
    expect((await ask('health-check')).exit).toBe(0);
  });

  test('with --yes sees the refusal of a deletion, and nothing is deleted', async () => {
    const { exit, stdout, stderr } = await ask('delete', '101', '--yes', '--wait');
    expect(stderr).toMatch(/^run \d+ invalid \([0-9a-f]{7}, delete by .*, dry run\)$/m);
    expect(stderr).toContain('nothing was deleted: lxc/102 runs and needs it; stop it first');
    expect([exit, stdout]).toEqual([1, '']);
    expect((await ask('health-check', '101', '102')).exit).toBe(0);
  });

  test('without a terminal a deletion waits for its approval', async () => {
    const waits = await ask('delete', '103', '--wait');
    expect(waits.exit).toBe(1);
    expect(waits.stdout).toMatch(
      /lxc\/103 delete: blocked: would destroy it; to allow it: phoenix approve \d+ lxc\/103/,
    );
    await newLook(['lxc/101 running', 'lxc/102 running', 'lxc/103 running']);
    const [, run = ''] = /phoenix approve (\d+)/.exec(waits.stdout) ?? [];
    const approved = await ask('approve', run, 'lxc/103', '--wait');
    expect([approved.exit, approved.stdout]).toEqual([0, expect.stringContaining('lxc/103 delete: applied')]);
    expect((await ask('create', '103', '--wait')).exit).toBe(0);
  });

  test('at a terminal it shows what would be destroyed and asks, and only a yes continues', async () => {
    for (const answer of ['', 'n', 'yess', null]) {
      const { exit, err: stderr } = await atTerminal(answer, { verb: 'delete', words: ['103'] });
      expect(stderr).toMatch(
        /lxc\/103 delete: would act\n( {4}would .*\n)+Delete it, as shown\? \[y\/N\] \nnothing was done\n$/,
      );
      expect(exit).toBe(1);
    }
    expect((await ask('health-check', '103')).exit).toBe(0);
    const { exit, out: stdout } = await atTerminal('y', { verb: 'delete', words: ['103'] });
    expect(stdout).toMatch(/lxc\/103 approved by .*, in answer to what run \d+ showed\n {2}lxc\/103 delete: applied/);
    expect(exit).toBe(0);
    expect((await ask('create', '103', '--wait')).exit).toBe(0);
  });

  test('deletes a guest, says that it is still declared, and recreates it', LONG_TEST, async () => {
    const { exit, stdout, stderr } = await ask('delete', '103', '--yes', '--wait');
    expect(stderr).not.toContain('would act');
    expect(stdout).toContain(
      'lxc/103 delete: applied: deleted; the next converge creates it again unless it is removed',
    );
    expect(exit).toBe(0);
    await newLook(['lxc/101 running', 'lxc/102 running', 'lxc/103 absent']);
    expect((await ask('status')).exit).toBe(1);
    const made = await ask('create', '103', '101', '--wait', '--json');
    expect(JSON.parse(made.stdout)).toMatchObject({
      verb: 'create',
      steps: [{ target: 'lxc/103', outcome: 'applied' }],
    });
    expect((await ask('letsgo', '--wait')).exit).toBe(0);
  });

  test('adopts what it was shown, with the actions of each target', async () => {
    const dry = await ask('adopt', '103', '--dry-run');
    expect([dry.exit, dry.stdout]).toEqual([0, expect.stringContaining('lxc/103 update: nothing to do')]);
    // A person removes the mark and changes the memory.
    const file = join(folder, 'data', 'lab', 'etc', 'pve', 'lxc', '103.conf');
    const written = await readFile(file, 'utf8');
    const unmarked = written
      .replace(/^#.*\n/gm, '')
      .replace(/^tags: .*\n/m, '')
      .replace(/^memory: .*$/m, 'memory: 768');
    await writeFile(file, unmarked);
    expect((await ask('adopt', '103', '--dry-run')).stdout).toMatch(
      /lxc\/103 update: would act\n {4}memory_mb \(etc\/phoenix_lxc_configs\.json:\d+\): 512, observed 768\n {4}tags: "phoenix", observed not set\n[\s\S]*^ {4}would /m,
    );
    const declined = await atTerminal('n', { verb: 'adopt', words: ['103'] });
    expect([declined.exit, await readFile(file, 'utf8')]).toEqual([1, unmarked]);
    const accepted = await atTerminal('y', { verb: 'adopt', words: ['103'] });
    expect(accepted.err).toContain('Adopt it, as shown? [y/N]');
    expect([accepted.exit, accepted.out]).toEqual([0, expect.stringContaining('lxc/103 update: applied')]);
    expect(await readFile(file, 'utf8')).toMatch(/^memory: 512$/m);
    // A program that answers in advance and does not wait is told what it allowed.
    const allowed = await ask('adopt', '103', '--yes');
    expect([allowed.exit, allowed.stdout]).toEqual([0, expect.stringMatching(/^run \d+\n$/)]);
    expect(allowed.stderr).toContain('lxc/103 update: nothing to do');
    // Programs that adopt continue as before.
    expect((await ask('adopt', '103', '--wait')).exit).toBe(0);
  });

  test('shows what is in doubt: a guest that somebody destroyed no longer counts as applied', LONG_TEST, async () => {
    const proved = async () => JSON.parse((await ask('status', 'lxc/103', '--json')).stdout).targets[0];
    await until(async () => (await proved()).doubt === null, 'the next look at the host', 30);
    expect(await proved()).toMatchObject({ state: 'applied', doubt: null, proved: expect.stringMatching(/^20\d\d-/) });
    const file = join(folder, 'data', 'lab', 'etc', 'pve', 'lxc', '103.conf');
    const text = await readFile(file, 'utf8');
    await rm(file);
    await until(async () => (await proved()).state === 'doubtful', 'the guest to be in doubt', 30);
    const { exit, stdout } = await ask('status', 'lxc/103');
    expect(exit).toBe(1);
    expect(stdout).toMatch(
      /lxc\/103 {2}in doubt {2}[0-9a-f]{7} {2}absent\n {6}proved 20.* UTC; it is not on the host any more; phoenix converge proves it again/,
    );
    await writeFile(file, text);
    await until(async () => (await proved()).state === 'applied', 'the guest to be there again', 30);
  });

  test('explains wrong use', async () => {
    const wrong = [
      ['sync'],
      ['sync', 'everything'],
      ['sync', 'stack', 'web', '1002'],
      ['stop'],
      ['start', '10 1'],
      ['restart', '101', '--cascade'],
    ];
    for (const args of wrong) expect([args, (await ask(...args)).exit]).toEqual([args, 2]);
    const unknown = await ask('start', '999');
    expect([unknown.exit, unknown.stderr]).toEqual([2, expect.stringContaining('nothing is called 999')]);
    const stack = await ask('sync', 'stack', 'web', 'to', '1002');
    expect(stack.stderr).toContain('stack/1002.web is neither declared nor applied');
  });
});
