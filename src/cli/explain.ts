// `phoenix explain`: explains a problem code, step outcome or Proxmox failure, with a remedy.

import { nearest } from '../config/nearest.ts';
import { type Explanation, isError, OUTCOMES, PROBLEMS } from '../messages/problems/explanations.ts';
import { KNOWN_FAILURES, knownFailure } from '../messages/problems/known-failures.ts';
import { sentence } from '../messages/problems/problems-page.ts';
import { tableOf } from '../messages/terminal/width.ts';
import type { ProblemCode } from '../model/problem.ts';
import { EXIT, type Io } from './io.ts';

export interface ExplainArgs {
  /** Code in any case, or a program's message; absent: list all. */
  readonly code?: string | undefined;
  readonly json: boolean;
}

interface Entry extends Explanation {
  readonly code: string;
  readonly kind: 'error' | 'warning' | 'outcome' | 'failure';
}

const ENTRIES: readonly Entry[] = [
  ...(Object.entries(PROBLEMS) as [ProblemCode, Explanation][]).map(([code, explanation]): Entry => {
    return { code, kind: isError(code) ? 'error' : 'warning', ...explanation };
  }),
  ...Object.entries(OUTCOMES).map(([code, explanation]): Entry => ({ code, kind: 'outcome', ...explanation })),
  ...KNOWN_FAILURES.map(
    ({ code, means, remedy }): Entry => ({ code, kind: 'failure', means, remedy: sentence(remedy) }),
  ),
];

/** Resolves to the exit code: 2 for an unknown code. */
export async function explain({ code, json }: ExplainArgs, io: Io): Promise<number> {
  if (code === undefined) {
    if (json) io.verbatim(print(ENTRIES));
    else io.stdout(`${listed()}\n`);
    return EXIT.done;
  }
  const asked = code.toUpperCase().replaceAll('-', '_');
  // Codes are single words; messages are sentences.
  const said = knownFailure(code)?.code;
  const entry = ENTRIES.find((each) => each.code.toUpperCase() === asked || each.code === said);
  if (entry === undefined) {
    const meant = nearest(
      asked,
      ENTRIES.map((each) => each.code.toUpperCase()),
    );
    const found = ENTRIES.find((each) => each.code.toUpperCase() === meant)?.code;
    const remedy = found === undefined ? 'phoenix explain lists all.' : `Did you mean "${found}"?`;
    const what = /\s/.test(code) ? `no known message of Proxmox is in "${code}"` : `there is no code "${code}"`;
    io.stderr(`phoenix explain: ${what}\n${remedy}\n`);
    return EXIT.usage;
  }
  const text = `${entry.code} (${entry.kind})\n\n${entry.means}\n\nWhat to do: ${entry.remedy}\n`;
  if (json) io.verbatim(print(entry));
  else io.stdout(text);
  return EXIT.done;
}

function listed(): string {
  return tableOf(ENTRIES.map(({ code, kind, means }) => [code, kind, means]));
}

function print(answer: Entry | readonly Entry[]): string {
  return `${JSON.stringify(answer, null, 2)}\n`;
}
