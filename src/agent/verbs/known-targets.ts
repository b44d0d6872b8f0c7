// Lists every declared target with its power state.

import { setTimeout as pause } from 'node:timers/promises';
import type { RunningState } from '../../managers/manager.ts';
import type { TargetId } from '../../model/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Context } from '../context.ts';
import type { KnownTarget } from '../deps.ts';
import { declaredAt } from '../reconcile/desired-state.ts';
import { situationOf } from './situation.ts';

/** Minimum interval between observations of the host, however many clients there are. */
const LOOK_EVERY_MS = 5_000;

/** Key of an inventory that all callers within those seconds share. */
export function clockTick(clock: Clock): string {
  return `at ${Math.floor(clock.now().getTime() / LOOK_EVERY_MS)}`;
}

/** @param hostWithinMs maximum wait for the host; absent: unlimited */
export async function known(context: Context, hostWithinMs?: number): Promise<readonly KnownTarget[]> {
  const base = (await context.ledger.head())?.base;
  const declared = base ? await declaredAt(context, base) : undefined;
  if (declared === undefined) return [];
  const none: ReadonlyMap<TargetId, RunningState> = new Map();
  const observing = situationOf(context, clockTick(context.clock), declared.targets).then(
    (situation) => situation.states,
    () => none,
  );
  const states =
    hostWithinMs === undefined
      ? await observing
      : await Promise.race([observing, pause(hostWithinMs, none, { ref: false })]);
  return [...declared.targets].map(([target, { needs, within = [] }]) => {
    return { target, running: states.get(target) ?? null, needs, within };
  });
}
