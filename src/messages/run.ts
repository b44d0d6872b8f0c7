// Runs, steps and targets as people read them in a terminal.

import type { Fault } from '../model/fault.ts';
import type { TargetId } from '../model/ids.ts';
import type { PolicyRecord } from '../model/policy.ts';
import type { Problem } from '../model/problem.ts';
import { type ActionRecord, endedWell, type Outcome, type Run, type RunState, type StepRecord } from '../model/run.ts';
import type { MarkedTarget } from '../model/target.ts';
import { imperative, verbRow } from '../model/verbs.ts';
import type { HeldReports } from '../ports/outbox.ts';
import type { Head } from '../ports/runs.ts';
import { countOf } from './count.ts';
import { isDifferent, isLook } from './drift.ts';
import { faultLine } from './faults.ts';
import { orphanText } from './orphans.ts';
import { differenceLines } from './pages/fields.ts';
import { headSentence } from './pages/home.ts';
import { NO_LONGER_DECLARED, TARGET_STATES } from './pages/target.ts';
import { utcText } from './pages/times.ts';
import { printable } from './printable.ts';
import { problemText } from './problems/problem.ts';
import { policyLine } from './statuses/policy.ts';
import { freezeTerms } from './statuses/run-status.ts';
import { shortSha } from './statuses/status.ts';
import { DIFFERS } from './statuses/step-status.ts';
import { paint, type Style } from './terminal/paint.ts';
import { tableOf } from './terminal/width.ts';

/** A run with what the API tells beside it. */
interface ToldRun extends Run {
  readonly reason: string | null;
  readonly problems: readonly Problem[];
  /** Who approved what, where; absent in what an older agent tells, as the notes are. */
  readonly approvals?: readonly { readonly target: string; readonly by: string; readonly where?: string }[];
  readonly notes?: readonly string[];
}

interface ToldTarget {
  readonly target: string;
  readonly state: 'applied' | 'doubtful' | 'unproved' | 'declared';
  /** Both absent in what an older agent tells. */
  readonly proved?: string | null;
  readonly doubt?: string | null;
  readonly commit: string;
  readonly declared: boolean | null;
  readonly running: string | null;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
}

export interface ReportedStatus {
  readonly head: Head | null;
  readonly frozen: { readonly reason: string; readonly by: string; readonly at: string } | null;
  /** Absent in what an older agent tells. */
  readonly policy?: PolicyRecord | null;
  /** What the forge does not take; null for nothing, absent in what an older agent tells. */
  readonly reports?: HeldReports | null;
  /** Nodes that did not answer when they were asked last, by name; absent in what an older agent tells. */
  readonly nodes?: { readonly away: Readonly<Record<string, { readonly since: string; readonly why: string }>> };
  /** What Phoenix itself needs and does not get; absent in what an older agent tells. */
  readonly faults?: readonly Fault[];
  /** Subjects of what has failed for so long that a person is needed; absent in what an older agent tells. */
  readonly lasting?: readonly string[];
  readonly targets: readonly ToldTarget[];
  /** What carries Phoenix's mark on the host and nothing declares; null where the host cannot be looked at, absent in what an older agent tells. */
  readonly orphans?: readonly MarkedTarget[] | null;
}

export const STATE_STYLES: Record<RunState, Style> = {
  planned: 'bold',
  applying: 'bold',
  succeeded: 'green',
  failed: 'red',
  blocked: 'yellow',
  superseded: 'yellow',
  invalid: 'red',
};

const OUTCOME_STYLES: Record<Outcome, Style> = {
  applied: 'green',
  unchanged: 'green',
  failed: 'red',
  skipped: 'yellow',
  blocked: 'yellow',
  superseded: 'yellow',
};

/** `run 12 succeeded: 2 applied, 1 unchanged (3f2a1bc, push by ada)`. */
export function runLine(run: Run, colours: boolean): string {
  const { id, state, commit } = run;
  // A verb whose targets are all there has no step.
  const counts = state === 'succeeded' && run.steps.length === 0 ? NOTHING_TO_DO : outcomeCounts(run);
  const told = counts === '' ? '' : `: ${counts}`;
  return `run ${id} ${paint(runWord(run), STATE_STYLES[state], colours)}${told} (${shortSha(commit)}, ${runOrigin(run)})`;
}

/** Its state; of a look that ended, what it found. */
export function runWord(run: Run): RunState | typeof FOUND {
  if (run.state !== 'failed' || !isLook(run)) return run.state;
  const failed = run.steps.filter(({ outcome }) => outcome !== null && !endedWell(outcome));
  return failed.length > 0 && failed.every(isDifferent) ? FOUND : run.state;
}

const FOUND = 'found differences';

/** `push by ada`, `stop by ada, dry run`. */
export function runOrigin(run: Run): string {
  return `${run.verb ?? triggerWord(run)} by ${run.by}${isDryRun(run) ? ', dry run' : ''}`;
}

/** What is due by time is of the same trigger as the check that finds it. */
function triggerWord({ trigger, readOnly }: Run): string {
  return trigger === 'drift' && !readOnly ? 'renewal or healing' : trigger;
}

/** Asked for to see what would be done: not a look that finds differences to be a fault. */
function isDryRun(run: Run): boolean {
  return run.readOnly && !isLook(run);
}

/** What was told of a run already, and is not told again. */
interface Told {
  readonly steps?: ReadonlySet<TargetId>;
  /** Whether the warnings are only counted. */
  readonly warnings?: boolean;
}

/** The whole run: its line, why, problems and each step. */
export function runText(run: ToldRun, colours: boolean, told: Told = {}): string {
  const { steps: shown = new Set(), warnings = false } = told;
  const lines = [runLine(run, colours)];
  if (run.reason !== null) lines.push(`  ${run.reason}`);
  lines.push(...problemLines(run, warnings));
  lines.push(...(run.notes ?? []).map((note) => `  ${printable(note)}`));
  const unchanged = new Set(run.steps.flatMap(({ outcome, target }) => (outcome === 'unchanged' ? [target] : [])));
  for (const { target, by, where } of run.approvals ?? []) {
    // Nothing was done that the approval allowed.
    if (unchanged.has(target as TargetId)) continue;
    lines.push(printable(`  ${target} approved by ${by}${where === undefined ? '' : `, in ${where}`}`));
  }
  const steps = run.steps.filter(({ target }) => !shown.has(target));
  const skips = Map.groupBy(
    steps.filter(({ outcome }) => outcome === 'skipped'),
    ({ reason }) => reason,
  );
  const alike = new Set([...skips.values()].filter(({ length }) => length >= ALIKE).flat());
  const rest = steps.filter((step) => !alike.has(step));
  // A look has no order, so that what differs is last.
  const others = isLook(run) ? wellFirst(rest, ({ outcome }) => outcome === 'unchanged') : rest;
  lines.push(...others.flatMap((step) => stepLines(run, step, colours).map((line) => `  ${line}`)));
  for (const [reason, skipped] of skips)
    if (skipped.length >= ALIKE) lines.push(`  ${skippedLine(skipped, reason, colours)}`);
  return lines.join('\n');
}

/** @param isShort whether warnings are only counted: they are those of the commit, whatever the run does with it */
function problemLines({ id, problems }: ToldRun, isShort: boolean): string[] {
  const warnings = problems.filter(({ severity }) => severity === 'warning').length;
  if (!isShort || warnings === 0) return problems.map((problem) => `  ${problemText(problem)}`);
  const errors = problems.filter(({ severity }) => severity === 'error');
  return [
    ...errors.map((problem) => `  ${problemText(problem)}`),
    `  ${countOf(warnings, 'warning')} in the files of this commit: phoenix runs ${id}`,
  ];
}

/** So many steps that were skipped for one reason are told in one line, and so many of them are named in it. */
const ALIKE = 4;

/** `lxc/101, lxc/102, lxc/103, lxc/104 and 12 more: skipped: it needs hypervisor/storage, which failed`. */
function skippedLine(steps: readonly StepRecord[], reason: string | null, colours: boolean): string {
  const left = steps.length - ALIKE;
  const names = steps.slice(0, ALIKE).map(({ target }) => target);
  const word = paint('skipped', OUTCOME_STYLES.skipped, colours);
  return `${names.join(', ')}${left > 0 ? ` and ${left} more` : ''}: ${word}${reason === null ? '' : `: ${reason}`}`;
}

/** What a look found it tells action by action, once. */
function stepLines(run: Run, step: StepRecord, colours: boolean): string[] {
  const isTold = step.actions.length > 0 && step.reason?.startsWith(DIFFERS) === true;
  return [
    stepLine(run, isTold ? { ...step, reason: DIFFERS } : step, colours),
    ...differenceLines(step.differs ?? []).map((line) => `  ${line}`),
    ...step.actions.map((action) => `  ${actionText(run, action)}`),
  ];
}

function actionText({ readOnly }: Pick<Run, 'readOnly'>, { summary, exit }: ActionRecord): string {
  if (readOnly) return `would ${summary}`;
  return `${summary}${exit === 0 ? '' : ` (exit ${exit ?? 'none'})`}`;
}

/** `lxc/101 update: applied`; of a look, which does nothing: `lxc/101: differs from what is declared`. */
function stepLine(run: Run, step: StepRecord, colours: boolean): string {
  const { target, outcome, reason } = step;
  const word = stepWord(run, step);
  const told = outcome === null ? word : paint(word, OUTCOME_STYLES[outcome], colours);
  const what = isLook(run) ? target : `${target} ${stepVerb(run, step)}`;
  return `${what}: ${withReason(word, told, reason)}`;
}

/**
 * `failed: pct start 101 ended with 1`; of a reason that begins with the word itself only that: `superseded by 3f2a1bc`, `differs from what is declared`.
 *
 * @param painted the word in its colour
 */
function withReason(word: string, painted: string, reason: string | null): string {
  if (reason === null) return painted;
  return reason.startsWith(`${word} `) ? `${painted}${reason.slice(word.length)}` : `${painted}: ${reason}`;
}

/** What a look found of a target. `DIFFERS` begins with the first. */
const LOOK_WORDS = { differs: 'differs', same: 'as declared' } as const;

/** How a step stands: its outcome, `waits`, `runs`, or what a look or a dry run found. */
export function stepWord(run: Run, step: StepRecord): string {
  if (step.outcome === null) return step.started === null ? 'waits' : 'runs';
  if (isLook(run) && isDifferent(step)) return LOOK_WORDS.differs;
  if (isLook(run) && step.outcome === 'unchanged') return LOOK_WORDS.same;
  return step.outcome === 'unchanged' && isDryRun(run) ? wouldWord(step) : step.outcome;
}

/** What adopting does to a target that was never applied, which is planned as creating it: only the host knows whether it is there. */
const ADOPTS_OR_CREATES = 'adopt or create';

/** What is done to the target: the verb that was asked for where it has a plan of its own. */
export function stepVerb(run: Pick<Run, 'verb'>, step: Pick<StepRecord, 'verb'>): string {
  if (run.verb === null) return step.verb;
  const row = verbRow(run.verb);
  if (row.work === 'converge' && row.adopts && step.verb === 'create') return ADOPTS_OR_CREATES;
  return imperative(run.verb) === null ? step.verb : run.verb;
}

const NOTHING_TO_DO = 'nothing to do';

function wouldWord({ actions }: StepRecord): string {
  return actions.length === 0 ? NOTHING_TO_DO : 'would act';
}

/** What became of the steps since an earlier sight of the run: one line for each that began, is tried again or ended. */
export function progressLines(before: Run | null, after: Run, colours: boolean): string[] {
  const seen = new Map(before?.steps.map((step) => [step.target, step]));
  const news = after.steps.filter((step) => {
    const known = seen.get(step.target);
    return (
      step.outcome !== (known?.outcome ?? null) ||
      (step.started !== null && (known?.started ?? null) === null) ||
      (step.reason !== null && step.reason !== known?.reason)
    );
  });
  return news.map((step) => stepLine(after, step, colours));
}

/** The steps that ended since an earlier sight of the run, each with the lines that tell it whole. */
export function endedSteps(before: Run | null, after: Run, colours: boolean): Map<TargetId, readonly string[]> {
  const seen = new Map(before?.steps.map((step) => [step.target, step.outcome]));
  const news = after.steps.filter(({ target, outcome }) => outcome !== null && outcome !== (seen.get(target) ?? null));
  return new Map(news.map((step) => [step.target, stepLines(after, step, colours)]));
}

export function statusText(status: ReportedStatus, colours: boolean): string {
  const { head, frozen, policy, reports, nodes, faults = [], targets, orphans } = status;
  const lines: string[] = [];
  if (frozen !== null) {
    lines.push(`${paint('frozen', 'yellow', colours)} ${freezeTerms(frozen)}`);
  }
  for (const [node, { since, why }] of Object.entries(nodes?.away ?? {})) {
    const told = `since ${utcText(since)}: the node ${node} does not answer: ${why}; what is due goes on when it does`;
    lines.push(`${paint('away', 'red', colours)} ${printable(told)}`);
  }
  for (const fault of faults) {
    const isLasting = status.lasting?.includes(fault.subject) ?? true;
    const word = isLasting ? paint('fails', 'red', colours) : paint('trying again', 'yellow', colours);
    lines.push(`${word} ${printable(faultLine(fault))}`);
  }
  lines.push(
    headLine(
      head,
      faults.every(({ subject }) => subject !== 'repository'),
    ),
  );
  if (policy != null) lines.push(policyLine(policy));
  if (reports != null) lines.push(`${paint('unsent', 'yellow', colours)} ${heldSentence(reports)}`);
  if (targets.length === 0) lines.push('nothing is applied yet');
  lines.push(...targetLines(targets, colours));
  for (const orphan of orphans ?? []) {
    lines.push(`${paint('orphan', 'yellow', colours)} ${printable(orphanText(orphan))}`);
  }
  if (targets.length > 1) lines.push(targetCounts(targets));
  return lines.join('\n');
}

/** In the same order otherwise: of a long list the end stays in sight on a terminal. */
function wellFirst<T>(all: readonly T[], isWell: (each: T) => boolean): readonly T[] {
  return [...all.filter(isWell), ...all.filter((each) => !isWell(each))];
}

/** One line for each, and a second one below where there is something to see to; those that are not well are last. */
function targetLines(all: readonly ToldTarget[], colours: boolean): string[] {
  const targets = wellFirst(all, ({ state }) => state === 'applied');
  const rows = targets.map(({ target, state, commit, declared, running }) => [
    `  ${target}`,
    paint(TARGET_STATES[state].word, state === 'applied' ? 'green' : 'yellow', colours),
    shortSha(commit),
    [...(running === null ? [] : [running]), ...(declared === false ? [NO_LONGER_DECLARED] : [])].join(', '),
  ]);
  const shown = tableOf(rows).split('\n');
  return targets.flatMap((target, at) => {
    const note = targetNote(target);
    return [shown[at] ?? '', ...(note === '' ? [] : [`      ${note}`])];
  });
}

/** When it was proved and why that is in doubt, and what became of its last step where that says more than its state. */
function targetNote({ state, outcome, reason, proved, doubt }: ToldTarget): string {
  const isPlain =
    outcome === null ||
    (state === 'doubtful' && outcome !== 'blocked') ||
    (state === 'applied' && (outcome !== 'applied' || reason === null));
  return [
    ...(state === 'doubtful' && proved != null ? [`proved ${utcText(proved)}`] : []),
    ...(doubt == null ? [] : [doubt]),
    ...(outcome === null && reason !== null ? [reason] : []),
    ...(isPlain ? [] : [`last step ${withReason(outcome, outcome, reason)}`]),
  ].join('; ');
}

/** `24 targets: 21 applied, 3 in doubt`. */
export function targetCounts(targets: readonly Pick<ToldTarget, 'state'>[]): string {
  const counts = Map.groupBy(targets, ({ state }) => TARGET_STATES[state].word);
  return `${targets.length} targets: ${[...counts].map(([word, of]) => `${of.length} ${word}`).join(', ')}`;
}

/** Follows the word unsent. */
function heldSentence({ waiting, since, why }: HeldReports): string {
  const many = waiting === 1 ? '1 report waits' : `${waiting} reports wait`;
  return `since ${utcText(since)}: ${many} for the forge. ${why}`;
}

function headLine(head: ReportedStatus['head'], isFollowed: boolean): string {
  const sentence = headSentence(head, isFollowed);
  return head === null ? sentence : `commit ${shortSha(head.commit)} ${head.verdict}: ${sentence}`;
}

/** `2 applied, 1 unchanged`; of a look `10 as declared, 1 differs`; of a dry run `1 would act, 2 with nothing to do`. */
export function outcomeCounts(run: Run): string {
  const counts = new Map<string, number>();
  for (const step of run.steps) {
    const name = step.outcome === null ? 'to do' : countWord(stepWord(run, step));
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .map(([name, count]) => `${count} ${name === LOOK_WORDS.differs && count > 1 ? 'differ' : name}`)
    .join(', ');
}

/** The word for a step as it follows a number. */
function countWord(word: string): string {
  return word === NOTHING_TO_DO ? `with ${word}` : word;
}
