// Checks the health of one target: whether it exists, runs as declared, and passes its health check. Changes nothing.

import type { Manager, Wanted } from '../../managers/manager.ts';
import { HEALTH } from '../../messages/command.ts';
import { SecretUnavailable } from '../../ports/secret-unavailable.ts';
import { leftFields, withoutLeft } from '../apply/left-to-people.ts';
import type { Performing } from '../apply/perform.ts';
import { probe } from '../apply/probe.ts';
import { sealWanted } from '../apply/seal.ts';
import type { Ending } from '../apply/step-work.ts';

export interface HealthWork extends Omit<Performing, 'leaseGuard'> {
  readonly manager: Manager;
  readonly wanted: Wanted;
  /** Fields that people may change, which are no fault; absent for none. */
  readonly leaves?: readonly string[];
}

/** `failed`: it is unhealthy, for the given reason; `unchanged`: it is healthy. */
export async function checkHealth(work: HealthWork): Promise<Ending> {
  const { host, manager } = work;
  let wanted: Wanted;
  try {
    // As a step does: without it everything that has a secret differs from what was done with its value.
    ({ wanted } = await sealWanted(host, work.wanted, false));
  } catch (error) {
    if (error instanceof SecretUnavailable) return sick(error.message);
    throw error;
  }
  const observation = await manager.observe(host, wanted);
  // As a drift check judges it.
  const judged = withoutLeft({ ...work, wanted }, observation);
  const left = HEALTH.left(leftFields({ ...work, wanted }, observation));
  const powerless = endingWithoutPower(manager, wanted, observation, left);
  if (powerless !== null) return powerless;
  const decision = manager.decide(judged, observation);
  if (decision.kind === 'impossible' || decision.kind === 'partly') return sick(decision.reason);
  const health = manager.health(wanted);
  const answer = health === null ? null : await probe(work, { ...health, retries: 0 });
  if (answer !== null) return sick(answer);
  if (decision.kind === 'blocked') return well(`${decision.reason}${left}`);
  const actions = decision.actions.filter(({ notes }) => notes !== true);
  if (actions.length > 0) return well(`${HEALTH.differs(actions)}${left}`);
  return well(`${health === null ? HEALTH.asDeclared : HEALTH.answers}${left}`);
}

/** The ending for a target that does not run, or is absent. Null for one that runs, and for one that has no power state. */
function endingWithoutPower(
  { power }: Manager,
  { spec }: Wanted,
  observation: Awaited<ReturnType<Manager['observe']>>,
  left: string,
): Ending | null {
  if (power === undefined || spec === undefined) return null;
  const role = power.role(spec);
  const state = power.running(observation);
  if (state === 'absent' || (role === 'runs' && state === 'stopped')) return sick(HEALTH[state]);
  if (state === 'stopped') return well(`${role === 'rests' ? HEALTH.atRest : HEALTH.free}${left}`);
  return null;
}

function sick(reason: string): Ending {
  return { outcome: 'failed', reason };
}

function well(reason: string): Ending {
  return { outcome: 'unchanged', reason };
}
