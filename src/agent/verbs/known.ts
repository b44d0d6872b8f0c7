// Every declared target and whether it runs, for people who ask how things are.

import { setTimeout as pause } from 'node:timers/promises';
import type { RunningState } from '../../managers/manager.ts';
import type { TargetId } from '../../model/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Context } from '../context.ts';
import type { KnownTarget } from '../deps.ts';
import { declaredAt } from '../reconcile/gather.ts';
import { situationOf } from './situation.ts';

/** However many ask, the host is looked at once in so long. */
const LOOK_EVERY_MS = 5_000;

/** The name of a look at the host that all share who ask within those seconds. */
export function clockTick(clock: Clock): string {
  return `at ${Math.floor(clock.now().getTime() / LOOK_EVERY_MS)}`;
}

/** @param hostWithinMs the host is waited for no longer; absent: as long as it takes */
export async function known(context: Context, hostWithinMs?: number): Promise<readonly KnownTarget[]> {
  const base = (await context.ledger.head())?.base;
  const declared = base ? await declaredAt(context, base) : undefined;
  if (declared === undefined) return [];
  const nothing: ReadonlyMap<TargetId, RunningState> = new Map();
  const look = situationOf(context, clockTick(context.clock), declared.targets).then(
    (situation) => situation.states,
    () => nothing,
  );
  const states =
    hostWithinMs === undefined ? await look : await Promise.race([look, pause(hostWithinMs, nothing, { ref: false })]);
  return [...declared.targets].map(([target, { needs, within = [] }]) => {
    return { target, running: states.get(target) ?? null, needs, within };
  });
}
