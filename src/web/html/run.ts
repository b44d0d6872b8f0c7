// The page of a run: how it stands, why, and each step with what it changes, did and printed.

import { labelsOf } from '../../messages/changes.ts';
import { detailsNote, runSentence } from '../../messages/pages.ts';
import { askedFor, stepVerb } from '../../messages/run.ts';
import { shortSha } from '../../messages/status.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { Problem } from '../../model/problem.ts';
import type { StepRecord } from '../../model/run.ts';
import type { Approval, RunDetail } from '../../ports/ledger.ts';
import type { Links } from '../links.ts';
import { duration, facts, noteList, runBadge, runLink, said, sha, stepBadge, table, time } from './components.ts';
import type { Page } from './document.ts';
import { actions, cost, fields, type LogTail, log, needs } from './fields.ts';
import { type Html, html } from './html.ts';
import { problemLine } from './problems.ts';

export interface RunView {
  /** Secrets hidden. */
  readonly run: RunDetail;
  /** Steps that are shown in detail; the others are on their own pages only. */
  readonly detailed: ReadonlySet<TargetId>;
  /** What steps printed last, of those that are shown in detail. */
  readonly logs: ReadonlyMap<TargetId, LogTail>;
  /** The run that took its place, where it is kept. */
  readonly successor: RunId | null;
}

export function runPage(view: RunView, links: Links): Page {
  const { run } = view;
  return {
    title: `Run ${run.id} ${run.state}`,
    live: run.ended === null ? { events: links.events(run.id) } : null,
    main: html`
      <h1>Run ${run.id} ${runBadge(run.state)}</h1>
      <p class="lead" role="status">${said(runSentence(run))}</p>
      ${run.reason === null ? null : html`<p class="reason">${said(run.reason)}</p>`}
      ${runFacts(view, links)}
      ${noteList(run.notes)}
      ${problems(run.problems)}
      ${run.steps.length === 0 ? null : steps(view, links)}`,
  };
}

function runFacts({ run, successor }: RunView, links: Links): Html {
  const by = successor === null ? null : html` (${runLink(links, successor)})`;
  return facts([
    ['Commit', html`<code class="whole">${run.commit}</code>`],
    ['Asked for', said(askedFor(run))],
    ['Created', time(run.created)],
    ['Started', time(run.started)],
    ['Ended', time(run.ended)],
    ['Took', duration(run.started ?? run.created, run.ended)],
    ['Superseded by', run.supersededBy === null ? null : html`${sha(run.supersededBy)}${by}`],
  ]);
}

function problems(found: readonly Problem[]): Html {
  if (found.length === 0) return null;
  return html`<h2>Problems</h2><ul class="problems">${found.map(problemLine)}</ul>`;
}

/** In the order of the plan: all in a table, then those that are shown in detail. */
function steps(view: RunView, links: Links): Html {
  const { run, detailed } = view;
  const planned = stepsOfPlan(run);
  const href = (target: TargetId) => (detailed.has(target) ? `#${target}` : links.step(run.id, target));
  const shown = run.steps.filter(({ target }) => detailed.has(target));
  const left = run.steps.length - shown.length;
  return html`<h2>Steps</h2>${stepTable(view, planned, href)}<h2>Details</h2>
    ${shown.map((step) => stepDetails(view, step, planned.get(step.target), href, links))}
    ${left === 0 ? null : html`<p class="dim">${detailsNote(left)}</p>`}`;
}

function stepTable(
  { run, detailed }: RunView,
  planned: ReadonlyMap<TargetId, PlanStep>,
  href: (target: TargetId) => string,
): Html {
  const label = labelsOf(run.plan?.steps ?? []);
  const rows = run.steps.map((step) => [
    html`<a href=${href(step.target)}><code>${label(step.target)}</code></a>`,
    stepBadge(run, step),
    planned.get(step.target)?.wave ?? null,
    stepVerb(run, step),
    step.impact,
    step.reason === null ? null : said(step.reason),
    step.attempts > 1 ? step.attempts : null,
    duration(step.started, step.ended),
  ]);
  const ids = run.steps.map(({ target }) => (detailed.has(target) ? '' : target));
  const columns = ['Target', 'Outcome', 'Wave', 'Verb', 'Impact', 'Reason', 'Attempts', 'Took'];
  return table({ caption: `Steps of run ${run.id} in the order of the plan`, columns, rows, ids, look: 'steps' });
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
  return html`<details class="step" id=${target} open=${running || outcome === 'failed'}>
    <summary><code>${label(target)}</code> ${stepBadge(run, step)} <span class="dim">${cost(run, step, planned)}</span></summary>
    <h3 class="hidden">${label(target)}</h3>
    ${step.reason === null ? null : html`<p class="reason">${said(step.reason)}</p>`}
    ${facts([
      ['Needs', needs(planned, href, label)],
      ['Started', time(started)],
      ['Ended', time(ended)],
      ['Attempts', step.attempts > 1 ? step.attempts : null],
      ['Approved', approval(run.approvals, target)],
      [
        'More',
        html`<a href=${links.step(run.id, target)}>this step alone</a>, <a href=${links.target(target)}>its history</a>`,
      ],
    ])}
    ${fields(planned)}
    ${actions(run, step.actions)}
    ${log(target, logs.get(target) ?? null, links.log(run.id, target))}
  </details>`;
}

/** One step whole, with all that it printed. */
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
      ${step.reason === null ? null : html`<p class="reason">${said(step.reason)}</p>`}
      ${facts([
        ['Run', html`${run.id} ${runBadge(run.state)}`],
        ['Commit', html`<code class="whole">${run.commit}</code>`],
        ['Wave', planned?.wave ?? null],
        ['Needs', needs(planned, (need) => links.step(run.id, need), label)],
        ['Started', time(started)],
        ['Ended', time(ended)],
        ['Took', duration(started, ended)],
        ['Attempts', step.attempts === 0 ? null : step.attempts],
        ['Approved', approval(run.approvals, target)],
        ['More', html`<a href=${links.target(target)}>its history</a>`],
      ])}
      ${fields(planned)}
      ${actions(run, step.actions)}
      ${log(`${target} in run ${shortSha(run.commit)}`, logs.get(target) ?? null, links.log(run.id, target))}`,
  };
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
