// The memory of an idle agent that was started like the service: after its start, and after some pushes.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startForge } from 'phoenix-lab/forge';
import { start } from '../cli/phoenix.ts';
import { agentSettings, FORGE_TOKEN, WEBHOOK_SECRET } from '../support/agent/agent-settings.ts';
import { openConfigRepo } from '../support/git/config-repo.ts';
import { until } from '../support/until.ts';
import { isApplied, listensAt } from './agent.ts';
import { manyGuests } from './guests.ts';
import { SERVICE, SERVICE_CACHE } from './program.ts';
import type { Measurement } from './report.ts';

const PUSHES = 20;
const IDLE_MS = 20_000;
const MAX_MB = 120;

export async function measureMemory(): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-bench-'));
  const forge = await startForge({ folder: join(folder, 'forge'), secret: WEBHOOK_SECRET, token: FORGE_TOKEN });
  const settings = { ...agentSettings(folder, forge), ...SERVICE.environment, ...SERVICE_CACHE };
  const agent = start(['serve'], settings, [], SERVICE.nodeOptions);
  const takes = () => residentMb(agent.child.pid ?? 0);
  try {
    await until(() => listensAt(agent) !== undefined, 'the agent to listen', 60);
    await pause(IDLE_MS);
    const started = await takes();
    forge.sendWebhooksTo(`${listensAt(agent)}/webhooks`);
    const repo = await openConfigRepo(join(folder, 'person'), forge.pushUrl);
    for (let push = 0; push < PUSHES; push += 1) {
      const commit = await repo.commit(manyGuests(5, { memory_mb: 1_024 + push }));
      await repo.push();
      await until(() => isApplied(forge, commit), 'the push to be applied', 60);
    }
    await pause(IDLE_MS);
    return report(started, await takes());
  } finally {
    agent.child.kill('SIGTERM');
    await agent.ended;
    await forge.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function residentMb(pid: number): Promise<number> {
  const [, kilobytes = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

function report(started: number, pushed: number): Measurement {
  return {
    title: 'Memory of an agent that has nothing to do',
    about: `Resident memory of its own process, ${IDLE_MS / 1000} s after its start and after ${PUSHES} pushes of five containers. The host is a lab.`,
    lines: [
      {
        what: 'after its start',
        measured: `${started.toFixed(0)} MB`,
        goal: { text: `≤ ${MAX_MB} MB`, met: started <= MAX_MB },
      },
      { what: `after ${PUSHES} pushes`, measured: `${pushed.toFixed(0)} MB`, goal: null },
    ],
  };
}
