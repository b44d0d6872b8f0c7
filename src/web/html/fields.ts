// Components of a step: dependencies, changed fields and executed actions.

import { type ShownChange, shownChanges } from '../../messages/changes.ts';
import { CHECK, isLook } from '../../messages/drift.ts';
import { fieldRows } from '../../messages/pages/fields.ts';
import { OBSERVED } from '../../messages/pages/target.ts';
import { durationText } from '../../messages/pages/times.ts';
import { approvalWords, impactWords, isEmpty, secretWords } from '../../messages/plan.ts';
import { printable } from '../../messages/printable.ts';
import { stepVerb } from '../../messages/run.ts';
import type { TargetId } from '../../model/ids.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { ActionRecord, FieldDifference, Run, StepRecord } from '../../model/run.ts';
import { wouldDo } from '../../plan/policy/would-do.ts';
import type { Links } from '../links.ts';
import { badge, heading, placeLink, said, table } from './components.ts';
import { type Html, html } from './html.ts';

/** `update, restarts 101`, with further conditions before it starts; a look only checks. */
export function cost(run: Run, step: StepRecord, planned: PlanStep | undefined): Html {
  if (isLook(run)) return CHECK;
  const verb = stepVerb(run, step);
  const words = planned === undefined ? '' : approvalWords(planned);
  const approval = words === '' ? '' : `, ${words}`;
  const impact =
    verb === 'create' && step.impact === 'live' ? '' : `, ${impactWords({ ...step, changes: planned?.changes ?? [] })}`;
  const secrets = planned === undefined ? '' : secretWords(planned);
  return `${verb}${impact}${approval}${secrets === '' ? '' : `, ${secrets}`}`;
}

/** @param hrefOf link of a dependency */
export function needs(
  planned: PlanStep | undefined,
  hrefOf: (target: TargetId) => string,
  label: (target: string) => string,
): Html {
  if (planned === undefined || planned.needs.length === 0) return null;
  const links = planned.needs.map(
    (target) => html`<li><a href=${hrefOf(target)}><code>${label(target)}</code></a></li>`,
  );
  return html`<ul class="inline">${links}</ul>`;
}

/** Changed fields. Secrets must already be hidden. */
export function fields(planned: PlanStep | undefined): Html {
  // Empty fields of created and deleted targets are omitted.
  const told = (change: ShownChange) => planned?.verb === 'update' || !isEmpty(change.after ?? change.before);
  const rows = (planned === undefined ? [] : shownChanges(planned)).filter(told).flatMap(fieldRows);
  if (rows.length === 0) return null;
  const value = (text: string | null) => (text === null ? null : html`<code class="value">${text}</code>`);
  return table({
    caption: 'Fields',
    columns: ['Field', 'Before', 'After'],
    rows: rows.map(({ path, before, after }) => [
      html`<code>${path.replace(/:$/, '')}</code>`,
      value(before),
      value(after),
    ]),
    className: 'fields',
  });
}

/** Differences that a drift check found, by field. */
export function differences({ differs = [] }: Pick<StepRecord, 'differs'>, commit: string, links: Links): Html {
  if (differs.length === 0) return null;
  return table({
    caption: OBSERVED.fields,
    columns: ['Field', 'Declared', 'Observed'],
    rows: differs.flatMap((each) => differenceRows(each, commit, links)),
    className: 'fields',
  });
}

/** Field with the place that declares it, declared and observed. @param commit that it was compared with */
export function differenceRows(
  { field, place, declared, observed, lines }: FieldDifference,
  commit: string,
  links: Links,
): readonly Html[][] {
  const where = place === undefined ? null : html`<div class="place">${placeLink(place, commit, links)}</div>`;
  if (lines !== undefined) {
    const shown = html`<pre class="lines">${lines.map(printable).join('\n')}</pre>`;
    return [
      [
        html`<code>${printable(field)}</code>${where}`,
        html`<span class="dim">${OBSERVED.lines}</span>`,
        html`${shown} ${badge(OBSERVED.differ, 'wait')}`,
      ],
    ];
  }
  const value = (text: string | null) =>
    text === null ? html`<span class="dim">${OBSERVED.none}</span>` : html`<code class="value">${text}</code>`;
  return fieldRows({ path: field, before: observed ?? undefined, after: declared ?? undefined }).map(
    ({ path, before, after }, index) => [
      html`<code>${path}</code>${index === 0 ? where : null}`,
      value(after),
      html`${value(before)} ${badge(OBSERVED.differ, 'wait')}`,
    ],
  );
}

/**
 * Executed or planned actions of the step. @param level of the headings
 */
export function actions(run: Pick<Run, 'readOnly'>, step: StepRecord, level: number): Html {
  const would = wouldDo(run, step);
  const lines = would.map((summary) => html`<li>${said(`would ${summary}`)}</li>`);
  return html`${did(step.actions.slice(0, step.actions.length - would.length))}
    ${would.length === 0 ? null : html`${heading(level, 'Would do')}<ul>${lines}</ul>`}`;
}

function did(done: readonly ActionRecord[]): Html {
  if (done.length === 0) return null;
  return table({
    caption: 'Actions',
    columns: ['Action', 'Exit', 'Took'],
    rows: done.map(({ summary, exit, ms }) => [
      said(summary),
      exit === 0 ? '0' : badge(exit === null ? 'stopped' : String(exit), 'bad'),
      durationText(ms),
    ]),
    className: 'actions',
  });
}
