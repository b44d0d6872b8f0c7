// What a step printed, to be read, searched and copied.

import { stripVTControlCharacters } from 'node:util';
import { logNote } from '../../messages/pages.ts';
import { printable } from '../../messages/printable.ts';
import { heading } from './components.ts';
import { type Html, html } from './html.ts';

/** The end of what a step printed. */
export interface LogTail {
  readonly lines: readonly string[];
  /** How many were printed in all. */
  readonly printed: number;
}

/**
 * @param of the step, for those who hear the page
 * @param whole where all of it is
 * @param level of its heading
 */
export function log(of: string, tail: LogTail | null, whole: string, level: number): Html {
  if (tail === null || tail.lines.length === 0) return null;
  const note = logNote(tail.lines.length, tail.printed);
  const id = `log-${of}`;
  return html`${heading(level, html`Log${note === null ? null : html`<span class="dim">: ${note}</span>`}`)}
    <div class="log-tools">
      <input type="search" class="find" placeholder="Search" aria-label=${`Search the log of ${of}`} data-in=${id} />
      <span class="found dim" aria-live="polite"></span>
      <button type="button" class="copy" data-copy-of=${id} aria-label=${`Copy the log of ${of}`}>Copy</button>
      <a href=${whole}>as text</a>
    </div>
    <pre class="log" id=${id} tabindex="0" role="region" aria-label=${`Log of ${of}`}>${tail.lines.map(plainLine).join('\n')}</pre>`;
}

/** As a terminal would show it at the end: of what was written over, only the last. */
function plainLine(line: string): string {
  const visible = stripVTControlCharacters(line).replace(/\r+$/, '');
  return printable(visible.slice(visible.lastIndexOf('\r') + 1).replaceAll('\t', '    '));
}
