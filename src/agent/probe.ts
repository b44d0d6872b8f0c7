// The question to a target whether it works, asked as often as its declaration says.

import type { HealthProbe } from '../managers/manager.ts';
import { tellingLine } from '../say/failure.ts';
import { WHY } from '../say/status.ts';
import type { StepWork } from './carry-out.ts';
import { pauseFor, runCommand } from './run-action.ts';

/** Null when it answers well, or when there is nothing to ask; else what it said last. */
export async function probe(work: StepWork, health: HealthProbe | null): Promise<string | null> {
  if (health === null) return null;
  for (let tries = 0; ; tries += 1) {
    work.log.write(`? ${health.summary}`);
    const result = await runCommand(work.host, health.command, work);
    if (result.exit === 0) return null;
    if (tries >= health.retries) return WHY.sick(health.summary, tellingLine(`${result.stdout}\n${result.stderr}`));
    await pauseFor(health.intervalSeconds, work.signal);
  }
}
