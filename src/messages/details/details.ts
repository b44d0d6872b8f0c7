// What a check shows beside its sentence: Markdown, marked lines and buttons. Pure.

import type { TargetId } from '../../model/ids.ts';
import type { PlanStep } from '../../model/plan.ts';
import { stepOf } from '../../model/plan-graph.ts';
import type { ClassifiedProblem, Problem } from '../../model/problem.ts';
import type { PullPlan } from '../../model/pull.ts';
import type { Annotation, Button, CommitStatus, Details, StatusState } from '../../model/report.ts';
import type { StepRecord } from '../../model/run.ts';
import { waitingSteps } from '../../plan/policy/waiting.ts';
import { wouldDo } from '../../plan/policy/would-do.ts';
import { hideSecrets } from '../../plan/secret.ts';
import type { Approval, RunDetail } from '../../ports/runs.ts';
import { labelsOf } from '../changes.ts';
import { CHECK, isLook, whyText } from '../drift.ts';
import { outcomeCounts, stepWord } from '../run.ts';
import { shortSha } from '../statuses/status.ts';
import { block, code, plain, table } from './markdown.ts';
import { mostPressing, reasonCell } from './outcomes.ts';
import { errorList, warningList } from './problems.ts';
import { pullMarkdown } from './pull.ts';
import { orderGraph, planTable, stepFields } from './steps.ts';

const NOTHING_YET = 'Waits to be planned.';

/** @param url of the page that shows all of it; null when there is none */
export function detailsOfPull(plan: PullPlan, url: string | null): Details {
  return {
    summary: pullMarkdown(plan, url),
    annotations: plan.problems.filter((problem) => problem.new).map((problem) => annotation(problem, plan.root)),
    buttons: ['replay'],
  };
}

/** Without buttons: what a merge queue tries is recreated by the forge, and asked for by putting a pull request into it. */
export function detailsOfQueued(plan: PullPlan, url: string | null): Details {
  return { ...detailsOfPull(plan, url), buttons: [] };
}

/** Of a status that tells of nothing that is kept: its own words, as Markdown shows them. */
export function detailsOfSentence({ description }: Pick<CommitStatus, 'description'>): Details {
  return { summary: plain(description), annotations: [], buttons: [] };
}

/** @param root the config root inside the repository, for the places of problems */
export function detailsOfRun(run: RunDetail, state: StatusState, root: string): Details {
  const plan = run.plan === null ? null : hideSecrets(run.plan);
  const told = run.problems.map(dated);
  const parts = [
    `${plain(run.trigger)} by ${plain(run.by)} · run ${run.id} · ${code(shortSha(run.commit))}`,
    run.reason === null ? '' : plain(run.reason),
    supersededText(run),
    approvalList(run),
    errorList(told),
    plan === null ? (run.problems.length === 0 && run.reason === null ? NOTHING_YET : '') : stepsOfRun(run, plan.steps),
    plan === null ? '' : plan.steps.map(stepFields).filter(Boolean).join('\n'),
    plan === null ? '' : orderGraph(plan.steps),
    warningList(told),
  ];
  return {
    summary: joined(parts),
    annotations: run.problems.map((problem) => annotation(problem, root)),
    buttons: state === 'pending' ? [] : buttonsOf(waitingSteps(run)),
  };
}

function supersededText({ commit, supersededBy }: RunDetail): string {
  if (supersededBy === null) return '';
  return `Superseded by ${supersededBy === commit ? 'a newer run of this commit' : code(shortSha(supersededBy))}.`;
}

/** Of the run only that step is looked at. @param log the last lines of its output */
export function detailsOfStep(
  run: RunDetail,
  target: TargetId,
  state: StatusState,
  log: readonly string[],
): Details | null {
  const found = run.plan === null ? undefined : stepOf(run.plan, target);
  const plan = run.plan === null || found === undefined ? null : hideSecrets({ ...run.plan, steps: [found] });
  const planned = plan?.steps[0];
  const step = run.steps.find((each) => each.target === target);
  if (planned === undefined || step === undefined) return null;
  const failed = step.outcome === 'failed';
  const label = labelsOf(run.plan?.steps ?? []);
  const parts = [
    planTable([planned], new Set()),
    step.reason === null ? '' : plain(step.reason),
    approvalList({ ...run, notes: [] }, target),
    planned.needs.length === 0 ? '' : `After ${planned.needs.map((need) => code(label(need))).join(', ')}.`,
    actionsOf(run, step),
    failed && log.length > 0 ? `Its last lines:\n\n${block(log)}` : '',
    stepFields(planned),
  ];
  const waits = waitingSteps({ ...run, plan, steps: [step] });
  return { summary: joined(parts), annotations: [], buttons: state === 'pending' ? [] : buttonsOf(waits) };
}

function buttonsOf(waits: readonly TargetId[]): Button[] {
  return waits.length > 0 ? ['approve', 'replay'] : ['replay'];
}

function stepsOfRun(run: RunDetail, planned: readonly PlanStep[]): string {
  const steps = new Map(run.steps.map((step) => [step.target, step]));
  const label = labelsOf(planned);
  if (planned.length === 0) return 'Nothing to do: everything is as this commit says.';
  const counts = outcomeCounts(run);
  const rows = mostPressing(planned, ({ target }) => steps.get(target)?.outcome ?? null).map(
    ({ target, verb, wave }) => {
      const step = steps.get(target);
      const word = step?.outcome == null ? 'waits' : stepWord(run, step);
      return [
        String(wave),
        code(label(target)),
        isLook(run) ? CHECK : verb,
        word,
        reasonCell(step === undefined ? '' : (whyText(step) ?? '')),
      ];
    },
  );
  const left = planned.length - rows.length;
  const more = left === 0 ? '' : `\n\nand ${left} more, none of them more urgent than these.`;
  return `${plain(counts)}\n\n${table(['Wave', 'Target', 'What', 'Outcome', 'Why'], rows)}${more}`;
}

function actionsOf(run: RunDetail, step: StepRecord): string {
  const would = wouldDo(run, step);
  const done = step.actions.slice(0, step.actions.length - would.length);
  const lines = done.map(({ summary, exit }) => `${exit === 0 ? '✓' : '✗'} ${summary}`);
  return joined([
    lines.length === 0 ? '' : `What was done:\n\n${block(lines)}`,
    would.length === 0 ? '' : `What it would do:\n\n${block(would)}`,
  ]);
}

/** Who approved what and where, and what was taken for no approval. @param only of that target */
export function approvalList({ approvals, notes }: Pick<RunDetail, 'approvals' | 'notes'>, only?: TargetId): string {
  const given = approvals.filter(({ target }) => only === undefined || target === only);
  const lines = [...given.map(approvedBy), ...notes.map(plain)];
  return lines.map((line) => `- ${line}`).join('\n');
}

function approvedBy({ target, by, where }: Approval): string {
  return `${code(target)} approved by ${plain(by)}${where === undefined ? '' : `, in ${plain(where)}`}`;
}

function dated(problem: Problem): ClassifiedProblem {
  return { ...problem, new: true };
}

function annotation({ severity, code: name, file, line, message, hint }: Problem, root: string): Annotation {
  return {
    path: root === '' ? file : `${root}/${file}`,
    line,
    level: severity === 'error' ? 'failure' : 'warning',
    title: name,
    message: hint === null ? message : `${message}\n${hint}`,
  };
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
