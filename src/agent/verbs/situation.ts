// The state that a command is planned against: all declared or applied targets with their power states. One inventory for each kind that can run,
// however many targets there are.

import type { Manager, RunningState } from '../../managers/manager.ts';
import { kindOf, type TargetId } from '../../model/ids.ts';
import type { Target } from '../../model/target.ts';
import type { Situation } from '../../plan/command.ts';
import type { Context } from '../context.ts';

type Targets = ReadonlyMap<TargetId, Target>;

/** @param run the inventory is shared with the run's steps */
export async function situationOf(
  { managers, inventories }: Context,
  run: string,
  targets: Targets,
): Promise<Situation> {
  const states = new Map<TargetId, RunningState>();
  const resting = new Set<TargetId>();
  for (const [id, { spec }] of targets) {
    const manager: Manager = managers.managerOf(kindOf(id));
    if (manager.power === undefined) continue;
    states.set(id, manager.power.state(await inventories(run, manager), id));
    if (manager.power.role(spec) === 'rests') resting.add(id);
  }
  return { targets, states, resting };
}
