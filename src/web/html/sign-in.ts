// The page that asks for the admin token, in place of the one that was asked for.

import { SIGN_IN } from '../../messages/pages.ts';
import type { Links } from '../links.ts';
import type { Page } from './document.ts';
import { html } from './html.ts';

export interface SignIn {
  /** Where to go on, as the server sees it. */
  readonly to: string;
  /** What was wrong with the last try; null for the first. */
  readonly wrong: string | null;
}

export function signInPage({ to, wrong }: SignIn, links: Links): Page {
  return {
    title: SIGN_IN.title,
    live: null,
    main: html`<h1>${SIGN_IN.title}</h1>
      <p>${SIGN_IN.why}</p>
      ${wrong === null ? null : html`<p class="notice" role="alert">${wrong}</p>`}
      <form class="sign-in" method="post" action=${links.signIn}>
        <input type="hidden" name="to" value=${to} />
        <label for="token">${SIGN_IN.token}</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required autofocus />
        <button>${SIGN_IN.press}</button>
      </form>
      <p class="dim">${SIGN_IN.already} <a href=${links.within(to)}>${SIGN_IN.goOn}</a></p>`,
  };
}
