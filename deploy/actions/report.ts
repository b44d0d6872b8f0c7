// The output of a workflow for a plan: annotations at the lines of problems, and a summary page. Pure. Text from the repository is escaped or fenced,
// so that it becomes neither a workflow command nor Markdown.

import { block, code } from '../../src/messages/details/markdown.ts';
import type { ClassifiedProblem } from '../../src/model/problem.ts';

/** GitHub's limit for a page is 1 MiB; a larger one is discarded as a whole. */
const PAGE_BYTES = 900_000;

/** A workflow command: an error or warning at its line; an older problem is a notice. `root` is the config root, or `.`. */
export function annotation(problem: ClassifiedProblem, root: string): string {
  const { severity, code, file, line, column, message, hint } = problem;
  const place = {
    file: root === '.' || root === '' ? file : `${root}/${file}`,
    line: String(line),
    col: String(column),
    title: problem.new ? code : `${code} (older)`,
  };
  const properties = Object.entries(place).map(([name, value]) => `${name}=${escapeProperty(value)}`);
  const text = hint === null ? message : `${message}\n${hint}`;
  return `::${problem.new ? severity : 'notice'} ${properties.join(',')}::${escapeData(text)}`;
}

/** A workflow command for an error without a line. */
export function failure(text: string): string {
  return `::error title=Phoenix::${escapeData(text)}`;
}

export function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

export function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

export interface Page {
  readonly ok: boolean;
  /** Null: there is no previous commit. */
  readonly from: string | null;
  readonly to: string;
  readonly summary: { readonly create: number; readonly update: number; readonly delete: number };
  readonly approvals: number;
  /** Problems of the whole configuration, including older ones. */
  readonly counts: { readonly error: number; readonly warning: number };
  /** As `phoenix plan` prints it. */
  readonly plan: string;
}

/** The page in Markdown. */
export function page({ ok, from, to, summary, approvals, counts, plan }: Page): string {
  const { create, update, delete: gone } = summary;
  const verdict = ok ? `${create} to create, ${update} to update, ${gone} to delete` : 'refused: it brings errors';
  const since = from === null ? 'from nothing' : `since ${code(from.slice(0, 7))}`;
  const waits = approvals === 0 ? '' : ` ${approvals} of the steps would wait for approval.`;
  const all = `${counts.error} errors and ${counts.warning} warnings in the whole configuration.`;
  return `## Phoenix: ${verdict}\n\nWhat ${code(to.slice(0, 7))} would change ${since}.${waits} ${all}\n\n${fenced(cut(plan))}\n`;
}

/** Text as a block of code. */
export function fenced(text: string): string {
  return block(text.replace(/\n$/, '').split('\n'), 'text');
}

function cut(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= PAGE_BYTES) return text;
  // Removes a character that was cut in two.
  const kept = new TextDecoder().decode(bytes.subarray(0, PAGE_BYTES)).replace(/\ufffd$/, '');
  return `${kept}\n… the rest is left out: see phoenix plan`;
}
