// The front page: overall state, what needs attention, current activity, and the newest runs.

import type { Overview } from '../../agent/http/overview.ts';
import { declaredText, HOME, headSentence } from '../../messages/pages/home.ts';
import { freezeSentence, NO_RUNS, openRunSentence, stepCounts, stepTargets } from '../../messages/pages/pages.ts';
import { printable } from '../../messages/printable.ts';
import { runOrigin } from '../../messages/run.ts';
import type { Run } from '../../model/run.ts';
import type { CommitInfo } from '../../ports/repository.ts';
import { mayAsk, type PageAction } from '../actions/page-actions.ts';
import type { Links } from '../links.ts';
import { badge, commitLink, duration, runBadge, runLink, said, table, time } from './components.ts';
import type { Page } from './document.ts';
import { type Html, html } from './html.ts';
import { type Front, needsLine, needsYou, overviewLine } from './needs-you.ts';
import { button, offer } from './offer.ts';

/** Polling intervals while busy and while idle. */
const BUSY_SECONDS = 5;
const IDLE_SECONDS = 30;

export function frontPage(front: Front, links: Links): Page {
  const { overview, open } = front;
  const list = runList(front, links);
  if (overview === null) {
    const back = html`<p><a href=${links.home}>The newest runs</a></p>`;
    return { title: 'Older runs', live: null, main: html`<h1>Older runs</h1>${back}${list}` };
  }
  const { sentence, tone } = overviewLine(overview, front);
  return {
    title: sentence,
    live: { everySeconds: open.length > 0 ? BUSY_SECONDS : IDLE_SECONDS },
    main: html`<h1 class="overview ${tone}">${sentence}</h1>
      ${needsLine(overview, front.now)}
      ${branch(front, links)}
      ${needsYou(overview, front, links)}
      ${open.length === 0 ? null : now(front, links)}
      <section aria-labelledby="runs"><h2 id="runs">Runs</h2>${list}</section>`,
  };
}

function branch({ head, frozen, overview }: Front, links: Links): Html {
  const state = head === null ? null : badge(head.verdict, head.verdict === 'followed' ? 'good' : 'bad');
  const looked = overview?.observedAt ?? null;
  return html`<section aria-label="Branch" class="lead">
    <p>${head === null ? null : html`${commitLink(links, head.commit)} ${state} `}${headSentence(head, isFollowed(overview))}</p>
    ${head === null || overview === null ? null : html`<p class="dim">${declaredText(overview)} ${looked === null ? neverLooked(overview) : html`The host was last checked ${time(looked, true)}.`}</p>`}
    ${head === null || overview === null || looked !== null ? null : offer({ do: 'look' }, links)}
    ${frozen === null ? null : html`<p class="notice">${badge('frozen', 'wait')} ${said(freezeSentence(frozen))} <span class="dim">${time(frozen.at, true)}</span></p>${button({ do: 'unfreeze' }, links)}`}
    ${overall(frozen !== null, looked !== null, links)}
  </section>`;
}

/** Up to when changes by hand are known, before the first check of the host. */
function neverLooked({ provedAt }: Overview): Html {
  return provedAt === null ? HOME.neverLooked : html`${HOME.provedSince} ${time(provedAt, true)}. ${HOME.neverLooked}`;
}

/** Whether the repository can be followed, as far as is known. */
function isFollowed(overview: Overview | null): boolean {
  return [...(overview?.faults ?? []), ...(overview?.retried ?? [])].every(({ subject }) => subject !== 'repository');
}

/** Global actions for permitted users. */
function overall(isFrozen: boolean, wasLooked: boolean, links: Links): Html {
  const actions: readonly PageAction[] = [
    ...(wasLooked ? [{ do: 'look' } as const] : []),
    { do: 'heal', targets: [] },
    ...(isFrozen ? [] : [{ do: 'freeze', reason: 'a reason' } as const]),
  ];
  const offered = actions.filter((action) => mayAsk(links, action));
  if (offered.length === 0) return null;
  return html`<div class="offer">${offered.map((action) => button(action, links))}</div>`;
}

function now({ open }: Front, links: Links): Html {
  const lines = open.map(
    (run) =>
      html`<li>${runBadge(run)} ${runLink(links, run.id)} of ${commitLink(links, run.commit)}: ${said(openRunSentence(run))}</li>`,
  );
  return html`<section aria-labelledby="now"><h2 id="now">Now</h2><ul class="now">${lines}</ul></section>`;
}

function runList({ runs, commits, older, overview }: Front, links: Links): Html {
  if (runs.length === 0) return html`<p>${overview === null ? 'There are no older runs.' : NO_RUNS}</p>`;
  const more = older === null ? null : html`<p><a rel="next" href=${links.older(links.home, older)}>Older runs</a></p>`;
  return html`${runTable('Runs, newest first', runs, commits, links)}${more}`;
}

/** @param commits null: the repository did not respond in time */
export function runTable(
  caption: string,
  runs: readonly Run[],
  commits: ReadonlyMap<string, CommitInfo> | null,
  links: Links,
): Html {
  const rows = runs.map((run) => {
    const info = commits?.get(run.commit);
    const targets = stepTargets(run);
    return [
      html`<a href=${links.run(run.id)}>${run.id}</a>`,
      runBadge(run),
      html`${commitLink(links, run.commit)} ${info === undefined ? html`<span class="dim">message not known</span>` : said(firstLine(info.message))}`,
      info === undefined ? null : said(info.author),
      said(runOrigin(run)),
      time(run.created, true),
      targets === '' ? null : said(targets),
      stepCounts(run),
      duration(run.started ?? run.created, run.ended),
    ];
  });
  const columns = ['Run', 'State', 'Commit', 'Author', 'Asked for', 'When', 'Targets', 'Steps', 'Took'];
  return table({ caption, columns, rows, className: 'runs' });
}

function firstLine(message: string): string {
  return printable(message.trim().split('\n', 1)[0] ?? '');
}
