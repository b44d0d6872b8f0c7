// The time from a push to the first and to the last status of its commit, for a change of one container, compared with the sum of the host's own
// commands: the minimum for running them one after the other.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { start } from '../cli/phoenix.ts';
import { agentSettings, FORGE_TOKEN, WEBHOOK_SECRET } from '../support/agent/agent-settings.ts';
import { openConfigRepo } from '../support/git/config-repo.ts';
import { until } from '../support/until.ts';
import { isApplied, listenForWebhooks, listensAt, wrapPrograms } from './agent.ts';
import { manyGuests } from './guests.ts';
import { type Measurement, median, spread } from './report.ts';

const ROUNDS = 11;
const MAX_RATIO = 1.15;

export async function measureStatus(): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-bench-'));
  const forge = await startForge({ folder: join(folder, 'forge'), secret: WEBHOOK_SECRET, token: FORGE_TOKEN });
  const arrivals = await listenForWebhooks();
  const agent = start(['serve'], agentSettings(folder, forge));
  try {
    await until(() => listensAt(agent) !== undefined, 'the agent to listen');
    forge.sendWebhooksTo(arrivals.url, `${listensAt(agent)}/webhooks`);
    const commandsTook = await timePrograms(join(folder, 'data/lab/bin'), join(folder, 'commands'));
    const repo = await openConfigRepo(join(folder, 'person'), forge.pushUrl);
    const measured = { pending: [] as number[], final: [] as number[], commands: [] as number[] };
    for (let round = 0; round <= ROUNDS; round += 1) {
      const before = await commandsTook();
      const commit = await repo.commit(manyGuests(1, { memory_mb: 1_024 + round }));
      await repo.push();
      await until(() => isApplied(forge, commit), 'the push to be applied');
      // In the first round the guest is created and everything is fetched for the first time.
      if (round === 0) continue;
      const sent = arrivals.times.at(-1) ?? Number.NaN;
      const [first, last] = wordsOn(forge, commit);
      measured.pending.push(first - sent);
      measured.final.push(last - sent);
      measured.commands.push((await commandsTook()) - before);
    }
    return report(measured);
  } finally {
    agent.child.kill('SIGTERM');
    await agent.ended;
    await arrivals.close();
    await forge.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** When the first and the last status of the run came, in milliseconds since 1970. */
function wordsOn(forge: LabForge, commit: string): [first: number, last: number] {
  const said = forge.statuses().filter(({ sha, context }) => sha === commit && context === 'phoenix/apply');
  return [Date.parse(said[0]?.created_at ?? ''), Date.parse(said.at(-1)?.created_at ?? '')];
}

/** Makes every program of the lab record its duration; resolves to a reader of the sum, in milliseconds. */
async function timePrograms(bin: string, log: string): Promise<() => Promise<number>> {
  const now = '$(/bin/date +%s%N)';
  const lines = await wrapPrograms(bin, log, (program) => {
    return `began=${now}\n'${program}' "$@"\nended=$?\necho $((${now} - began)) >>'${log}'\nexit $ended\n`;
  });
  return async () => (await lines()).reduce((sum, line) => sum + Number(line) / 1e6, 0);
}

function report({
  pending,
  final,
  commands,
}: Readonly<Record<'pending' | 'final' | 'commands', number[]>>): Measurement {
  const ratios = final.map((took, round) => took / (commands[round] ?? Number.NaN));
  return {
    title: 'Push to the words on its commit',
    about: `From the webhook to the statuses at the forge, for more memory of one container. ${ROUNDS} pushes of one commit each.`,
    lines: [
      { what: 'to the pending status', measured: spread(pending, 0, ' ms'), goal: null },
      { what: 'to the final status', measured: spread(final, 0, ' ms'), goal: null },
      { what: 'its host commands, summed', measured: spread(commands, 0, ' ms'), goal: null },
      {
        what: 'final status against the commands',
        measured: spread(ratios, 2),
        goal: { text: `≤ ${MAX_RATIO}`, met: median(ratios) <= MAX_RATIO },
      },
    ],
  };
}
