// What pages say of the actions that they offer: the button, what it will do, and what is done. Pure.

import type { TargetId } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';
import type { RunDetail } from '../../ports/runs.ts';
import { countOf } from '../count.ts';
import { HOME } from './home.ts';

/** The buttons that lead to the page which says what will be done. */
export const BUTTONS = {
  approve: 'Approve',
  replay: 'Replay',
  heal: 'Heal',
  adopt: 'Adopt',
  /** Of every target. */
  healAll: 'Heal everything',
  look: 'Check the host',
  freeze: 'Freeze',
  unfreeze: 'Unfreeze',
} as const;

/** Before the command or button of an action where several are offered, so that each says what it is for. */
const LEADS = {
  approve: 'To let the step go on',
  replay: 'To try all of it again',
  heal: 'To try again what failed',
  adopt: 'To take it over',
  freeze: null,
  unfreeze: null,
  look: null,
} as const;

/**
 * What an action on the page of a run or of one of its steps is for.
 *
 * @param action `targets`: empty for all of them
 * @param run the run of the page; one that only looked at the host failed where something differs, so that nothing is tried again
 */
export function actionLead(
  action: { readonly do: keyof typeof LEADS; readonly targets?: readonly TargetId[] },
  { readOnly }: Pick<Run, 'readOnly'>,
): string | null {
  if (action.do === 'replay' && action.targets !== undefined && action.targets.length > 0) return 'To try it again';
  if (action.do === 'heal' && readOnly) return HOME.lookAgain;
  return LEADS[action.do];
}

export const ACTION_PAGE = {
  approve: {
    title: (target: string) => `Approve ${target}`,
    will: 'The step goes on as it is shown here, and what was skipped because of it. Nothing else is approved.',
    press: 'Approve this change',
    waits: 'It waits for nobody any more.',
    given: (given: number, needed: number) => `${given} of ${needed} approvals are given.`,
  },
  freeze: {
    title: 'Freeze',
    will: 'What runs goes on to its end. Nothing new is started, whatever is pushed, until somebody unfreezes; pushes are planned and wait.',
    reason: 'Why, for everybody who wonders',
    press: 'Freeze',
  },
  unfreeze: {
    title: 'Unfreeze',
    will: 'What waits is started again.',
    none: 'Nothing is frozen.',
    rewound: (commit: string) => `The branch is followed again: everything is brought to ${commit}.`,
    press: 'Unfreeze',
  },
  look: {
    title: 'Check the host',
    will: 'Every declared target is checked, and what differs is reported on the commit and here. Nothing is changed.',
    press: 'Look now',
  },
} as const;

/** Of actions that are shown by a dry run first. */
export const SHOWN_PAGE = {
  title: { heal: 'Heal', adopt: 'Adopt', replay: 'Replay' },
  looking: 'Phoenix is finding out what this would do. Nothing is changed yet.',
  waits: 'The check waits: while Phoenix is frozen nothing is started. Nothing is changed yet.',
  nothing: 'Nothing is to be done: all is already as declared.',
  adopts: 'Phoenix puts its mark on what is there, and keeps it as declared from then on.',
  would: (targets: number) => `This would change ${countOf(targets, 'target')}, as shown below.`,
  bound:
    'Pressing the button does exactly what is shown, and is your approval of it; where something else has become due meanwhile, nothing is done.',
  replays:
    'Pressing the button carries the commit out again, by what the host says then. What destroys or recreates something waits for approval as the policy says.',
  failed: 'What it would do is not known; see why below.',
  press: { heal: 'Do this', adopt: 'Adopt as shown', replay: 'Replay this commit' },
} as const;

/** `by Ada, as operator`. */
export function actsAs(name: string, role: string): string {
  return `It is recorded as asked for by ${name} (${role}).`;
}

/** What goes on when nothing is frozen any more. */
export function waitingRuns(open: readonly Pick<RunDetail, 'id'>[]): string {
  return open.length === 0
    ? 'No run waits at the moment.'
    : `${countOf(open.length, 'run')} open: ${open.map(({ id }) => `run ${id}`).join(', ')}.`;
}

/** Whether a person has to approve what stopped a step. */
export function asksForApproval(reason: string | null): boolean {
  return reason !== null && /\bphoenix approve\b/.test(reason);
}

/** Whether the way out of what stopped a step is to take over what is there. */
export function asksToAdopt(reason: string | null): boolean {
  return reason !== null && /\bphoenix adopt\b/.test(reason);
}
