// The front page: where the branch is, what goes on, and the newest runs.

import { freezeSentence, headSentence, NO_RUNS, openRunSentence, stepCounts } from '../../messages/pages.ts';
import { askedFor, heldSentence } from '../../messages/run.ts';
import type { RunId } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';
import type { Freeze, Head } from '../../ports/ledger.ts';
import type { HeldReports } from '../../ports/outbox.ts';
import type { Links } from '../links.ts';
import { badge, duration, runBadge, runLink, said, sha, table, time } from './components.ts';
import type { Page } from './document.ts';
import { type Html, html } from './html.ts';

/** While something goes on, and while nothing does. */
const BUSY_SECONDS = 5;
const IDLE_SECONDS = 30;

export interface Front {
  readonly head: Head | null;
  readonly frozen: Freeze | null;
  /** What the forge does not take. */
  readonly reports: HeldReports | null;
  /** Runs that are not over, oldest first. */
  readonly open: ReadonlyArray<Run>;
  /** Newest first. */
  readonly runs: readonly Run[];
  /** The run that the list goes on before; null when there are no older ones. */
  readonly older: RunId | null;
  /** Whether newer runs were left out: then the list is all there is to see. */
  readonly paged: boolean;
}

export function frontPage(front: Front, links: Links): Page {
  const { paged, open } = front;
  const list = runList(front, links);
  if (paged) {
    const back = html`<p><a href=${links.home}>The newest runs</a></p>`;
    return { title: 'Older runs', live: null, main: html`<h1>Older runs</h1>${back}${list}` };
  }
  return {
    title: 'Phoenix',
    live: { everySeconds: open.length > 0 ? BUSY_SECONDS : IDLE_SECONDS },
    main: html`<h1>Runs</h1>${branch(front)}${open.length === 0 ? null : now(front, links)}<h2>Newest</h2>${list}`,
  };
}

function branch({ head, frozen, reports }: Front): Html {
  const state = head === null ? null : badge(head.verdict, head.verdict === 'followed' ? 'good' : 'bad');
  return html`<section aria-label="Branch" class="lead">
    <p>${head === null ? null : html`${sha(head.commit)} ${state} `}${headSentence(head)}</p>
    ${frozen === null ? null : html`<p class="notice">${badge('frozen', 'wait')} ${said(freezeSentence(frozen))} <span class="dim">${time(frozen.at, true)}</span></p>`}
    ${reports === null ? null : html`<p class="notice">${badge('unsent', 'wait')} ${said(heldSentence(reports))}</p>`}
  </section>`;
}

function now({ open }: Front, links: Links): Html {
  const lines = open.map(
    (run) =>
      html`<li>${runBadge(run.state)} ${runLink(links, run.id)} of ${sha(run.commit)}: ${said(openRunSentence(run))}</li>`,
  );
  return html`<section aria-labelledby="now"><h2 id="now">Now</h2><ul class="now">${lines}</ul></section>`;
}

function runList({ runs, older, paged }: Front, links: Links): Html {
  if (runs.length === 0) return html`<p>${paged ? 'There are no older runs.' : NO_RUNS}</p>`;
  const more = older === null ? null : html`<p><a rel="next" href=${links.older(links.home, older)}>Older runs</a></p>`;
  const rows = runs.map((run) => [
    html`<a href=${links.run(run.id)}>${run.id}</a>`,
    runBadge(run.state),
    sha(run.commit),
    said(askedFor(run)),
    time(run.created, true),
    stepCounts(run),
    duration(run.created, run.ended),
  ]);
  const columns = ['Run', 'State', 'Commit', 'Asked for', 'When', 'Steps', 'Took'];
  return html`${table({ caption: 'Runs, newest first', columns, rows, look: 'runs' })}${more}`;
}
