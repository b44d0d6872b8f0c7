// The error page: problem and remedy.

import type { PageError } from '../../messages/pages/pages.ts';
import { said } from './components.ts';
import type { Page } from './document.ts';
import { html } from './html.ts';

export function errorPage({ title, hint }: PageError): Page {
  return { title, live: null, main: html`<h1>${said(title)}</h1><p>${said(hint)}</p>` };
}
