// The error page: problem and remedy.

import type { Trouble } from '../../messages/pages/pages.ts';
import { said } from './components.ts';
import type { Page } from './document.ts';
import { html } from './html.ts';

export function troublePage({ title, hint }: Trouble): Page {
  return { title, live: null, main: html`<h1>${said(title)}</h1><p>${said(hint)}</p>` };
}
