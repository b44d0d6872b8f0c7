// The whole document around what one page shows.

import { renderToString } from 'preact-render-to-string';
import { SEARCH } from '../../messages/map.ts';
import type { AssetNames } from '../assets.ts';
import type { Links } from '../links.ts';
import { type Html, html } from './html.ts';

/** Without a script the page is loaded anew that often while it can change, in seconds. */
const RELOAD_SECONDS = 5;

/** How a page that can change learns of it: from the events of a run, or by looking again after so many seconds. */
type Live = { readonly events: string } | { readonly everySeconds: number };

export interface Page {
  readonly title: string;
  readonly main: Html;
  /** Null for a page that stays as it is. */
  readonly live: Live | null;
}

/** @param signedIn whether there is a session to end */
export function document({ title, main, live }: Page, links: Links, assets: AssetNames, signedIn = false): string {
  const events = live !== null && 'events' in live ? live.events : null;
  const every = live !== null && 'everySeconds' in live ? live.everySeconds : null;
  const reload = html`<noscript><meta http-equiv="refresh" content=${every ?? RELOAD_SECONDS} /></noscript>`;
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <title>${title === 'Phoenix' ? title : `${title} · Phoenix`}</title>
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <link rel="stylesheet" href=${links.asset(assets.style)} />
      <link rel="icon" href=${links.asset(assets.icon)} />
      <script type="module" src=${links.asset(assets.script)}></script>
      ${live === null ? null : reload}
    </head>
    <body>
      <a class="skip" href="#main">To the content</a>
      <header>
        <nav aria-label="Pages">
          <a class="brand" href=${links.home}>Phoenix</a>
          <a href=${links.home}>Runs</a>
          <a href=${links.targets}>Targets</a>
          <a href=${links.map}>Map</a>
        </nav>
        <form role="search" action=${links.search}>
          <input type="search" name="q" aria-label=${SEARCH.label} placeholder="Search" maxlength="100" />
        </form>
        ${signedIn ? signOut(links) : null}
      </header>
      <main id="main" tabindex="-1" data-events=${events} data-every=${every}>${main}</main>
      <footer>
        <p>These pages only show. What changes something is asked for by a push or on the command line: <code>phoenix --help</code>.</p>
        <p>For programs: <a href=${links.api}>the API</a></p>
      </footer>
    </body>
  </html>`;
  return `<!doctype html>\n${renderToString(page)}\n`;
}

function signOut(links: Links): Html {
  return html`<form method="post" action=${links.signOut}><button>Sign out</button></form>`;
}
