// The time from a push to the first command on the host, compared with the minimum: `git fetch` and the start of one process. A real forge, a real
// agent in its own process, and a lab host whose programs record their start.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startForge } from 'phoenix-lab/forge';
import { start } from '../cli/phoenix.ts';
import { agentSettings, FORGE_TOKEN, WEBHOOK_SECRET } from '../support/agent/agent-settings.ts';
import { openConfigRepo } from '../support/git/config-repo.ts';
import { until } from '../support/until.ts';
import { isApplied, listenForWebhooks, listensAt, wrapPrograms } from './agent.ts';
import { manyGuests } from './guests.ts';
import { type Measurement, median, spread } from './report.ts';

const run = promisify(execFile);

const ROUNDS = 11;
const GUESTS = 3;
const MAX_RATIO = 1.1;
/** What a program of the host does first: write down the time in nanoseconds. */
const STAMP = 'date +%s%N';

export async function measurePush(): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-bench-'));
  const forge = await startForge({ folder: join(folder, 'forge'), secret: WEBHOOK_SECRET, token: FORGE_TOKEN });
  const arrivals = await listenForWebhooks();
  const agent = start(['serve'], agentSettings(folder, forge));
  try {
    await until(() => {
      if (agent.child.exitCode !== null) throw new Error(`the agent ended: ${agent.output.stderr}`);
      return listensAt(agent) !== undefined;
    }, 'the agent to listen');
    forge.sendWebhooksTo(arrivals.url, `${listensAt(agent)}/webhooks`);
    const commands = await stampPrograms(join(folder, 'data/lab/bin'), join(folder, 'commands'));
    const fetch = await openPeer(join(folder, 'peer'), forge.pushUrl);
    const repo = await openConfigRepo(join(folder, 'person'), forge.pushUrl);

    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const before = (await commands()).length;
      const commit = await repo.commit(manyGuests(GUESTS, { memory_mb: 1_024 + round }));
      await repo.push();
      await until(() => isApplied(forge, commit), 'the push to be applied');
      const [first = Number.NaN] = (await commands()).slice(before);
      const took = first - (arrivals.times.at(-1) ?? Number.NaN);
      const least = await fetch();
      // In the first round the guests are created and everything is fetched for the first time.
      if (round > 0) ours.push(took);
      if (round > 0) theirs.push(least);
    }
    return report(ours, theirs);
  } finally {
    agent.child.kill('SIGTERM');
    await agent.ended;
    await arrivals.close();
    await forge.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes every program of the lab record its start; resolves to a reader of these times, in milliseconds since 1970. */
async function stampPrograms(bin: string, log: string): Promise<() => Promise<number[]>> {
  const lines = await wrapPrograms(bin, log, (program) => `/bin/${STAMP} >>'${log}'\nexec '${program}' "$@"\n`);
  return async () => (await lines()).map((line) => Number(line) / 1e6).sort((a, b) => a - b);
}

/** The duration of a fetch of the push, and of a process that only records its start, in milliseconds. */
async function openPeer(folder: string, url: string): Promise<() => Promise<number>> {
  await run('git', ['init', '--quiet', '--bare', folder]);
  await run('git', ['-C', folder, 'remote', 'add', 'origin', url]);
  return async () => {
    const began = performance.now();
    await run('git', ['-C', folder, 'fetch', '--quiet', 'origin', '+refs/heads/main:refs/heads/main']);
    await run('/bin/sh', ['-c', STAMP]);
    return performance.now() - began;
  };
}

function report(ours: readonly number[], theirs: readonly number[]): Measurement {
  const ratios = ours.map((took, round) => took / (theirs[round] ?? Number.NaN));
  return {
    title: 'Push to first host command',
    about: [
      'From the webhook to the start of the first program on the host: recorded, fetched, read, checked, planned, queued.',
      `Against \`git fetch\` of the same commit and the start of the same process. ${ROUNDS} pushes of one commit each.`,
    ].join('\n  '),
    lines: [
      { what: 'Phoenix', measured: spread(ours, 0, ' ms'), goal: null },
      { what: 'git fetch and one process', measured: spread(theirs, 0, ' ms'), goal: null },
      {
        what: 'Phoenix against both',
        measured: spread(ratios, 2),
        goal: { text: `≤ ${MAX_RATIO}`, met: median(ratios) <= MAX_RATIO },
      },
    ],
  };
}
