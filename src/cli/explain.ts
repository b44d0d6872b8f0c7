// `phoenix explain`: what a problem code or the outcome of a step means, and what to do.

import { nearest } from '../config/nearest.ts';
import { type Explanation, isError, OUTCOMES, PROBLEMS } from '../messages/explanations.ts';
import type { ProblemCode } from '../model/problem.ts';
import { EXIT, type Io } from './io.ts';

export interface ExplainArgs {
  /** In any case; without it all are listed. */
  readonly code?: string | undefined;
  readonly json: boolean;
}

interface Entry extends Explanation {
  readonly code: string;
  readonly kind: 'error' | 'warning' | 'outcome';
}

const ENTRIES: readonly Entry[] = [
  ...(Object.entries(PROBLEMS) as [ProblemCode, Explanation][]).map(([code, explanation]): Entry => {
    return { code, kind: isError(code) ? 'error' : 'warning', ...explanation };
  }),
  ...Object.entries(OUTCOMES).map(([code, explanation]): Entry => ({ code, kind: 'outcome', ...explanation })),
];

/** Resolves to the exit code: 2 for a code that there is not. */
export async function explain({ code, json }: ExplainArgs, io: Io): Promise<number> {
  if (code === undefined) {
    io.stdout(json ? print(ENTRIES) : ENTRIES.map((entry) => `${entry.code} (${entry.kind})\n`).join(''));
    return EXIT.done;
  }
  const asked = code.toUpperCase().replaceAll('-', '_');
  const entry = ENTRIES.find((each) => each.code.toUpperCase() === asked);
  if (entry === undefined) {
    const meant = nearest(
      asked,
      ENTRIES.map((each) => each.code.toUpperCase()),
    );
    const found = ENTRIES.find((each) => each.code.toUpperCase() === meant)?.code;
    const remedy = found === undefined ? 'phoenix explain lists all.' : `Did you mean "${found}"?`;
    io.stderr(`phoenix explain: there is no code "${code}"\n${remedy}\n`);
    return EXIT.usage;
  }
  io.stdout(json ? print(entry) : `${entry.code} (${entry.kind})\n\n${entry.means}\n\nWhat to do: ${entry.remedy}\n`);
  return EXIT.done;
}

function print(answer: Entry | readonly Entry[]): string {
  return `${JSON.stringify(answer, null, 2)}\n`;
}
