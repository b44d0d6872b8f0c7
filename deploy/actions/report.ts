// What a workflow shows of a plan: annotations at the lines of problems, and a page. Pure. Whatever comes from the repository
// is escaped or fenced, so that it is neither a command to the runner nor Markdown of its own.

import { block, code } from '../../src/messages/details/markdown.ts';
import type { ClassifiedProblem } from '../../src/model/problem.ts';

/** GitHub takes a page of 1 MiB, and drops a larger one whole. */
const PAGE_BYTES = 900_000;

/** One line for the runner: an error or warning at its line; what was there before is a notice. `root` is the config root, or `.`. */
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

/** An error that belongs to no line. */
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
  /** Null: nothing was there before. */
  readonly from: string | null;
  readonly to: string;
  readonly summary: { readonly create: number; readonly update: number; readonly delete: number };
  readonly approvals: number;
  /** Of the whole configuration, older problems too. */
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
  // A character that is cut in two goes whole.
  const kept = new TextDecoder().decode(bytes.subarray(0, PAGE_BYTES)).replace(/\ufffd$/, '');
  return `${kept}\n… the rest is left out: see phoenix plan`;
}
