// The pages of the targets: all of them, and one with its history.

import type { TargetJson } from '../../agent/http/run-json.ts';
import { orphanText } from '../../messages/orphans.ts';
import {
  DECLARED_NO_MORE,
  HOST_IS_SILENT,
  NO_HISTORY,
  NO_TARGETS,
  TARGET_STATES,
  UNKNOWN_NOW,
} from '../../messages/pages.ts';
import { askedFor, stepVerb } from '../../messages/run.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { Run, StepRecord } from '../../model/run.ts';
import type { MarkedTarget } from '../../model/target.ts';
import { compareTargets } from '../../plan/compare-targets.ts';
import type { Links } from '../links.ts';
import { badge, duration, facts, said, sha, stepBadge, table, targetLink, time } from './components.ts';
import type { Page } from './document.ts';
import { type Html, html } from './html.ts';

export interface TargetsView {
  readonly targets: readonly TargetJson[];
  /** Whether the host said in time what runs. */
  readonly looked: boolean;
  /** What carries Phoenix's mark on the host and nothing declares. */
  readonly orphans: readonly MarkedTarget[];
}

export function targetsPage({ targets, looked, orphans }: TargetsView, links: Links): Page {
  return {
    title: 'Targets',
    live: null,
    main: html`<h1>Targets</h1>
      ${looked ? null : html`<p class="notice">${HOST_IS_SILENT}</p>`}
      ${orphans.map((orphan) => html`<p class="notice">${badge('orphan', 'wait')} ${said(orphanText(orphan))}</p>`)}
      ${targets.length === 0 ? html`<p>${NO_TARGETS}</p>` : targetTable(targets, links)}`,
  };
}

function targetTable(targets: readonly TargetJson[], links: Links): Html {
  const ordered = targets.toSorted((a, b) => compareTargets(a.target, b.target));
  const rows = ordered.map((each) => [
    targetLink(links, each.target),
    stateBadge(each),
    each.running,
    sha(each.commit),
    each.run === null
      ? null
      : html`<a href=${links.step(each.run, each.target)}>run ${each.run}</a> ${each.outcome ?? 'not over'}`,
    each.doubt !== null
      ? said(each.doubt)
      : (each.state === 'applied' && each.outcome !== 'applied') || each.reason === null
        ? null
        : said(each.reason),
  ]);
  const columns = ['Target', 'State', 'On the host', 'Commit', 'Last step', 'Why'];
  return table({ caption: 'Targets by kind', columns, rows, look: 'targets' });
}

function stateBadge({ state, declared }: TargetJson): Html {
  const shown = badge(
    TARGET_STATES[state].word,
    state === 'applied' ? 'good' : state === 'declared' ? 'quiet' : 'wait',
  );
  return declared === false ? html`${shown} <span class="dim">${DECLARED_NO_MORE}</span>` : shown;
}

/** A step of one target, with the run that it was in. */
interface Past {
  readonly run: Run;
  readonly step: StepRecord;
}

export interface TargetView {
  readonly id: TargetId;
  /** Null when it is neither declared nor applied. */
  readonly target: TargetJson | null;
  readonly looked: boolean;
  /** Newest first. */
  readonly history: readonly Past[];
  /** How many runs were looked at for it. */
  readonly runs: number;
  /** The run that the history goes on before; null when there are no older ones. */
  readonly older: RunId | null;
}

export function targetPage(view: TargetView, links: Links): Page {
  const { id, target, looked } = view;
  return {
    title: id,
    live: null,
    main: html`
      <h1><code>${id}</code> ${target === null ? null : stateBadge(target)}</h1>
      <p class="lead">${target === null ? UNKNOWN_NOW : TARGET_STATES[target.state].sentence}</p>
      ${target === null ? null : now(target)}
      ${looked ? null : html`<p class="notice">${HOST_IS_SILENT}</p>`}
      <h2>History</h2>
      ${history(view, links)}`,
  };
}

function now({ commit, running, proved, doubt }: TargetJson): Html {
  return facts([
    ['Commit', commit === '' ? null : html`<code class="whole">${commit}</code>`],
    ['On the host', running],
    ['Proved', proved === null ? null : time(proved, true)],
    ['In doubt', doubt === null ? null : said(doubt)],
  ]);
}

function history({ id, history: past, runs, older }: TargetView, links: Links): Html {
  const more =
    older === null ? null : html`<p><a rel="next" href=${links.older(links.target(id), older)}>Older runs</a></p>`;
  const note = html`<p class="dim">${past.length} of the ${runs} runs that were looked at.</p>`;
  if (past.length === 0) return html`<p>${NO_HISTORY}</p>${more}`;
  const rows = past.map(({ run, step }) => [
    html`<a href=${links.step(run.id, id)}>run ${run.id}</a>`,
    stepBadge(run, step),
    `${stepVerb(run, step)}, ${step.impact}`,
    sha(run.commit),
    said(askedFor(run)),
    time(step.ended ?? step.started ?? run.created, true),
    duration(step.started, step.ended),
    step.reason === null ? null : said(step.reason),
  ]);
  const columns = ['Run', 'Outcome', 'Step', 'Commit', 'Asked for', 'When', 'Took', 'Why'];
  return html`${table({ caption: `Steps of ${id}, newest first`, columns, rows, look: 'history' })}${note}${more}`;
}
