// Converts diagnostics to problems: without duplicates, with line numbers, in the order of the files.

import type { Problem } from '../model/problem.ts';
import { hidePlainSecrets } from '../model/secret-shapes.ts';
import type { Diagnostic } from './diagnostic.ts';
import { isErrorDiagnostic } from './diagnostics.ts';
import { MAX_PROBLEMS } from './limits.ts';
import type { Position } from './read/lines.ts';
import { locate } from './read/locate.ts';

/** Problems in the order of the files, without duplicates. Errors take precedence when there are too many. */
export function problemsOf(
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
  strictSecrets: boolean,
): Problem[] {
  const isError = (diagnostic: Diagnostic) =>
    isErrorDiagnostic(diagnostic) || (diagnostic.code === 'PLAINTEXT_SECRET' && strictSecrets);
  const once = new Map(
    diagnostics.map((diagnostic) => [
      `${diagnostic.code} ${diagnostic.at.file} ${diagnostic.at.path} ${diagnostic.target ?? ''} ${diagnostic.message}`,
      diagnostic,
    ]),
  );
  const shown = [...once.values()].sort((a, b) => Number(isError(b)) - Number(isError(a))).slice(0, MAX_PROBLEMS);
  const positions = positionsOf(shown, texts);
  return shown
    .map((diagnostic): Problem => {
      const position = diagnostic.position ?? positions.get(diagnostic.at.file)?.get(wantedOf(diagnostic));
      return {
        severity: isError(diagnostic) ? 'error' : 'warning',
        code: diagnostic.code,
        file: diagnostic.at.file,
        path: diagnostic.at.path,
        line: position?.line ?? 1,
        column: position?.column ?? 1,
        target: diagnostic.target ?? null,
        message: hidePlainSecrets(diagnostic.message),
        hint: diagnostic.hint === undefined ? null : hidePlainSecrets(diagnostic.hint),
      };
    })
    .sort(byPlace);
}

function positionsOf(diagnostics: readonly Diagnostic[], texts: ReadonlyMap<string, string>) {
  const wanted = new Map<string, Set<string>>();
  for (const diagnostic of diagnostics) {
    if (diagnostic.position !== undefined) continue;
    const ofFile = wanted.get(diagnostic.at.file) ?? new Set();
    ofFile.add(wantedOf(diagnostic));
    wanted.set(diagnostic.at.file, ofFile);
  }
  const positions = new Map<string, ReadonlyMap<string, Position>>();
  for (const [file, pointers] of wanted) {
    const text = texts.get(file);
    if (text !== undefined) positions.set(file, locate(text, pointers));
  }
  return positions;
}

/** `locate` expects a pointer for the position of a value, and one prefixed with `#` for that of its key. */
function wantedOf({ at, onKey }: Diagnostic): string {
  return onKey ? `#${at.path}` : at.path;
}

function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : 1);
}
