// Applies one target like the agent, without ledger and leases: observes, decides and acts until nothing is left.

import { expect } from 'vitest';
import { CarriedOut, stillApplicable } from '../../src/agent/apply/rounds.ts';
import { runAction } from '../../src/agent/apply/run-action.ts';
import { sealWanted } from '../../src/agent/apply/seal.ts';
import { type Manager, ROUNDS, type Wanted } from '../../src/managers/manager.ts';
import type { Action } from '../../src/model/action.ts';
import type { CommandResult, Host } from '../../src/ports/host.ts';
import { guardedHost } from '../support/host/guarded-host.ts';
import { LONG_TEST } from '../support/long.ts';
import { runs } from '../support/runs.ts';

export type End =
  | { readonly outcome: 'done'; readonly actions: readonly Action[] }
  | { readonly outcome: 'refused'; readonly reason: string; readonly actions: readonly Action[] }
  | { readonly outcome: 'failed'; readonly reason: string; readonly actions: readonly Action[] }
  | { readonly outcome: 'killed'; readonly actions: readonly Action[] };

/**
 * After how many of so many actions a process is killed. What a kill leaves depends on nothing else: before the next action and after
 * the last one are the same. All of them where they are few, else the first, the last and some between, evenly.
 */
export function killPoints(actions: number): number[] {
  return evenly(allPoints(actions), runs(6));
}

/** After how many actions the making of a target is killed, and then its change; `Infinity` for not at all. */
export interface Kill {
  readonly made: number;
  readonly changed: number;
}

/** For a test that has one of these for `npm test` and a long one for the others: all of `killPoints` in the two, of both. */
export const KILLS: readonly {
  readonly where: string;
  readonly options: { readonly tags?: string[] };
  /** @param made the number of actions that the making takes, as `changed` of the change */
  readonly kills: (made: number, changed: number) => readonly Kill[];
}[] = [
  {
    where: 'after its first, a middle or its last but one action',
    options: {},
    kills: (made, changed) => together(outerPoints(made), outerPoints(changed)),
  },
  {
    where: 'after any other action',
    options: LONG_TEST,
    kills: (made, changed) => together(innerPoints(made), innerPoints(changed)),
  },
];

/** One of each at a time, so that the host is opened as seldom as possible. */
function together(made: readonly number[], changed: readonly number[]): Kill[] {
  return Array.from({ length: Math.max(made.length, changed.length) }, (_, at) => ({
    made: made[at] ?? Infinity,
    changed: changed[at] ?? Infinity,
  }));
}

function innerPoints(actions: number): number[] {
  const outer = outerPoints(actions);
  return killPoints(actions).filter((point) => !outer.includes(point));
}

function outerPoints(actions: number): number[] {
  return evenly(killPoints(actions), 3);
}

function allPoints(actions: number): number[] {
  return Array.from({ length: actions - 1 }, (_, at) => at + 1);
}

/** The first, the last and some between; all of them where they are no more. */
function evenly(all: readonly number[], most: number): number[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, at) => all[Math.round((at * (all.length - 1)) / (most - 1))] ?? 1);
}

/**
 * The forced command of the agent's key must allow everything that is sent.
 * @param killedAfter the number of actions after which it is killed
 */
export async function convergeStep(
  manager: Manager,
  given: Host,
  declared: Wanted,
  killedAfter = Infinity,
): Promise<End> {
  const host = guardedHost(given);
  const { wanted } = await sealWanted(host, declared, true);
  const actions: Action[] = [];
  const done = new CarriedOut();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const decision = manager.decide(wanted, await manager.observe(host, wanted));
    if (decision.kind !== 'actions') return { outcome: 'refused', reason: decision.reason, actions };
    if (decision.actions.length === 0) return { outcome: 'done', actions };
    const todo = stillApplicable([], decision.actions);
    const repeated = done.repeatedIn(todo);
    if (repeated !== undefined) return { outcome: 'failed', reason: `done in vain: ${repeated.summary}`, actions };
    done.add(todo);
    for (const action of todo) {
      if (actions.length >= killedAfter) return { outcome: 'killed', actions };
      actions.push(action);
      const result = await perform(host, action);
      if (result.exit !== 0 && action.failure !== 'observe')
        return { outcome: 'failed', reason: `${action.summary}: ${result.stderr.trim()}`, actions };
    }
  }
  return { outcome: 'failed', reason: 'it still differs', actions };
}

/**
 * Carried out until it is killed, and then again, to the end.
 * @param after as in `Kill`: the first run must have more actions than that, or none be killed at all
 * @param again what the second run is asked for; default: the same
 */
export async function convergeTwice(
  manager: Manager,
  host: Host,
  asked: Wanted,
  { after, again = asked }: { readonly after: number; readonly again?: Wanted },
): Promise<void> {
  const first = await convergeStep(manager, host, asked, after);
  const second = await convergeStep(manager, host, again);
  const outcome = after === Infinity ? 'done' : 'killed';
  expect([first, second], `killed after ${after}`).toMatchObject([{ outcome }, { outcome: 'done' }]);
}

/** Once, as in the agent: a lab host does at once what others have to wait for. */
async function perform(host: Host, { until: _, ...action }: Action): Promise<CommandResult> {
  const log = { write: () => {}, flush: async () => {} };
  return runAction(host, action, { signal: new AbortController().signal, log });
}
