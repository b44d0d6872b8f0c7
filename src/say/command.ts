// What is said about commands: why one is refused, and what it did.

import type { Action } from '../model/action.ts';
import type { TargetId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { SwitchVerb } from '../plan/command.ts';
import { paint } from './paint.ts';

interface InTheWay {
  readonly because: 'does not run' | 'is a template' | 'is needed' | 'is protected';
  readonly targets: readonly TargetId[];
}

/** For example `lxc/101 and vm/1001 run and need it; stop them first, or take them along with --cascade`. */
export function commandRefused(verb: SwitchVerb, { because, targets }: InTheWay): string {
  const names = listed(targets);
  const one = targets.length === 1;
  switch (because) {
    case 'does not run':
      return `${names} can neither be started nor stopped: only containers and VMs can`;
    case 'is a template':
      return `${names} ${one ? 'is a template' : 'are templates'}: others are made from it, and it is never started`;
    case 'is needed': {
      const remedy = `stop ${one ? 'it' : 'them'} first, or take ${one ? 'it' : 'them'} along with --cascade`;
      return `nothing was ${verb === 'delete' ? 'deleted' : 'stopped'}: ${names} ${one ? 'runs and needs' : 'run and need'} it; ${remedy}`;
    }
    case 'is protected':
      return `${names} ${one ? 'is' : 'are'} protected; take "protected" off in a commit of its own first`;
    default:
      return because satisfies never;
  }
}

export function notLookedAt(why: string): string {
  return `the host cannot be looked at, so nothing was done: ${why}; phoenix doctor tells more`;
}

/** What became of a target that a command switched; null where the outcome says enough. */
export const DONE = {
  deletedDeclared: 'deleted; the next converge makes it again unless it is taken out of Git',
  stoppedDeclared: 'stopped; the next converge starts it again',
} as const;

/** What a health check found, beside what the check itself answered. */
export const HEALTH = {
  absent: 'it is not there',
  stopped: 'it does not run',
  atRest: 'at rest, as it should be',
  free: 'stopped, and nothing declares that it should run',
  asDeclared: 'as declared; it has no health check',
  answers: 'its health check answers well',
  differs: (actions: readonly Action[]) =>
    `works, but differs from what is declared: ${actions.map(({ summary }) => summary).join(', ')}`,
} as const;

/** One line for each target: how it is, and why. */
export function healthText({ steps }: Pick<Run, 'steps'>, colours: boolean): string {
  if (steps.length === 0) return 'nothing is declared';
  const width = Math.max(...steps.map(({ target }) => target.length));
  return steps
    .map(({ target, outcome, reason }) => {
      const well = outcome === 'unchanged';
      const told = paint(well ? 'healthy' : 'sick   ', well ? 'green' : 'red', colours);
      return `${target.padEnd(width)}  ${told}  ${reason ?? outcome ?? ''}`.trimEnd();
    })
    .join('\n');
}

function listed(targets: readonly TargetId[]): string {
  const [first = '', ...rest] = targets.slice(0, 5);
  if (targets.length > 5) return `${[first, ...rest].join(', ')} and ${targets.length - 5} more`;
  const last = rest.pop();
  return last === undefined ? first : `${[first, ...rest].join(', ')} and ${last}`;
}
