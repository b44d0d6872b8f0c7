// Basic components of all pages.

import { placeText } from '../../messages/pages/target.ts';
import { durationText, utcText } from '../../messages/pages/times.ts';
import { printable } from '../../messages/printable.ts';
import { runWord, stepWord } from '../../messages/run.ts';
import { shortSha } from '../../messages/statuses/status.ts';
import { fitText, splitRemedy } from '../../model/failure.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { Run, StepRecord } from '../../model/run.ts';
import type { Links } from '../links.ts';
import { type Html, html } from './html.ts';

/** The colour of a state; its label is always shown too. */
export type Tone = 'good' | 'busy' | 'wait' | 'bad' | 'quiet';

const RUN_TONES: Record<ReturnType<typeof runWord>, Tone> = {
  'found differences': 'wait',
  planned: 'quiet',
  applying: 'busy',
  succeeded: 'good',
  failed: 'bad',
  blocked: 'wait',
  superseded: 'quiet',
  invalid: 'bad',
};

const STEP_TONES: Readonly<Record<string, Tone>> = {
  waits: 'quiet',
  runs: 'busy',
  applied: 'good',
  unchanged: 'good',
  failed: 'bad',
  skipped: 'wait',
  blocked: 'wait',
  superseded: 'quiet',
  differs: 'wait',
  'as declared': 'good',
  'would act': 'wait',
  'nothing to do': 'good',
};

/** @param level from 1, one below that of the parent section */
export function heading(level: number, content: Html): Html {
  return html`<${`h${level}`} class="small">${content}<//>`;
}

export function badge(word: string, tone: Tone): Html {
  return html`<span class="state ${tone}">${word}</span>`;
}

export function runBadge(run: Run): Html {
  const word = runWord(run);
  return badge(word, RUN_TONES[word]);
}

/** Label and tone of a step's state. */
export function stepState(run: Run, step: StepRecord): { readonly word: string; readonly tone: Tone } {
  const word = stepWord(run, step);
  return { word, tone: STEP_TONES[word] ?? 'quiet' };
}

export function stepBadge(run: Run, step: StepRecord): Html {
  const { word, tone } = stepState(run, step);
  return badge(word, tone);
}

/** External text: escaped and with isolated text direction. */
export function said(text: string): Html {
  return html`<span class="said">${printable(text)}</span>`;
}

export function sha(commit: string): Html {
  return commit === '' ? null : html`<code class="sha" title=${commit}>${shortSha(commit)}</code>`;
}

/** @param iso ISO 8601; the script adds the relative time, or replaces the text by it if `brief` */
export function time(iso: string | null, brief = false): Html {
  if (iso === null) return null;
  return html`<time datetime=${iso} class=${brief ? 'brief' : null}>${utcText(iso)}</time>`;
}

/** Null unless both are known. */
export function duration(started: string | null, ended: string | null): Html {
  if (started === null || ended === null) return null;
  return durationText(Date.parse(ended) - Date.parse(started));
}

export function runLink(links: Links, run: RunId): Html {
  return html`<a href=${links.run(run)}>run ${run}</a>`;
}

export function targetLink(links: Links, target: TargetId, label: string = target): Html {
  return html`<a href=${links.target(target)}><code>${label}</code></a>`;
}

/** The commit, linked to the forge if possible. */
export function commitLink(links: Links, commit: string, shown: Html = sha(commit)): Html {
  if (commit === '' || links.forge === null) return shown;
  return html`<a href=${links.forge.commit(commit)} rel="noreferrer">${shown}</a>`;
}

/** A file of the repository with a line, linked to the forge if possible. */
export function placeLink(
  place: { readonly file: string; readonly line?: number | null },
  commit: string,
  links: Links,
): Html {
  const { file, line = null } = place;
  const shown = html`<code>${printable(placeText({ file, line }))}</code>`;
  if (commit === '' || links.forge === null) return shown;
  return html`<a href=${links.forge.file(commit, file, line)} rel="noreferrer">${shown}</a>`;
}

/** A command to copy; the script adds a copy button. */
export function command(text: string): Html {
  return html`<span class="command"><code>${printable(text)}</code><button type="button" class="copy" aria-label=${`Copy: ${printable(text)}`} data-copy=${printable(text)}>Copy</button></span>`;
}

/** Characters of a reason in the cell of a table; all of it is on the page that its row leads to. */
export const MAX_CELL_LENGTH = 240;
/** Characters of a reason outside of tables, where the page of its step or run has all of it. */
export const MAX_REASON_LENGTH = 480;

/** The failure, with the remedy on a line of its own. @param room characters; where it is longer, a page that is linked beside it has all of it */
export function withRemedy(reason: string | null, room = Number.POSITIVE_INFINITY): Html {
  if (reason === null) return null;
  const { description, remedy } = splitRemedy(reason.length <= room ? reason : fitText(reason, room));
  return html`<p class="reason">${said(description)}</p>${remedy === null ? null : html`<p class="remedy">${said(remedy)}</p>`}`;
}

/** A list of names and values; empty values are omitted. */
export function facts(entries: ReadonlyArray<readonly [name: string, value: Html]>): Html {
  const known = entries.filter(([, value]) => !isEmpty(value));
  return html`<dl class="facts">${known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  /** The first cell is the row header. Entirely empty columns are omitted. */
  readonly rows: ReadonlyArray<readonly Html[]>;
  /** Anchor of each row; empty for none. */
  readonly ids?: readonly string[];
  /** Additional CSS class. */
  readonly className?: string;
}

/** ARIA roles are explicit: on narrow screens CSS changes the display to blocks, which removes the implicit table semantics. */
export function table({ caption, columns: all, rows: whole, ids = [], className = '' }: Table): Html {
  const kept = all.map((_, index) => whole.some((cells) => !isEmpty(cells[index] ?? null)));
  const columns = all.filter((_, index) => kept[index]);
  const rows = whole.map((cells) => cells.filter((_, index) => kept[index]));
  const cell = (content: Html, index: number) => {
    if (index === 0) return html`<th role="rowheader" scope="row" data-label=${columns[index]}>${content}</th>`;
    return html`<td role="cell" data-label=${columns[index]} class=${isEmpty(content) ? 'empty' : null}>${content}</td>`;
  };
  return html`<table role="table" class=${className}>
    <caption>${caption}</caption>
    <thead role="rowgroup"><tr role="row">${columns.map(
      (name) => html`<th role="columnheader" scope="col">${name}</th>`,
    )}</tr></thead>
    <tbody role="rowgroup">${rows.map((cells, index) => html`<tr role="row" id=${ids[index] || null}>${cells.map(cell)}</tr>`)}</tbody>
  </table>`;
}

function isEmpty(content: Html): boolean {
  return content === null || content === '';
}

/** Additional notes; empty without notes. */
export function noteList(notes: readonly string[]): Html {
  return notes.length === 0 ? null : html`<ul>${notes.map((note) => html`<li>${said(note)}</li>`)}</ul>`;
}
