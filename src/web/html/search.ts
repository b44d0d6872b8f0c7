// Search results: targets, then runs.

import type { TargetJson } from '../../agent/http/run-json.ts';
import { SEARCH } from '../../messages/pages/map.ts';
import type { DeclaredGuest } from '../../model/environment.ts';
import type { TargetId } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';
import type { CommitInfo } from '../../ports/repository.ts';
import type { Links } from '../links.ts';
import { said, table, targetLink } from './components.ts';
import type { Page } from './document.ts';
import { runTable } from './home.ts';
import { html } from './html.ts';
import { stateBadge } from './targets.ts';

export interface SearchView {
  /** The query; may be empty. */
  readonly query: string;
  readonly targets: readonly TargetJson[];
  readonly guests: ReadonlyMap<TargetId, DeclaredGuest>;
  readonly runs: readonly Run[];
  /** Number of searched runs. */
  readonly looked: number;
  readonly commits: ReadonlyMap<string, CommitInfo> | null;
}

export function searchPage({ query, targets, guests, runs, looked, commits }: SearchView, links: Links): Page {
  const title = query === '' ? SEARCH.title : `${SEARCH.title}: ${query}`;
  if (query === '') return { title, live: null, main: html`<h1>${SEARCH.title}</h1><p>${SEARCH.hint}</p>` };
  const rows = targets.map((target) => {
    const guest = guests.get(target.target);
    const addresses = guest?.interfaces.flatMap((each) => each.addresses).join(', ') ?? '';
    return [targetLink(links, target.target), said(guest?.name ?? ''), said(addresses), stateBadge(target)];
  });
  const found = table({
    caption: 'Targets found',
    columns: ['Target', 'Name', 'Address', 'State'],
    rows,
    className: 'targets',
  });
  return {
    title,
    query,
    live: null,
    main: html`<h1>${SEARCH.title}: ${said(query)}</h1>
      <h2>Targets</h2>${targets.length === 0 ? html`<p>${SEARCH.noTargets}</p>` : found}
      <h2>Runs</h2>${runs.length === 0 ? html`<p>${SEARCH.noRuns(looked)}</p>` : runTable('Runs found, newest first', runs, commits, links)}`,
  };
}
