// The list of all targets.

import type { TargetJson } from '../../agent/http/run-json.ts';
import { orphanText } from '../../messages/orphans.ts';
import { HOST_IS_SILENT, NO_TARGETS } from '../../messages/pages/pages.ts';
import { NO_LONGER_DECLARED, TARGET_STATES } from '../../messages/pages/target.ts';
import { targetCounts } from '../../messages/run.ts';
import { fitText } from '../../model/failure.ts';
import type { TargetId } from '../../model/ids.ts';
import type { MarkedTarget } from '../../model/target.ts';
import { compareTargets } from '../../plan/diff/compare-targets.ts';
import type { Links } from '../links.ts';
import { badge, commitLink, MAX_CELL_LENGTH, said, table, targetLink } from './components.ts';
import type { Page } from './document.ts';
import { type Html, html } from './html.ts';

export interface TargetsView {
  readonly targets: readonly TargetJson[];
  /** Whether the host reported power states in time. */
  readonly looked: boolean;
  /** Undeclared objects with Phoenix's mark on the host. */
  readonly orphans: readonly MarkedTarget[];
  /** Display names of guests. */
  readonly names: ReadonlyMap<TargetId, string>;
}

export function targetsPage({ targets, looked, orphans, names }: TargetsView, links: Links): Page {
  return {
    title: 'Targets',
    live: null,
    main: html`<h1>Targets</h1>
      ${targets.length > 1 ? html`<p class="lead">${targetCounts(targets)}</p>` : null}
      ${looked ? null : html`<p class="notice">${HOST_IS_SILENT}</p>`}
      ${orphans.map((orphan) => html`<p class="notice">${badge('orphan', 'wait')} ${said(orphanText(orphan))}</p>`)}
      ${targets.length === 0 ? html`<p>${NO_TARGETS}</p>` : targetTable(targets, names, links)}`,
  };
}

function targetTable(targets: readonly TargetJson[], names: TargetsView['names'], links: Links): Html {
  const ordered = targets.toSorted((a, b) => compareTargets(a.target, b.target));
  const rows = ordered.map((each) => [
    html`${targetLink(links, each.target)} ${said(names.get(each.target) ?? '')}`,
    stateBadge(each),
    each.running,
    commitLink(links, each.commit),
    each.run === null
      ? null
      : html`<a href=${links.step(each.run, each.target)}>run ${each.run}</a> ${each.outcome ?? 'not over'}`,
    whyCell(each),
  ]);
  const columns = ['Target', 'State', 'On the host', 'Commit', 'Last step', 'Why'];
  return table({ caption: 'Targets by kind', columns, rows, className: 'targets' });
}

/** What a person can do about a step that waits stands in its reason, not in what a check says of the target. */
function whyCell({ state, outcome, reason, doubt }: TargetJson): Html {
  if (doubt !== null && (outcome !== 'blocked' || reason === null)) return said(fitText(doubt, MAX_CELL_LENGTH));
  if (reason === null || (state === 'applied' && outcome !== 'applied')) return null;
  return said(fitText(reason, MAX_CELL_LENGTH));
}

export function stateBadge({ state, declared }: TargetJson): Html {
  const shown = badge(
    TARGET_STATES[state].word,
    state === 'applied' ? 'good' : state === 'declared' ? 'quiet' : 'wait',
  );
  return declared === false ? html`${shown} <span class="dim">${NO_LONGER_DECLARED}</span>` : shown;
}
