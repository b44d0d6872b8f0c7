// The output of a step.

import { stripVTControlCharacters } from 'node:util';
import { logNote } from '../../messages/pages/pages.ts';
import { printable } from '../../messages/printable.ts';
import { heading } from './components.ts';
import { type Html, html } from './html.ts';

/** The last output lines of a step. */
export interface LogTail {
  readonly lines: readonly string[];
  /** Total number of lines. */
  readonly printed: number;
}

/**
 * @param of the step, for the accessible name
 * @param whole link to the full output
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

/** As a terminal would finally show it: overwritten text is dropped. */
function plainLine(line: string): string {
  const visible = stripVTControlCharacters(line).replace(/\r+$/, '');
  return printable(visible.slice(visible.lastIndexOf('\r') + 1).replaceAll('\t', '    '));
}
