// Runs a target's health check as often as it is declared to.

import type { HealthProbe } from '../../managers/manager.ts';
import { errorLine } from '../../messages/failure.ts';
import type { Host } from '../../ports/host.ts';
import { pauseFor, runProbe } from './run-action.ts';
import type { StepLog } from './step-log.ts';

interface Asking {
  readonly host: Host;
  readonly log: StepLog;
  readonly signal: AbortSignal;
}

/** Null when the target is healthy or has no health check; else the check and its last answer. */
export async function probe(work: Asking, health: HealthProbe | null): Promise<string | null> {
  if (health === null) return null;
  for (let tries = 0; ; tries += 1) {
    work.log.write(`? ${health.summary}`);
    const result = await runProbe(work.host, health.command, work);
    if (result.exit === 0) return null;
    if (tries >= health.retries) {
      const answer = errorLine(`${result.stdout}\n${result.stderr}`);
      return answer === undefined ? health.summary : `${health.summary}: ${answer}`;
    }
    await pauseFor(health.intervalSeconds, work.signal);
  }
}
