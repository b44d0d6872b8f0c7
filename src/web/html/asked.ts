// The audit page: requests by users on pages and the API, with user, time and resulting run.

import { ASKED_PAGE, askedText } from '../../messages/pages/people.ts';
import type { AskedRecord } from '../../ports/people.ts';
import type { Links } from '../links.ts';
import { runLink, said, table, time } from './components.ts';
import type { Page } from './document.ts';
import { html } from './html.ts';

export function askedPage(asked: readonly AskedRecord[], links: Links): Page {
  const rows = asked.map((each) => [
    said(askedText(each)),
    said(each.by),
    `${each.role}, ${each.through}`,
    time(each.at),
    each.run === null ? null : runLink(links, each.run),
  ]);
  const columns = ['What', 'Who', 'As', 'When', 'Run'];
  return {
    title: ASKED_PAGE.title,
    live: null,
    main: html`<h1>${ASKED_PAGE.title}</h1>
      <p class="dim">${ASKED_PAGE.about}</p>
      ${asked.length === 0 ? html`<p>${ASKED_PAGE.nothing}</p>` : table({ caption: ASKED_PAGE.caption, columns, rows, className: 'asked' })}`,
  };
}
