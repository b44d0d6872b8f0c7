// How a rehearsal is told: each step as it ends, and what the second time did.

import { paint, type Style } from './paint.ts';

/** Nobody is there to approve a rehearsal. */
export const NEEDS_APPROVAL = 'waits for approval; rehearse it with --approve';

interface Step {
  readonly target: string;
  readonly outcome: string;
  readonly actions: number;
  readonly reason: string | null;
}

const STYLES: Readonly<Record<string, Style>> = { applied: 'green', failed: 'red', blocked: 'yellow' };

/** @param width of the longest name, so that what is told as it happens stands below one another */
export function rehearsalStep({ target, outcome, actions, reason }: Step, width: number, colours: boolean): string {
  const shown = paint(outcome.padEnd(9), STYLES[outcome] ?? 'bold', colours);
  const told = reason ?? (actions === 0 ? '' : counted(actions, 'action'));
  return `${shown}  ${target.padEnd(width)}  ${told}`.trimEnd().concat('\n');
}

/**
 * What a host lacks of the state in which the change is to start. Steps that were skipped for another one are left out; empty for none.
 *
 * @param steps those of the first commit that did not go well
 */
export function initialFailures(steps: readonly Step[]): string {
  const failed = steps.filter(({ outcome }) => outcome !== 'skipped');
  return failed
    .map(({ target, reason }) => `The state before could not be reached: ${target}: ${reason ?? 'it failed'}\n`)
    .join('');
}

export function rehearsalSummary(rehearsal: {
  readonly outcomes: readonly Step[];
  readonly commands: number;
  readonly second: number;
}): string {
  const { outcomes, commands, second } = rehearsal;
  const bad = outcomes.filter(({ outcome }) => outcome !== 'applied' && outcome !== 'unchanged');
  const steps = `${counted(outcomes.length, 'step')}, ${counted(commands, 'command')} on the host`;
  const ending = bad.length === 0 ? 'all went well' : `${bad.map(({ target }) => target).join(', ')} did not go well`;
  const again = second === 0 ? 'The second time did nothing.' : `The second time ran ${counted(second, 'action')}.`;
  return `\n${steps}: ${ending}. ${again}\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
