// The page of one target: name, addresses, declared and observed state, dependencies, place in the files, and history.

import type { TargetJson } from '../../agent/http/run-json.ts';
import { CHECK, isLook, whyText } from '../../messages/drift.ts';
import { asksToAdopt } from '../../messages/pages/actions.ts';
import { fieldRows } from '../../messages/pages/fields.ts';
import { leftText } from '../../messages/pages/home.ts';
import { DRIFTED, HOST_IS_SILENT, NO_HISTORY, UNKNOWN_NOW } from '../../messages/pages/pages.ts';
import { networkText, OBSERVED, TARGET_STATES } from '../../messages/pages/target.ts';
import { printable } from '../../messages/printable.ts';
import { runOrigin, stepVerb } from '../../messages/run.ts';
import type { Declaration, DeclaredGuest, DeclaredService, Validity } from '../../model/environment.ts';
import { fitText } from '../../model/failure.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { Run, StepRecord } from '../../model/run.ts';
import type { CommitInfo } from '../../ports/repository.ts';
import type { Links } from '../links.ts';
import {
  commitLink,
  duration,
  facts,
  MAX_CELL_LENGTH,
  placeLink,
  said,
  stepBadge,
  table,
  targetLink,
  time,
  withRemedy,
} from './components.ts';
import type { Page } from './document.ts';
import { differenceRows } from './fields.ts';
import { type Html, html } from './html.ts';
import { button, offer } from './offer.ts';
import { stateBadge } from './targets.ts';

/** A step of the target with its run. */
interface Past {
  readonly run: Run;
  readonly step: StepRecord;
}

export interface TargetView {
  readonly id: TargetId;
  /** Null if neither declared nor applied. */
  readonly target: TargetJson | null;
  readonly looked: boolean;
  /** Its declaration in the followed commit; null if absent or not readable in time. */
  readonly declaration: Declaration | null;
  /** Null if it is not a guest or unknown. */
  readonly guest: DeclaredGuest | null;
  /** Services that it provides. */
  readonly services: readonly DeclaredService[];
  /** Validity of a certificate; null if unknown. */
  readonly validity: Validity | null;
  /** Dependencies and dependants; null: not readable. */
  readonly needs: readonly TargetId[] | null;
  readonly dependants: readonly TargetId[] | null;
  /** Display names of guests. */
  readonly names: ReadonlyMap<TargetId, string>;
  /** Newest first. */
  readonly history: readonly Past[];
  /** Number of searched runs. */
  readonly runs: number;
  /** The next page starts before this run; null if there are no older ones. */
  readonly older: RunId | null;
  /** Commits of the history; null: the repository did not respond in time. */
  readonly commits: ReadonlyMap<string, CommitInfo> | null;
  readonly now: Date;
}

export function targetPage(view: TargetView, links: Links): Page {
  const { id, target, looked, guest } = view;
  return {
    title: guest === null ? id : `${id} (${printable(guest.name)})`,
    live: null,
    main: html`
      <h1><code>${id}</code>${guest === null ? null : html` ${said(guest.name)}`} ${target === null ? null : stateBadge(target)}</h1>
      <p class="lead">${target === null ? UNKNOWN_NOW : leadOf(target)}</p>
      ${target === null ? null : unfinishedStep(target, links)}
      ${target === null ? null : html`<div class="offer">${button({ do: 'heal', targets: [id] }, links)}</div>`}
      ${about(view, links)}
      ${looked ? null : html`<p class="notice">${HOST_IS_SILENT}</p>`}
      ${observed(view, links)}
      <h2>History</h2>
      ${history(view, links)}`,
  };
}

function leadOf({ state, look }: TargetJson): string {
  const isDrift = state === 'doubtful' && look !== null && look.found !== null && !look.over;
  return isDrift ? DRIFTED : TARGET_STATES[state].sentence;
}

/** Why its newest step failed or waits. */
function unfinishedStep({ target, outcome, reason, run }: TargetJson, links: Links): Html {
  if (outcome !== 'failed' && outcome !== 'blocked') return null;
  const where =
    run === null
      ? null
      : html`<p>Its newest step ${outcome === 'failed' ? 'failed' : 'waits'}, in <a href=${links.step(run, target)}>run ${run}</a>.</p>`;
  const adopts = asksToAdopt(reason);
  const again =
    outcome === 'failed' || adopts ? offer({ do: adopts ? 'adopt' : 'heal', targets: [target] }, links) : null;
  return html`${where}${withRemedy(reason)}${again}`;
}

function about(view: TargetView, links: Links): Html {
  const { target, guest, services, validity, needs, dependants, declaration, now } = view;
  const list = (targets: readonly TargetId[] | null) =>
    targets === null ? html`<span class="dim">not known</span>` : targetList(targets, view, links);
  return facts([
    ['Address', guest === null ? null : lines(guest.interfaces.flatMap(({ addresses }) => addresses))],
    ['Network', guest === null ? null : lines(guest.interfaces.map(networkText))],
    ['Reached as', lines(services.map(({ name }) => name))],
    ['On the host', target?.running ?? null],
    [
      'Valid',
      validity === null
        ? null
        : html`${leftText(Date.parse(validity.until) - now.getTime())}, until ${time(validity.until)}`,
    ],
    ['Needs', list(needs)],
    ['Needed by', list(dependants)],
    ['Written in', declaration === null ? null : placeOf(declaration, links)],
    [
      'Commit',
      target === null || target.commit === ''
        ? null
        : commitLink(links, target.commit, html`<code class="whole">${target.commit}</code>`),
    ],
  ]);
}

function lines(texts: readonly string[]): Html {
  return texts.length === 0 ? null : html`<ul class="inline">${texts.map((text) => html`<li>${said(text)}</li>`)}</ul>`;
}

function targetList(targets: readonly TargetId[], { names }: Pick<TargetView, 'names'>, links: Links): Html {
  if (targets.length === 0) return 'nothing';
  const label = (target: TargetId) => (names.has(target) ? `${target} (${names.get(target)})` : target);
  return html`<ul class="inline">${targets.map((target) => html`<li>${targetLink(links, target, label(target))}</li>`)}</ul>`;
}

function placeOf({ commit, place }: Declaration, links: Links): Html {
  if (place === null) return OBSERVED.nowhere;
  return placeLink(place, commit, links);
}

/** Declared and last observed state. */
function observed({ id, target, declaration }: TargetView, links: Links): Html {
  if (target === null) return null;
  return html`<section aria-labelledby="observed"><h2 id="observed">Declared and observed</h2>
    ${seen(id, target, links)}
    ${compared(declaration, target.look, links)}</section>`;
}

function seen(id: TargetId, { look, proved, doubt, state }: TargetJson, links: Links): Html {
  const run = look === null ? null : html`<a href=${links.step(look.run, id)}>run ${look.run}</a>`;
  if (look !== null && look.found !== null && !look.over) {
    return html`<p>${OBSERVED.differs} ${run} checked it, ${time(look.at)}${look.since === look.at ? null : html`; since ${time(look.since)}`}.</p>
      ${look.would.length > 0 ? null : html`<p class="reason">${said(look.found)}</p>`}
      ${look.would.length === 0 ? null : html`<p>${OBSERVED.would}</p><ul>${look.would.map((each) => html`<li>${said(each)}</li>`)}</ul>`}
      ${offer({ do: asksToAdopt(look.found) ? 'adopt' : 'heal', targets: [id] }, links)}`;
  }
  const doubts = doubt === null ? null : html`<p>${OBSERVED.doubt} ${said(doubt)}</p>`;
  if (look !== null && !look.over && state !== 'unproved')
    return html`<p>${OBSERVED.same} ${run} checked it, ${time(look.at)}.</p>${doubts}`;
  if (proved !== null) return html`<p>${OBSERVED.proved} ${time(proved)}.</p>${doubts}`;
  return html`<p>${state === 'applied' || state === 'doubtful' ? OBSERVED.provedOnce : OBSERVED.unknown}</p>${doubts}`;
}

/** Field comparison; differences come first, including fields that are not in the file. */
function compared(declaration: Declaration | null, look: TargetJson['look'], links: Links): Html {
  const differs = look === null || look.over ? [] : (look.differs ?? []);
  const fields = new Map((declaration?.fields ?? []).map(({ field, value }) => [field, value]));
  const found = differs.flatMap((each) =>
    differenceRows({ ...each, declared: fields.get(each.field) ?? each.declared }, look?.commit ?? '', links),
  );
  const known = new Set(differs.map(({ field }) => field));
  const others = [...fields]
    .filter(([field]) => !known.has(field))
    .flatMap(([field, value]) => fieldRows({ path: field, before: undefined, after: value }))
    .map(({ path, after }) => [html`<code>${path}</code>`, html`<code class="value">${after ?? ''}</code>`, null]);
  if (found.length + others.length === 0) return null;
  return table({
    caption: found.length === 0 ? OBSERVED.declared : OBSERVED.compared,
    columns: ['Field', 'Declared', 'Observed'],
    rows: [...found, ...others],
    className: 'declared',
  });
}

function history({ id, history: past, runs, older, commits }: TargetView, links: Links): Html {
  const more =
    older === null ? null : html`<p><a rel="next" href=${links.older(links.target(id), older)}>Older runs</a></p>`;
  const note = html`<p class="dim">${past.length} of the ${runs} newest runs.</p>`;
  if (past.length === 0) return html`<p>${NO_HISTORY}</p>${more}`;
  const rows = past.map(({ run, step }) => [
    html`<a href=${links.step(run.id, id)}>run ${run.id}</a>`,
    stepBadge(run, step),
    isLook(run) ? CHECK : `${stepVerb(run, step)}, ${step.impact}`,
    html`${commitLink(links, run.commit)} ${said(firstLine(commits?.get(run.commit)))}`,
    said(runOrigin(run)),
    time(step.ended ?? step.started ?? run.created, true),
    duration(step.started, step.ended),
    said(fitText(whyText(step) ?? '', MAX_CELL_LENGTH)),
  ]);
  const columns = ['Run', 'Outcome', 'Step', 'Commit', 'Asked for', 'When', 'Took', 'Why'];
  return html`${table({ caption: `Steps of ${id}, newest first`, columns, rows, className: 'history' })}${note}${more}`;
}

/** First line of the commit message; empty if unknown. */
function firstLine(commit: CommitInfo | undefined): string {
  return commit?.message.trim().split('\n', 1)[0] ?? '';
}
