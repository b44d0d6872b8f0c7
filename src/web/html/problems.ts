// Configuration problems, each with place and hint.

import type { Problem } from '../../model/problem.ts';
import type { Links } from '../links.ts';
import { badge, said } from './components.ts';
import { type Html, html } from './html.ts';

/** Where the files of problems are. */
export interface ProblemSource {
  readonly commit: string;
  /** The config root inside the repository; null where it is not known. */
  readonly root: string | null;
}

/** With its place as a link to the forge, where both are known. */
export function problemList(problems: readonly Problem[], source: ProblemSource, links: Links): Html {
  return html`<ul class="problems">${problems.map((problem) => problemLine(problem, source, links))}</ul>`;
}

function problemLine(problem: Problem, { commit, root }: ProblemSource, { forge }: Links): Html {
  const { severity, code, file, line, column, message, hint } = problem;
  const place = html`<code>${said(`${file}:${line}:${column}`)}</code>`;
  const path = root === null || root === '' ? file : `${root}/${file}`;
  return html`<li>
      ${badge(severity, severity === 'error' ? 'bad' : 'wait')} <code>${code}</code> ${forge === null || root === null ? place : html`<a href=${forge.file(commit, path, line)} rel="noreferrer">${place}</a>`}
      <p>${said(message)}</p>
      ${hint === null ? null : html`<p class="dim">${said(hint)}</p>`}
    </li>`;
}
