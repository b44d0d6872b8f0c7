// From what was found to what is shown: each finding once, with its line, in the order of the files.

import type { Problem } from '../model/problem.ts';
import { hidePlainSecrets } from '../model/secret-shapes.ts';
import type { Finding } from './finding.ts';
import { isErrorFinding } from './findings.ts';
import { MAX_PROBLEMS } from './limits.ts';
import type { Position } from './read/lines.ts';
import { locate } from './read/locate.ts';

/** Findings with their lines, in the order of the files; each once, errors kept when there are too many. */
export function problemsOf(
  findings: readonly Finding[],
  texts: ReadonlyMap<string, string>,
  strictSecrets: boolean,
): Problem[] {
  const isError = (finding: Finding) =>
    isErrorFinding(finding) || (finding.code === 'PLAINTEXT_SECRET' && strictSecrets);
  const once = new Map(
    findings.map((finding) => [
      `${finding.code} ${finding.at.file} ${finding.at.path} ${finding.target ?? ''} ${finding.message}`,
      finding,
    ]),
  );
  const shown = [...once.values()].sort((a, b) => Number(isError(b)) - Number(isError(a))).slice(0, MAX_PROBLEMS);
  const positions = positionsOf(shown, texts);
  return shown
    .map((finding): Problem => {
      const position = finding.position ?? positions.get(finding.at.file)?.get(wantedOf(finding));
      return {
        severity: isError(finding) ? 'error' : 'warning',
        code: finding.code,
        file: finding.at.file,
        path: finding.at.path,
        line: position?.line ?? 1,
        column: position?.column ?? 1,
        target: finding.target ?? null,
        message: hidePlainSecrets(finding.message),
        hint: finding.hint === undefined ? null : hidePlainSecrets(finding.hint),
      };
    })
    .sort(byPlace);
}

function positionsOf(findings: readonly Finding[], texts: ReadonlyMap<string, string>) {
  const wanted = new Map<string, Set<string>>();
  for (const finding of findings) {
    if (finding.position !== undefined) continue;
    const ofFile = wanted.get(finding.at.file) ?? new Set();
    ofFile.add(wantedOf(finding));
    wanted.set(finding.at.file, ofFile);
  }
  const positions = new Map<string, ReadonlyMap<string, Position>>();
  for (const [file, pointers] of wanted) {
    const text = texts.get(file);
    if (text !== undefined) positions.set(file, locate(text, pointers));
  }
  return positions;
}

/** `locate` takes a pointer for the place of a value, and with a `#` for that of its key. */
function wantedOf({ at, onKey }: Finding): string {
  return onKey ? `#${at.path}` : at.path;
}

function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : 1);
}
