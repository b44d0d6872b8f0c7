// The page of a run: state, cause and remedy, dependency graph, and each step with changes, actions and output.

import { labelsOf } from '../../messages/changes.ts';
import { isDifferent } from '../../messages/drift.ts';
import { actionLead, asksToAdopt } from '../../messages/pages/actions.ts';
import { detailsNote, runSentence, STEP_DID_NOTHING, stepCounts, waveTitle } from '../../messages/pages/pages.ts';
import { printable } from '../../messages/printable.ts';
import { runOrigin, runWord } from '../../messages/run.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { StepRecord } from '../../model/run.ts';
import { imperative } from '../../model/verbs.ts';
import { waitingSteps } from '../../plan/policy/waiting.ts';
import type { CommitInfo } from '../../ports/repository.ts';
import type { Approval, RunDetail } from '../../ports/runs.ts';
import type { PageAction } from '../actions/page-actions.ts';
import type { Links } from '../links.ts';
import {
  commitLink,
  duration,
  facts,
  MAX_REASON_LENGTH,
  noteList,
  runBadge,
  runLink,
  said,
  sha,
  stepBadge,
  stepState,
  time,
  withRemedy,
} from './components.ts';
import type { Page } from './document.ts';
import { actions, cost, differences, fields, needs } from './fields.ts';
import { type Html, html } from './html.ts';
import { type LogTail, log } from './log.ts';
import { offer } from './offer.ts';
import { problemList } from './problems.ts';
import { stepGraph } from './step-graph.ts';

/** Maximum number of actions at the top; each step has its own. */
const MAX_OFFERS = 5;

export interface RunView {
  /** With hidden secrets. */
  readonly run: RunDetail;
  /** Steps with details; those of the others are only on their own pages. */
  readonly detailed: ReadonlySet<TargetId>;
  /** The last output lines of the detailed steps. */
  readonly logs: ReadonlyMap<TargetId, LogTail>;
  /** The run that superseded it, if known. */
  readonly successor: RunId | null;
  /** Null if unknown to the repository or if it did not respond in time. */
  readonly commit: CommitInfo | null;
  /** The config root of the commit inside the repository; null where it is not needed or not known. */
  readonly root: string | null;
}

export function runPage(view: RunView, links: Links): Page {
  const { run } = view;
  return {
    title: `Run ${run.id} ${runWord(run)}`,
    live: run.ended === null ? { events: links.events(run.id) } : null,
    main: html`
      <h1>Run ${run.id} ${runBadge(run)}</h1>
      <p class="lead" role="status">${said(runSentence(run))}</p>
      ${withRemedy(run.problems.length > 0 && run.state === 'invalid' ? null : run.reason, run.steps.length === 0 ? undefined : MAX_REASON_LENGTH)}
      ${offers(runActions(run), run, links)}
      ${runFacts(view, links)}
      ${noteList(run.notes)}
      ${run.problems.length === 0 ? null : html`<h2>Problems</h2>${problemList(run.problems, { commit: run.commit, root: view.root }, links)}`}
      ${run.steps.length === 0 ? null : steps(view, links)}`,
  };
}

/** Actions that are useful in its state. */
function runActions(run: RunDetail): readonly PageAction[] {
  const waiting = waitingSteps(run).map((target): PageAction => ({ do: 'approve', run: run.id, target }));
  const failed = run.steps.filter(({ outcome }) => outcome === 'failed');
  const again = run.state === 'blocked' ? convergeable(run) : [];
  if (again.length > 0) return [...waiting.slice(0, MAX_OFFERS - 1), { do: 'heal', targets: again }];
  if (waiting.length > 0 || run.ended === null || run.state !== 'failed') return waiting;
  if (!run.readOnly) return [{ do: 'replay', commit: run.commit, targets: [] }];
  return failed.map(({ target }) => ({ do: 'heal', targets: [target] }));
}

/**
 * The failed targets that can be converged while the rest of the run waits: not those of a verb that asks for something else than what is
 * declared, nor what is no longer declared, for which the whole command is refused, nor what has to be adopted first, which its step offers.
 */
function convergeable({ steps, verb, readOnly }: RunDetail): readonly TargetId[] {
  if (readOnly || imperative(verb) !== null) return [];
  return steps
    .filter(({ outcome, verb: done, reason }) => outcome === 'failed' && done !== 'delete' && !asksToAdopt(reason))
    .map(({ target }) => target);
}

function offers(offered: readonly PageAction[], run: RunDetail, links: Links): Html {
  if (offered.length === 0) return null;
  return html`<ul class="commands">${offered.slice(0, MAX_OFFERS).map((each) => html`<li>${offer(each, links, actionLead(each, run))}</li>`)}</ul>`;
}

function runFacts({ run, successor, commit }: RunView, links: Links): Html {
  const by = successor === null ? null : html` (${runLink(links, successor)})`;
  const message = commit?.message.trim().split('\n', 1)[0] ?? '';
  return facts([
    ['Commit', commitLink(links, run.commit, html`<code class="whole">${run.commit}</code>`)],
    ['Message', message === '' ? null : said(printable(message))],
    ['Author', commit === null ? null : said(commit.author)],
    ['Asked for', said(runOrigin(run))],
    ['Created', time(run.created)],
    ['Started', time(run.started)],
    ['Ended', time(run.ended)],
    ['Took', duration(run.started ?? run.created, run.ended)],
    [
      'Superseded by',
      run.supersededBy === null
        ? null
        : html`${run.supersededBy === run.commit ? 'a newer run of this commit' : sha(run.supersededBy)}${by}`,
    ],
  ]);
}

/** The dependency graph, then a list in plan order, by wave, with expandable steps. */
function steps(view: RunView, links: Links): Html {
  const { run, detailed } = view;
  const planned = stepsOfPlan(run);
  const records = new Map(run.steps.map((step) => [step.target, step]));
  const href = (target: TargetId) => (detailed.has(target) ? `#${target}` : links.step(run.id, target));
  const state = ({ target }: PlanStep) => {
    const step = records.get(target);
    return step === undefined ? ({ word: 'left out', tone: 'quiet' } as const) : stepState(run, step);
  };
  const waves = Map.groupBy(run.steps, ({ target }) => planned.get(target)?.wave ?? null);
  const left = run.steps.filter(({ target }) => !detailed.has(target)).length;
  return html`${stepGraph(run.plan?.steps ?? [], state, href)}
    <h2>Steps</h2>
    ${[...waves].map(([wave, members]) => {
      const id = `wave-${wave ?? 'none'}`;
      return html`<section aria-labelledby=${id}>
        <h3 id=${id}>${waveTitle(wave)} <span class="dim">${stepCounts({ ...run, steps: members })}</span></h3>
        ${members.map((step) => (detailed.has(step.target) ? stepDetails(view, step, planned.get(step.target), href, links) : stepLine(view, step, planned.get(step.target), links)))}
      </section>`;
    })}
    ${left === 0 ? null : html`<p class="dim">${detailsNote(left)}</p>`}`;
}

/** A list entry for a step whose details are on its own page. */
function stepLine({ run }: RunView, step: StepRecord, planned: PlanStep | undefined, links: Links): Html {
  const label = labelsOf(planned === undefined ? [] : [planned]);
  return html`<p class=${`step ${quiet(step)}`} id=${step.target}>
    <a href=${links.step(run.id, step.target)}><code>${label(step.target)}</code></a> ${atAGlance(run, step, planned)}
  </p>`;
}

function atAGlance(run: RunDetail, step: StepRecord, planned: PlanStep | undefined): Html {
  const tells = step.reason !== null && step.outcome !== 'failed' && step.outcome !== 'unchanged';
  return html`${stepBadge(run, step)} <span class="dim">${cost(run, step, planned)}</span>
    ${tells ? html`<span class="why">${said(step.reason ?? '')}</span>` : null}
    <span class="took dim">${duration(step.started, step.ended)}</span>`;
}

/** Unchanged steps are de-emphasised. */
function quiet({ outcome }: StepRecord): string {
  return outcome === 'unchanged' || outcome === 'superseded' ? 'unchanged' : '';
}

function stepDetails(
  { run, logs }: RunView,
  step: StepRecord,
  planned: PlanStep | undefined,
  href: (target: TargetId) => string,
  links: Links,
): Html {
  const { target, started, ended, outcome } = step;
  const label = labelsOf(run.plan?.steps ?? []);
  const running = started !== null && outcome === null;
  return html`<details class=${`step ${quiet(step)}`} id=${target} open=${running || outcome === 'failed'}>
    <summary><code>${label(target)}</code> ${atAGlance(run, step, planned)}</summary>
    <h4 class="hidden">${label(target)}</h4>
    ${withRemedy(reasonBeside(step))}
    ${offers(stepActions(run, step), run, links)}
    ${facts([
      ['Needs', needs(planned, href, label)],
      ['Started', time(started)],
      ['Ended', time(ended)],
      ['Attempts', step.attempts > 1 ? step.attempts : null],
      ['Approved', approval(run.approvals, target)],
      [
        'More',
        html`<a href=${links.step(run.id, target)}>this step alone</a>, <a href=${links.target(target)}>its target</a>`,
      ],
    ])}
    ${fields(planned)}
    ${differences(step, run.commit, links)}
    ${actions(run, step, 5)}
    ${log(target, logs.get(target) ?? null, links.log(run.id, target), 5)}
  </details>`;
}

/** Null where its fields and actions say it: what a look found. */
function reasonBeside(step: StepRecord): string | null {
  return isDifferent(step) && step.actions.length > 0 ? null : step.reason;
}

function stepActions(run: RunDetail, { target, outcome, reason }: StepRecord): readonly PageAction[] {
  if (waitingSteps(run).includes(target)) return [{ do: 'approve', run: run.id, target }];
  if (asksToAdopt(reason)) return [{ do: 'adopt', targets: [target] }];
  if (outcome !== 'failed' || run.ended === null) return [];
  return [run.readOnly ? { do: 'heal', targets: [target] } : { do: 'replay', commit: run.commit, targets: [target] }];
}

/** The page of one step with its full output. */
export function stepPage({ run, logs }: RunView, step: StepRecord, links: Links): Page {
  const { target, started, ended } = step;
  const label = labelsOf(run.plan?.steps ?? []);
  const planned = stepsOfPlan(run).get(target);
  return {
    title: `${label(target)} in run ${run.id}`,
    live: run.ended === null ? { events: links.events(run.id) } : null,
    main: html`
      <h1><code>${label(target)}</code> in ${runLink(links, run.id)} ${stepBadge(run, step)}</h1>
      <p class="lead" role="status">${cost(run, step, planned)}</p>
      ${withRemedy(reasonBeside(step))}
      ${offers(stepActions(run, step), run, links)}
      ${facts([
        ['Run', html`${run.id} ${runBadge(run)}`],
        ['Commit', commitLink(links, run.commit, html`<code class="whole">${run.commit}</code>`)],
        ['Wave', planned?.wave ?? null],
        ['Needs', needs(planned, (need) => links.step(run.id, need), label)],
        ['Started', time(started)],
        ['Ended', time(ended)],
        ['Took', duration(started, ended)],
        ['Attempts', step.attempts === 0 ? null : step.attempts],
        ['Approved', approval(run.approvals, target)],
        ['More', html`<a href=${links.target(target)}>its target</a>`],
      ])}
      ${fields(planned)}
      ${differences(step, run.commit, links)}
      ${actions(run, step, 2)}
      ${log(target, logs.get(target) ?? null, links.log(run.id, target), 2)}
      ${didNothing(run, step) ? html`<p class="dim">${STEP_DID_NOTHING}</p>` : null}`,
  };
}

/** Whether the step had nothing to do, which is then explained. */
function didNothing({ readOnly }: RunDetail, { outcome, reason, actions: done }: StepRecord): boolean {
  return outcome === 'unchanged' && !readOnly && reason === null && done.length === 0;
}

function approval(approvals: readonly Approval[], target: TargetId): Html {
  const given = approvals.filter((each) => each.target === target);
  if (given.length === 0) return null;
  const one = ({ by, at, where }: Approval) =>
    html`by ${said(by)}${where === undefined ? '' : said(`, in ${where}`)}, ${time(at)}`;
  return html`${given.map((each, index) => html`${index === 0 ? '' : '; '}${one(each)}`)}`;
}

function stepsOfPlan({ plan }: RunDetail): ReadonlyMap<TargetId, PlanStep> {
  return new Map((plan?.steps ?? []).map((step) => [step.target, step]));
}
