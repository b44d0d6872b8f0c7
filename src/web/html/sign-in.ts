// The sign-in page, shown instead of the requested page: through the forge if configured, and with the admin token.

import { SIGN_IN } from '../../messages/pages/pages.ts';
import type { Links } from '../links.ts';
import type { Page } from './document.ts';
import { html } from './html.ts';

export interface SignIn {
  /** Return path on the server. */
  readonly to: string;
  /** The error of the last attempt; null for the first. */
  readonly wrong: string | null;
  /** The name that was given at the last attempt; empty: none. The token is not shown again. */
  readonly name: string;
  /** Name of the forge; null without sign-in through it. */
  readonly forge: string | null;
  /** Whether the admin token can be used. */
  readonly token: boolean;
}

export function signInPage({ to, wrong, name, forge, token }: SignIn, links: Links): Page {
  return {
    title: SIGN_IN.title,
    live: null,
    main: html`<h1>${SIGN_IN.title}</h1>
      <p>${forge === null ? SIGN_IN.why : SIGN_IN.whyForge(forge)}</p>
      ${wrong === null ? null : html`<p class="notice" role="alert">${wrong}</p>`}
      ${forge === null ? null : html`<p><a class="button" href=${links.signInForge(to)}>${SIGN_IN.byForge(forge)}</a></p>`}
      ${forge === null || !token ? null : html`<p>${SIGN_IN.byToken}</p>`}
      ${!token ? null : byToken(to, name, links)}
      <p class="dim">${SIGN_IN.already} <a href=${links.within(to)}>${SIGN_IN.goOn}</a></p>`,
  };
}

function byToken(to: string, name: string, links: Links) {
  return html`<form class="sign-in" method="post" action=${links.signIn}>
    <input type="hidden" name="to" value=${to} />
    <label for="token">${SIGN_IN.token}</label>
    <input id="token" name="token" type="password" autocomplete="current-password" required autofocus />
    <label for="name">${SIGN_IN.name}</label>
    <input id="name" name="name" value=${name} autocomplete="username" maxlength="100" />
    <button>${SIGN_IN.press}</button>
  </form>`;
}

/** The page itself redirects, so that the browser treats it as same-site navigation and sends the session cookie. */
export function signedInPage(to: string, links: Links): Page {
  const goOn = links.within(to);
  return {
    title: SIGN_IN.done,
    live: null,
    goOn,
    main: html`<h1>${SIGN_IN.done}</h1><p><a href=${goOn}>${SIGN_IN.goOn}</a></p>`,
  };
}
