// What the pages say where it is more than a label.

import { fitText } from '../../model/failure.ts';
import type { RunId } from '../../model/ids.ts';
import type { PersonRole } from '../../model/person.ts';
import type { Problem } from '../../model/problem.ts';
import type { PullPlan } from '../../model/pull.ts';
import type { Run, RunState, StepRecord } from '../../model/run.ts';
import { canBeApproved } from '../../plan/policy/waiting.ts';
import type { Freeze } from '../../ports/ledger.ts';
import { countOf } from '../count.ts';
import { endOf } from '../drift.ts';
import { stepWord } from '../run.ts';

/** An error that has a page of its own: what is the matter, and what to do. */
export interface PageError {
  readonly title: string;
  readonly hint: string;
}

export const PAGE_ERROR = {
  noRun: (run: string): PageError => ({
    title: `There is no run ${run}`,
    hint: 'Only the newest runs are kept. The list of runs shows those that are; a commit whose run is gone can be carried out again: phoenix replay COMMIT.',
  }),
  noStep: (run: RunId, target: string): PageError => ({
    title: `Run ${run} has no step for ${target}`,
    hint: 'The page of the run names its steps; the page of the target names the runs that had one.',
  }),
  noPull: (pull: string): PageError => ({
    title: `There is no plan of pull request ${pull}`,
    hint: 'Open ones are planned when their head or the branch moves; to plan one now, comment /phoenix plan under it.',
  }),
  noTarget: (target: string): PageError => ({
    title: `Nothing is known of ${target}`,
    hint: 'It is neither declared nor applied, and no run that is kept had a step for it. The list of targets names all that are known.',
  }),
  noPage: (path: string): PageError => ({
    title: 'There is no such page',
    hint: `${path} leads nowhere. Runs and targets are listed above.`,
  }),
  starting: (waitsFor: string | null): PageError => ({
    title: 'Phoenix is starting',
    hint: `${waitsFor === null ? '' : `It waits for ${waitsFor}. `}This page looks again by itself.`,
  }),
  noToken: (): PageError => ({
    title: 'Nothing is shown here yet',
    hint: 'This agent has no admin token, so it shows its pages on its own machine alone. Set PHOENIX_ADMIN_TOKEN for it and start it again, to sign in with it; or PHOENIX_PAGES=open where a proxy in front signs people in.',
  }),
  otherSite: (): PageError => ({
    title: 'This was asked for by a page of another site',
    hint: 'Nothing was done. Open the page here, and press the button on it.',
  }),
  oldForm: (): PageError => ({
    title: 'This form is not of your session',
    hint: 'Nothing was done. You may have signed out or in again since it was shown: go back, load the page again, and press its button.',
  }),
  changedSince: (): PageError => ({
    title: 'It has changed since this page was shown',
    hint: 'Nothing was done. Go back, load the page again, and look at what it says now before you press its button.',
  }),
  notSignedIn: (): PageError => ({
    title: 'Sign in to do this',
    hint: 'Nothing was done. What changes something is for people who are signed in: press “Sign in” above, and come back to this page.',
  }),
  mayNot: (person: string, role: PersonRole, needed: PersonRole): PageError => ({
    title: 'You may not do this',
    hint: `Nothing was done. ${person} is signed in as ${role}, and this takes ${needed === 'admin' ? 'an admin' : 'an operator'}: at the forge an operator may push to the repository, and an admin administrates it.`,
  }),
  refused: (why: string): PageError => ({ title: 'This was refused', hint: `Nothing was done: ${why}` }),
  unreadable: (): PageError => ({
    title: 'The address cannot be read',
    hint: 'It is broken, perhaps cut short on its way. Runs and targets are listed above.',
  }),
  late: (): PageError => ({
    title: 'The answer takes too long',
    hint: 'Redis may be away: phoenix doctor says more. Then load the page again.',
  }),
  broken: (): PageError => ({
    title: 'Something in Phoenix failed',
    hint: 'Nothing was changed. The log of the agent says what it was.',
  }),
} as const;

export const SIGN_IN = {
  title: 'Sign in',
  why: 'Whoever holds the admin token of this agent (PHOENIX_ADMIN_TOKEN) may see and change everything here.',
  whyForge: (forge: string) =>
    `Whoever has rights on the followed repository at ${forge} may see what is shown here, and change what these rights allow.`,
  byForge: (forge: string) => `Sign in with ${forge}`,
  byToken: 'By the admin token of this agent (PHOENIX_ADMIN_TOKEN):',
  token: 'Admin token',
  name: 'Your name, for the record',
  press: 'Sign in',
  wrong: 'This is not the admin token of this agent.',
  already: 'Signed in already, and led here by a link of another site?',
  goOn: 'Go on to the page',
  done: 'You are signed in',
  late: 'The way to the forge and back took longer than ten minutes, or began in another browser. Begin it again here.',
  noAnswer: (forge: string, why: string) =>
    `${forge} did not say what you may do here: ${why}. Try again, or use the admin token.`,
  noRight: (forge: string, login: string) =>
    `${forge} says that ${login} has no rights on the followed repository that count here. Ask whoever administrates it for them: in a private repository to read is enough to look, in a public one it takes the right to push.`,
} as const;

/** Characters of how a run ended: the reason of a step stands in full at the step. */
const MAX_END_LENGTH = 280;

/** The state in words, with what it means for whoever waits. */
export function runSentence(
  run: Run & { readonly problems?: readonly Problem[]; readonly supersededBy?: string | null },
): string {
  const counts = stepCounts(run);
  const so = counts === '' ? '' : `: ${counts}`;
  switch (run.state) {
    case 'planned':
      return run.steps.length === 0 ? 'Waits to be planned.' : `Waits for its turn${so}.`;
    case 'applying':
      return `${run.readOnly ? 'Looks at the host' : 'Is being applied'}${so}.`;
    case 'superseded':
      return `A newer ${run.supersededBy === run.commit ? 'run of the same commit' : 'commit'} took its place${so}.`;
    case 'invalid':
      return refusedSentence(run.problems ?? []);
    case 'succeeded':
    case 'failed':
    case 'blocked':
      if (isHeld(run)) return `${sentence(HELD)}${so}.`;
      return run.steps.length === 0
        ? sentence(EMPTY[run.state])
        : inTurn(sentence(fitText(endOf(run).description, MAX_END_LENGTH)), waitingToo(run));
    default:
      return run.state satisfies never;
  }
}

/** Whether its next steps may not start yet, although no step of it waits for a person. */
function isHeld({ state, steps }: Run): boolean {
  return (
    state === 'blocked' &&
    steps.some(({ outcome }) => outcome === null) &&
    steps.every(({ outcome }) => outcome !== 'blocked')
  );
}

const HELD = 'waits for the end of a freeze, or for an apply window';

/** The steps that wait, where the end of the run names only those that failed. */
function waitingToo({ state, steps }: Run): string {
  const waits = steps.filter(({ outcome }) => outcome === 'blocked');
  if (state !== 'blocked' || waits.length === 0 || steps.every(({ outcome }) => outcome !== 'failed')) return '';
  return `${names(waits)} ${waits.length === 1 ? 'waits' : 'wait'} for a person.`;
}

/** Two sentences, where there is a second. A reason may end as a sentence does, or as a question. */
function inTurn(first: string, second: string): string {
  if (second === '') return first;
  const told = first.replace(/[.\s]+$/, '');
  return `${told}${/[?!]$/.test(told) ? '' : '.'} ${second}`;
}

/** What each problem is stands below it. */
function refusedSentence(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return errors === 0
    ? 'Refused as a whole.'
    : `Refused as a whole, with ${countOf(errors, 'error')}: nothing was changed.`;
}

const EMPTY: Record<Extract<RunState, 'succeeded' | 'failed' | 'blocked'>, string> = {
  succeeded: 'nothing to do: everything is as this commit says',
  failed: 'failed before its first step',
  blocked: 'waits for a person',
};

/** Follows the word frozen. */
export function freezeSentence({ reason, by }: Freeze): string {
  return `by ${by}: ${reason.replace(/[.\s]+$/, '')}. Nothing new is started; to go on: phoenix unfreeze`;
}

/** A run that is not over, in the list of what goes on: the steps that run, else what it waits for. */
export function openRunSentence(run: Run): string {
  const busy = run.steps.filter(({ started, outcome }) => started !== null && outcome === null);
  const waits = run.steps.filter(({ outcome }) => outcome === 'blocked');
  if (busy.length > 0) return `runs ${names(busy)}; ${stepCounts(run)}`;
  const [first] = waits;
  if (first !== undefined)
    return `${names(waits)} ${waits.length === 1 ? 'waits' : 'wait'}: ${first.reason ?? 'blocked'}`;
  if (run.steps.length === 0) return 'waits to be planned';
  return `${isHeld(run) ? HELD : 'waits for its turn'}; ${stepCounts(run)}`;
}

/** `1 running, 2 waiting, 3 applied`; empty without steps. */
export function stepCounts(run: Run): string {
  const counts = new Map<string, number>(COUNTED.map((word) => [word, 0]));
  for (const step of run.steps) {
    const word = stepWord(run, step);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${count} ${word === 'differs' && count > 1 ? 'differ' : (COUNT_WORDS[word] ?? word)}`)
    .join(', ');
}

/** The targets that something was or is done to, or was not done to; empty where all were as declared. */
export function stepTargets(run: Run): string {
  return names(run.steps.filter(({ outcome }) => outcome !== 'unchanged'));
}

/** What goes on first, then what a person should look at. */
const COUNTED = ['runs', 'waits', 'failed', 'blocked', 'skipped', 'differs', 'applied', 'as declared', 'unchanged'];
const COUNT_WORDS: Readonly<Record<string, string>> = { runs: 'running', waits: 'waiting' };

function names(steps: readonly StepRecord[]): string {
  const shown = steps.slice(0, 3).map(({ target }) => target);
  return steps.length > shown.length ? `${shown.join(', ')} and ${steps.length - shown.length} more` : shown.join(', ');
}

/** What follows from the plan of a pull request. */
export function pullSentence({ plan, ok }: Pick<PullPlan, 'plan' | 'ok'>): string {
  if (!ok) return 'It brings errors, so nothing of it would be applied.';
  const waiting = plan.steps.filter(canBeApproved).length;
  if (waiting === 0) return 'Merging it applies this.';
  return `Merging it applies this; ${waiting === 1 ? 'one step waits' : `${waiting} steps wait`} for approval.`;
}

/** In place of the sentence of its state, where a look found it otherwise. */
export const DRIFTED = 'Proved to be as its commit says, and the newest check of the host found it otherwise.';
export const STEP_DID_NOTHING = 'The check of the host found it as declared: nothing was to be done.';
export const HOST_IS_SILENT = 'The host could not be checked in time, so what runs is not shown.';
export const NO_HISTORY = 'No recent run had a step for it.';
export const UNKNOWN_NOW = 'Neither declared nor applied any more; this is what became of it.';
export const NO_TARGETS = 'Nothing is declared or applied yet. The first push to the branch declares what there is.';
export const NO_RUNS = 'Nothing ran yet. The first push to the branch starts the first run.';

/** `the last 40 of 1200 lines`; null when all are shown. */
export function logNote(shown: number, printed: number): string | null {
  return shown >= printed ? null : `the last ${shown} of ${printed} lines`;
}

/** Null for steps that have no order. */
export function waveTitle(wave: number | null): string {
  return wave === null ? 'In no order' : `Wave ${wave}`;
}

/** For more steps than a picture shows one by one. */
export function graphNote(steps: number, boxes: number): string {
  return `${steps} steps in ${boxes} groups. Each group leads to its most urgent step; each step names what it needs.`;
}

/** `wave 3: 12 lxc`, `waves 3 to 7: 200 targets`. @param kind null for several */
export function groupLabel([first, last]: readonly [number, number], kind: string | null, count: number): string {
  const waves = first === last ? `wave ${first}` : `waves ${first} to ${last}`;
  return `${waves}: ${count} ${kind ?? 'targets'}`;
}

/** `2 failed, 10 applied`. @param counts the most pressing first */
export function groupWord(counts: ReadonlyArray<readonly [word: string, count: number]>): string {
  const shown = counts.slice(0, 2).map(([word, count]) => `${count} ${word}`);
  const others = counts.slice(2).reduce((sum, [, count]) => sum + count, 0);
  return [...shown, ...(others === 0 ? [] : [`${others} others`])].join(', ');
}

/** @param left how many are not shown */
export function detailsNote(left: number): string {
  return `${left} more ${left === 1 ? 'step has its' : 'steps have their'} details on the page of their own that the list leads to.`;
}

function sentence(text: string): string {
  const first = text.charAt(0);
  // Names of targets stay as they are written.
  return /^[a-z]+\//.test(text) ? text : `${first.toUpperCase()}${text.slice(1)}`;
}
