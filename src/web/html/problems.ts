// A configuration problem with place and hint.

import type { Problem } from '../../model/problem.ts';
import { badge, said } from './components.ts';
import { type Html, html } from './html.ts';

export function problemLine({ severity, code, file, line, column, message, hint }: Problem): Html {
  return html`<li>
      ${badge(severity, severity === 'error' ? 'bad' : 'wait')} <code>${code}</code> <code>${said(`${file}:${line}:${column}`)}</code>
      <p>${said(message)}</p>
      ${hint === null ? null : html`<p class="dim">${said(hint)}</p>`}
    </li>`;
}
