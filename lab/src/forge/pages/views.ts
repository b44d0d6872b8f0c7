// The pages of the forge, from its state to HTML: the repository, a pull request, a commit.

import { type Parts, TOKEN_OWNER } from '../parts.ts';
import type { LabPull } from '../pulls.ts';
import { combined } from '../statuses.ts';
import { type Html, html, markdown } from './html.ts';

export interface Page {
  readonly title: string;
  readonly body: Html;
}

/** A commit as the pages name it. */
export interface Commit {
  readonly sha: string;
  readonly subject: string;
  readonly author: string;
}

/** What the page of the repository shows besides the state in memory. */
export interface Repository {
  /** Of the main branch, newest first. */
  readonly commits: readonly Commit[];
  /** Branches that have commits which the main branch has not, and no open pull request. */
  readonly branches: readonly string[];
}

const MARKS: Readonly<Record<string, readonly [string, string]>> = {
  success: ['✓', 'good'],
  neutral: ['✓', 'good'],
  pending: ['…', 'wait'],
  failure: ['✗', 'bad'],
  error: ['!', 'bad'],
};

export function repositoryPage(parts: Parts, { commits, branches }: Repository): Page {
  const { place, pulls } = parts;
  const all = pulls.all();
  const open = all.filter(({ state }) => state === 'open');
  const closed = all.filter(({ state }) => state === 'closed');
  return {
    title: place.repository,
    body: html`
      <h1>${place.repository}</h1>
      <div id="branches" data-live>
        ${branches.length === 0 ? null : html`<h2>Pushed branches</h2>${branches.map((branch) => openForm(parts, branch))}`}
      </div>
      <div id="lists" data-live>
        <h2>Pull requests</h2>
        ${open.length === 0 ? html`<p>None is open. Push a branch to open one.</p>` : pullList(parts, open)}
        ${closed.length === 0 ? null : html`<h2>Merged and closed</h2>${pullList(parts, closed)}`}
        <h2>Commits of main</h2>
        ${commits.length === 0 ? html`<p>Nothing was pushed yet.</p>` : commitList(parts, commits)}
      </div>`,
  };
}

export function pullPage(parts: Parts, pull: LabPull, diff: string): Page {
  const { number, title, author, head, base, body } = pull;
  const isOpen = pull.state === 'open';
  const at = `${parts.place.page}/pull/${number}`;
  return {
    title: `${title} #${number}`,
    body: html`
      <h1>${title} <span class="faint">#${number}</span></h1>
      <div id="pull" data-live>
        <p>${stateOf(parts, pull)} · <code>${head.branch}</code> into <code>${base.branch}</code>, by ${author}</p>
        ${body === null || body === '' ? null : html`<article>${markdown(body)}</article>`}
        ${talk(parts, number)}
        <h2>Checks of ${commitLink(parts, head.sha)}</h2>
        ${checkList(parts, head.sha)}
        ${pull.merged === null ? null : html`<h2>Checks of the merge</h2>${checkList(parts, pull.merged.sha)}`}
        ${pull.measure.merge === null && isOpen ? html`<p class="notice">It conflicts with ${base.branch} and cannot be merged.</p>` : null}
      </div>
      ${isOpen ? [talkForm(parts, at), decideForms(parts, at)] : null}
      <h2>Changes</h2>
      <div id="diff" data-live><pre>${diff}</pre></div>`,
  };
}

export function commitPage(parts: Parts, commit: Commit, diff: string): Page {
  return {
    title: commit.subject,
    body: html`
      <h1>${commit.subject}</h1>
      <p class="faint">${commit.author} · <code>${commit.sha}</code></p>
      <div id="checks" data-live><h2>Checks</h2>${checkList(parts, commit.sha)}</div>
      <h2>Changes</h2>
      <pre>${diff}</pre>`,
  };
}

export function refusedPage(message: string, back: string): Page {
  return {
    title: 'Not done',
    body: html`<h1>Not done</h1><p class="notice">${message}</p><p><a href=${back}>Back</a></p>`,
  };
}

function stateOf(parts: Parts, { state, merged }: LabPull): Html {
  if (merged !== null) return html`<strong>Merged</strong> by ${merged.by} as ${commitLink(parts, merged.sha)}`;
  return html`<strong>${state === 'open' ? 'Open' : 'Closed'}</strong>`;
}

function pullList(parts: Parts, pulls: readonly LabPull[]): Html {
  return html`<ul class="rows">
    ${pulls.map(
      ({ number, title, author, head }) => html`<li>
        ${mark(verdict(parts, head.sha))} <a href=${`${parts.place.page}/pull/${number}`}>${title}</a>
        <span class="faint"> #${number} by ${author}</span>
      </li>`,
    )}
  </ul>`;
}

function commitList(parts: Parts, commits: readonly Commit[]): Html {
  return html`<ul class="rows">
    ${commits.map(
      ({ sha, subject, author }) => html`<li>
        ${mark(verdict(parts, sha))} <a href=${`${parts.place.page}/commit/${sha}`}>${subject}</a>
        <span class="faint"> ${author} · <code>${sha.slice(0, 7)}</code></span>
      </li>`,
    )}
  </ul>`;
}

/** Statuses and checks, which differ for people by their interface only. */
function checkList(parts: Parts, sha: string): Html {
  const rows = checksOf(parts, sha);
  if (rows.length === 0) return html`<p>None was reported yet.</p>`;
  return html`<ul class="rows">
    ${rows.map(
      ({ name, state, says, link }) => html`<li>
        ${mark(state)} <strong>${name}</strong> ${says}${link === null ? null : html` <a href=${link}>Details</a>`}
      </li>`,
    )}
  </ul>`;
}

interface Row {
  readonly name: string;
  readonly state: string;
  readonly says: string;
  readonly link: string | null;
}

function checksOf({ statuses, checks }: Parts, sha: string): readonly Row[] {
  const ofStatuses = statuses.latest(sha).map(({ context, state, description, target_url }) => ({
    name: context,
    state,
    says: description ?? '',
    link: target_url,
  }));
  const ofChecks = checks.latest(sha).map(({ name, conclusion, title, details_url }) => ({
    name,
    state: conclusion ?? 'pending',
    says: title ?? '',
    link: details_url,
  }));
  return [...ofStatuses, ...ofChecks].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Of all statuses of a commit; null when there is none. */
function verdict({ statuses }: Parts, sha: string): string | null {
  const latest = statuses.latest(sha);
  return latest.length === 0 ? null : combined(latest);
}

function mark(state: string | null): Html {
  if (state === null) return html`<span class="faint" title="no checks">·</span>`;
  const [sign, style] = MARKS[state] ?? ['!', 'bad'];
  return html`<span class=${style} title=${state}>${sign}</span>`;
}

/** Comments and reviews, oldest first. */
function talk({ comments, reviews }: Parts, number: number): Html {
  const said = [
    ...comments.of(number).map(({ author, body, createdAt: at }) => ({ author, body, at, did: 'commented' })),
    ...reviews.of(number).map(({ author, body, at, state }) => ({ author, body, at, did: `reviewed: ${state}` })),
  ].sort((one, other) => one.at.getTime() - other.at.getTime());
  return said.map(
    ({ author, body, did }) =>
      html`<article><header><strong>${author}</strong> ${did}</header>${body === '' ? null : markdown(body)}</article>`,
  );
}

function openForm(parts: Parts, branch: string): Html {
  return html`<form method="post" action=${`${parts.place.page}/pulls`}>
    <input type="hidden" name="head" value=${branch} />
    <code>${branch}</code>
    <input name="title" required placeholder="Title" aria-label="Title" />
    ${personChoice(parts)}
    <button>Open a pull request</button>
  </form>`;
}

function talkForm(parts: Parts, at: string): Html {
  return html`<form method="post" action=${`${at}/comments`}>
    <textarea name="body" rows="3" required aria-label="Comment" placeholder="A comment, or a command such as /phoenix approve lxc/110"></textarea>
    ${personChoice(parts)}
    <button>Comment</button>
  </form>`;
}

function decideForms(parts: Parts, at: string): Html {
  return html`
    <form method="post" action=${`${at}/reviews`}>${personChoice(parts)}<button>Approve the changes</button></form>
    <form method="post" action=${`${at}/merge`}>${personChoice(parts)}<button>Merge</button></form>
    <form method="post" action=${`${at}/close`}>${personChoice(parts)}<button>Close</button></form>`;
}

/** Nobody signs in: a person says in each form who acts. */
function personChoice({ people }: Parts): Html {
  const names = people.all().filter((login) => login !== TOKEN_OWNER && people.find(login)?.right !== 'none');
  return html`<label>as <select name="by">${names.map((login) => html`<option>${login}</option>`)}</select></label>`;
}

function commitLink({ place }: Parts, sha: string): Html {
  return html`<a href=${`${place.page}/commit/${sha}`}><code>${sha.slice(0, 7)}</code></a>`;
}
