// The HTML document around the content of a page.

import { renderToString } from 'preact-render-to-string';
import type { Person } from '../../agent/http/sessions.ts';
import { SEARCH } from '../../messages/pages/map.ts';
import { mayAs } from '../../model/person.ts';
import type { AssetNames } from '../assets.ts';
import type { Links } from '../links.ts';
import { said } from './components.ts';
import { type Html, html } from './html.ts';

/** Reload interval in seconds of live pages without script. */
const RELOAD_SECONDS = 5;

/** How a live page is updated: by the events of a run, or by polling with an interval in seconds. */
type Live = { readonly events: string } | { readonly everySeconds: number };

export interface Page {
  readonly title: string;
  readonly main: Html;
  /** Null for a static page. */
  readonly live: Live | null;
  /** What was searched for, for the search box; absent: nothing. */
  readonly query?: string;
  /** Immediate redirect target; absent: none. */
  readonly goOn?: string;
}

export function document({ title, main, live, query, goOn }: Page, links: Links, assets: AssetNames): string {
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
      ${goOn === undefined ? null : html`<meta http-equiv="refresh" content=${`0; url=${goOn}`} />`}
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
          <input type="search" name="q" value=${query ?? null} aria-label=${SEARCH.label} placeholder="Search" maxlength="100" />
        </form>
        ${links.viewer === null ? signInLink(links) : signedIn(links.viewer, links)}
      </header>
      <main id="main" tabindex="-1" data-events=${events} data-every=${every}>${main}</main>
      <footer>
        <p>Changes are made by a push, on the command line (<code>phoenix --help</code>), or on these pages by people who are signed in. <a href=${links.asked}>What people asked for</a></p>
        ${links.viewer !== null && mayAs(links.viewer.role, 'operator') ? html`<p>Inside: <a href=${links.queues}>the queues</a></p>` : null}
        <p>For programs: <a href=${links.api}>the API</a></p>
      </footer>
    </body>
  </html>`;
  return `<!doctype html>\n${renderToString(page)}\n`;
}

function signInLink(links: Links): Html {
  return html`<a class="person" href=${links.signIn}>Sign in</a>`;
}

function signedIn({ name, role, formToken }: Person, links: Links): Html {
  return html`<form class="person" method="post" action=${links.signOut}>
    <input type="hidden" name="form" value=${formToken} />
    <span>${said(name)} <span class="dim">${role}</span></span>
    <button>Sign out</button>
  </form>`;
}
