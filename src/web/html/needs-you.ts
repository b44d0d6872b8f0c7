// What needs attention, in order of importance: what Phoenix itself does not get, pending approvals, failures, drift, expiring certificates, orphans. Each with a remedy.

import type { Overview } from '../../agent/http/overview.ts';
import { whyText } from '../../messages/drift.ts';
import { orphanText } from '../../messages/orphans.ts';
import { asksToAdopt } from '../../messages/pages/actions.ts';
import {
  HOME,
  leftText,
  needsText,
  notLookedText,
  type OverviewWords,
  overviewSentence,
} from '../../messages/pages/home.ts';
import { utcText } from '../../messages/pages/times.ts';
import type { Validity } from '../../model/environment.ts';
import { splitRemedy } from '../../model/failure.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';
import type { Freeze } from '../../ports/ledger.ts';
import type { CommitInfo } from '../../ports/repository.ts';
import type { Head, RunDetail } from '../../ports/runs.ts';
import type { Links } from '../links.ts';
import {
  badge,
  commitLink,
  MAX_REASON_LENGTH,
  runLink,
  said,
  type Tone,
  targetLink,
  time,
  withRemedy,
} from './components.ts';
import { type Html, html } from './html.ts';
import { offer } from './offer.ts';
import { problemList } from './problems.ts';

export interface Front {
  readonly head: Head | null;
  readonly frozen: Freeze | null;
  /** Unfinished runs, oldest first. */
  readonly open: ReadonlyArray<Run>;
  /** Those of the list, newest first. */
  readonly runs: readonly Run[];
  /** All that were looked at, newest first: what failed may be older than the list. */
  readonly searched: readonly Run[];
  /** The run that did not take the newest commit of the branch, and where its files are; null: that was taken, or the run is none of those looked at. */
  readonly refusal: { readonly run: RunDetail; readonly root: string | null } | null;
  /** Commits of the runs as far as known; null: the repository did not respond in time. */
  readonly commits: ReadonlyMap<string, CommitInfo> | null;
  /** The next page starts before this run; null if there are no older ones. */
  readonly older: RunId | null;
  /** The overview; null on later pages of the list. */
  readonly overview: Overview | null;
  /** Display names of targets. */
  readonly names: ReadonlyMap<TargetId, string>;
  readonly now: Date;
}

/** Certificates are renewed after two thirds of their lifetime: a smaller remaining share means that renewal failed. */
const LATE_SHARE = 1 / 4;
/** Errors of the newest commit that the front page shows; its run has all of them. */
const PROBLEMS_SHOWN = 3;
/** Maximum number of shown entries; the target list has all. */
const MAX_SHOWN = 20;

export function overviewLine(overview: Overview, { open, head }: Pick<Front, 'open' | 'head'>): OverviewWords {
  const busy = open.some(({ readOnly, state }) => !readOnly && state !== 'blocked');
  return overviewSentence(overview, { busy, unfollowed: head === null });
}

/** What is wrong in one line, each part with the way to what to press; null where nothing is. */
export function needsLine(
  { faults, approvals, failed, drifted, refused, certificates, orphans }: Overview,
  now: Date,
): Html {
  const ended = (certificates ?? []).filter(
    ({ validity }) => validity !== null && Date.parse(validity.until) <= now.getTime(),
  );
  const needs = needsText({
    faults: faults.length,
    approvals: approvals.length,
    failed: failed.length + (refused === null ? 0 : 1),
    drifted: drifted.length,
    ended: ended.length,
    orphans: orphans?.length ?? 0,
  });
  if (needs.length === 0) return null;
  return html`<p class="needs">${needs.map(({ part, text }) => html`<a href=${`#${part}`}>${text}</a> `)}</p>`;
}

export function needsYou(
  overview: Overview,
  front: Pick<Front, 'names' | 'now' | 'searched' | 'refusal'>,
  links: Links,
): Html {
  const { certificates, orphans } = overview;
  const notLooked = notLookedText({ certificates: certificates === null, orphans: orphans === null });
  return html`
    ${faultList(overview, links)}
    ${retriedList(overview)}
    ${approvals(overview, links)}
    ${failures(overview, front, links)}
    ${drift(overview, front, links)}
    ${notLooked === null ? null : html`<p class="notice">${notLooked}</p>`}
    ${certificateList(overview, front, links)}
    ${orphanList(overview)}`;
}

function faultList({ faults }: Overview, links: Links): Html {
  return section(links, {
    id: 'faults',
    title: 'Not working',
    items: faults,
    shown: ({ what, since, why }) => html`
      <p>${badge('fails', 'bad')} ${said(what)}, since ${time(since, true)}</p>
      ${withRemedy(why)}`,
  });
}

/** What may pass by itself: nobody has to do anything yet, and what helps if it does not pass stands in the second line. */
function retriedList({ retried }: Overview): Html {
  if (retried.length === 0) return null;
  const lines = retried.map(({ what, since, why }) => {
    const { description, remedy } = splitRemedy(why);
    const later = remedy === null ? null : html`<br><span class="dim">${HOME.ifItStays} ${said(remedy)}</span>`;
    return html`<li>${said(what)}, since ${time(since, true)}: <span class="dim">${said(description)}</span>${later}</li>`;
  });
  return html`<section aria-labelledby="retried"><h2 id="retried">${HOME.retried}</h2><ul class="now">${lines}</ul></section>`;
}

function approvals({ approvals: waiting }: Overview, links: Links): Html {
  return section(links, {
    id: 'approvals',
    title: 'Waits for approval',
    items: waiting,
    shown: ({ run, target, label, cost, reason, since }) => html`
      <p>${targetLink(links, target, label)} ${badge('waits', 'wait')} in ${runLink(links, run)}, ${time(since, true)}</p>
      <p class="reason">${said(cost)}${reason === null ? null : html`: ${said(splitRemedy(reason).description)}`}</p>
      ${offer({ do: 'approve', run, target }, links)}`,
  });
}

function failures(
  { failed, refused }: Overview,
  { names, searched, refusal }: Pick<Front, 'names' | 'searched' | 'refusal'>,
  links: Links,
): Html {
  const one = ({ target, run, outcome, reason, commit }: Overview['failed'][number]) => html`
      <p>${named(links, names, target)} ${badge(outcome ?? 'failed', outcome === 'blocked' ? 'wait' : 'bad')}${run === null ? null : html` in <a href=${links.step(run, target)}>run ${run}</a>`}${sinceRun(searched, run)}</p>
      ${withRemedy(reason, MAX_REASON_LENGTH)}
      ${commit === '' ? null : offer({ do: asksToAdopt(reason) ? 'adopt' : 'heal', targets: [target] }, links, HOME.tryAgain)}`;
  const first = refused === null ? null : notTaken(refused, refusal, links);
  return section(links, { id: 'failed', title: 'Failed', items: failed, shown: one, first });
}

/** The newest commit of the branch, why it was not taken, and what to do. */
function notTaken(
  { verdict, commit }: NonNullable<Overview['refused']>,
  refusal: Front['refusal'],
  links: Links,
): Html {
  const heading = html`${badge(verdict, 'bad')} ${commitLink(links, commit)}, the newest commit of the branch`;
  if (refusal === null) return html`<li><p>${heading}: its run says why.</p></li>`;
  const { run, root } = refusal;
  const errors = run.problems.filter(({ severity }) => severity === 'error');
  const more = errors.length - PROBLEMS_SHOWN;
  return html`<li>
      <p>${heading}, in ${runLink(links, run.id)}, ${time(run.ended ?? run.created, true)}</p>
      ${errors.length === 0 ? withRemedy(run.reason, MAX_REASON_LENGTH) : problemList(errors.slice(0, PROBLEMS_SHOWN), { commit, root }, links)}
      ${more > 0 ? html`<p class="dim">${HOME.moreProblems(more)}</p>` : null}
    </li>`;
}

/** When a run ended, or began where it goes on; nothing for one that is not among those looked at. */
function sinceRun(runs: Front['searched'], id: RunId | null): Html {
  const run = runs.find((each) => each.id === id);
  return run === undefined ? null : html`, ${time(run.ended ?? run.started ?? run.created, true)}`;
}

function drift({ drifted }: Overview, { names }: Pick<Front, 'names'>, links: Links): Html {
  return section(links, {
    id: 'drift',
    title: 'Drift',
    items: drifted,
    shown: ({ target, look }) => html`
      <p>${named(links, names, target)} ${badge('differs', 'wait')}${look === null ? null : html`, seen in <a href=${links.step(look.run, target)}>run ${look.run}</a>, since ${time(look.since, true)}`}</p>
      <p class="reason">${said(look === null ? '' : (whyText({ reason: look.found, differs: look.differs ?? [] }) ?? ''))}</p>
      ${offer({ do: 'heal', targets: [target] }, links, HOME.lookAgain)}`,
    first: drifted.length < 2 ? null : html`<li>${offer({ do: 'heal', targets: [] }, links, HOME.healAll)}</li>`,
  });
}

function certificateList({ certificates }: Overview, { now }: Pick<Front, 'now'>, links: Links): Html {
  if (certificates === null || certificates.length === 0) return null;
  const lines = certificates.map(({ target, validity }) => {
    if (validity === null)
      return html`<li>${targetLink(links, target)} <span class="dim">${HOME.end.unknown}</span></li>`;
    const { until } = validity;
    const left = Date.parse(until) - now.getTime();
    const tone = certificateTone(validity, now);
    const late = tone === 'good' ? null : offer({ do: 'heal', targets: [target] }, links, HOME.end.renew);
    return html`<li>${targetLink(links, target)} ${badge(leftText(left), tone)} <span class="dim">until ${utcText(until)}</span>${late}</li>`;
  });
  return html`<section aria-labelledby="certificates"><h2 id="certificates">Certificates</h2><ul class="now">${lines}</ul></section>`;
}

export function certificateTone({ from, until }: Validity, now: Date): Tone {
  const [left, lifetime] = [Date.parse(until) - now.getTime(), Date.parse(until) - Date.parse(from)];
  if (left <= 0) return 'bad';
  return left < LATE_SHARE * lifetime ? 'wait' : 'good';
}

function orphanList({ orphans }: Overview): Html {
  if (orphans === null || orphans.length === 0) return null;
  const lines = orphans.map((orphan) => html`<li>${badge('orphan', 'wait')} ${said(orphanText(orphan))}</li>`);
  return html`<section aria-labelledby="orphans"><h2 id="orphans">Orphans</h2><ul class="cards">${lines}</ul></section>`;
}

interface Section<Item> {
  readonly id: string;
  readonly title: string;
  readonly items: readonly Item[];
  readonly shown: (item: Item) => Html;
  /** Content before the items. */
  readonly first?: Html;
}

/** Empty without items and content before them. */
function section<Item>(links: Links, { id, title, items, shown, first = null }: Section<Item>): Html {
  if (items.length === 0 && first === null) return null;
  const left = items.length - MAX_SHOWN;
  const rest = left <= 0 ? null : html`<p><a href=${links.targets}>and ${left} more</a></p>`;
  const lines = items.slice(0, MAX_SHOWN).map((item) => html`<li>${shown(item)}</li>`);
  return html`<section aria-labelledby=${id}><h2 id=${id}>${title}</h2><ul class="cards">${first}${lines}</ul>${rest}</section>`;
}

function named(links: Links, names: ReadonlyMap<TargetId, string>, target: TargetId): Html {
  const name = names.get(target);
  return targetLink(links, target, name === undefined ? target : `${target} (${name})`);
}
