// What is said about commands: why one is refused, and what it did.

import type { Action } from '../model/action.ts';
import type { TargetId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import { type CommandVerb, type ImperativeVerb, verbRow } from '../model/verbs.ts';
import type { Obstacle } from '../plan/command.ts';
import { paint } from './terminal/paint.ts';

interface InTheWay {
  readonly because: Obstacle;
  readonly targets: readonly TargetId[];
}

/** For example `lxc/101 and vm/1001 run and need it; stop them first, or take them along with --cascade`. */
export function commandRefused({ work }: ImperativeVerb, { because, targets }: InTheWay): string {
  const names = listed(targets);
  const one = targets.length === 1;
  switch (because) {
    case 'does not run':
      return `${names} can neither be started nor stopped: only containers and VMs can`;
    case 'rests':
      return `${names} ${one ? 'is' : 'are'} declared as a template or as stopped, and never started; change "state" in the files first`;
    case 'is needed': {
      const remedy = `stop ${one ? 'it' : 'them'} first, or take ${one ? 'it' : 'them'} along with --cascade`;
      return `nothing was ${work === 'destroy' ? 'deleted' : 'stopped'}: ${names} ${one ? 'runs and needs' : 'run and need'} it; ${remedy}`;
    }
    case 'is applied and needs it':
      return `nothing was deleted: ${names} ${one ? 'is applied and needs' : 'are applied and need'} it; delete ${one ? 'it' : 'them'} first, or take ${one ? 'it' : 'them'} along with --cascade`;
    case 'is protected':
      return `${names} ${one ? 'is' : 'are'} protected; take "protected" off in a commit of its own first`;
    default:
      return because satisfies never;
  }
}

/** Deleting by hand is judged as a commit that takes the same guests away. */
export function tooManyDeleted(gone: readonly TargetId[], guests: number, percent: number): string {
  return `nothing was deleted: ${gone.length} of ${guests} guests would go (${listed(gone)}), more than ${percent} % of them; delete them one after the other, or raise phoenix.max_delete_percent of the hypervisor`;
}

export function notLookedAt(why: string): string {
  return `the host cannot be checked, so nothing was done: ${why}; run phoenix doctor`;
}

/** @param of a step or a run */
export function noOutput(of: string): string {
  return `no program of ${of} printed anything`;
}

/** What counts as a yes. */
export const AGREED = /^y(es)?$/i;

export const ASKING = {
  question: (verb: CommandVerb, targets: number) =>
    `${verbRow(verb).question ?? 'Do'} ${targets === 1 ? 'it' : `these ${targets}`}, as shown? [y/N] `,
  declined: 'nothing was done',
} as const;

/** Why a yes does not count for what it was given for, and where one was given. */
export const SHOWN = {
  unknown: 'the dry run that was confirmed is not known any more; ask for it again and check it',
  another: 'the dry run that was confirmed was of another command; ask for this one and check it',
  unfinished: 'the dry run that was confirmed did not succeed; see what it says and ask for it again',
  old: 'the dry run that was confirmed is older than an hour; ask for it again and check it',
  changed: 'what would be done is not what was shown: something changed since; ask for it again and check it',
  where: (run: string) => `answer to what run ${run} showed`,
} as const;

/** What became of a target that a command switched; null where the outcome says enough. */
export const DONE = {
  deletedDeclared: 'deleted; the next converge creates it again unless it is removed from Git',
  stoppedDeclared: 'stopped; the next converge starts it again',
} as const;

/** What a health check found, beside what the check itself answered. */
export const HEALTH = {
  absent: 'it is not on the host',
  stopped: 'it is not running',
  atRest: 'stopped, as declared',
  free: 'stopped, and nothing declares that it should run',
  asDeclared: 'as declared; it has no health check',
  answers: 'its health check succeeds',
  /** Added behind the others. */
  left: (fields: readonly string[]) => (fields.length === 0 ? '' : `; left to people as it is: ${fields.join(', ')}`),
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
